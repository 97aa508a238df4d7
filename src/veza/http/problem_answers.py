"""Errors become answers here, once for every door: a problem for programs, a page for people.

Modules raise errors that are sentences; `errors.table` says which kind of problem each of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException

from veza.http.errors.table import ERRORS
from veza.http.faults import Fault, one_sentence
from veza.http.json_bodies import Malformed, OutOfRange, UnsupportedEncoding
from veza.http.language import language_of
from veza.http.limits import retry_headers
from veza.http.problems import (
    FORBIDDEN,
    INTERNAL,
    INVALID_REQUEST,
    MALFORMED_BODY,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    RATE_LIMITED,
    REQUEST_REFUSED,
    TOO_LARGE,
    UNAUTHORIZED,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    Kind,
    Problem,
)
from veza.http.requests import FORM, ClientLeft, DoorRequest
from veza.kit.field_faults import faults_of
from veza.kit.messages import Message, gettext, joined, message_of, render, verbatim

log = structlog.get_logger(__name__)

ProblemPage = Callable[[DoorRequest, Problem, str, str], Response[Any] | None]
"""A page for a problem, its title and its sentence in the reader's language; None where a program asks, which is told
as programs are."""
Translate = Callable[[DoorRequest, Any], Problem]

# What the framework raises by itself, by status.
_BY_STATUS: Mapping[int, Kind] = {
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


def exception_handlers(
    page: ProblemPage | None = None, *, more: Mapping[type[Exception], Kind] | None = None
) -> dict[type[Exception] | int, Any]:
    """Handlers for the whole application: of the errors in the one table, of `more` errors, and of the framework's."""

    def answering(translate: Translate) -> Any:
        return lambda request, error: answer(request, translate(request, error), page)

    def translated(kind: Kind) -> Translate:
        return lambda _request, error: problem_of(error, kind)

    told: dict[type[Exception], Translate] = {
        **{error: translated(kind) for error, kind in {**ERRORS, **(more or {})}.items()},
        UnsupportedEncoding: translated(UNSUPPORTED_MEDIA_TYPE),
        Malformed: _malformed,
        ClientLeft: _left,
        Problem: lambda _request, error: error,
        ValidationException: _by_framework_invalid,
        HTTPException: _by_framework,
        Exception: _unexpected,
    }
    return {error: answering(translate) for error, translate in told.items()}


def problem_of(error: Exception, kind: Kind) -> Problem:
    """A module's error as a problem of this kind: its sentence, and what its headers and fields say beside it."""
    headers = retry_headers(error) if kind is not UNAUTHORIZED else {"WWW-Authenticate": "Bearer"}
    found = faults_of(error)
    said = gettext("{faults}", faults=joined(said for _, said in found)) if found else message_of(error)
    return Problem(kind, said, headers, faults=[Fault("body", place, said) for place, said in found])


def answer(request: DoorRequest, problem: Problem, page: ProblemPage | None = None) -> Response[Any]:
    """The problem in its reader's language: a page (by `page`) to a browser outside the API, else problem+json."""
    kind, language = problem.kind, language_of(request)
    title, detail = render(problem.title, language), render(problem.detail, language)
    if page is not None and (shown := page(request, problem, title, detail)) is not None:
        shown.headers.update(problem.headers)
        return shown
    body = {
        "type": kind.uri,
        "title": title,
        "status": kind.status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        **({"errors": [fault.shown(language) for fault in problem.faults]} if problem.faults else {}),
        **problem.extra,
    }
    return Response(body, status_code=kind.status, media_type=MEDIA_TYPE, headers=problem.headers)


def unreadable_address(request: DoorRequest, faults: list[Fault], page: ProblemPage | None = None) -> Response[Any]:
    """The answer to an address or a header that no text can be made of."""
    return answer(request, Problem(INVALID_REQUEST, one_sentence(faults), faults=faults), page)


def _malformed(_request: DoorRequest, error: Malformed) -> Problem:
    kind = INVALID_REQUEST if isinstance(error, OutOfRange) else MALFORMED_BODY
    return Problem(kind, message_of(error), faults=error.faults)


def _left(_request: DoorRequest, error: ClientLeft) -> Problem:
    log.info("request.client_left")
    return Problem(REQUEST_REFUSED, message_of(error))  # for the request's line alone: the client has left


def _by_framework_invalid(_request: DoorRequest, error: ValidationException) -> Problem:
    """What Litestar itself finds, where our own rule did not look: outside the API."""
    found = error.extra if isinstance(error.extra, list) else []
    faults = [
        Fault(
            item.get("source", "body"),
            tuple(str(item.get("key", "")).split(".")),
            verbatim(str(item.get("message", ""))),
        )
        for item in found
        if isinstance(item, Mapping)
    ]
    return Problem(INVALID_REQUEST, one_sentence(faults) if faults else verbatim(error.detail), faults=faults)


def _by_framework(request: DoorRequest, error: HTTPException) -> Problem:
    if error.status_code >= 500 and error.status_code != UNAVAILABLE.status:
        return _unexpected(request, error)
    kind = _BY_STATUS.get(error.status_code, REQUEST_REFUSED)
    detail = verbatim(error.detail)
    if isinstance(error, NotFoundException):
        detail = gettext("there is nothing at {path}", path=request.url.path)
    elif isinstance(error, MethodNotAllowedException):
        detail = gettext("{method} does not work at {path}", method=request.method, path=request.url.path)
    elif kind is TOO_LARGE:
        detail = _too_large(request)
    return Problem(kind, detail, error.headers)


def _too_large(request: DoorRequest) -> Message:
    if request.headers.get("content-type", "").startswith(FORM):
        most = request.route_handler.resolve_request_max_body_size()
        return gettext("a form may hold {most} bytes", most=most)
    return gettext("the body is larger than this address takes")


def _unexpected(_request: DoorRequest, error: Exception) -> Problem:
    log.error("request.failed", exc_info=error)
    return Problem(INTERNAL, gettext("an unexpected error happened; nothing more is said here on purpose"))
