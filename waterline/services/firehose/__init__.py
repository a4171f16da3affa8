"""Amazon Data Firehose: records are gathered, may go through a function, and are written to S3 as objects.

==================  ====================================================================================
``hose``            one stream: its buffers, its function, its objects
``record``          a record on its way, and the buffer in which records wait
``transformation``  the function that records go through
``source``          a Kinesis stream as source
``prefixes``        the keys of objects
``settings``        what a stream is told to do; ``limits``: its numbers
``backend``         the verbs of the API
==================  ====================================================================================

moto keeps the streams and their configurations, we gather and deliver. Source: Amazon Data Firehose Developer Guide
(read 2026-11).
"""

from waterline.services.firehose.backend import HoseBackend

__all__ = ["HoseBackend"]
