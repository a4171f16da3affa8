"""A database with a limited number of connections, from cells and from handlers.

PEP 249, "Python Database API Specification v2.0"; PostgreSQL documentation, "Connections and Authentication".
"""

from __future__ import annotations

import importlib
import json
import sys
import urllib.request
from collections import Counter
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waterline import Cloud
from waterline.downstreams import Database
from waterline.errors import LabMistake
from waterline.invariants import no_effect_twice

TABLE = "CREATE TABLE orders (id TEXT PRIMARY KEY, amount INTEGER)"
INSERT = "INSERT INTO orders VALUES (?, ?)"

STORE = """
import json
import os
import time
import labdb

def handler(event, context):
    connection = labdb.connect(os.environ["DATABASE_URL"])
    with connection:
        for record in event["Records"]:
            connection.execute("INSERT INTO orders VALUES (?, 1)", [record["body"]])
            time.sleep(float(os.environ.get("WORK", "0")))
"""
KEPT = """
import os
import labdb

connection = labdb.connect(os.environ["DATABASE_URL"])

def handler(event, context):
    return connection.execute("SELECT count(*) FROM orders").fetchone()[0]
"""


def driver() -> Any:
    return importlib.import_module("labdb")


def made(cloud: Cloud, **options: Any) -> Database:
    database = cloud.database("orders", **options)
    database.execute(TABLE)
    return database


def invoke(name: str, event: object = None) -> Any:
    answer = boto3.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def kinds(cloud: Cloud) -> Counter[str]:
    return Counter(event.kind for event in cloud.journal if event.place == "database:orders")


def test_it_is_a_database(cloud: Cloud) -> None:
    database = made(cloud)
    labdb = driver()
    connection = labdb.connect(database.url)
    cursor = connection.cursor()
    cursor.executemany(INSERT, [("a", 1), ("b", 2), ("c", 3)])
    assert cursor.rowcount == 3
    connection.commit()
    cursor.execute("SELECT id, amount FROM orders ORDER BY id")
    assert [column[0] for column in cursor.description] == ["id", "amount"]
    assert (cursor.fetchone(), cursor.fetchmany(1), cursor.fetchall()) == (("a", 1), [("b", 2)], [("c", 3)])
    assert cursor.fetchone() is None
    assert database.execute("SELECT sum(amount) FROM orders") == [(6,)]
    assert (labdb.apilevel, labdb.paramstyle) == ("2.0", "qmark")


def test_what_was_not_committed_is_not_there(cloud: Cloud) -> None:
    database = made(cloud)
    labdb = driver()
    connection = labdb.connect(database.url)
    connection.execute(INSERT, ("a", 1))
    connection.rollback()
    connection.execute(INSERT, ("b", 1))
    connection.close()
    with pytest.raises(ZeroDivisionError), labdb.connect(database.url) as third:
        third.execute(INSERT, ("c", 1))
        raise ZeroDivisionError
    with labdb.connect(database.url) as fourth:
        fourth.execute(INSERT, ("d", 1))
    assert database.execute("SELECT id FROM orders") == [("d",)]
    assert [event.detail["body"] for event in cloud.journal.of("written")] == [f"{INSERT} ('d', 1)"]
    assert database.connections == 0


def test_errors_are_those_of_pep_249(cloud: Cloud) -> None:
    database = made(cloud)
    labdb = driver()
    connection = labdb.connect(database.url)
    connection.execute(INSERT, ("a", 1))
    with pytest.raises(labdb.IntegrityError):
        connection.execute(INSERT, ("a", 2))
    with pytest.raises(labdb.OperationalError, match="no such table"):
        connection.execute("SELECT * FROM nowhere")
    connection.close()
    with pytest.raises(labdb.InterfaceError, match="closed"):
        connection.execute("SELECT 1")


def test_the_connection_too_many_is_refused_as_postgresql_refuses_it(cloud: Cloud) -> None:
    database = made(cloud, max_connections=2)
    labdb = driver()
    first, _second = (labdb.connect(database.url) for _ in range(2))
    with pytest.raises(labdb.TooManyConnections, match=r"^FATAL: sorry, too many clients already$") as refused:
        labdb.connect(database.url)
    assert isinstance(refused.value, labdb.OperationalError)
    assert refused.value.sqlstate == "53300"
    first.close()
    labdb.connect(database.url)
    assert kinds(cloud) == {"connected": 3, "refused": 1, "disconnected": 1}


def test_connecting_and_querying_take_virtual_time(cloud: Cloud) -> None:
    database = made(cloud, connection_time=0.03, query_time=0.01)
    connection = driver().connect(database.url)
    assert cloud.clock.now == 30_000
    connection.execute("SELECT 1")
    assert cloud.clock.now == 40_000


