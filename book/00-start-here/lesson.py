# %% [markdown]
# # 00 · Start here (30 minutes)
#
# You press *buy* on the site of a ferry line, and before your finger is off the key the page says *thank you*. Your
# ticket has not been printed. Your card has not been charged. Nobody has counted the beds on the boat. What did the
# page thank you for, and what happens to your order if the part that prints tickets falls over in the next second?
#
# By the end of this lesson you have sent that order, watched it fail, followed it through an hour of failures, and
# decided where it ends. You need Python and the name of AWS. You need no account: everything here runs on this machine.
#
# Run a cell with **Shift + Enter**. Cells are short; run each one before you read on.

# %% [markdown]
# ## 0.1 The iceberg (3 minutes)
#
# The page is the part of the application that you see. Most of the application is below it.
#
# ```mermaid
# flowchart LR
#     accTitle: The part above the waterline, and the parts below it
#     accDescr: A browser calls the site, which answers at once. Below the waterline the site has put the order into three queues. Behind each stands a function that charges the card, prints the ticket or counts the beds.
#     subgraph above [above the waterline]
#         browser([browser]) -- buy --> site[site]
#         site -. thank you .-> browser
#     end
#     subgraph below [below the waterline]
#         payments[(payments)] --> charge[charge the card]
#         tickets[(tickets)] --> print[print the ticket]
#         beds[(beds)] --> count[count the beds]
#     end
#     site -- order --> payments
#     site -- order --> tickets
#     site -- order --> beds
# ```
#
# *The site answers when the order is **stored**. All that the order is for happens later, below.*
#
# Above the waterline somebody waits for an answer. Below it services talk to services, and what they say to each other
# are **messages**. This course is about that part: which service carries which message, and what each of them does when
# something breaks. There are four shapes to choose from, and you will use all of them: a queue, a topic, a stream, a
# bus.
#
# We begin with the oldest, a queue, and with one function behind it.

# %% [markdown]
# ## 0.2 A cloud of your own, and a first queue (7 minutes)

# %%
import json
import time

import boto3

from waterline import Cloud

cloud = Cloud.start(seed=7)
cloud

# %% [markdown]
# That is the lab. `boto3` is the real one, the library that you would use with AWS. The answers come from *moto*, which
# imitates AWS on this machine; when things happen, and what happens to each message, is decided by a clock of the lab's
# own. It stands still until you let it run. No call leaves this machine; one that tried would be refused.
#
# Make a queue, and put an order into it.

# %%
sqs = boto3.client("sqs")
tickets = sqs.create_queue(QueueName="tickets")["QueueUrl"]
ida = json.dumps({"name": "Ida", "cabin": 12})
order = sqs.send_message(QueueUrl=tickets, MessageBody=ida)
order["MessageId"]

# %% [markdown]
# This is the moment of the *thank you*. SQS does not answer before the message is stored (on AWS: in several
# availability zones). The identifier is the message's name from here on.
#
# Now be the part that prints tickets: receive the order.

# %%
first = sqs.receive_message(QueueUrl=tickets)["Messages"][0]
first["Body"]

# %% [markdown]
# You have it. Is it still in the queue? Most people say no: *what I took out is out.* Ask again.

# %%
len(sqs.receive_message(QueueUrl=tickets).get("Messages", []))

# %% [markdown]
# Nothing there, so it seems that they are right. Let half a minute go by. The lab does not make you wait for it.

# %%
cloud.advance(seconds=30)
second = sqs.receive_message(QueueUrl=tickets)["Messages"][0]
second["Body"]

# %% [markdown]
# It was never out. To *receive* a message is to hide it from everybody else, for as long as the queue's **visibility
# timeout** says: 30 seconds, unless you set something else. Then the queue shows it again, because for all it knows you
# have died with the order in your hands. Only `delete_message` ends it.

# %%
sqs.delete_message(QueueUrl=tickets, ReceiptHandle=second["ReceiptHandle"])
cloud.journal.trace(order["MessageId"])

