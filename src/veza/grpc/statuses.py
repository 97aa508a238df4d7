"""Errors as gRPC statuses: each kind of problem (http/errors) has the code of its HTTP status.

A client of ours reads the kind itself from the trailing metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

import grpc
from veza.http.errors.table import KINDS, kind_of
from veza.http.limits import retry_headers
from veza.http.problems import INTERNAL, INVALID_REQUEST, UNAVAILABLE, Kind, Problem
from veza.kit.messages import gettext, message_of, verbatim

log = structlog.get_logger(__name__)

PROBLEM = "veza-problem"
"""The trailing metadata with the last part of the problem's `type`."""
RETRY_AFTER = "retry-after"
"""The trailing metadata with the seconds to wait, of a limit that is reached."""
CODES: Mapping[int, grpc.StatusCode] = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    408: grpc.StatusCode.DEADLINE_EXCEEDED,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    410: grpc.StatusCode.FAILED_PRECONDITION,
    412: grpc.StatusCode.FAILED_PRECONDITION,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}
"""HTTP status → code; any other is INTERNAL."""
_KINDS = {kind.slug: kind for kind in KINDS}


class BadArgument(ValueError):
    """A field of the request cannot be read."""

    def __init__(self, field: str) -> None:
        super().__init__(gettext("{field} cannot be read: a UUID as text is wanted", field=field))


async def abort(context: Any, error: Exception) -> None:
    """End the call with the status of the error; one that no table lists is a mistake of ours, and is logged."""
    kind, said = _kind_and_sentence(error)
    told = [(PROBLEM, kind.slug), *((name.lower(), value) for name, value in retry_headers(error).items())]
    await context.abort(CODES.get(kind.status, grpc.StatusCode.INTERNAL), said, trailing_metadata=tuple(told))


def _kind_and_sentence(error: Exception) -> tuple[Kind, str]:
    if isinstance(error, Problem):
        return error.kind, str(error.detail)
    if isinstance(error, BadArgument):
        return INVALID_REQUEST, str(error)
    try:
        kind = kind_of(error)
    except Exception:
        log.exception("grpc.failed", exc_info=error)
        return INTERNAL, "something went wrong on our side"
    return kind, str(message_of(error))


def problem_of(error: grpc.aio.AioRpcError) -> Problem:
    """What a call of ours ended with, as the problem that it was; one that never arrived is UNAVAILABLE."""
    told = dict(error.trailing_metadata() or ())
    kind = _KINDS.get(str(told.get(PROBLEM, "")))
    if kind is None:
        return Problem(
            UNAVAILABLE, gettext("streaming cannot ask Veza at the moment: try again in a moment"), {"Retry-After": "5"}
        )
    headers = {"Retry-After": str(told[RETRY_AFTER])} if RETRY_AFTER in told else {}
    return Problem(kind, verbatim(error.details() or ""), headers)
