"""The same seed makes the same journal, in every process: tables, buckets, a third party and a database together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EVENING = '''
import boto3
from waterline import Cloud

STORE = """
import os
import urllib.request
import boto3
import labdb

def handler(event, context):
    for record in event["Records"]:
        body = record["body"]
        urllib.request.urlopen(os.environ["BANK"], body.encode()).read()
        with labdb.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute("INSERT INTO orders VALUES (?, now())", [body])
        boto3.client("s3").put_object(Bucket="receipts", Key=body, Body=b"x")
        boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": body}, "until": {"N": "1767225700"}})
"""

with Cloud(seed=11) as cloud:
    sqs, s3, dynamodb = boto3.client("sqs"), boto3.client("s3"), boto3.client("dynamodb")
    bank = cloud.third_party("bank", rate=2, latency=0.3, spread=0.5)
    database = cloud.database("orders", max_connections=2, query_time=0.2)
    database.execute("CREATE TABLE orders (id TEXT, at TEXT)")
    s3.create_bucket(Bucket="receipts")
    s3.put_bucket_notification_configuration(
        Bucket="receipts", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    dynamodb.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    todo = sqs.create_queue(QueueName="todo", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    cloud.deploy("store", STORE, timeout=30, environment={"BANK": bank.url, "DATABASE_URL": database.url})
    boto3.client("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:123456789012:todo", FunctionName="store", BatchSize=1
    )
    cloud.faults.errors("bank", rate=0.2)
    cloud.faults.errors("orders", rate=0.1)
    for number in range(8):
        sqs.send_message(QueueUrl=todo, MessageBody=f"order {number}")
    cloud.advance(days=3)
    kinds = sorted({event.kind for event in cloud.journal})
    print(cloud.journal.digest(), len(cloud.journal), "throttled" in kinds, "written" in kinds)
'''


def told(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", EVENING], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_evening_of_downstreams_is_the_same_in_every_process() -> None:
    first = told("1")
    assert first.endswith(" True True\n")
    assert first == told("2")
