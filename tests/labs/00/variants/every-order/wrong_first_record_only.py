# caught by: "and 1 of them got a ticket"
# belief: An invocation is one message.
# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    order = json.loads(event["Records"][0]["body"])
    sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=f"{order['name']}, cabin {order['cabin']}")
