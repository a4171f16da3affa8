"""The numbers of pipes, from the dated facts."""

from __future__ import annotations

from waterline.facts import facts

_MESSAGES, _RECORDS = (int(number) for number in facts["pipes.target_batch"].numbers)
LARGEST_BATCH = {"sqs": _MESSAGES, "sns": _MESSAGES, "events": _MESSAGES, "kinesis": _RECORDS, "firehose": _RECORDS}
"""By the service of the target; functions and workflows take any batch."""

QUEUE_BATCH, STREAM_BATCH = (int(number) for number in facts["pipes.batch_default"].numbers)
API_PATIENCE = 1 << 62
"""An instant that never comes: how long a request to an API destination may wait for its turn."""
