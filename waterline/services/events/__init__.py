"""Amazon EventBridge (Classic): moto keeps buses, rules and targets, we match, deliver, schedule, archive and replay.

In reading order: ``event`` (an event, and the entries it is made of), ``checks`` (what PutRule and PutTargets refuse),
``inputs`` (what a target gets of an event), ``routing`` (a copy for each target, retries, dead letters), ``handover``
(one attempt, by service), ``api_destinations`` (over HTTP), ``timetable`` (scheduled rules), ``archives`` (and
replays), ``backend`` and ``responses`` (the API), ``limits`` (the numbers). Patterns, paths and schedule expressions
are shared with other services: ``waterline.services.patterns``, ``paths`` and ``schedules``.

The place of a bus in the journal is ``events:BUS``. An event is ``sent`` there with the names of the ``rules`` that
want it, or ``filtered`` if there are none; each copy is ``routed`` with its ``rule``.

Not in the lab: throughput quotas (PutEvents and invocations are never throttled), the schema registry, partner event
sources, global endpoints, encryption, and targets but SQS, SNS, Lambda, Kinesis, Firehose, Step Functions, CloudWatch
Logs, buses and API destinations.
"""

from waterline.services.events.backend import EventBackend

__all__ = ["EventBackend"]
