"""How an operation is declared: `read`, `listing`, `write` and `one_shot`. CONTRIBUTING.md shows one of each.

A declaration says the path, the permission, the shapes, an example and the problems. It opens the transaction, hands
the handler what that names (`endpoints`), adds the problems that every operation of its kind may answer, and makes the
answer of what the handler returns. A handler that takes no `session` works outside of any transaction: one of a write
takes `idempotent`, or `one_shot`, and runs it by itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any, NotRequired, TypeAlias, TypedDict, Unpack

from litestar import Response
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec

from veza.accounts.permissions import Permission
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, WRITE_PROBLEMS, answers, nothing, page_of
from veza.http.editing import IfMatch, on_condition
from veza.http.endpoints import Endpoint, Handler, for_litestar, of_shape
from veza.http.idempotency import IdempotencyKey, Idempotent, Reply, idempotent_of
from veza.http.identity import needs
from veza.http.one_shot import OneShot, OneShotKey, one_shot_of
from veza.http.paging import Page, PageRequest, page_parameters, page_request_of
from veza.http.problems import DONE_ALREADY, RATE_LIMITED, Kind
from veza.http.requests import DoorRequest
from veza.http.whole_request import ANY_BODY
from veza.kit.database import Database, Session
from veza.kit.limits import Allowance
from veza.kit.listing import Sorts

Declare: TypeAlias = Callable[[Handler], HTTPRouteHandler]
AnswerShape: TypeAlias = tuple[Any, str, Any]
"""A shape, what it is in a sentence, and an example."""
Gives: TypeAlias = tuple[int, Any, str, Any] | tuple[int, None, str]
"""A status, a shape, what it is in a sentence, and an example; without the last where the answer has no body (204)."""

_DATABASE = NamedDependency[Database]


class Declaration(TypedDict):
    """What every declaration says: the operation's id, a summary, the permission, the problems beside those that every
    operation of the kind may answer; and what few say, in the words of Litestar."""

    operation: str
    summary: str
    permission: Permission
    problems: NotRequired[Sequence[Kind]]
    answers_too: NotRequired[Mapping[int, ResponseSpec]]
    media_type: NotRequired[str]
    operation_class: NotRequired[type[Any]]
    request_max_body_size: NotRequired[int]


def read(path: str, *, gives: AnswerShape | Mapping[int, ResponseSpec], **declared: Unpack[Declaration]) -> Declare:
    """GET of one thing. The handler takes `session`, which only reads; what it `gives` are the described answers
    themselves where that is no JSON."""

    def declare(handler: Handler) -> HTTPRouteHandler:
        endpoint = Endpoint(handler, path, frozenset({Session}))
        session_name = endpoint.handed.get(Session)

        async def answer(request: DoorRequest, **found: Any) -> Any:
            async with endpoint.opened(request, found) as values:
                if session_name is None:
                    return await handler(**values)
                async with found["database"].read() as session:
                    return await handler(**values, **{session_name: session})

        described = gives if isinstance(gives, Mapping) else answers(200, *gives, *declared.get("problems", ()))
        shown = for_litestar(answer, endpoint, endpoint.returns, database=_DATABASE)
        return get(path, **_options(declared, described))(shown)

    return declare


def listing(path: str, *, sorts: Sorts, gives: AnswerShape, **declared: Unpack[Declaration]) -> Declare:
    """GET of a list, in pages. The handler takes `session`, which only reads, and a PageRequest; `sorts` are the list's
    orders, the first unless the request says another; `gives` is one item, with what a page is in a sentence."""
    shape, description, example = gives
    page = of_shape(Page, shape)

    def declare(handler: Handler) -> HTTPRouteHandler:
        endpoint = Endpoint(handler, path, frozenset({Session, PageRequest}))
        session_name, page_name = endpoint.handed[Session], endpoint.handed[PageRequest]

        async def answer(request: DoorRequest, **found: Any) -> Any:
            async with endpoint.opened(request, found) as values:
                values[page_name] = page_request_of(sorts, found)
                async with found["database"].read() as session:
                    return await handler(**values, **{session_name: session})

        problems = (*declared.get("problems", ()), *LIST_PROBLEMS)
        described = answers(200, page, description, page_of(example), *problems)
        shown = for_litestar(answer, endpoint, page, database=_DATABASE, **page_parameters(sorts))
        return get(path, **_options(declared, described))(shown)

    return declare


class WriteDeclaration(Declaration):
    """What every declaration of a write says: what it gives; an example of the body; `any_body` where it takes others
    than JSON, or none; and the limits that its work spends, as a function of the handler's parameters."""

    gives: Gives
    body: NotRequired[Any]
    any_body: NotRequired[bool]
    spends: NotRequired[Callable[..., Sequence[Allowance]]]


class IdempotentDeclaration(WriteDeclaration):
    """`edits` locks what the write changes, and returns it as GET shows it; it takes parameters as a handler does. With
    it, the write honours `If-Match`. `keyed` says for which part of a visitor's keys the key is, as a function of the
    handler's parameters: visitors of one address share no keys. `location` is where a new thing is, such as
    `/api/v1/releases/{shown.id}`."""

    edits: NotRequired[Handler]
    keyed: NotRequired[Callable[..., str | None]]
    location: NotRequired[str]


class _Write:
    def post(self, path: str, **declared: Unpack[IdempotentDeclaration]) -> Declare:
        return _write(post, path, declared)

    def put(self, path: str, **declared: Unpack[IdempotentDeclaration]) -> Declare:
        return _write(put, path, declared)

    def patch(self, path: str, **declared: Unpack[IdempotentDeclaration]) -> Declare:
        return _write(patch, path, declared)

    def delete(self, path: str, **declared: Unpack[IdempotentDeclaration]) -> Declare:
        return _write(delete, path, declared)


