# caught by: "got no ticket"
# belief: An event holds one message.
# %%function issue-ticket timeout=5
import os

import boto3


def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["TICKETS"], MessageBody=event["Records"][0]["body"])
