# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    orders = [json.loads(record["body"]) for record in event["Records"]]
    entries = [
        {"Id": str(number), "MessageBody": f"{order['name']}, cabin {order['cabin']}"}
        for number, order in enumerate(orders)
    ]
    answer = sqs.send_message_batch(QueueUrl=os.environ["PRINTED"], Entries=entries)
    if answer.get("Failed"):
        raise RuntimeError(f"{len(answer['Failed'])} tickets were not sent.")
