"""What the Custom Event Bus answers when it refuses. The codes are those of its API reference (read 2026-11)."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class AccessDenied(ServiceException):  # type: ignore[misc]
    code = "AccessDeniedException"


class ConflictingRevision(ServiceException):  # type: ignore[misc]
    code = "ConflictException"


class IdempotentParameterMismatch(ServiceException):  # type: ignore[misc]
    code = "IdempotentParameterMismatchException"


class InvalidInput(ServiceException):  # type: ignore[misc]
    code = "InvalidInputException"


class InvalidState(ServiceException):  # type: ignore[misc]
    code = "InvalidStateException"


class LimitExceeded(ServiceException):  # type: ignore[misc]
    code = "LimitExceededException"


class PolicyTooLong(ServiceException):  # type: ignore[misc]
    code = "PolicyLengthExceededException"


class PublicPolicy(ServiceException):  # type: ignore[misc]
    code = "PublicPolicyException"


class ResourceAlreadyExists(ServiceException):  # type: ignore[misc]
    code = "ResourceAlreadyExistsException"


class ResourceInUse(ServiceException):  # type: ignore[misc]
    code = "ResourceInUseException"


class ResourceNotFound(ServiceException):  # type: ignore[misc]
    code = "ResourceNotFoundException"
