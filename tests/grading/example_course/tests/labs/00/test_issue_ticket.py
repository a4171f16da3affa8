"""Checks of 00.b."""

import boto3
import pytest
from waterline import Cloud
from waterline.grading.verdict import expect


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_ticket_is_issued_once(issue_ticket, seed):
    with Cloud(seed=seed) as cloud:
        sqs = boto3.client("sqs")
        orders = sqs.create_queue(QueueName="orders")["QueueUrl"]
        tickets = sqs.create_queue(QueueName="tickets")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=orders, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        issue_ticket.deploy(cloud, environment={"TICKETS": tickets})
        boto3.client("lambda").create_event_source_mapping(
            EventSourceArn=arn, FunctionName=issue_ticket.name, BatchSize=10, MaximumBatchingWindowInSeconds=1
        )
        sent = [f"order {number}" for number in range(10)]
        for body in sent:
            sqs.send_message(QueueUrl=orders, MessageBody=body)
        cloud.advance(minutes=5)
        issued = []
        while batch := sqs.receive_message(QueueUrl=tickets, MaxNumberOfMessages=10).get("Messages"):
            issued += [message["Body"] for message in batch]
    lost = sorted(set(sent) - set(issued))
    expect(not lost, f"Seed {seed}: {len(lost)} of ten orders got no ticket, {', '.join(lost[:1])} among them.")
    twice = sorted({body for body in issued if issued.count(body) > 1})
    expect(not twice, f"Seed {seed}: {', '.join(twice[:1])} got {issued.count(twice[0]) if twice else 0} tickets.")
    strange = sorted(set(issued) - set(sent))
    expect(not strange, f"Seed {seed}: a ticket was issued for {', '.join(strange[:1])}, which nobody ordered.")
