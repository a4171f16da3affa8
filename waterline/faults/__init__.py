"""Faults: what is to go wrong, when and how often, from the cloud's seed.

    cloud.faults.errors("issue-ticket", rate=0.05)
    cloud.faults.errors("issue-ticket", when="no cabin")           # or: when=lambda body: ...
    cloud.faults.slow("issue-ticket", seconds=4, rate=0.02)
    cloud.faults.crashes("issue-ticket", rate=0.01)
    cloud.faults.outage("issue-ticket", start=60, end=300)
    cloud.faults.throttles("sqs", operation="SendMessage", rate=0.2)
    cloud.faults.duplicates("tickets", rate=0.01)

Words
-----
target
    what a fault is laid on: a function, a standard queue, a service's API under its boto3 name (``"sqs"``), or a
    *downstream*, which is somebody else's: a third party, a site, a database.
strike
    the moment when a fault does its harm: to one invocation, one call or one message. Every strike is in the journal,
    as the detail ``fault`` of the event that it made different.
rate
    the share of invocations, calls or messages that are struck, each by a draw of its own.

In reading order: ``fault`` (one fault), ``injection`` (``cloud.faults``, and what the services ask it), ``calls`` (the
calls through boto3), ``backoff`` (the waits of botocore's retries, drawn from the seed as well). What a fault does to
an invocation is in ``waterline.compute.faulted``, what it does to a queue in ``waterline.services.sqs.faulted``.

AWS's own tool for the same purpose is the Fault Injection Service; ``errors`` and ``slow`` follow its actions
``aws:lambda:invocation-error`` and ``aws:lambda:invocation-add-delay`` (AWS FIS User Guide, "AWS FIS Actions
reference", read 2026-11).
"""

from waterline.faults.fault import Fault, FaultRefused, UnknownTarget
from waterline.faults.injection import Faults

__all__ = ["Fault", "FaultRefused", "Faults", "UnknownTarget"]
