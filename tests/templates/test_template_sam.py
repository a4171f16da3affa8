"""What AWS SAM makes of its own types: resources of CloudFormation that are there, and that work."""

from __future__ import annotations

import json
from typing import Any

import pytest
from deployed import bodies, client, ran

from waterline import Cloud
from waterline.templates.document import parse
from waterline.templates.mistakes import NotSupported

ANSWERS = """
    Answer:
      Type: AWS::Serverless::Function
      Properties:
        Runtime: python3.13
        Handler: index.handler
        InlineCode: |
          def handler(event, context):
              return {"statusCode": 200, "body": "aye"}
"""


def template(function: str = "", resources: str = "") -> dict[str, Any]:
    """A SAM template with the function Answer, which has further properties, and with further resources (YAML)."""
    body = parse(f"Resources:\n{ANSWERS}", "it")
    body["Resources"]["Answer"]["Properties"] |= parse(function, "it") or {}
    body["Resources"] |= parse(resources, "it") or {}
    return {"Transform": "AWS::Serverless-2016-10-31", **body}


SOURCES = """
Q: {Type: AWS::SQS::Queue}
T: {Type: AWS::SNS::Topic}
K: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
"""
FROM_QUEUE = """
Events:
  E:
    Type: SQS
    Properties:
      Queue: !GetAtt Q.Arn
      ScalingConfig: {MaximumConcurrency: 2}
      FunctionResponseTypes: [ReportBatchItemFailures]
      FilterCriteria: {Filters: [{Pattern: '{"body": [1]}'}]}
"""
FROM_STREAM = """
Events:
  E:
    Type: Kinesis
    Properties:
      Stream: !GetAtt K.Arn
      StartingPosition: LATEST
      BisectBatchOnFunctionError: true
      DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Q.Arn}}
"""
FROM_RULE = """
Events:
  E:
    Type: EventBridgeRule
    Properties:
      Pattern: {source: [a]}
      RetryPolicy: {MaximumRetryAttempts: 1}
      DeadLetterConfig: {Type: SQS, QueueLogicalId: Lost}
"""
CONNECTED = f"""
{SOURCES}
C:
  Type: AWS::Serverless::Connector
  Properties: {{Source: {{Id: Answer}}, Destination: {{Id: Q}}, Permissions: [Write]}}
"""
API = "P: {Type: AWS::Serverless::Api, Properties: {StageName: p, %s}}"
HTTP = "P: {Type: AWS::Serverless::HttpApi, Properties: {%s}}"
FROM_API = "Events: {E: {Type: Api, Properties: {RestApiId: !Ref P, Path: /x, Method: get}}}"
FROM_HTTP = "Events: {E: {Type: HttpApi, Properties: {ApiId: !Ref P, Path: /x, Method: get}}}"
JWT = "{IdentitySource: $request.header.who, JwtConfiguration: {issuer: 'https://who.example', audience: [a]}}"
MACHINE = """
S:
  Type: AWS::Serverless::StateMachine
  Properties:
    Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
    Events:
      R: {Type: Schedule, Properties: {Schedule: rate(1 hour)}}
      V: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour)}}
      E: {Type: EventBridgeRule, Properties: {Pattern: {source: [a]}}}
      W: {Type: Api, Properties: {Path: /s, Method: post}}
"""


@pytest.mark.parametrize(
    ("function", "resources", "made"),
    [
        ("AutoPublishAlias: live", "", {"AnswerAliaslive"}),
        ("AutoPublishAlias: live\nFunctionUrlConfig: {AuthType: NONE}", "", {"AnswerUrl", "AnswerAliaslive"}),
        ("FunctionUrlConfig: {AuthType: AWS_IAM, Cors: {AllowOrigins: ['*']}}", "", {"AnswerUrl"}),
        ("DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Q.Arn}", SOURCES, {"AnswerRole"}),
        ("EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}", "", {"AnswerEventInvokeConfig"}),
        ("Events: {E: {Type: Schedule, Properties: {Schedule: rate(1 minute), Input: '{}'}}}", "", {"AnswerE"}),
        ("Events: {E: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}}", "", {"AnswerERole"}),
        ("Events: {E: {Type: SNS, Properties: {Topic: !Ref T, FilterPolicy: {a: [b]}}}}", SOURCES, {"AnswerE"}),
        ("Events: {E: {Type: SNS, Properties: {Topic: !Ref T, SqsSubscription: true}}}", SOURCES, {"AnswerEQueue"}),
        (FROM_QUEUE, SOURCES, {"AnswerE"}),
        (FROM_STREAM, SOURCES, {"AnswerE"}),
        (FROM_RULE, "", {"AnswerE", "Lost"}),
        (FROM_API, API % "Cors: {AllowOrigin: \"'*'\", AllowMethods: \"'GET'\"}", {"PpStage"}),
        (FROM_API, API % "Auth: {DefaultAuthorizer: AWS_IAM}", {"PpStage"}),
        (
            FROM_API,
            API % "Auth: {ApiKeyRequired: true, UsagePlan: {CreateUsagePlan: PER_API}}",
            {"PApiKey", "PUsagePlan"},
        ),
        (FROM_HTTP, HTTP % "StageName: v1, CorsConfiguration: {AllowOrigins: ['*']}", {"Pv1Stage"}),
        (FROM_HTTP, HTTP % f"Auth: {{DefaultAuthorizer: J, Authorizers: {{J: {JWT}}}}}", {"PApiGatewayDefaultStage"}),
        ("", MACHINE, {"SRRole", "SVRole", "SERole", "SWRole", "ServerlessRestApi"}),
        ("", CONNECTED, {"CPolicy"}),
        ("", "D: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: a, Type: String}}}", {"D"}),
    ],
)
def test_what_sam_makes_is_there_stays_and_goes(cloud: Cloud, function: str, resources: str, made: set[str]) -> None:
    """Source: "Generated CloudFormation resources", "AWS::Serverless::Function"."""
    stack = cloud.deploy_template(template(function, resources))
    assert made | {"Answer", "AnswerRole"} <= set(stack.resources)
    assert cloud.deploy_template(template(function, resources)) == stack
    cloud.delete_stack()
    assert client("lambda").list_functions()["Functions"] == []


