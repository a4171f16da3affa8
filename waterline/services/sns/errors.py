"""The errors of SNS that moto does not have, with the codes and sentences of AWS.

Where a sentence is ours because AWS documents none, whoever raises it says so.
"""

from __future__ import annotations

from moto.sns.exceptions import SNSException, SNSInvalidParameter


class FilterPolicyLimitExceeded(SNSException):  # type: ignore[misc]
    code = "FilterPolicyLimitExceeded"


class InvalidState(SNSException):  # type: ignore[misc]
    code = "InvalidState"


class BatchRequestTooLong(SNSException):  # type: ignore[misc]
    code = "BatchRequestTooLong"
    message = "The length of all the messages put together is more than the limit."


class EmptyBatchRequest(SNSException):  # type: ignore[misc]
    code = "EmptyBatchRequest"
    message = "The batch request doesn't contain any entries."


def invalid_parameter(sentence: str) -> SNSInvalidParameter:
    return SNSInvalidParameter(f"Invalid parameter: {sentence}")