# %% [markdown]
# This is the **journal**, asked for one message. Whatever happens to a message in this course is one line in it: when,
# what, where, and what there is to say about it. When something surprises you, ask for the trace; and when an exercise
# is judged, it is judged by this journal and by nothing else.

# %% [markdown]
# ## 0.3 A first function (5 minutes)
#
# You will not sit there and receive orders by hand. A Lambda **function** does it. The cell below is one: the first line
# gives its name and its timeout in seconds, the rest is its code, exactly as you would deploy it.

# %%
# %%function issue-ticket timeout=10
import json
import time


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        ticket = f"{order['name']}, cabin {order['cabin']}"
        time.sleep(2)  # the printer takes its time
        print("printed:", ticket)


# %% [markdown]
# The `handler` does not ask the queue for anything. Somebody else polls the queue and calls the handler with what was
# found: an **event source mapping**. Make one that hands over one order at a time.

# %%
awslambda = boto3.client("lambda")


def arn_of(queue):
    """The name by which other services know a queue."""
    answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


mapping = awslambda.create_event_source_mapping(
    EventSourceArn=arn_of(tickets), FunctionName="issue-ticket", BatchSize=1
)
mapping["State"]

# %%
maja = json.dumps({"name": "Maja", "cabin": 7})
order = sqs.send_message(QueueUrl=tickets, MessageBody=maja)
cloud.advance(seconds=5)
print(cloud.logs("issue-ticket"))

# %%
cloud.journal.trace(order["MessageId"])

# %% [markdown]
# Read it from the top. The mapping received the order, which hid it. An **execution environment** was made for the code
# (the first one: a *cold start*), and the handler ran in it for two seconds of the lab's time; `time.sleep` here takes
# no time of yours. It returned, so the mapping deleted the message. Nobody wrote that `delete`: returning *is* the
# promise that the order is done.
#
# What if it does not return?

# %% [markdown]
# ## 0.4 The first virtual hour (8 minutes)
#
# Five orders arrive. Ola's was typed by an agent in the harbor, and has no cabin. For Ola the handler will raise
# `KeyError`, today, tomorrow and every other time.
#
# Before you run it, commit yourself. What people believe at this point is one of these:
#
# > *The sender gets the error.* &nbsp; *A failed message is gone.* &nbsp; *It is tried a few times, then given up.*

# %%
from waterline import predict

guess = predict(
    "Nothing else is set up, and an hour goes by. How often is the handler invoked for Ola?",
    choices=["never", "once", "three times", "120 times"],
)
guess

# %%
orders = [
    {"name": "Ida", "cabin": 12},
    {"name": "Ola"},
    {"name": "Maja", "cabin": 7},
    {"name": "Emil", "cabin": 31},
    {"name": "Sara", "cabin": 4},
]
sent = {}
for order in orders:
    answer = sqs.send_message(QueueUrl=tickets, MessageBody=json.dumps(order))
    sent[order["name"]] = answer["MessageId"]
cloud.advance(hours=1)
invoked = len(cloud.journal.of("invoked", message=sent["Ola"]))
guess.reveal(f"{invoked} times")

# %% [markdown]
# The sender got no error: it had its answer before anything was tried. The order is not gone, and nobody gave it up. A
# queue has no opinion about failures. It shows a message again whenever the hidden time is over, and here that is every
# 30 seconds:

# %%
cloud.journal.trace(sent["Ola"])[:11]

# %% [markdown]
# Left alone this goes on until the message is older than the queue's retention period, four days unless you set
# something else. You pay for every attempt, and then the order is dropped without a word. Let those days pass and look
# at the last lines of its life.

# %%
cloud.advance(days=4)
cloud.journal.trace(sent["Ola"])[-4:]

# %% [markdown]
# That was the failure. The cure is one setting of the queue, the **redrive policy**: after so many receives, move the
# message to another queue, where it waits for a person. That other queue is called a **dead-letter queue**, and it is a
# queue like any other. We shall want to run this more than once, so it goes into a function. (`issue_ticket` is the cell
# above, kept under its name; a new cloud needs it deployed anew.)

# %%
cloud.close()


