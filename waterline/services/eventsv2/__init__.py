"""Amazon EventBridge Custom Event Bus (``boto3.client("eventbridgev2")``), which moto does not know at all.

Words
-----
bus
    keeps events for days and shows them to its subscribers; ``eventsv2:NAME`` in the journal.
subscriber
    which events somebody wants, and the one target that gets them.
event group
    events that a FIFO subscriber delivers in the order in which they were published.

``wire`` speaks the protocol, ``responses`` holds requests against the model, ``backend`` has the verbs; ``publishing``
takes events in, ``bus`` keeps them, ``subscriber`` (made by ``subscriptions``) delivers them; ``filters``,
``expressions``, ``targets`` and ``invocation`` are what it needs for that; ``permissions`` are the bus's policies,
``sources`` its event sources.
"""