class _OneShot:
    def post(self, path: str, **declared: Unpack[WriteDeclaration]) -> Declare:
        return _one_shot(post, path, declared)

    def put(self, path: str, **declared: Unpack[WriteDeclaration]) -> Declare:
        return _one_shot(put, path, declared)

    def delete(self, path: str, **declared: Unpack[WriteDeclaration]) -> Declare:
        return _one_shot(delete, path, declared)


write = _Write()
"""Declares a write. The handler takes `session`; what it returns is answered, and stored for a repeat of the key."""
one_shot = _OneShot()
"""Declares a write whose request or answer holds a secret: nothing of either is stored. The handler takes `session`,
and may return a Response, for its cookies."""


def _write(method: type[HTTPRouteHandler], path: str, declared: IdempotentDeclaration) -> Declare:
    status, edits, location = declared["gives"][0], declared.get("edits"), declared.get("location")

    def declare(handler: Handler) -> HTTPRouteHandler:
        endpoint = Endpoint(handler, path, frozenset({Session, Idempotent}), declared.get("body"))
        session_name, own_name = endpoint.handed.get(Session), endpoint.handed.get(Idempotent)
        current = Endpoint(edits, path, frozenset({Session})) if edits is not None else None
        spent, part_of = _of_values(declared.get("spends"), ()), _of_values(declared.get("keyed"), None)

        async def answer(request: DoorRequest, **found: Any) -> Any:
            idempotent = await idempotent_of(request, found["database"], found["idempotency_key"])
            if current is not None and found["if_match"] is not None:
                show_current = partial(current.handler, **current.values(request, found))
                idempotent = on_condition(idempotent, found["if_match"], show_current)
            async with endpoint.opened(request, found) as values:
                if (part := part_of(values)) is not None:
                    idempotent = idempotent.within(part)
                if own_name is not None:
                    values[own_name] = idempotent
                if session_name is None:
                    return await handler(**values)

                async def work(session: Session) -> Reply:
                    shown = await handler(**values, **{session_name: session})
                    return Reply(status, shown, location.format(shown=shown) if location is not None else None)

                return await idempotent.run(work, *spent(values))

        taken: dict[str, Any] = {"idempotency_key": IdempotencyKey}
        if current is not None:
            taken = {**current.found, **taken, "if_match": (IfMatch, None)}
        problems = EDIT_PROBLEMS if current is not None else WRITE_PROBLEMS
        return _handler_of(method, path, declared, endpoint, answer, problems, taken)

    return declare


def _one_shot(method: type[HTTPRouteHandler], path: str, declared: WriteDeclaration) -> Declare:
    status = declared["gives"][0]

    def declare(handler: Handler) -> HTTPRouteHandler:
        endpoint = Endpoint(handler, path, frozenset({Session, OneShot}), declared.get("body"))
        session_name, own_name = endpoint.handed.get(Session), endpoint.handed.get(OneShot)
        spent = _of_values(declared.get("spends"), ())

        async def answer(request: DoorRequest, **found: Any) -> Any:
            write = await one_shot_of(request, found["database"], found["idempotency_key"])
            async with endpoint.opened(request, found) as values:
                if own_name is not None:
                    values[own_name] = write
                if session_name is None:
                    given = await handler(**values)
                else:
                    given = await write.run(
                        lambda session: handler(**values, **{session_name: session}), *spent(values)
                    )
            return given if isinstance(given, Response) else Response(given, status_code=status)

        problems = (DONE_ALREADY, *WRITE_PROBLEMS)
        return _handler_of(method, path, declared, endpoint, answer, problems, {"idempotency_key": OneShotKey})

    return declare


def _handler_of(
    method: type[HTTPRouteHandler],
    path: str,
    declared: WriteDeclaration,
    endpoint: Endpoint,
    answer: Handler,
    usual: Sequence[Kind],
    taken: Mapping[str, Any],
) -> HTTPRouteHandler:
    status, shape, description, *example = declared["gives"]
    limited = (RATE_LIMITED,) if "spends" in declared else ()
    problems = (*declared.get("problems", ()), *endpoint.problems, *limited, *usual)
    described = answers(status, shape, description, *example, *problems) if example else nothing(description, *problems)
    shown = for_litestar(answer, endpoint, of_shape(Response, shape), database=_DATABASE, **taken)
    return method(path, status_code=status, **_options(declared, described, any_body=declared.get("any_body", False)))(
        shown
    )


def _of_values(function: Callable[..., Any] | None, without: Any) -> Callable[[Mapping[str, Any]], Any]:
    """`function` of those of the handler's parameters that it names; `without` it, always the same."""
    if function is None:
        return lambda _values: without
    names = tuple(inspect.signature(function).parameters)
    return lambda values: function(**{name: values[name] for name in names})


def _options(declared: Declaration, described: Mapping[int, ResponseSpec], *, any_body: bool = False) -> dict[str, Any]:
    few: dict[str, Any] = {
        name: one
        for name, one in declared.items()
        if name in ("media_type", "operation_class", "request_max_body_size")
    }
    return {
        "operation_id": declared["operation"],
        "summary": declared["summary"],
        "opt": {**needs(declared["permission"]), **({ANY_BODY: True} if any_body else {})},
        "responses": {**described, **declared.get("answers_too", {})},
        **few,
    }


def operations_of(*modules: ModuleType) -> list[HTTPRouteHandler]:
    """Every operation that these modules declare, each under its module's TAG."""
    found = [(module, one) for module in modules for one in vars(module).values() if isinstance(one, HTTPRouteHandler)]
    for module, handler in found:
        handler.tags = [module.TAG]
    return [handler for _, handler in found]
