# %%function issue-ticket timeout=5
import os

import boto3


def handler(event, context):
    entries = [{"Id": str(n), "MessageBody": record["body"]} for n, record in enumerate(event["Records"])]
    boto3.client("sqs").send_message_batch(QueueUrl=os.environ["TICKETS"], Entries=entries)
