"""The loops of the simulator: whole numbers and arrays of them, nothing else.

They are written in a small part of Python (integers, arrays, ``while``, ``if``), so that the same text runs compiled
and as it stands, with the same result to the last bit.

layout        what the loops work on
agenda        what happens when
environments  environments, failures, and the connections behind them
pushed        what calls and events share
calls         calls
events        asynchronous events
polled        queues
streamed      streams
"""