@pytest.mark.parametrize(
    ("function", "resources", "lacks"),
    [
        (
            "AutoPublishAlias: live\nDeploymentPreference: {Type: Canary10Percent5Minutes}",
            "",
            (
                "AWS::CodeDeploy::Application (ServerlessDeploymentApplication)",
                "AWS::CodeDeploy::DeploymentGroup (AnswerDeploymentGroup)",
                "AnswerAliaslive: the attribute UpdatePolicy",
            ),
        ),
        (
            "",
            "N: {Type: AWS::Serverless::Application, Properties: {Location: ./n.yaml}}",
            ("AWS::CloudFormation::Stack (N)",),
        ),
    ],
)
def test_what_the_lab_lacks_of_it_is_named(cloud: Cloud, function: str, resources: str, lacks: tuple[str, ...]) -> None:
    with pytest.raises(NotSupported) as refused:
        cloud.deploy_template(template(function, resources))
    assert refused.value.what == lacks


def test_globals_hold_for_every_function(cloud: Cloud) -> None:
    """Source: "Globals section of the AWS SAM template"."""
    body = template("Environment: {Variables: {OWN: 1}}")
    body["Globals"] = {"Function": {"Timeout": 9, "Environment": {"Variables": {"SHARED": "all"}}}}
    name = cloud.deploy_template(body).resources["Answer"]
    configuration = client("lambda").get_function_configuration(FunctionName=name)
    assert configuration["Timeout"] == 9
    assert configuration["Environment"]["Variables"] == {"OWN": "1", "SHARED": "all"}


def test_an_api_follows_its_template(cloud: Cloud) -> None:
    """Source: "AWS SAM template anatomy", CreateDeployment, UpdateStage."""
    events = "Events: {W: {Type: Api, Properties: {Path: %s, Method: get}}}"
    first = cloud.deploy_template(template(events % "/"))
    api = f"https://{first.resources['ServerlessRestApi']}.execute-api.us-east-1.amazonaws.com/Prod"
    assert [cloud.http.get(f"{api}{path}").status for path in ("/", "/ships")] == [200, 403]
    second = cloud.deploy_template(template(events % "/ships"))
    assert second.resources["ServerlessRestApi"] == first.resources["ServerlessRestApi"]
    assert [cloud.http.get(f"{api}{path}").status for path in ("/", "/ships")] == [403, 200]


def test_an_http_api_follows_its_template(cloud: Cloud) -> None:
    """Source: "AWS SAM template anatomy", CreateRoute, DeleteRoute."""
    events = "Events: {W: {Type: HttpApi, Properties: {Path: %s, Method: get}}}"
    first = cloud.deploy_template(template(events % "/ports"))
    api = f"https://{first.resources['ServerlessHttpApi']}.execute-api.us-east-1.amazonaws.com"
    assert [cloud.http.get(f"{api}{path}").status for path in ("/ports", "/ships")] == [200, 404]
    cloud.deploy_template(template(events % "/ships"))
    assert [cloud.http.get(f"{api}{path}").status for path in ("/ports", "/ships")] == [404, 200]


def test_a_new_version_is_published_when_the_code_changes(cloud: Cloud) -> None:
    """Source: "Generated CloudFormation resources", PublishVersion, UpdateAlias."""
    codes = [f"def handler(event, context):\n    return {number}\n" for number in (1, 2)]
    answers = []
    for code in codes:
        stack = cloud.deploy_template(template("AutoPublishAlias: live"), code={"Answer": code})
        name = f"{stack.resources['Answer']}:live"
        answers.append(json.load(client("lambda").invoke(FunctionName=name)["Payload"]))
    assert answers == [1, 2]


def test_a_topic_reaches_a_function_through_a_queue_that_sam_makes(cloud: Cloud) -> None:
    """Source: "Generated CloudFormation resources"."""
    stack = cloud.deploy_template(
        template("Events: {E: {Type: SNS, Properties: {Topic: !Ref T, SqsSubscription: true}}}", SOURCES)
    )
    client("sns").publish(TopicArn=stack.resources["T"], Message="cabin 7")
    cloud.settle()
    assert ran(cloud, stack.resources["Answer"]) == 1
    assert bodies(stack.resources["AnswerEQueue"]) == []
