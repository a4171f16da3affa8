"""The errors of SQS that moto does not have, with the codes and sentences of AWS.

Where a sentence is ours because AWS documents none, the function says so.
"""

from __future__ import annotations

from moto.sqs.exceptions import SQSException

from waterline.services.sqs.limits import Range


def invalid_parameter(sentence: str) -> SQSException:
    return SQSException("InvalidParameterValue", sentence)


def invalid_value(value: object, parameter: str, reason: str) -> SQSException:
    return invalid_parameter(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def out_of_range(value: object, parameter: str, allowed: Range) -> SQSException:
    return invalid_value(value, parameter, f"Must be between {allowed.low} and {allowed.high}, if provided.")


def missing_parameter(parameter: str) -> SQSException:
    return SQSException("MissingParameter", f"The request must contain the parameter {parameter}.")


def no_such_receipt_handle(handle: str) -> SQSException:
    return SQSException("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.')


def receipt_handle_expired(handle: str) -> SQSException:
    return invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")


def not_available_for_change(handle: str) -> SQSException:
    return invalid_value(
        handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change."
    )


def not_in_flight() -> SQSException:
    return SQSException("MessageNotInflight", "The specified message isn't in flight.")


def too_many_in_flight(limit: int) -> SQSException:
    """OverLimit; the sentence is ours."""
    return SQSException(
        "OverLimit", f"The queue has {limit} messages in flight, the most that it may have: delete what is processed."
    )


def no_such_resource(parameter: str) -> SQSException:
    return SQSException(
        "ResourceNotFoundException", f"The resource that you specified for the {parameter} parameter doesn't exist."
    )
