# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    orders = [json.loads(record["body"]) for record in event["Records"]]
    for order in orders:
        if "cabin" not in order:
            raise ValueError(f"The order of {order['name']} has no cabin.")
    for order in orders:
        sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=f"{order['name']}, cabin {order['cabin']}")
    return {"printed": len(orders)}
