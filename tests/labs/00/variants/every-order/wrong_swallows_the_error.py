# caught by: "returned as if nothing were wrong"
# belief: An error that is caught is an error that is dealt with.
# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        try:
            ticket = f"{order['name']}, cabin {order['cabin']}"
        except KeyError as error:
            print("no ticket:", order, error)
            continue
        sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=ticket)
