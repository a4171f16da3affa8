"""Amazon SQS: moto keeps the queues, we keep and deliver the messages.

In reading order: ``message`` (a message and its four states), ``shelf`` (storage whose cost does not grow with the
backlog), ``available`` and ``fifo`` (what can be received next), ``contents`` (a queue's messages, their states and
timers), ``queue`` (one queue on the clock), ``requests`` (what a producer may ask for), ``redrive`` (message move
tasks), ``faulted`` (what faults do to a message), ``backend`` and ``responses`` (the API), ``limits`` (the numbers),
``errors``.

Not in the lab: fairness between the tenants of a fair queue (MessageGroupId is accepted on a standard queue and handed
to the consumer), ReceiveRequestAttemptId (accepted, without effect), RedriveAllowPolicy (kept, not enforced),
throughput quotas, encryption, and the 60 seconds that AWS makes you wait before a deleted queue's name is free again.
"""

from waterline.services.sqs.backend import QueueBackend
from waterline.services.sqs.message import Message, State
from waterline.services.sqs.queue import CloudQueue

__all__ = ["CloudQueue", "Message", "QueueBackend", "State"]
