import os

import boto3


def lambda_handler(event, context):
    boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message="a booking")
    return {"statusCode": 200, "body": "told"}
