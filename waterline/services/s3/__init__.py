"""Amazon S3: moto keeps the objects; we tell who wants to know what became of them.

Words
-----
change
    an object was created, removed, tagged ... In the journal it is ``written`` at ``s3:BUCKET``, with its key.
notification
    the copy of a change for one destination of the bucket's notification configuration. It is delivered after the call
    has been answered, at least once; duplicates come by ``cloud.faults`` only.
rule
    one entry of that configuration: event types, a prefix and a suffix of keys, and a queue, a topic or a function.

In reading order: ``messages`` (what a notification says), ``rules`` (which configurations are refused), ``backend``
(the verbs that change objects) and ``responses``.

Source: Amazon S3 User Guide, "Amazon S3 Event Notifications", "Event notification types and destinations", "Configuring
event notifications using object key name filtering", "Event message structure", "Using EventBridge", "EventBridge event
message structure" (read 2026-11).
"""

from waterline.services.s3.backend import BucketBackend

__all__ = ["BucketBackend"]
