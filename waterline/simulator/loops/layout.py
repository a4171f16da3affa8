"""What the loops work on: arrays of whole numbers, and where in them stands what.

settings   of the scenario
state      of the agenda, the environments, the client or the queue
messages   a row for each
agenda     the heap of events: time; number, kind and subject packed
rings      free environments (when each was freed), invocations in line for a connection, slots that are not used
slots      a row for each invocation that may run: message (or how many), when received, duration, whether it fails,
           the wait after a throttle, a deadline (or whether it is throttled), when it began, when its window closes
draws      durations; numbers below 2**31: chosen by message and attempt, so a message fails or not whatever the
           settings are that are compared
curves     a row for each kind of mark, a column for each stretch of time
groups     of a FIFO queue: first and latest message, how many are in flight
heap       of a queue: the messages that came back, or the oldest messages of the groups that are ready
batches    of a queue: the messages of each slot, then which of them are bad
members    of a stream: the records lane by lane; those of a lane stand from ``begins[lane]`` on
lanes      how far each lane is, and how many parts of its batch are left
stack      those parts: first member, the one after the last, failures, retries, throttles

Times are microseconds since the beginning.
"""

from __future__ import annotations

from typing import Any

Array = Any

# What happens.
END, RETRY, VISIBLE, GROW, WAKE, CLOSE = 1, 2, 3, 4, 5, 6
# What becomes of a message.
UNDECIDED, DONE, DEAD, EXPIRED, REFUSED = 0, 1, 2, 3, 4
NEVER = (1 << 62) - 1
STRIDE = 65_537

# Settings.
LIMIT, PROVISIONED, COLD, KEPT, GROWTH, BURST = 0, 1, 2, 3, 4, 5
TIMEOUT, FAIL_BELOW, OUTAGE_FROM, OUTAGE_TO, EACH = 6, 7, 8, 9, 10
CONNECTIONS, KNEE, SLOWER = 11, 12, 13
MOST_ATTEMPTS, AGE, BASE, CAP, JITTER, PATIENCE = 14, 15, 16, 17, 18, 19
BUDGET, BREAK_AFTER, BREAK_FOR, BUCKET_EVERY, BUCKET_BURST = 20, 21, 22, 23, 24
FIRST_POLLERS, MOST_POLLERS, POLLER_EVERY, BATCH, WINDOW, HIDDEN = 25, 26, 27, 28, 29, 30
RECEIVES, RETENTION, BISECT, POLL = 31, 32, 33, 34
BIN, REPORTS = 35, 36
SETTINGS = 37

# State: of the agenda, of the environments and their downstream, of a client, of a queue.
AGENDA, NUMBER = 0, 1
RUNNING, TOP, BOTTOM, LEVEL, LEVEL_AT, COLD_STARTS, WAITING_FREE = 2, 3, 4, 5, 6, 7, 8
CONNECTED, QUEUE_HEAD, QUEUE_TAIL, THROTTLES, INVOCATIONS, UNUSED = 9, 10, 11, 12, 13, 14
TOKENS, TOKENS_AT, OPEN_UNTIL, IN_A_ROW, BUDGET_LEFT = 15, 16, 17, 18, 19
HERE, FRESH, COUNT, POLLERS, IDLE = 20, 21, 22, 23, 24
OUT, GATHERING, SCALING, FIFO, FAILING, TOO_MANY = 25, 26, 27, 28, 29, 30
STATE = 31

# A message.
CAME, BEGAN, OVER, ATTEMPTS, OUTCOME, POISON, GROUP, BEHIND = 0, 1, 2, 3, 4, 5, 6, 7
MESSAGE = 8
FAILED = BEHIND  # of a stream: whether its latest attempt failed
HELD = BEHIND  # of calls and events: the wait before the latest attempt, or how often it was throttled

# A group, a lane.
FIRST, LATEST, FLYING = 0, 1, 2
HEAD, LEFT = 0, 1

# The rows of the curves.
ARRIVED, BEGUN, ENDED, THROTTLED, FINISHED, HIGHEST, DEPTH, BILLED, RECEIVED = 0, 1, 2, 3, 4, 5, 6, 7, 8
CURVES = 9

# Jitter.
NONE, FULL, EQUAL, DECORRELATED = 0, 1, 2, 3
