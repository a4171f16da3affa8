"""The verbs of the DynamoDB API: each is one call, whose changes happen whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NoReturn

import moto.dynamodb.urls as moto_urls
from moto.dynamodb.exceptions import ConditionalCheckFailed, TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from waterline.errors import LabMistake
from waterline.ground import Ground
from waterline.services.dynamodb.responses import TableResponse
from waterline.services.dynamodb.stream import SERVICE, TableStream
from waterline.services.dynamodb.table import CloudTable
from waterline.services.dynamodb.throughput import Exceeded, read_halves, write_units
from waterline.services.dynamodb.tokens import Tokens
from waterline.services.dynamodb.writes import Call, Change

_NO_PARTIQL = (
    "The lab does not read PartiQL: use put_item, update_item, delete_item, query or transact_write_items in its place."
)
_TRANSACTION = 2  # a unit of a transaction counts twice: it is prepared and committed


class NoPartiQL(LabMistake, NotImplementedError):
    """A PartiQL statement, which moto cannot read without another package."""


@dataclass
class Reading:
    """How the API reads: in a batch, `refused` collects the keys for which there was no throughput."""

    consistent: bool
    times: int = 1
    refused: list[tuple[str, Mapping[str, Any]]] | None = None


@dataclass
class Batch:
    """The requests of a batch that were not processed, and why the last of them was not."""

    refused: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    error: Exceeded | None = None


class TableBackend(DynamoDBBackend):  # type: ignore[misc]
    """The tables of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.tokens = Tokens(self.ground.clock)
        self._call: Call | None = None
        self._reading: Reading | None = None
        self._batch: Batch | None = None
        self.consumed: dict[str, float] = {}
        """Units that the request under way has taken, by table; of queries and scans only if `measuring`."""
        self.measuring = False

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses: moto reads them from here when a request comes in."""
        return SimpleNamespace(
            url_bases=moto_urls.url_bases, url_paths=dict.fromkeys(moto_urls.url_paths, TableResponse.dispatch)
        )

    # -- tables ------------------------------------------------------------------------------------------------------

    def create_table(self, *args: Any, **kwargs: Any) -> Table:
        self.ground.clock.refuse_other_threads()
        table = super().create_table(*args, **kwargs)
        CloudTable.taking_over(table, self.ground, self._changed)
        table.expiry.delete = self._expired(table)
        return table

    def update_table_streams(self, table: Table, stream_specification: dict[str, Any]) -> None:
        super().update_table_streams(table, stream_specification)
        if isinstance(table, CloudTable):
            table.listen()

    def update_time_to_live(self, table_name: str, ttl_spec: dict[str, Any]) -> None:
        table = self.tables.get(table_name)
        if isinstance(table, CloudTable) and ttl_spec.keys() >= {"AttributeName", "Enabled"}:
            table.expiry.check_update(bool(ttl_spec["Enabled"]))
        super().update_time_to_live(table_name, ttl_spec)
        if isinstance(table, CloudTable):
            table.expiry.switched()

    def delete_table(self, name: str) -> Table:
        table = super().delete_table(name)
        if isinstance(table, CloudTable):
            table.expiry.stop()
            if table.stream is not None:
                table.stream.close()
        return table

    def get_table(self, table_name: str) -> Table:
        self.ground.clock.refuse_other_threads()
        return super().get_table(table_name)

    def stream_at(self, arn: str) -> TableStream | None:
        """The table's stream with this ARN."""
        streams = (table.stream for table in self.tables.values() if isinstance(table, CloudTable))
        return next((stream for stream in streams if stream is not None and stream.arn == arn), None)

    # -- writing -----------------------------------------------------------------------------------------------------

    def put_item(self, table_name: str, item_attrs: dict[str, Any], *args: Any, **kwargs: Any) -> Item | None:
        put = super().put_item
        return self._one_write(
            table_name,
            item_attrs,
            {"PutRequest": {"Item": item_attrs}},
            lambda: put(table_name, item_attrs, *args, **kwargs),
        )

    def update_item(self, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item | None:
        update = super().update_item
        return self._one_write(
            table_name, key, {}, lambda: update(table_name, key, *args, **kwargs), only_the_last=True
        )

    def delete_item(self, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item | None:
        delete = super().delete_item
        return self._one_write(
            table_name, key, {"DeleteRequest": {"Key": key}}, lambda: delete(table_name, key, *args, **kwargs)
        )

    def transact_write_items(self, transact_items: list[dict[str, Any]]) -> None:
        operations = [next(iter(item.values())) for item in transact_items]
        names = [str(operation.get("TableName")) for operation in operations]
        tables = [table for table in map(self.tables.get, dict.fromkeys(names)) if isinstance(table, CloudTable)]
        for table in tables:
            table.standing_still = True
        try:
            with self._calling(_TRANSACTION):
                super().transact_write_items(transact_items)
        except Exceeded as error:
            reasons = [(error.reason, error.sentence, None) if name == error.table else (None,) * 3 for name in names]
            raise TransactionCanceledException(reasons) from error
        except TransactionCanceledException as error:
            self._tell_reasons(error, names)
            raise
        finally:
            for table in tables:
                table.standing_still = False

    def execute_statement(self, statement: str, parameters: list[dict[str, Any]]) -> NoReturn:
        raise NoPartiQL(_NO_PARTIQL)

    def execute_transaction(self, statements: list[dict[str, Any]]) -> NoReturn:
        raise NoPartiQL(_NO_PARTIQL)

    def batch_execute_statement(self, statements: list[dict[str, Any]]) -> NoReturn:
        raise NoPartiQL(_NO_PARTIQL)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """For the length of a ``with`` block, writes for which there is no throughput are collected, not raised."""
        self._batch = Batch()
        try:
            yield self._batch
        finally:
            self._batch = None

    # -- reading -----------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, consistent: bool, times: int = 1, batch: bool = False) -> Iterator[Reading]:
        """For the length of a ``with`` block, items are read for the API, and throughput is taken for them."""
        self._reading = Reading(consistent, times, [] if batch else None)
        try:
            yield self._reading
        finally:
            self._reading = None

    def get_item(self, table_name: str, keys: dict[str, Any], *args: Any, **kwargs: Any) -> Item | None:
        table, reading = self.get_table(table_name), self._reading
        if reading is not None and isinstance(table, CloudTable):
            item = super().get_item(table_name, keys)
            halves = read_halves(0 if item is None else item.size(), reading.consistent) * reading.times
            try:
                self._read(table, halves, _partition(table, keys))
            except Exceeded:
                if reading.refused is None:
                    raise
                reading.refused.append((table_name, keys))
                return None
        return super().get_item(table_name, keys, *args, **kwargs)

    def query(self, table_name: str, *args: Any, **kwargs: Any) -> Any:
        table = self.get_table(table_name)
        answer = super().query(table_name, *args, **kwargs)
        if isinstance(table, CloudTable) and (table.capacity.is_provisioned or self.measuring):
            *wanted, _projection = args
            seen, *_ = super().query(table_name, *wanted, None, **{**kwargs, "filter_expression": None})
            size = sum(item.size() for item in seen)
            self._read(table, read_halves(size, bool(kwargs.get("consistent_read"))), None)
        return answer

    def scan(self, table_name: str, *args: Any, **kwargs: Any) -> Any:
        table = self.get_table(table_name)
        answer = super().scan(table_name, *args, **kwargs)
        if isinstance(table, CloudTable) and (table.capacity.is_provisioned or self.measuring):
            size = sum(item.size() for item in table.all_items()[: answer[1]])
            self._read(table, read_halves(size, bool(kwargs.get("consistent_read"))), None)
        return answer

    # -- inside ------------------------------------------------------------------------------------------------------

    def _read(self, table: CloudTable, halves: int, partition: str | None) -> None:
        table.capacity.read(halves, partition)
        self.consumed[table.name] = self.consumed.get(table.name, 0) + halves / 2

    def _changed(self, table: CloudTable, old: Item | None, new: Item | None) -> None:
        """moto has changed an item."""
        if self._call is not None:
            self._call.changes.append(Change(table, old, new))

    def _one_write(
        self,
        table_name: str,
        key: Mapping[str, Any],
        request: Mapping[str, Any],
        write: Callable[[], Item | None],
        only_the_last: bool = False,
    ) -> Item | None:
        table = self.get_table(table_name)
        try:
            with self._calling() as call:
                before = len(call.changes)
                item = write()
                if only_the_last:
                    call.keep_last(before)
                if len(call.changes) == before and isinstance(table, CloudTable):
                    call.idle.append((table, _partition(table, key), 1))
        except Exceeded as error:
            if self._batch is None:
                raise
            self._batch.refused.append((table_name, request))
            self._batch.error = error
            return None
        except ConditionalCheckFailed:
            self._rejected(table, key)
            raise
        return item

    @contextmanager
    def _calling(self, times: int = 1) -> Iterator[Call]:
        """One call, or a part of the one that is under way."""
        outer = self._call
        call = self._call = outer or Call(self.ground, times)
        before = len(call.changes)
        try:
            yield call
            if outer is None:
                for name, units in call.charge().items():
                    self.consumed[name] = self.consumed.get(name, 0) + units
        except BaseException:
            call.undo(before)
            raise
        finally:
            self._call = outer
        if outer is None:
            call.publish(self.ground.clock.cause)

    def _rejected(self, table: Table, key: Mapping[str, Any]) -> None:
        """A condition did not hold. It takes as much throughput as a write of what is there."""
        if not isinstance(table, CloudTable):
            return
        item = table.get_item(*self.get_keys_value(table, dict(key)))
        if table.capacity.is_provisioned:
            table.capacity.take_write({_partition(table, key): write_units(0 if item is None else item.size())})
        self._tell_rejected(table.place, {name: key[name] for name in table.table_key_attrs})

    def _tell_reasons(self, error: TransactionCanceledException, names: list[str]) -> None:
        reasons = json.loads(error.description)["CancellationReasons"]
        for name, reason in zip(names, reasons, strict=True):
            if reason["Code"] == "ConditionalCheckFailed":
                self._tell_rejected(f"dynamodb:{name}", {})

    def _tell_rejected(self, place: str, key: Mapping[str, Any]) -> None:
        values = {name: next(iter(value.values())) for name, value in key.items()}
        name = self.ground.identifier("refusals of tables")
        self.ground.journal.record(
            "rejected",
            place,
            name,
            self.ground.clock.cause,
            key=json.dumps(values, sort_keys=True) if values else None,
            why="the condition did not hold",
        )

    def _expired(self, table: CloudTable) -> Callable[[Item, tuple[str, ...]], None]:
        def delete(item: Item, cause: tuple[str, ...]) -> None:
            call = self._call = Call(self.ground)
            try:
                table.delete_item(item.hash_key, item.range_key)
            finally:
                self._call = None
            call.publish(cause, SERVICE, "its time to live was over")

        return delete


def _partition(table: Table, key: Mapping[str, Any]) -> str:
    """The partition key as text."""
    return json.dumps(DynamoType(key[table.hash_key_attr]).to_json(), sort_keys=True)
