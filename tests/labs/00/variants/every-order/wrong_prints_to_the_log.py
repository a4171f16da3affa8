# caught by: "no ticket was sent"
# belief: What is printed has been done.
# %%function print-ticket timeout=10
import json


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        print(f"{order['name']}, cabin {order['cabin']}")
