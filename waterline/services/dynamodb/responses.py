"""The answers to DynamoDB requests: moto's, with throughput, idempotency tokens and what a batch leaves undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException, TransactionCanceledException
from moto.dynamodb.responses import DynamoHandler

from waterline.facts import facts
from waterline.services.dynamodb.returned import updated
from waterline.services.dynamodb.throughput import Exceeded

if TYPE_CHECKING:
    from waterline.services.dynamodb.backend import TableBackend

_LARGEST_BATCH = facts["dynamodb.batch_write_max"].count
_TRANSACTION = 2
_NONE = "NONE"
_UPDATED = {"UPDATED_OLD": "ALL_OLD", "UPDATED_NEW": "ALL_NEW"}


class TableResponse(DynamoHandler):  # type: ignore[misc]
    """One request, and its answer."""

    @property
    def tables(self) -> TableBackend:
        backend: TableBackend = self.dynamodb_backend
        return backend

    def call_action(self) -> Any:
        self.tables.consumed.clear()
        self.tables.measuring = getattr(self, "params", {}).get("ReturnConsumedCapacity", _NONE) != _NONE
        return super().call_action()

    def put_item(self) -> ActionResult:
        return self._measured(super().put_item())

    def update_item(self) -> ActionResult:
        asked, expression = self.body.get("ReturnValues", _NONE), self.body.get("UpdateExpression")
        if expression and asked in _UPDATED:
            self.body["ReturnValues"] = _UPDATED[asked]
        answer = self._measured(super().update_item())
        if expression and asked in _UPDATED:
            whole = answer.result.pop("Attributes", {})
            if attributes := updated(whole, expression, self.body.get("ExpressionAttributeNames", {})):
                answer.result["Attributes"] = attributes
        return answer

    def delete_item(self) -> ActionResult:
        return self._measured(super().delete_item())

    def query(self) -> ActionResult:
        return self._measured(super().query())

    def scan(self) -> ActionResult:
        return self._measured(super().scan())

    def get_item(self) -> ActionResult:
        with self.tables.reading(bool(self.body.get("ConsistentRead"))):
            return self._measured(super().get_item())

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
        return self._measured_by_table(answer)

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
        return self._measured_by_table(answer)

    def transact_get_items(self) -> ActionResult:
        try:
            with self.tables.reading(True, times=_TRANSACTION):
                return self._measured_by_table(super().transact_get_items())
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
        return self._measured_by_table(answer)

    def _measured(self, answer: ActionResult) -> ActionResult:
        """moto's answer, with the units that the request has taken of its table, if they were asked for."""
        answer.result.pop("ConsumedCapacity", None)
        if self.tables.measuring:
            [(name, units)] = self.tables.consumed.items() or [(self.body["TableName"], 0.0)]
            answer.result["ConsumedCapacity"] = self._capacity(name, units)
        return answer

    def _measured_by_table(self, answer: ActionResult) -> ActionResult:
        """The same for a request to several tables."""
        answer.result["ConsumedCapacity"] = []
        if self.tables.measuring:
            found = [self._capacity(name, units) for name, units in self.tables.consumed.items()]
            answer.result["ConsumedCapacity"] = found
        return answer

    def _capacity(self, name: str, units: float) -> dict[str, Any]:
        indexes = {"Table": {"CapacityUnits": units}} if self.body["ReturnConsumedCapacity"] == "INDEXES" else {}
        return {"TableName": name, "CapacityUnits": units, **indexes}
