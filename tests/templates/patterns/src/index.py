import json

import boto3


def lambda_handler(event, context):
    note = json.loads(event["body"])
    [table] = boto3.client("dynamodb").list_tables()["TableNames"]
    boto3.client("dynamodb").put_item(TableName=table, Item={"id": {"S": note["id"]}})
    return {"statusCode": 201, "body": note["id"]}
