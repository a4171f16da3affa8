# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=f"{order['name']}, cabin {order['cabin']}")
