"""Errors as RFC 9457 problem details: one table of kinds, each with a `type` that never changes.

docs/api-problems.md is generated from `KINDS`. Rooms raise errors that are sentences; a translation says
once which kind such an error is at this door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from msgspec import Struct

from veza.http.limits import retry_headers
from veza.kit.codes import BadCode
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.money import BadAmount

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: the last part of its `type`, its status, its title, and what to do about it.

    `example` is a `detail` as one reads it, for the description of the operations.
    """

    slug: str
    status: int
    title: str
    meaning: str
    example: str = ""

    @property
    def uri(self) -> str:
        """The stable `type`: a URN, because every installation has another address."""
        return f"urn:veza:problem:{self.slug}"


INVALID_REQUEST = Kind(
    "invalid-request",
    400,
    "The request is not valid",
    "`errors` names each field and what is wrong with it; change the request.",
    "amount_minor: Expected `int`, got `str`",
)
MALFORMED_BODY = Kind(
    "malformed-body",
    400,
    "The body cannot be read",
    "Send JSON in UTF-8 whose Content-Length is true.",
    "the body is not readable JSON: JSON is malformed: unexpected end of input (byte 17)",
)
KEY_MISSING = Kind(
    "idempotency-key-missing",
    400,
    "Idempotency-Key is missing",
    "Every write takes `Idempotency-Key`: 1 to 255 visible ASCII characters, new for each intent, kept for repeats.",
    "every write needs a header Idempotency-Key: 1 to 255 characters, new for each intent",
)
BAD_CURSOR = Kind(
    "bad-cursor",
    400,
    "The cursor is not one of ours",
    "Use `next_cursor` from the previous page unchanged, with the same filters, or start again without one.",
    "the cursor belongs to another list or other filters: start again without it",
)
UNAUTHORIZED = Kind(
    "unauthorized",
    401,
    "Sign in first",
    "Sign in, or send `Authorization: Bearer <token>` with a personal API token or the operator's token.",
    "sign in first, or send a token as bearer",
)
FORBIDDEN = Kind(
    "forbidden",
    403,
    "Not allowed",
    "`detail` says what is needed (docs/permissions.md): a permission, a token's scope, or to be one of its people.",
    "this needs the permission “people”, which you do not have",
)
NOT_FOUND = Kind(
    "not-found",
    404,
    "Nothing here",
    "Check the address and the id.",
    "there is no payment 01890000-0000-7000-8000-000000000000",
)
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "Method not allowed", "The header `Allow` lists what works here.")
CONFLICT = Kind(
    "conflict",
    409,
    "Somebody was first",
    "`detail` says what happened; read the current state and decide again.",
    "transfer 01890000-0000-7000-8000-000000000000 is no longer completed at attempt 1: somebody else was first",
)
KEY_IN_USE = Kind(
    "idempotency-key-in-use",
    409,
    "The same request is still running",
    "Wait a moment and repeat it with the same key.",
    "the first request with this key is still running",
)
TOO_LARGE = Kind(
    "body-too-large",
    413,
    "The body is too large",
    "Send less; the limit is in docs/configuration.md.",
    "the body is larger than this address takes",
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "Send `Content-Type: application/json`.",
    "this takes application/json, not text/plain",
)
REFUSED = Kind("refused", 422, "The request makes sense but cannot be done", "`detail` says why, with the numbers.")
BAD_AMOUNT = Kind(
    "bad-amount",
    422,
    "The amount cannot be charged or returned",
    "`detail` says why, with the numbers.",
    "an amount must be above zero, this one is 0.00 EUR",
)
KEY_REUSED = Kind(
    "idempotency-key-reused",
    422,
    "This key was used for another request",
    "Take a new key for a new intent.",
    "this Idempotency-Key was used for another request: take a new one for a new intent",
)
RATE_LIMITED = Kind(
    "rate-limited",
    429,
    "Too many requests",
    "Wait for the seconds that `Retry-After` says, then try again.",
    "too many tries: wait 42 s, then try again",
)
REQUEST_REFUSED = Kind("request-refused", 400, "The request was refused", "`detail` says why.")
INTERNAL = Kind(
    "internal-error", 500, "Something went wrong on our side", "Report the `request_id`; the log has the rest."
)
UNAVAILABLE = Kind(
    "unavailable",
    503,
    "Not available right now",
    "`detail` says what is missing; nothing was changed, try again.",
    "the database stayed locked for 5 s: another program is writing to it",
)

KINDS: tuple[Kind, ...] = (
    INVALID_REQUEST, MALFORMED_BODY, REQUEST_REFUSED, KEY_MISSING, BAD_CURSOR, UNAUTHORIZED, FORBIDDEN, NOT_FOUND,
    METHOD_NOT_ALLOWED, CONFLICT, KEY_IN_USE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, REFUSED, BAD_AMOUNT, KEY_REUSED,
    RATE_LIMITED, INTERNAL, UNAVAILABLE,
)  # fmt: skip

# What the framework raises by itself, by status.
_BY_STATUS: dict[int, Kind] = {
    400: REQUEST_REFUSED,
    401: UNAUTHORIZED,
    403: FORBIDDEN,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    415: UNSUPPORTED_MEDIA_TYPE,
    429: RATE_LIMITED,
    503: UNAVAILABLE,
}


