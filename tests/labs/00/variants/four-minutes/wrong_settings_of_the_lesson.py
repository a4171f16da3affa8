# caught by: "It was tried 3 times in 60 s, and then given up"
# belief: Three attempts are enough for anything.
import json


def make_queues(sqs):
    dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3})
    return sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": "30", "RedrivePolicy": redrive})[
        "QueueUrl"
    ]
