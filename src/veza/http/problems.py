"""Errors as RFC 9457 problem details: one table of kinds, each with a `type` that never changes.

Which error of a module is which kind stands in `errors/`; how it becomes an answer, in `problem_answers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from msgspec import Struct

from veza.http.faults import Fault, Source
from veza.kit.messages import Message, gettext

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: the last part of its `type`, its status, its title, and what to do about it.

    `example` is a `detail` as one reads it, for the description of the operations.
    """

    slug: str
    status: int
    title: Message = field(hash=False)
    meaning: str
    example: str = ""

    @property
    def uri(self) -> str:
        """The stable `type`: a URN, because every installation has another address."""
        return f"urn:veza:problem:{self.slug}"


INVALID_REQUEST = Kind(
    "invalid-request",
    400,
    gettext("The request is not valid"),
    "`errors` names everything that is wrong in body, query, path and headers; change all of it and send it again.",
    "country: two letters such as DE; amount_minor: a whole number, not a text",
)
MALFORMED_BODY = Kind(
    "malformed-body",
    400,
    gettext("The body cannot be read"),
    "Send JSON in UTF-8: at most 64 levels deep, no key twice in an object, no NUL, no half of a surrogate pair, "
    "numbers within 64 bits. `errors` says where.",
    "the body is not readable JSON: expecting value (line 1, column 17)",
)
KEY_MISSING = Kind(
    "idempotency-key-missing",
    400,
    gettext("Idempotency-Key is missing"),
    "Every write takes `Idempotency-Key`: 1 to 255 visible ASCII characters, new for each intent, kept for repeats.",
    "every write needs a header Idempotency-Key: 1 to 255 characters, new for each intent",
)
BAD_CURSOR = Kind(
    "bad-cursor",
    400,
    gettext("The cursor is not one of ours"),
    "Use `next_cursor` from the previous page unchanged, with the same filters, or start again without one.",
    "the cursor belongs to another list or other filters: start again without it",
)
UNAUTHORIZED = Kind(
    "unauthorized",
    401,
    gettext("Sign in first"),
    "Sign in, or send `Authorization: Bearer <token>` with a personal API token or the operator's token.",
    "sign in first, or send a token as bearer",
)
FORBIDDEN = Kind(
    "forbidden",
    403,
    gettext("Not allowed"),
    "`detail` says what is needed (docs/permissions.md): a permission, a token's scope, or to be one of its people.",
    "this needs the permission “people”, which you do not have",
)
SECOND_FACTOR_NEEDED = Kind(
    "second-factor-needed",
    403,
    gettext("Sign in with a second factor first"),
    "Admins and moderators use their rights in a session that began with a code: set one up under `/me/second-factor`, "
    "or sign in again with a code.",
    "you have this right, and it takes a second factor: set one up, or sign in again with a code of it",
)
NOT_FOUND = Kind(
    "not-found",
    404,
    gettext("Nothing here"),
    "Check the address and the id.",
    "there is no payment 01890000-0000-7000-8000-000000000000",
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", 405, gettext("Method not allowed"), "The header `Allow` lists what works here."
)
CONFLICT = Kind(
    "conflict",
    409,
    gettext("Another request was first"),
    "`detail` says what happened; read the current state and decide again.",
    "transfer 01890000-0000-7000-8000-000000000000 is no longer completed at attempt 1: another request was first",
)
KEY_IN_USE = Kind(
    "idempotency-key-in-use",
    409,
    gettext("The same request is still running"),
    "Wait a moment and repeat it with the same key.",
    "the first request with this key is still running",
)
REQUEST_TIMEOUT = Kind(
    "request-timeout",
    408,
    gettext("The request came too slowly"),
    "Send head and body without pauses; REQUEST_HEAD_TIMEOUT and REQUEST_BODY_TIMEOUT are the times they have.",
    "the request was not whole in time",
)
PRECONDITION_FAILED = Kind(
    "precondition-failed",
    412,
    gettext("It was changed since you read it"),
    "Another request was first: read it again, decide again, and send your change with the new `ETag` as `If-Match`.",
    "it was changed since you read it: read it again, and send your change with the new ETag",
)
LENGTH_REQUIRED = Kind(
    "length-required",
    411,
    gettext("The length of the body is missing"),
    "Send `Content-Length`; a file whose length is not known yet is sent by tus.",
    "say in Content-Length how many bytes come",
)
TUS_VERSION = Kind(
    "tus-version",
    412,
    gettext("Another version of tus is spoken here"),
    "Send `Tus-Resumable: 1.0.0`; `Tus-Version` lists what is spoken.",
    "this takes the header Tus-Resumable: 1.0.0",
)
TOO_LARGE = Kind(
    "body-too-large",
    413,
    gettext("The body is too large"),
    "Send less; the limit is in docs/configuration.md.",
    "the body is larger than this address takes",
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    gettext("Unsupported media type"),
    "Send `Content-Type: application/json`, in UTF-8 and not compressed.",
    "this takes application/json, not text/plain",
)
REFUSED = Kind(
    "refused", 422, gettext("The request makes sense but cannot be done"), "`detail` says why, with the numbers."
)
BAD_AMOUNT = Kind(
    "bad-amount",
    422,
    gettext("The amount cannot be charged or returned"),
    "`detail` says why, with the numbers.",
    "an amount must be above zero, this one is 0.00 EUR",
)
KEY_REUSED = Kind(
    "idempotency-key-reused",
    422,
    gettext("This key was used for another request"),
    "Take a new key for a new intent.",
    "this Idempotency-Key was used for another request: take a new one for a new intent",
)
DONE_ALREADY = Kind(
    "done-already",
    409,
    gettext("This was done already"),
    "The first request with this key succeeded; its answer is not kept. To do it again, take a new key.",
    "this was done already under this Idempotency-Key; its answer is not kept, because it held a secret",
)
RATE_LIMITED = Kind(
    "rate-limited",
    429,
    gettext("Too many requests"),
    "Wait for the seconds that `Retry-After` says, then try again.",
    "too many tries: wait 42 s, then try again",
)
REQUEST_REFUSED = Kind("request-refused", 400, gettext("The request was refused"), "`detail` says why.")
INTERNAL = Kind(
    "internal-error", 500, gettext("Something went wrong on our side"), "Report the `request_id`; the log has the rest."
)
UNAVAILABLE = Kind(
    "unavailable",
    503,
    gettext("Not available right now"),
    "`detail` says what is missing; nothing was changed, try again.",
    "the database stayed locked for 5 s: another program is writing to it",
)

