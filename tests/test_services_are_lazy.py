"""A service costs nothing until it is asked for, and whoever asks first gets it whole. Each in a fresh process."""

from __future__ import annotations

import subprocess
import sys

_OPEN = """
import sys
import boto3
from waterline import Cloud
with Cloud(seed=7) as cloud:
    boto3.client("sqs").create_queue(QueueName="tickets")
print(*(name for name in {names!r} if name in sys.modules))
"""

_FIRST_TO_ASK = """
import boto3
from waterline import Cloud
from waterline.compute.source import zipped
APP = '''
import bisect, boto3

def handler(event, context):
    values = [{"MetricName": "sold", "Value": bisect.MINE}]
    boto3.client("cloudwatch").put_metric_data(Namespace="shop", MetricData=values)
    return "told"
'''
with Cloud(seed=7) as cloud:
    code = {"ZipFile": zipped({"app.py": APP, "bisect.py": "MINE = 3"})}
    client = boto3.client("lambda")
    client.create_function(FunctionName="f", Runtime="python3.13", Role=cloud.role, Handler="app.handler", Code=code)
    print(client.invoke(FunctionName="f")["Payload"].read().decode())
"""


def _printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_cloud_with_a_queue_has_imported_no_other_service() -> None:
    names = [
        "waterline.services.sqs",
        "waterline.services.cloudwatch",
        "waterline.compute.backend",
        "waterline.compute.doors.client",
        "moto.awslambda.models",
        "moto.apigateway.models",
    ]
    assert _printed(_OPEN.format(names=names)) == "waterline.services.sqs"


def test_a_handler_may_be_the_first_to_ask_for_a_service_whatever_its_own_modules_are_called() -> None:
    """CloudWatch needs the standard library's ``bisect``; the handler's package has another one."""
    assert _printed(_FIRST_TO_ASK) == '"told"'


_SECOND = """
import boto3
from waterline import Cloud

def stored():
    return boto3.client("s3").list_objects_v2(Bucket="photos")["KeyCount"]

for seed in (1, 2):
    with Cloud(seed=seed) as cloud:
        with Cloud.aside(seed=3):
            boto3.client("sqs").create_queue(QueueName="beside")
        s3, sqs = boto3.client("s3"), boto3.client("sqs")
        s3.create_bucket(Bucket="photos")
        arn = "arn:aws:sqs:us-east-1:123456789012:told"
        policy = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}'
        queue = sqs.create_queue(QueueName="told", Attributes={"Policy": policy})["QueueUrl"]
        sqs.receive_message(QueueUrl=queue)
        configuration = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration=configuration)
        s3.put_object(Bucket="photos", Key="a", Body=b"a")
        cloud.settle()
        print(len([event for event in cloud.journal if event.kind == "sent" and event.place == "sqs:told"]))
"""


def test_a_service_that_is_first_used_in_one_cloud_is_whole_in_the_next() -> None:
    """S3 changes more of moto than its backends, for as long as a cloud is open in which it was asked for."""
    first, second = _printed(_SECOND).split()
    assert first == second != "0"
