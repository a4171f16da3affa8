# caught by: "It was tried 4 times in 180 s, and then given up"
# belief: Four receives a minute apart are four minutes.
import json


def make_queues(sqs):
    dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 4})
    return sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": "60", "RedrivePolicy": redrive})[
        "QueueUrl"
    ]
