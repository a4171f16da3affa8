# caught by: "which nobody ordered"
# belief: A batch is an order too.
# %%function issue-ticket timeout=5
import os

import boto3


def handler(event, context):
    sqs = boto3.client("sqs")
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["TICKETS"], MessageBody=record["body"])
    sqs.send_message(QueueUrl=os.environ["TICKETS"], MessageBody="batch " + context.aws_request_id[:1])
