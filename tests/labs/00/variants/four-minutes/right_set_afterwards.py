import json

TRIES = 4
HIDDEN = 120


def arn_of(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def make_queues(sqs):
    tickets = sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": str(HIDDEN)})["QueueUrl"]
    dead = sqs.create_queue(QueueName="tickets-dead", Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
    policy = {"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": str(TRIES)}
    sqs.set_queue_attributes(QueueUrl=tickets, Attributes={"RedrivePolicy": json.dumps(policy)})
    return tickets