def an_evening(cloud, visibility_timeout):
    """Five orders, one of them without a cabin; three receives, then the dead-letter queue."""
    dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn_of(dead), "maxReceiveCount": 3})
    settings = {"VisibilityTimeout": str(visibility_timeout), "RedrivePolicy": redrive}
    tickets = sqs.create_queue(QueueName="tickets", Attributes=settings)["QueueUrl"]
    issue_ticket.deploy(cloud)
    awslambda.create_event_source_mapping(
        EventSourceArn=arn_of(tickets), FunctionName="issue-ticket", BatchSize=1
    )
    for order in orders:
        sqs.send_message(QueueUrl=tickets, MessageBody=json.dumps(order))
        cloud.advance(seconds=1)
    cloud.settle()


# %%
from waterline import timeline

with Cloud(seed=7) as cloud:
    an_evening(cloud, visibility_timeout=30)

timeline(cloud.journal, noun="order")

# %% [markdown]
# `cloud.settle()` plays on until nothing is left to happen. Each row is one order. Four of them are done after two
# seconds. Ola's is tried three times, and the fourth receive does not take place: the queue moves it aside. Nobody was
# told; how to be told is the subject of module 08.

# %% [markdown]
# ## 0.5 One control to turn (3 minutes)
#
# The same evening with another visibility timeout. Before you turn it: will a longer one make the four good orders
# slower? Watch two things: *when* Ola's order dies, and what does not change at all.

# %%
from waterline import explore
from waterline.views import Control

turn = Control(
    "visibility timeout",
    values=[10, 30, 60, 120],
    unit="s",
    start=30,
    look_for="Watch when Ola's order reaches tickets-dead, and what happens to the other four.",
)
explore(an_evening, turn, noun="order", ahead=True)

# %% [markdown]
# The good orders never notice: they are deleted long before their hidden time is over. The bad one dies after three
# times the visibility timeout, for it is hidden once for every receive. So this one number decides how long a failure
# rests before it is tried again. That is the whole of the queue's patience.

# %% [markdown]
# ## 0.6 What to take along (2 minutes)
#
# **Rule.** A queue forgets a message for three reasons only: somebody deleted it, it was received more often than
# `maxReceiveCount` allows, or it grew older than the retention period. A queue without a redrive policy has only the
# first and the last.

# %%
from waterline.facts import facts

for fact in ("sqs.visibility_default", "sqs.retention_default", "sqs.dlq_max_receive_default"):
    print(facts[fact])

# %% [markdown]
# **The lab and AWS.** Here receives are instant, a cold start takes only as long as the code that it runs, and a
# standard queue keeps its order and never duplicates. On AWS pollers add some milliseconds, a new environment takes
# from under a hundred milliseconds to over a second, and a standard queue promises neither order nor *once*. Where it
# bites: a handler that passes every test here must still bear a second delivery there. Modules 05 and 07 do nothing else.
#
# | card | SQS queue with a function behind it |
# |---|---|
# | use it when | work can be done later, by one consumer, and must not be lost while that consumer is down |
# | do not, when | somebody waits for the answer, or several parties need every message (modules 01 and 02) |
# | three settings that matter | visibility timeout · `maxReceiveCount` and its dead-letter queue · both retention periods |

# %% [markdown]
# ## 0.7 How the exercises work (2 minutes)
#
# Open `labs/00-start-here.ipynb`. An exercise asks for an outcome: *every order is printed; the one that cannot be is
# in `tickets-dead` within ten minutes.* You write a function, a setting or a handler; then
#
# - `check("last-attempt")` runs it in clouds of its own, over several seeds, and tells you what happened to which
#   message. There are four answers: correct, incorrect (with the message that shows it), not attempted, cannot be run.
# - `hint("last-attempt")` asks you a question that helps; ask again for the next.
# - `solution("last-attempt")` shows one solution and says why it is right. Others may be right as well.
# - `progress()` shows how far you are. It is kept in a file in your `work` folder, and no update touches it.
#
# You can work in a lab as you did here: open a `Cloud`, send something, `advance`, and ask for the trace.
