"""AWS Step Functions: state machines in the Amazon States Language, played on the cloud's clock.

Words
-----
state machine
    a definition with a name; Standard workflows have a history and may take a year, Express ones five minutes.
execution
    one run of a state machine (``execution``), a line of states (``branch``) with visits of states (``visit``).
task
    a state that has work done elsewhere: a call, an activity, a job, a token (``tasks``).

moto has LocalStack's interpreter. It was measured first: with its threads, locks and events replaced by tasks and
signals of the clock (fifteen names) it is deterministic and takes virtual time. But a task that has timed out goes on
and writes to the history, StopExecution waits until a retry's wait is over, a Next that leads nowhere is accepted,
ItemBatcher and ToleratedFailurePercentage do not parse, and it has neither JSONata nor redrive; so the interpreter is
ours.
"""

from waterline.services.states.backend import StatesBackend

__all__ = ["StatesBackend"]