class Problem(Exception):
    """Raised by a handler of this door: `kind`, one sentence, and whatever else helps a program to react."""

    def __init__(self, kind: Kind, detail: str, headers: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers, self.extra = kind, detail, dict(headers or {}), extra


class FieldError(Struct, frozen=True):
    """One field that is wrong."""

    field: str
    message: str


class ProblemBody(Struct, frozen=True):
    """The shape of every error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | None = None


Nowhere: TypeAlias = Callable[[Request[Any, Any, Any]], Response[Any] | None]
"""What may answer, instead of a problem, for an address where nothing is."""


def exception_handlers(
    translations: Mapping[type[Exception], Kind], nowhere: Nowhere | None = None
) -> dict[type[Exception] | int, Any]:
    """Handlers for the whole application; `translations` says which kind each room's errors are."""

    def not_found(request: Request[Any, Any, Any], error: NotFoundException) -> Response[Any]:
        return (nowhere(request) if nowhere else None) or _http(request, error)

    def translated(kind: Kind) -> Any:
        return lambda request, error: _respond(request, kind, str(error), retry_headers(error))

    return {
        **{error: translated(kind) for error, kind in translations.items()},
        DatabaseUnavailable: translated(UNAVAILABLE),
        BadAmount: translated(BAD_AMOUNT),
        BadCode: translated(REFUSED),
        Problem: _problem,
        ValidationException: _validation,
        NotFoundException: not_found,
        HTTPException: _http,
        Exception: _unexpected,
    }


class Described(ResponseSpec):
    """One answer of an operation for the description.

    Litestar copies what it registers, for each router anew, down to the last example: a sixth of the time that making
    the application takes. Nobody changes these, so a copy is the thing itself.
    """

    def __deepcopy__(self, _copied: dict[int, Any]) -> Described:
        return self


def problem_responses(*kinds: Kind) -> dict[int, ResponseSpec]:
    """The errors of one operation for its OpenAPI description; 400, 401, 403 and 503 go without saying."""
    by_status: dict[int, list[Kind]] = {}
    for kind in dict.fromkeys((INVALID_REQUEST, UNAUTHORIZED, FORBIDDEN, UNAVAILABLE, *kinds)):
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: Described(
            data_container=ProblemBody,
            generate_examples=False,
            description="; ".join(kind.title for kind in group),
            media_type=MEDIA_TYPE,
            examples=[Example(summary=kind.title, value=_example(kind)) for kind in group if kind.example],
        )
        for status, group in by_status.items()
    }


def _example(kind: Kind) -> dict[str, Any]:
    said = {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": kind.example}
    return {**said, "instance": "/api/v1/…", "request_id": "5f1c9c2b7d3e4a60"}


def problems_page(*more: Kind) -> str:
    """docs/api-problems.md; `more` are the kinds of the rooms' own errors."""
    kinds = (*KINDS, *more)
    rows = "".join(f"| `{kind.uri}` | {kind.status} | {kind.title} | {kind.meaning} |\n" for kind in kinds)
    return (
        "# Problems the API answers with\n\n"
        f"Every error is `{MEDIA_TYPE}` (RFC 9457) with `type`, `title`, `status`, `detail` (one sentence),\n"
        "`instance` (the path) and `request_id`. Programs should look at `type`; it never changes.\n\n"
        "This page is generated from `src/veza/api/problems.py` and the `problems.py` of each room beside it.\n\n"
        f"| type | status | title | what to do |\n|---|---|---|---|\n{rows}"
    )


def _problem(request: Request[Any, Any, Any], error: Problem) -> Response[Any]:
    return _respond(request, error.kind, error.detail, error.headers, **error.extra)


def _validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    found = error.extra if isinstance(error.extra, Sequence) else []
    errors = [
        {"field": str(item.get("key", item.get("source", "body"))), "message": str(item.get("message", ""))}
        for item in found
        if isinstance(item, Mapping)
    ]
    if not errors:
        return _respond(request, INVALID_REQUEST, error.detail, errors=[])
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors)
    return _respond(request, INVALID_REQUEST, detail, errors=errors)


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code >= 500 and error.status_code != UNAVAILABLE.status:
        return _unexpected(request, error)
    kind = _BY_STATUS.get(error.status_code, REQUEST_REFUSED)
    detail = error.detail
    if isinstance(error, NotFoundException):
        detail = f"there is nothing at {request.url.path}"
    elif kind is METHOD_NOT_ALLOWED:
        detail = f"{request.method} does not work at {request.url.path}"
    elif kind is TOO_LARGE:
        detail = "the body is larger than this address takes"
    elif error.__cause__ is not None and error.status_code == MALFORMED_BODY.status:
        kind, detail = MALFORMED_BODY, f"the body is not readable JSON: {detail}"
    return _respond(request, kind, detail, error.headers)


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error("request.failed", exc_info=error)
    return _respond(request, INTERNAL, "an unexpected error happened; nothing more is said here on purpose")


def _respond(
    request: Request[Any, Any, Any], kind: Kind, detail: str, headers: Mapping[str, str] | None = None, **extra: Any
) -> Response[Any]:
    body = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        **extra,
    }
    response: Response[Any] = Response(
        body, status_code=kind.status, media_type=MEDIA_TYPE, headers={**(headers or {}), "Cache-Control": "no-store"}
    )
    return response
