"""Amazon EventBridge Scheduler: moto keeps schedules and groups, we invoke their targets when they are due.

Words
-----
schedule
    when a target is to be invoked, and with what; ``scheduler:NAME`` in the journal.
invocation
    of a target, when the schedule is due: tried again until the target takes it or the retry policy gives it up.
flexible time window
    how late an invocation may come: a random part of the window, drawn from the cloud's seed.
universal target
    any operation of any service; the others are *templated*: one operation for each service.

``checks`` refuses what AWS refuses, ``timetable`` knows what is due, ``invocation`` does it; ``backend`` has the verbs.
"""

from waterline.services.scheduler.backend import ScheduleBackend

__all__ = ["ScheduleBackend"]
