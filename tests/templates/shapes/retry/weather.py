"""Asks a weather service that does not answer in the first minutes."""

import datetime
import os

import boto3


def handler(event, context):
    now = datetime.datetime.now(datetime.UTC)
    if now < datetime.datetime.fromisoformat(event["up_at"]):
        raise RuntimeError("the weather service does not answer")
    boto3.client("sqs").send_message(QueueUrl=os.environ["LOG"], MessageBody=event["port"])
    return "fair"
