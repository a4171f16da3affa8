"""Amazon EventBridge Pipes: from one source through a filter, a transformation and an enrichment to one target.

Words
-----
pipe
    takes batches from its source as an event source mapping does, with the same pollers, and gives its target what it
    makes of them; ``pipes:NAME`` in the journal.
enrichment
    a function, an Express workflow or an API destination that is asked synchronously; what it answers goes on.
template
    ``InputTemplate``: text with ``<$.body.order>`` and ``<aws.pipes.pipe-name>``, filled in for each event by itself.

``backend`` has the verbs, ``checks`` refuses what AWS refuses, ``source`` reads, ``consumer`` works a batch off,
``templates``, ``enrichment`` and ``targets`` are its steps. Above ``compute``, whose pollers it uses.
"""

from waterline.pipes.backend import PipeBackend

__all__ = ["PipeBackend"]
