# caught by: "only one passenger can board with it"
# belief: One invocation is one piece of work.
# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    orders = [json.loads(record["body"]) for record in event["Records"]]
    tickets = "\n".join(f"{order['name']}, cabin {order['cabin']}" for order in orders)
    sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=tickets)
