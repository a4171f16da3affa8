# %% [markdown]
# # 00 · Start here: the lab
#
# The ferry line *Nordlys* sells tickets. Its site puts each order into the queue `tickets`, as JSON:
# `{"name": "Ida", "cabin": 12}`. A function takes the orders from there and prints the tickets. You are on call for the
# part between the two.
#
# Three exercises, about thirty minutes. You need what the lesson has shown, and nothing else.

# %% [markdown]
# ## How this lab works (2 minutes)
#
# Each exercise tells a situation and asks for an outcome. Below it is a cell to fill in, and below that a cell that
# checks it. No cloud needs to be open: a check makes its own. To try something first, open one in a cell of your own, as
# in the lesson: `with Cloud(seed=1) as cloud:`.

# %%
import json

from waterline import check, hint, progress, solution

# %% [markdown]
# ## 00.a The last attempt (8 minutes, 1 point)
#
# Ola has called. The order has no cabin, so the handler fails with it every time, and Ola asks *when* somebody at the
# line will get to see it. In your words: when does it reach `tickets-dead`? The queue has a redrive policy, orders
# are handed over one at a time, and nobody else is in the queue that evening.
#
# **Wanted.** A function that gives the seconds from the send to the arrival in `tickets-dead`. It is given the queue's
# visibility timeout in seconds, its `maxReceiveCount`, and the seconds that the handler works before it fails. The
# handler always fails before the visibility timeout is over.
#
# **Judged by** running it: three clouds with other numbers each, and what their journals show.
#
# - `check("last-attempt")` runs your function and says what came of it. Your answer is correct, incorrect, not attempted,
#   or cannot be run, and an incorrect one is shown the message that contradicts it.
# - `hint("last-attempt")` asks you a question that leads on. Call it again for the next one.
# - `solution("last-attempt")` shows one right answer, with its reasons. It opens when yours is correct, or before that with
#   `show=True`.
# - `progress()` shows how far you are. Attempts and hints are counted, and neither costs a point.


# %%
def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    """Seconds from the send until an order that fails after `duration` s is in `tickets-dead`."""
    ### BEGIN SOLUTION
    # Hidden time counts from the receive. The handler fails within it: its duration adds nothing.
    hidden_after_each_receive = visibility_timeout
    # The queue moves an order when it would be received once more, so the last receive has its
    # full hidden time too.
    return max_receive_count * hidden_after_each_receive
    ### END SOLUTION


# %%
check("last-attempt")

# %% [markdown] tags=["solution"]
# Write down the evening for 30 s, 3 receives and a handler that fails after 5 s. Then there is nothing left to argue:
#
# | at | what happens | what changes |
# |---|---|---|
# | 0 s | 1st receive | hidden until 30 s |
# | 5 s | the handler fails | nothing: nobody tells the queue |
# | 30 s | visible, 2nd receive | hidden until 60 s |
# | 60 s | visible, 3rd receive | hidden until 90 s |
# | 90 s | visible; a 4th receive is not allowed | moved to `tickets-dead` |
#
# The failures at 5, 35 and 65 s are not in the queue's book at all. It counts receives, and it waits.

# %% [markdown]
# ## 00.b Four minutes without a printer (10 minutes, 2 points)
#
# On windy days the ship's printer loses its connection, for four minutes at a time. Nobody knows when. While it is away
# the handler fails with every order, good or bad. Last Tuesday twelve good orders ended in `tickets-dead` that way, and
# twelve passengers stood on the quay.
#
# The function's timeout is 10 s, a ticket takes 2 s, orders are handed over one at a time, and among them is one without
# a cabin.
#
# **Wanted.** Two queues, `tickets` and `tickets-dead`, such that every order that can be printed is printed, and the one
# that cannot is in `tickets-dead` within 10 minutes of being sent. You change the settings; the function stays as it is.
# Return the URL of `tickets`.
#
# **Judged by** three evenings, each with its outage at another time. One order comes in the very second in which the
# printer stops.


