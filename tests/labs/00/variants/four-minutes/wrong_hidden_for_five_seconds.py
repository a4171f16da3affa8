# caught by: "the mapping was refused, as AWS refuses it"
# belief: The sooner an order is visible again, the sooner it is printed.
import json


def make_queues(sqs):
    dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 100})
    return sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": "5", "RedrivePolicy": redrive})[
        "QueueUrl"
    ]
