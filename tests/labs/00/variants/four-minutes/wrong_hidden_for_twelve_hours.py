# caught by: "is still not in `tickets-dead`"
# belief: A day is soon enough: patience costs nothing.
import json


def make_queues(sqs):
    dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    return sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": "43200", "RedrivePolicy": redrive})[
        "QueueUrl"
    ]
