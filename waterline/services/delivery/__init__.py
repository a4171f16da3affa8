"""How one service hands a message to another.

Words
-----
sender
    the service that delivers, as the target's resource policy sees it.
target
    a queue, a topic, a function, a stream, a bus ... that takes messages, named by its ARN.
copy
    what a topic, a bus or a pipe makes of a message for one of its targets. The journal has its life: ``routed`` when
    it is made; ``retried`` after each failed attempt; at last ``delivered``, ``dead-lettered`` or ``dropped``.

``targets`` hands over, once. ``copies`` tries again, and gives up. ``sources`` finds a stream to
read. No other module of the services knows two services.
"""

from waterline.services.delivery.backoff import backoff
from waterline.services.delivery.copies import Copies, Copy, Retries, working_on
from waterline.services.delivery.places import place_of
from waterline.services.delivery.sources import stream_at
from waterline.services.delivery.targets import NotTaken, Sender, Targets

__all__ = [
    "Copies",
    "Copy",
    "NotTaken",
    "Retries",
    "Sender",
    "Targets",
    "backoff",
    "place_of",
    "stream_at",
    "working_on",
]
