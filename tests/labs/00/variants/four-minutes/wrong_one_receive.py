# caught by: "one failure does not tell a bad order from a bad moment"
# belief: What fails once is bad.
import json


def make_queues(sqs):
    dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    return sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": "60", "RedrivePolicy": redrive})[
        "QueueUrl"
    ]
