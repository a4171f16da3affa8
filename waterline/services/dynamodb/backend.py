"""The verbs of the DynamoDB API that make streams and write to them."""

from __future__ import annotations

from contextlib import ExitStack
from types import ModuleType
from typing import Any

import moto.dynamodb.urls
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

from waterline.ground import Ground
from waterline.services.dynamodb.stream import TableStream


class TableBackend(DynamoDBBackend):  # type: ignore[misc]
    """The tables of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    @property
    def _url_module(self) -> ModuleType:
        module: ModuleType = moto.dynamodb.urls
        return module

    def create_table(self, *args: Any, **kwargs: Any) -> Table:
        self.ground.clock.refuse_other_threads()
        table = super().create_table(*args, **kwargs)
        TableStream.taking_over(table, self.ground)
        return table

    def update_table_streams(self, table: Table, stream_specification: dict[str, Any]) -> None:
        super().update_table_streams(table, stream_specification)
        TableStream.taking_over(table, self.ground)

    def delete_table(self, name: str) -> Table:
        table = super().delete_table(name)
        if isinstance(table.stream_shard, TableStream):
            table.stream_shard.close()
        return table

    def get_table(self, table_name: str) -> Table:
        self.ground.clock.refuse_other_threads()
        return super().get_table(table_name)

    def update_item(self, table_name: str, *args: Any, **kwargs: Any) -> Item:
        with self._held({table_name}, only_the_last=True):
            return super().update_item(table_name, *args, **kwargs)

    def transact_write_items(self, transact_items: list[dict[str, Any]]) -> None:
        names = {str(operation.get("TableName")) for item in transact_items for operation in item.values()}
        with self._held(names, only_the_last=False):
            super().transact_write_items(transact_items)

    def stream_at(self, arn: str) -> TableStream | None:
        """The table's stream with this ARN."""
        streams = (table.stream_shard for table in self.tables.values())
        return next((stream for stream in streams if isinstance(stream, TableStream) and stream.arn == arn), None)

    def _held(self, names: set[str], *, only_the_last: bool) -> ExitStack:
        """Hold back what is written to the streams of these tables."""
        stack = ExitStack()
        for name in sorted(names):
            stream = self.tables[name].stream_shard if name in self.tables else None
            if isinstance(stream, TableStream):
                stack.enter_context(stream.held(only_the_last))
        return stack
