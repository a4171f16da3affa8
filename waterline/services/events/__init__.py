"""Amazon EventBridge (Classic): moto keeps buses, rules and targets, we match, deliver, schedule, archive and replay.

In reading order: ``event`` (an event, and the entries it is made of), ``checks`` (what PutRule and PutTargets refuse),
``arrivals`` (which rules want it), ``routing`` (a copy for each target, retries, dead letters), ``inputs`` (what a
target gets), ``handover`` (one attempt, by service), ``api_destinations`` and ``api_gateway`` (over HTTP),
``timetable`` (scheduled rules), ``archives`` (and replays), ``bus_policy``; ``archive_verbs``, ``backend`` and
``responses`` (the API), ``limits`` (the numbers). Patterns, paths and schedule expressions are shared with other
services: ``waterline.services.patterns``, ``paths`` and ``schedules``.

The place of a bus in the journal is ``events:BUS``. An event is ``sent`` there with the names of the ``rules`` that
want it, or ``filtered`` if there are none; each copy is ``routed`` with its ``rule``.

Not in the lab: throughput quotas (PutEvents and invocations are never throttled), the schema registry, partner event
sources, global endpoints, encryption, and targets but SQS, SNS, Lambda, Kinesis, Firehose, Step Functions, CloudWatch
Logs, buses, API destinations and APIs of API Gateway.
"""

from waterline.services.events.backend import EventBackend

__all__ = ["EventBackend"]
