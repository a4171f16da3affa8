"""What a handler may answer to say which messages it failed with, and what AWS makes of everything else.

AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda", "Success and failure conditions"
(read 2026-11); misconception 9.
"""

from __future__ import annotations

import pytest
from world import World

_RESPONSES = [
    ("null", "none"),
    ("{}", "none"),
    ('{"batchItemFailures": []}', "none"),
    ('{"batchItemFailures": null}', "none"),
    ('{"failures": [{"itemIdentifier": FIRST}]}', "none"),
    ('{"BatchItemFailures": [{"itemIdentifier": FIRST}]}', "none"),
    ('{"batchItemFailures": [{"itemIdentifier": FIRST}]}', "first"),
    ('{"batchItemFailures": [{"itemIdentifier": FIRST}, {"itemIdentifier": FIRST}]}', "first"),
    ('{"batchItemFailures": [{"itemIdentifier": ""}]}', "all"),
    ('{"batchItemFailures": [{"itemIdentifier": null}]}', "all"),
    ('{"batchItemFailures": [{"itemIdentifier": 7}]}', "all"),
    ('{"batchItemFailures": [{"itemIdentifier": ["a"]}]}', "all"),
    ('{"batchItemFailures": [{"messageId": FIRST}]}', "all"),
    ('{"batchItemFailures": [{"itemIdentifier": "unknown"}]}', "all"),
    ('{"batchItemFailures": [{"itemIdentifier": FIRST}, {"itemIdentifier": "unknown"}]}', "all"),
    ('{"batchItemFailures": [FIRST]}', "all"),
    ('{"batchItemFailures": "none"}', "all"),
    ('{"batchItemFailures": {}}', "all"),
    ('"done"', "all"),
    ('""', "all"),
    ("true", "all"),
    ("3", "all"),
    ("[]", "all"),
]


@pytest.mark.parametrize(("response", "failed"), _RESPONSES)
def test_a_response_means_what_it_means_on_aws(world: World, response: str, failed: str) -> None:
    """Source: "Handling errors for an SQS event source in Lambda"."""
    queue = world.queue(dead_after=1)
    world.deploy(
        "import json\nRESPONSE = " + repr(response) + "\n"
        "def handler(event, context):\n"
        "    first = json.dumps(event['Records'][0]['messageId'])\n"
        "    return json.loads(RESPONSE.replace('FIRST', first))\n"
    )
    first, second = world.send(queue, "a", "b")
    world.map(queue, FunctionResponseTypes=["ReportBatchItemFailures"])
    world.cloud.settle()
    dead = {event.message for event in world.cloud.journal.of("dead-lettered")}
    deleted = {event.message for event in world.cloud.journal.of("deleted")}
    assert dead == {"none": set(), "first": {first}, "all": {first, second}}[failed]
    assert deleted == {first, second} - dead
