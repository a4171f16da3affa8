"""Claims about a journal, each with the counter-example when it does not hold.

    from waterline.invariants import dead_within, nothing_lost

    broken = nothing_lost(cloud.journal, "tickets")
    if broken:
        print(broken)          # one sentence, and the shortest trace that shows it

Words
-----
invariant
    a claim that must hold for a whole run, whatever its seed: nothing is lost, no effect happens twice. Here it is a
    function of a journal; it returns None when the claim holds, and a :class:`Broken` when it does not.
counter-example
    the part of the journal that breaks the claim. Where several messages break it, the one with the shortest trace.

A claim says only what the journal already shows: what is still going on has broken nothing yet. So play the run to its
end (``cloud.settle()``), or past the deadline that is claimed, before asking.

nothing_lost        no message, and no copy of a topic, is gone without having been processed
no_effect_twice     nothing was done twice
done_within         each message is processed in time
dead_within         each message that cannot be processed is in a dead-letter queue in time
never_more_than     a function never runs more often at once than it may
"""

from waterline.invariants.broken import Broken, shown
from waterline.invariants.concurrency import never_more_than
from waterline.invariants.deadlines import dead_within, done_within
from waterline.invariants.effects import no_effect_twice
from waterline.invariants.lost import nothing_lost

__all__ = ["Broken", "dead_within", "done_within", "never_more_than", "no_effect_twice", "nothing_lost", "shown"]
