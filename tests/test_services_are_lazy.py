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
        "waterline.services.kinesis",
        "waterline.compute.backend",
        "waterline.compute.doors.client",
        "moto.awslambda.models",
        "moto.apigateway.models",
    ]
    assert _printed(_OPEN.format(names=names)) == "waterline.services.sqs"


def test_a_handler_may_be_the_first_to_ask_for_a_service_whatever_its_own_modules_are_called() -> None:
    """CloudWatch needs the standard library's ``bisect``; the handler's package has another one."""
    assert _printed(_FIRST_TO_ASK) == '"told"'
