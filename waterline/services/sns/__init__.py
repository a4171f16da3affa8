"""Amazon SNS: moto keeps the topics, we make the copies and deliver them.

In reading order: ``message`` (what is published), ``filters`` (who wants it), ``topic`` (its memory and its copies)
with ``attributes``, ``subscription`` with ``endpoints``, ``outbox`` (how copies leave: in order, throttled, into
dead-letter queues), ``http`` (how endpoints are asked, and confirm), ``retries`` (when copies are tried again),
``envelope`` (what subscribers see), ``status`` (delivery status in CloudWatch Logs), ``replay`` (the archive of FIFO
topics), ``backend`` and ``responses`` (the API), ``limits`` (the numbers), ``errors``.

Not in the lab: jitter, throughput quotas, encryption, data protection, tracing, what mail, text messages and mobile
push do beyond arriving.
"""

from waterline.services.sns.backend import TopicBackend
from waterline.services.sns.topic import CloudTopic

__all__ = ["CloudTopic", "TopicBackend"]
