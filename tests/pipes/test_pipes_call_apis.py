"""A pipe's enrichment and target as API destinations."""

from __future__ import annotations

import json

from plumbing import Plumbing, client

from waterline.web import Request, Response


def destination(pipes: Plumbing, host: str, path: str = "/") -> tuple[str, list[Request]]:
    """A host that answers with what it is asked, an API destination for it; its ARN, and what the host was asked."""
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        content = json.loads(request.body or b"{}")
        return Response(200, content=json.dumps({"seen": content}).encode())

    pipes.cloud.web.open(host, answer)
    events = client("events")
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}}
    connection = events.create_connection(Name=host.split(".")[0], AuthorizationType="API_KEY", AuthParameters=key)
    made = events.create_api_destination(
        Name=host.split(".")[0],
        ConnectionArn=connection["ConnectionArn"],
        InvocationEndpoint=f"https://{host}{path}",
        HttpMethod="POST",
    )
    return str(made["ApiDestinationArn"]), asked


def test_an_api_destination_enriches_each_event_by_itself(pipes: Plumbing) -> None:
    """Source: "Event enrichment in Amazon EventBridge Pipes"."""
    arn, asked = destination(pipes, "prices.example")
    pipes.make(
        pipes.queue(),
        pipes.queue("out"),
        Enrichment=arn,
        EnrichmentParameters={"InputTemplate": '{"id": <$.body.id>}'},
    )
    pipes.send({"id": 1}, {"id": 2})
    pipes.cloud.settle()
    assert sorted(pipes.arrived()) == ['{"seen":{"id":1}}', '{"seen":{"id":2}}']
    assert [request.header("x-key") for request in asked] == ["secret", "secret"]


def test_an_api_destination_gets_paths_queries_and_headers_out_of_the_event(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes targets" (dynamic path parameters)."""
    arn, asked = destination(pipes, "shop.example", "/orders/*")
    http = {
        "PathParameterValues": ["$.body.id"],
        "QueryStringParameters": {"tier": "$.body.tier"},
        "HeaderParameters": {"x-from": "pipes"},
    }
    parameters = {"HttpParameters": http, "InputTemplate": '{"total": <$.body.total>}'}
    pipes.make(pipes.queue(), arn, TargetParameters=parameters)
    [message] = pipes.send({"id": "o-1", "tier": "gold", "total": 30})
    pipes.cloud.settle()
    [request] = asked
    assert (request.path, request.parameters, request.header("x-from")) == ("/orders/o-1", {"tier": ["gold"]}, "pipes")
    assert json.loads(request.body or b"") == {"total": 30}
    assert "http:shop.example" in {event.place for event in pipes.cloud.journal.trace(message).events}


def test_an_api_that_refuses_lets_the_message_die_in_its_queue(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes error handling and troubleshooting" (customer invocation errors)."""
    arn, _ = destination(pipes, "shop.example")
    pipes.cloud.web.close("shop.example")
    pipes.cloud.web.open("shop.example", lambda request: Response(400))
    pipes.make(pipes.queue(dead_after=2), arn)
    pipes.send("a")
    pipes.cloud.settle()
    assert len(pipes.cloud.journal.of("dead-lettered", "sqs:orders")) == 1
    assert len(pipes.cloud.journal.of("failed", "pipes:flow")) == 2