# %%
def make_queues(sqs):
    """Make `tickets` and `tickets-dead` with the client `sqs`; return the URL of `tickets`."""
    dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    dead_arn = answer["Attributes"]["QueueArn"]
    ### BEGIN SOLUTION
    # Tried at 0, 60, 120, 180 and 240 s: the fifth try comes when the longest outage is over ...
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 5})
    # ... and 5 times 60 s is 300 s, so a hopeless order is seen in half the time that is allowed.
    attributes = {"VisibilityTimeout": "60", "RedrivePolicy": redrive}
    return sqs.create_queue(QueueName="tickets", Attributes=attributes)["QueueUrl"]
    ### END SOLUTION


# %%
check("four-minutes")

# %% [markdown] tags=["solution"]
# Two times matter, and both follow from the visibility timeout V and the number of receives N. The last try comes
# (N - 1) · V after the first; the order is given up N · V after it.
#
# | V | N | last try after | given up after | |
# |---|---|---|---|---|
# | 30 s | 3 | 60 s | 90 s | the lesson's: good orders die in the outage |
# | 60 s | 4 | 180 s | 240 s | one receive too few |
# | 60 s | 5 | 240 s | 300 s | holds |
# | 120 s | 4 | 360 s | 480 s | holds, with fewer tries |
# | 300 s | 2 | 300 s | 600 s | holds; an order that failed waits five minutes for its ticket |
# | 600 s | 2 | 600 s | 1,200 s | the hopeless order is seen too late |
# | 5 s | 60 | - | - | AWS makes no mapping: hidden for less than the function may take |
#
# *Three attempts* says nothing by itself. What a failure needs is time, and attempts times hidden time is what gives it.

# %% [markdown]
# ## 00.c Every order (10 minutes, 2 points)
#
# The printer has a queue of its own now. Whoever wants a ticket printed sends a message there, and the text of the
# message is the ticket: `Ida, cabin 12`. The function that stands between the two queues has to be written anew. It is
# handed up to ten orders at once, as `event["Records"]`; the order is JSON in the `body` of a record.
#
# **Wanted.** A handler that sends one ticket for each order to the queue whose URL is in `os.environ["PRINTED"]`. An order
# without a cabin must not be printed and must not disappear: it ends in `tickets-dead`, where somebody will read it.
#
# **Judged by** two runs, with two seeds each. Ten good orders in one batch: each gets its ticket, once. Three orders one
# at a time, one of them without a cabin: that one is in `tickets-dead`, the others are printed.

# %%
# %%function print-ticket timeout=10
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    """Send a ticket for each order of the batch to the queue in PRINTED."""
    ### BEGIN SOLUTION
    orders = [json.loads(record["body"]) for record in event["Records"]]
    # Look at all of them before anything is printed: an exception brings the whole batch back.
    for order in orders:
        if "cabin" not in order:
            # Raising is how a handler says "not done"; returning, with whatever value, deletes it.
            raise ValueError(f"The order of {order.get('name')} has no cabin.")
    for order in orders:
        ticket = f"{order['name']}, cabin {order['cabin']}"
        sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=ticket)
    ### END SOLUTION


# %%
check("every-order")

# %% [markdown] tags=["solution"]
# A handler has two ways to come to its end, and the mapping looks at nothing else:
#
# | the handler | the mapping | the orders of the batch |
# |---|---|---|
# | returns, with any value | deletes all of them | done, for ever |
# | raises, or times out | does nothing | come back when their hidden time is over; after the last receive, `tickets-dead` |
#
# That is why `try: ... except: print(...)` around the work is so dear: it turns the second line into the first. A log
# line is left, and nobody reads logs for orders that everybody believes to be done.

# %% [markdown]
# You have three things now that the other modules build on: how long a failure lasts, how long a queue is patient, and
# when a message is done. Module 01 asks who waits for whom.

# %%
progress()