def fan(cloud: Cloud, count: int, source: str = STORE, **variables: str) -> list[str]:
    """So many orders into a queue that a function stores, one by one and all at once; their identifiers."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="todo", Attributes={"VisibilityTimeout": "120"})["QueueUrl"]
    cloud.deploy(
        "store", source, timeout=60, environment={"DATABASE_URL": "postgresql://orders.db.example/orders", **variables}
    )
    orders = [sqs.send_message(QueueUrl=url, MessageBody=f"order {n}")["MessageId"] for n in range(count)]
    boto3.client("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:123456789012:todo", FunctionName="store", BatchSize=1
    )
    return orders


def test_functions_at_once_use_up_the_connections_and_their_messages_come_back(cloud: Cloud) -> None:
    database = made(cloud, max_connections=3, query_time=1)
    [order, *_] = fan(cloud, 5)
    cloud.advance(seconds=100)
    assert kinds(cloud)["refused"] == 2
    assert len(database.execute("SELECT * FROM orders")) == 3
    cloud.advance(minutes=10)
    assert len(database.execute("SELECT * FROM orders")) == 5
    lived = [(event.kind, event.place) for event in cloud.journal.trace(order).events]
    assert ("written", "database:orders") in lived
    assert no_effect_twice(cloud.journal, "database:orders") is None


def test_an_environment_keeps_its_connection_until_it_ends(cloud: Cloud) -> None:
    database = made(cloud)
    cloud.deploy("count", KEPT, environment={"DATABASE_URL": database.url})
    assert [invoke("count"), invoke("count")] == [0, 0]
    assert database.connections == 1
    assert kinds(cloud)["connected"] == 1
    cloud.advance(minutes=5)
    assert database.connections == 1
    cloud.advance(minutes=5)
    assert database.connections == 0
    [gone] = cloud.journal.of("disconnected")
    assert gone.detail["why"] == "its execution environment has ended"


def test_a_handler_that_times_out_loses_its_connection_and_its_transaction(cloud: Cloud) -> None:
    database = made(cloud)
    source = STORE.replace("time.sleep(float", "time.sleep(100 + float")
    cloud.deploy("store", source, timeout=5, environment={"DATABASE_URL": database.url})
    invoke("store", {"Records": [{"body": "a"}]})
    cloud.settle()
    assert database.connections == 0
    assert database.execute("SELECT * FROM orders") == []
    assert cloud.journal.of("written") == []


def test_who_writes_makes_others_wait_until_the_transaction_is_over(cloud: Cloud) -> None:
    database = made(cloud)
    fan(cloud, 3, WORK="10")
    cloud.advance(seconds=100)
    assert [event.seconds for event in cloud.journal.of("written", "database:orders")] == [10.0, 20.0, 30.0]
    assert len(database.execute("SELECT * FROM orders")) == 3


def test_who_waits_too_long_for_a_lock_gives_up(cloud: Cloud) -> None:
    database = made(cloud, lock_timeout=4)
    labdb = driver()
    first, second = labdb.connect(database.url), labdb.connect(database.url)
    first.execute(INSERT, ("a", 1))
    with pytest.raises(labdb.OperationalError, match="canceling statement due to lock timeout"):
        second.execute(INSERT, ("b", 1))
    assert cloud.clock.now == 4_000_000
    first.commit()
    second.execute(INSERT, ("b", 1))


@pytest.mark.parametrize(("collapse", "last"), [(0.0, 1.0), (1.0, 5.0), (2.0, 25.0)])
def test_beyond_what_it_does_at_once_every_query_takes_longer(cloud: Cloud, collapse: float, last: float) -> None:
    database = cloud.database("orders", query_time=1, parallel=1, collapse=collapse)
    database.execute("CREATE TABLE orders (id TEXT)")
    source = STORE.replace('"INSERT INTO orders VALUES (?, 1)", [record["body"]]', '"SELECT 1"')
    fan(cloud, 5, source)
    cloud.advance(seconds=100)
    taken = sorted(event.detail["duration"] / 1e6 for event in cloud.journal.of("answered", "database:orders"))
    assert (taken[0], taken[-1]) == (1.0, last)


@pytest.mark.parametrize(
    ("lay", "said"),
    [
        (lambda faults: faults.outage("orders"), "server closed the connection unexpectedly"),
        (lambda faults: faults.errors("orders"), "internal error"),
    ],
)
def test_faults_strike_a_connection_that_is_open(cloud: Cloud, lay: Any, said: str) -> None:
    labdb = driver()
    connection = labdb.connect(made(cloud).url)
    fault = lay(cloud.faults)
    with pytest.raises(labdb.OperationalError, match=said):
        connection.execute("SELECT 1")
    fault.stop()
    assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_faults_strike_who_connects(cloud: Cloud) -> None:
    database, labdb = made(cloud), driver()
    fault = cloud.faults.outage("orders")
    with pytest.raises(labdb.OperationalError, match="Connection refused"):
        labdb.connect(database.url)
    fault.stop()
    fault = cloud.faults.throttles("orders")
    with pytest.raises(labdb.TooManyConnections):
        labdb.connect(database.url)
    fault.stop()
    cloud.faults.slow("orders", seconds=3)
    labdb.connect(database.url).execute("SELECT 1")
    assert cloud.clock.now == 3_000_000


def test_time_and_chance_in_sql_are_the_clouds() -> None:
    queries = [
        "SELECT CURRENT_TIMESTAMP, now(), CURRENT_DATE, datetime('now', '-1 day'), strftime('%H:%M', 'now')",
        "SELECT random(), hex(randomblob(4))",
    ]

    def asked(seed: int) -> list[Any]:
        with Cloud(seed=seed) as cloud:
            database = made(cloud)
            cloud.advance(hours=1)
            return [database.execute(query)[0] for query in queries]

    moment = "2026-01-01 01:00:00"
    assert asked(1)[0] == (moment, moment, "2026-01-01", "2025-12-31 01:00:00", "01:00")
    assert asked(1) == asked(1)
    assert asked(1)[1] != asked(2)[1]


def test_databases_are_apart_and_new_in_every_cloud() -> None:
    for _ in range(2):
        with Cloud(seed=1) as cloud:
            made(cloud)
            other = cloud.database("billing")
            assert other.execute("SELECT name FROM sqlite_master") == []
    assert "labdb" not in sys.modules


def test_a_cloud_aside_has_downstreams_of_its_own(cloud: Cloud) -> None:
    database = made(cloud)
    cloud.third_party("bank", answer=lambda request: "first")
    with Cloud.aside(seed=2) as other:
        other.third_party("bank", answer=lambda request: "second")
        made(other).execute(INSERT, ("a", 1))
        with driver().connect(database.url) as connection:
            assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
        assert urllib.request.urlopen("https://api.bank.example").read() == b"second"
    with driver().connect(database.url) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    assert urllib.request.urlopen("https://api.bank.example").read() == b"first"


@pytest.mark.parametrize("url", ["postgresql://nowhere.db.example/x", "orders", "postgresql://orders.example/x"])
def test_an_address_that_leads_nowhere_is_told(cloud: Cloud, url: str) -> None:
    made(cloud)
    labdb = driver()
    with pytest.raises(
        labdb.OperationalError, match=r"could not translate host name .* postgresql://orders\.db\.example"
    ):
        labdb.connect(url)


def test_two_downstreams_cannot_have_one_name(cloud: Cloud) -> None:
    made(cloud)
    with pytest.raises(LabMistake, match="There is a downstream called orders already"):
        cloud.database("orders")


@pytest.mark.parametrize("settings", [{"max_connections": 0}, {"query_time": -1}, {"parallel": 0}])
def test_a_database_that_cannot_be_is_told_in_one_sentence(cloud: Cloud, settings: dict[str, float]) -> None:
    with pytest.raises(LabMistake, match=r"of orders cannot be: give a number from \d up\.$"):
        cloud.database("orders", **settings)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.lists(st.floats(0, 20), min_size=1, max_size=8), st.sampled_from(["0", "0.5", "3"]))
def test_connections_are_counted_at_every_instant_and_never_exceed_the_limit(
    limit: int, arrivals: list[float], work: str
) -> None:
    """What the journal says of connections is what the server has, and each order is stored once or comes back."""
    with Cloud(seed=2) as cloud:
        database = made(cloud, max_connections=limit, query_time=0.5)
        fan(cloud, 0, WORK=work)
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName="todo")["QueueUrl"]
        for number, arrival in enumerate(arrivals):
            cloud.advance(seconds=arrival)
            sqs.send_message(QueueUrl=url, MessageBody=f"order {number}")
            counts = kinds(cloud)
            assert counts["connected"] - counts["disconnected"] <= limit
        cloud.advance(hours=1)
        counts = kinds(cloud)
        assert counts["connected"] - counts["disconnected"] == database.connections == 0
        assert len(database.execute("SELECT * FROM orders")) == len(arrivals)
        assert no_effect_twice(cloud.journal, "database:orders") is None


def test_the_same_seed_makes_the_same_journal() -> None:
    def told() -> str:
        with Cloud(seed=4) as cloud:
            made(cloud, max_connections=2, query_time=0.5)
            cloud.faults.errors("orders", rate=0.3)
            fan(cloud, 6)
            cloud.advance(minutes=20)
            return cloud.journal.digest()

    assert told() == told()
