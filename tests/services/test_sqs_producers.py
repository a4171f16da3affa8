"""How messages and queues come in from elsewhere: CloudFormation, SNS, and the same seed twice."""

from __future__ import annotations

from bench import REGION, Lab, backend, client, opened
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import Queue as MotoQueue

from waterline.services.sqs import CloudQueue


def test_a_queue_made_by_cloudformation_is_ours(lab: Lab) -> None:
    template = {"Properties": {"FifoQueue": True, "VisibilityTimeout": 5, "Tags": [{"Key": "k", "Value": "v"}]}}
    queue = MotoQueue.create_from_cloudformation_json("stack.fifo", template, DEFAULT_ACCOUNT_ID, REGION)
    assert isinstance(queue, CloudQueue)
    assert backend().get_queue("stack.fifo") is queue
    url = lab.sqs.get_queue_url(QueueName="stack.fifo")["QueueUrl"]
    for body in ("a", "b"):
        lab.send(url, body, MessageGroupId="g", MessageDeduplicationId=body)
    lab.receive(url)
    lab.advance(5)
    assert lab.bodies(url) == ["a", "b"]


def test_creating_a_queue_again_gives_the_same_queue_with_its_messages(lab: Lab) -> None:
    """Source: CreateQueue."""
    queue = lab.queue(VisibilityTimeout=5)
    lab.send(queue, "a")
    assert lab.queue(VisibilityTimeout=5) == queue
    assert lab.bodies(queue) == ["a"]


def test_a_topic_delivers_into_our_queues(lab: Lab) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name="news.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    queues = [lab.queue("one"), lab.queue("two.fifo")]
    for queue in queues:
        sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=lab.arn(queue), Attributes={"RawMessageDelivery": "true"}
        )
    sns.publish(TopicArn=topic, Message="hello", MessageGroupId="g", MessageDeduplicationId="d")
    assert [lab.bodies(queue) for queue in queues] == [["hello"], ["hello"]]
    assert len(lab.journal.of("sent")) == 2


def test_queues_are_listed_tagged_and_found_by_their_dead_letter_queue(lab: Lab) -> None:
    """Source: ListQueues, ListQueueTags and ListDeadLetterSourceQueues."""
    dead = lab.queue("dead")
    queue = lab.queue(RedrivePolicy={"deadLetterTargetArn": lab.arn(dead), "maxReceiveCount": 1})
    lab.sqs.tag_queue(QueueUrl=queue, Tags={"team": "boxoffice"})
    assert lab.sqs.list_queues()["QueueUrls"] == [dead, queue]
    assert lab.sqs.list_queue_tags(QueueUrl=queue)["Tags"] == {"team": "boxoffice"}
    assert lab.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [queue]


def run(seed: int) -> str:
    with opened(seed) as lab:
        queue = lab.queue()
        for number in range(5):
            lab.send(queue, str(number), DelaySeconds=number)
        for message in lab.receive(queue, WaitTimeSeconds=20):
            lab.delete(queue, message)
        lab.settle()
        return lab.journal.digest()


def test_the_same_seed_gives_the_same_journal_to_the_byte_and_another_seed_another() -> None:
    assert run(7) == run(7) != run(8)