KINDS: tuple[Kind, ...] = (
    INVALID_REQUEST, MALFORMED_BODY, REQUEST_REFUSED, KEY_MISSING, BAD_CURSOR, UNAUTHORIZED, FORBIDDEN,
    SECOND_FACTOR_NEEDED, NOT_FOUND, METHOD_NOT_ALLOWED, REQUEST_TIMEOUT, PRECONDITION_FAILED, LENGTH_REQUIRED,
    TUS_VERSION, CONFLICT, KEY_IN_USE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, REFUSED, BAD_AMOUNT, KEY_REUSED,
    DONE_ALREADY, RATE_LIMITED, INTERNAL, UNAVAILABLE,
)  # fmt: skip


class Problem(Exception):
    """Raised by a handler: `kind`, one sentence, and fields that help a program to react.

    `faults` are the fields that are wrong, as the problem's `errors` list them; `title` stands where the kind's own
    says less.
    """

    def __init__(
        self,
        kind: Kind,
        detail: Message,
        headers: Mapping[str, str] | None = None,
        *,
        title: Message | None = None,
        faults: Iterable[Fault] = (),
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.title = title or kind.title
        self.kind, self.detail, self.headers, self.extra = kind, detail, dict(headers or {}), extra
        self.faults = tuple(faults)


class FieldError(Struct, frozen=True):
    """One thing that is wrong with a request: in its body, query, path or headers, and in words what would be right.

    The pointer is one of JSON (RFC 6901), into the body or to the parameter of that name; the field is the same for
    people.
    """

    source: Source
    pointer: str
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


class Described(ResponseSpec):
    """One answer of an operation for the description.

    Litestar copies what it registers, for each router anew, down to the last example: a sixth of the time that making
    the application takes. These never change, so a copy is the thing itself.
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
            description="; ".join(str(kind.title) for kind in group),
            media_type=MEDIA_TYPE,
            examples=[Example(summary=str(kind.title), value=_example(kind)) for kind in group if kind.example],
        )
        for status, group in by_status.items()
    }


def _example(kind: Kind) -> dict[str, Any]:
    said = {"type": kind.uri, "title": str(kind.title), "status": kind.status, "detail": kind.example}
    more = {"errors": [fault.shown() for fault in _EXAMPLE_FAULTS]} if kind is INVALID_REQUEST else {}
    return {**said, "instance": "/api/v1/…", "request_id": "5f1c9c2b7d3e4a60", **more}


_EXAMPLE_FAULTS = (
    Fault("body", ("country",), gettext("two letters such as DE")),
    Fault("body", ("amount_minor",), gettext("a whole number, not a text")),
)


def problems_page(kinds: Iterable[Kind]) -> str:
    """docs/api-problems.md."""
    rows = "".join(f"| `{kind.uri}` | {kind.status} | {kind.title} | {kind.meaning} |\n" for kind in kinds)
    return (
        "# Problems the API answers with\n\n"
        f"Every error is `{MEDIA_TYPE}` (RFC 9457) with `type`, `title`, `status`, `detail` (one sentence),\n"
        "`instance` (the path) and `request_id`. Programs should look at `type`; it never changes.\n\n"
        "The answer to a request that is not valid names all its faults at once. `errors` has an item for each fault:\n"
        "`source` (`body`, `query`, `path` or `header`), `pointer` (a JSON pointer into the body, or `/` and the\n"
        "parameter's name), `field` (the same for people) and `message`, which says in words what would be right,\n"
        "such as “two letters such as DE”.\n\n"
        "This page is generated from `src/veza/http/problems.py` and `src/veza/http/errors/`.\n\n"
        f"| type | status | title | what to do |\n|---|---|---|---|\n{rows}"
    )
