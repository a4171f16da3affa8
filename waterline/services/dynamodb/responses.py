"""The answers to DynamoDB requests: moto's, with throughput, idempotency tokens and what a batch leaves undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException, TransactionCanceledException
from moto.dynamodb.responses import DynamoHandler

from waterline.facts import facts
from waterline.services.dynamodb.throughput import Exceeded

if TYPE_CHECKING:
    from waterline.services.dynamodb.backend import TableBackend

_LARGEST_BATCH = facts["dynamodb.batch_write_max"].count
_TRANSACTION = 2


class TableResponse(DynamoHandler):  # type: ignore[misc]
    """One request, and its answer."""

    @property
    def tables(self) -> TableBackend:
        backend: TableBackend = self.dynamodb_backend
        return backend

    def get_item(self) -> ActionResult:
        with self.tables.reading(bool(self.body.get("ConsistentRead"))):
            return super().get_item()

    def batch_get_item(self) -> ActionResult:
        requests = self.body["RequestItems"]
        consistent = any(request.get("ConsistentRead") for request in requests.values())
        with self.tables.reading(consistent, batch=True) as reading:
            answer = super().batch_get_item()
        refused = reading.refused or []
        if refused and len(refused) == sum(len(request["Keys"]) for request in requests.values()):
            raise Exceeded(refused[0][0], "ProvisionedThroughputExceeded")
        for table, key in refused:
            left = answer.result["UnprocessedKeys"].setdefault(table, {**requests[table], "Keys": []})
            left["Keys"].append(key)
        return answer

    def batch_write_item(self) -> ActionResult:
        count = sum(len(requests) for requests in self.body["RequestItems"].values())
        if count > _LARGEST_BATCH:
            raise MockValidationException("Too many items requested for the BatchWriteItem call")
        with self.tables.batch() as batch:
            answer = super().batch_write_item()
        if batch.error is not None and len(batch.refused) == count:
            raise batch.error
        left: dict[str, list[Any]] = answer.result["UnprocessedItems"]
        for table, request in batch.refused:
            left.setdefault(table, []).append(request)
        return answer

    def transact_get_items(self) -> ActionResult:
        try:
            with self.tables.reading(True, times=_TRANSACTION):
                return super().transact_get_items()
        except Exceeded as error:
            names = [item["Get"]["TableName"] for item in self.body["TransactItems"]]
            reasons = [(error.reason, error.sentence, None) if name == error.table else (None,) * 3 for name in names]
            raise TransactionCanceledException(reasons) from error

    def transact_write_items(self) -> ActionResult:
        token = self.body.get("ClientRequestToken")
        if self.tables.tokens.is_done(token, self.body):
            return ActionResult({"ConsumedCapacity": [], "ItemCollectionMetrics": {}})
        answer = super().transact_write_items()
        self.tables.tokens.done(token, self.body)
        return answer
