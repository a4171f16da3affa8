# caught by: "counts only where the mapping asks for it"
# belief: To return batchItemFailures is enough.
# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    failed = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        if "cabin" not in order:
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=f"{order['name']}, cabin {order['cabin']}")
    return {"batchItemFailures": failed}
