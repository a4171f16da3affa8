# caught by: "got 2 tickets"
# belief: A ticket that is sent again is the same ticket.
# %%function issue-ticket timeout=5
import os

import boto3


def handler(event, context):
    for record in event["Records"] * 2:
        boto3.client("sqs").send_message(QueueUrl=os.environ["TICKETS"], MessageBody=record["body"])
