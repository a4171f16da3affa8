"""What a story about a front door needs: one with a function behind it, made with boto3 as a learner makes it."""

from __future__ import annotations

from typing import Any

from world import World, client

from waterline.cloud import REGION

ACCOUNT = "123456789012"
ECHO = "def handler(event, context):\n    return event\n"
ECHO_1 = "import json\n\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"


def returning(answer: object) -> str:
    """A handler that always gives this answer."""
    return f"def handler(event, context):\n    return {answer!r}\n"


def raising() -> str:
    return "def handler(event, context):\n    raise ValueError('secret')\n"


def slow(seconds: float) -> str:
    return f"import time\n\ndef handler(event, context):\n    time.sleep({seconds})\n    return {{'statusCode': 200}}\n"


def permit_url(world: World, auth: str = "NONE", **about: str) -> None:
    """The two statements that a public URL needs; `about`: a Qualifier."""
    conditions: dict[str, dict[str, Any]] = {
        "InvokeFunctionUrl": {"FunctionUrlAuthType": auth, "StatementId": "url"},
        "InvokeFunction": {"InvokedViaFunctionUrl": True, "StatementId": "via-url"},
    }
    for action, condition in conditions.items():
        world.awslambda.add_permission(
            FunctionName="issue", Action=f"lambda:{action}", Principal="*", **condition, **about
        )


def url(world: World, source: str = ECHO, auth: str = "NONE", permitted: bool = True, **settings: Any) -> str:
    """A function with a URL; returns the URL."""
    world.deploy(source, **settings)
    if permitted:
        permit_url(world, auth)
    return str(world.awslambda.create_function_url_config(FunctionName="issue", AuthType=auth)["FunctionUrl"])


def permit(world: World, source_arn: str = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:*") -> None:
    """Let API Gateway invoke the function."""
    world.awslambda.add_permission(
        FunctionName="issue",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source_arn,
    )


class Rest:
    """A REST API named ``shop`` with one stage, ``prod``; methods as ``GET /orders/{id}``."""

    def __init__(self, world: World, *methods: str, source: str = ECHO_1, permitted: bool = True, **api: Any) -> None:
        self.gateway = client("apigateway")
        self.function = world.deploy(source, timeout=60)
        if permitted:
            permit(world)
        self.id = self.gateway.create_rest_api(name="shop", **api)["id"]
        self.resources = {"/": self.gateway.get_resources(restApiId=self.id)["items"][0]["id"]}
        for method in methods or ("GET /",):
            self.method(method)
        self.deploy()
        self.url = f"https://{self.id}.execute-api.{REGION}.amazonaws.com/prod"

    def method(self, method: str, **integration: Any) -> None:
        verb, _, path = method.partition(" ")
        self.resource(path)
        where = {"restApiId": self.id, "resourceId": self.resources[path], "httpMethod": verb}
        self.gateway.put_method(
            **where,
            authorizationType=integration.pop("authorization", "NONE"),
            apiKeyRequired=integration.pop("needs_key", False),
        )
        name = integration.pop("function", self.function)
        settings = {
            "type": "AWS_PROXY",
            "integrationHttpMethod": "POST",
            "uri": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{name}/invocations",
            **integration,
        }
        self.gateway.put_integration(**where, **settings)

    def resource(self, path: str) -> None:
        if path not in self.resources:
            parent, _, part = path.rpartition("/")
            self.resource(parent or "/")
            made = self.gateway.create_resource(
                restApiId=self.id, parentId=self.resources[parent or "/"], pathPart=part
            )
            self.resources[path] = made["id"]

    def deploy(self, **settings: Any) -> None:
        self.gateway.create_deployment(restApiId=self.id, stageName="prod", **settings)


class Web:
    """An HTTP API named ``web``, its routes leading to one integration."""

    def __init__(
        self,
        world: World,
        *routes: str,
        source: str = ECHO,
        permitted: bool = True,
        stage: str = "$default",
        variables: dict[str, str] | None = None,
        **integration: Any,
    ) -> None:
        self.gateway = client("apigatewayv2")
        self.function = world.deploy(source, timeout=60)
        if permitted:
            permit(world)
        api = self.gateway.create_api(Name="web", ProtocolType="HTTP")
        self.id, self.url = api["ApiId"], api["ApiEndpoint"]
        settings = {
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": self.function,
            "PayloadFormatVersion": "2.0",
            **integration,
        }
        self.integration = self.gateway.create_integration(ApiId=self.id, **settings)["IntegrationId"]
        for key in routes or ("$default",):
            self.gateway.create_route(ApiId=self.id, RouteKey=key, Target=f"integrations/{self.integration}")
        self.gateway.create_stage(ApiId=self.id, StageName=stage, AutoDeploy=True, StageVariables=variables or {})
