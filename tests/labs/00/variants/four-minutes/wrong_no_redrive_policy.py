# caught by: "`tickets` has no redrive policy"
# belief: After a few failures a queue gives up by itself.
def make_queues(sqs):
    sqs.create_queue(QueueName="tickets-dead")
    return sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
