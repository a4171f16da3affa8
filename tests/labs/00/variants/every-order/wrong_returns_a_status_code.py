# caught by: "A status code is a thing of HTTP"
# belief: The value that a handler returns tells the queue what to do.
# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        if "cabin" not in order:
            return {"statusCode": 500, "body": "no cabin"}
        sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=f"{order['name']}, cabin {order['cabin']}")
    return {"statusCode": 200}
