"""All that is wrong with a request in one answer: its path, query, headers and body, before any work is done.

Litestar stops at the first parameter that is missing and names one fault of a body. What an operation takes is read
from the operation, as Litestar does, so the description and this rule cannot differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any, Literal, TypeAlias, get_args, get_origin

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import ValidationError, convert

from veza.http.faults import MAX_FAULTS, Fault, Source, faults_in_body
from veza.http.json_bodies import Malformed, OutOfRange, unstorable_text
from veza.http.problems import INVALID_REQUEST, MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE, Kind, Problem
from veza.http.requests import DoorRequest
from veza.http.words import expected, text_as_meant
from veza.kit.messages import Message, gettext, joined

Connection = ASGIConnection[Any, Any, Any, Any]
Found: TypeAlias = tuple[Kind, Fault]
Check = Callable[[Connection, BaseRouteHandler], Sequence[Found]]
"""One more rule: what it finds wrong, each with its kind of problem."""

BodyCheck = Callable[[Any], Iterable[Fault]]
"""The same for what a body says."""

ANY_BODY = "any_body"
"""`opt={**needs(...), ANY_BODY: True}` for an address that takes something else than JSON, such as a picture. Other
sites' forms cannot use it all the same: every write needs the header `Idempotency-Key`, which no form can send."""

STREAMED = "streamed"
"""`opt={**needs(...), STREAMED: True}` for a handler that reads the body by itself, of any type and length."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_MAY_HAVE_BODY = _WITH_BODY | {"DELETE"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation as it comes: a text, or several where `is_list`."""

    source: Source
    name: str
    annotation: Any
    is_required: bool
    is_list: bool


def whole_request(
    *checks: Check, of_bodies: Sequence[BodyCheck] = ()
) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A rule that refuses a request with everything that is wrong with it.

    `checks` are asked as well, and those `of_bodies` about what was read.

    What an operation takes is found out once. A guard is handed a new copy of the handler with every request, so the
    one that was registered is what it is remembered by.
    """
    known: dict[tuple[BaseRouteHandler, frozenset[str]], Sequence[Parameter]] = {}

    async def rule(connection: Connection, handler: BaseRouteHandler) -> None:
        address = (connection.route_handler, frozenset(connection.path_params))
        if address not in known:
            known[address] = parameters_of(*address)
        found = [found for check in checks for found in check(connection, handler)]
        told = {(fault.source, fault.place) for _, fault in found}
        more = islice(faults_of_parameters(connection, known[address]), MAX_FAULTS)
        found += [(INVALID_REQUEST, fault) for fault in more if (fault.source, fault.place) not in told]
        found += await _faults_of_body(connection, handler, of_bodies)
        if found:
            raise refusal(found)

    return rule


def refusal(found: Sequence[Found]) -> Problem:
    """One problem that names all of `found`. A body that cannot be read and what is special outweigh the usual kind."""
    kinds = {kind for kind, _ in found}
    special = kinds - {INVALID_REQUEST, MALFORMED_BODY}
    kind = MALFORMED_BODY if MALFORMED_BODY in kinds else special.pop() if len(special) == 1 else INVALID_REQUEST
    faults = [fault for _, fault in found[:MAX_FAULTS]]
    # A fault of the whole is a sentence already; that of a part needs its name.
    detail = gettext("{faults}", faults=joined(fault.said if fault.place else fault.message for fault in faults))
    return Problem(kind, detail, faults=faults)


def one_fault(source: Source, name: str, message: Message) -> Problem:
    """The problem of a request whose one fault a route finds by itself, told as all others are."""
    return refusal([(INVALID_REQUEST, Fault(source, (name,), message))])


def parameters_of(handler: BaseRouteHandler, in_path: frozenset[str]) -> Sequence[Parameter]:
    """What `handler` and the things it depends on take from the path, the query and the headers."""
    model = handler.create_kwargs_model(path_parameters=dict.fromkeys(in_path))  # type: ignore[arg-type]  # only the names are read
    annotations: dict[str, Any] = {}
    for provider in handler.resolve_dependencies().values():
        annotations |= provider.signature_model.__annotations__
    annotations |= handler.signature_model.__annotations__
    by_source: Mapping[Source, Any] = {
        "path": model.expected_path_params,
        "query": model.expected_query_params,
        "header": model.expected_header_params,
    }
    return [
        Parameter(source, taken.field_alias, annotations[taken.field_name], taken.is_required, taken.is_sequence)
        for source, parameters in by_source.items()
        for taken in sorted(parameters, key=lambda one: str(one.field_alias))
    ]


def faults_of_parameters(connection: Connection, parameters: Sequence[Parameter]) -> Iterator[Fault]:
    """What is wrong with the texts in the path, the query and the headers."""
    query = [one.name for one in parameters if one.source == "query"]
    takes = gettext("it takes {names}", names=", ".join(query)) if query else gettext("it takes none")
    for name in sorted(set(connection.query_params) - set(query)):
        yield Fault("query", (name[:100],), gettext("is no parameter here: {takes}", takes=takes))
    for parameter in parameters:
        given = _given(connection, parameter)
        if not given:
            if parameter.is_required:
                yield Fault(parameter.source, (parameter.name,), gettext("is missing"))
        elif len(given) > 1 and not parameter.is_list:
            yield Fault(
                parameter.source, (parameter.name,), gettext("is given {n} times, once is enough", n=len(given))
            )
        elif message := _wrong(given if parameter.is_list else given[0], parameter.annotation):
            yield Fault(parameter.source, (parameter.name,), message)


def _given(connection: Connection, parameter: Parameter) -> list[Any]:
    if parameter.source == "query":
        return connection.query_params.getall(parameter.name, [])
    if parameter.source == "header":
        return connection.headers.getall(parameter.name, [])
    return [connection.path_params[parameter.name]] if parameter.name in connection.path_params else []


def _wrong(given: Any, annotation: Any) -> Message | None:
    """Words for what would be right, or nothing where it fits; a text is converted to what is wanted."""
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, str) and (said := unstorable_text(one)):
            return said
    choices = choices_of(annotation)
    if choices and given not in choices:
        return gettext("one of {choices}, not “{came}”", choices=joined(choices, ", "), came=given[:50])
    try:
        convert(given, annotation, strict=False, str_keys=True)
    except ValidationError as error:
        meant = text_as_meant(given) if isinstance(given, str) else given
        return expected(meant, annotation, str(error))
    return None


def choices_of(annotation: Any) -> tuple[str, ...]:
    """The values of a Literal or an Enum of texts, which may be None as well; empty for anything else."""
    if get_origin(annotation) is Literal:
        return tuple(str(one) for one in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(one.value) for one in annotation)
    inside = [one for one in get_args(annotation) if isinstance(one, type) or get_args(one)]
    inside = [one for one in inside if one is not type(None)]
    return choices_of(inside[0]) if len(inside) == 1 and get_origin(annotation) is not list else ()


async def _faults_of_body(
    connection: Connection, handler: BaseRouteHandler, checks: Sequence[BodyCheck]
) -> list[Found]:
    method = connection.scope.get("method")
    if method not in _MAY_HAVE_BODY or not isinstance(connection, DoorRequest) or handler.opt.get(STREAMED):
        return []
    if handler.opt.get(ANY_BODY) and not _is_json(connection.headers.get("content-type", "")):
        return []  # a picture, or nothing at all: such an operation reads no JSON
    wanted = handler.parsed_data_field
    has_body = connection.headers.get("content-length", "0") != "0" or "transfer-encoding" in connection.headers
    if method in _WITH_BODY and (has_body or wanted is not None):
        _demand_json(connection.headers.get("content-type", ""))
    if has_body and not await connection.body():
        has_body = False
    if not has_body:
        is_needed = wanted is not None and not wanted.is_optional and not wanted.has_default
        return (
            [(INVALID_REQUEST, Fault("body", (), gettext("the body is missing: an object in JSON")))]
            if is_needed
            else []
        )
    try:
        value = await connection.json()
    except Malformed as error:
        kind = INVALID_REQUEST if isinstance(error, OutOfRange) else MALFORMED_BODY
        return [(kind, fault) for fault in error.faults]
    if wanted is None:
        return []
    faults = faults_in_body(value, wanted.annotation)
    told = {fault.place for fault in faults}
    faults += [fault for check in checks for fault in check(value) if fault.place not in told]
    return [(INVALID_REQUEST, fault) for fault in faults]


def _demand_json(content_type: str) -> None:
    """A browser's form on another site cannot send this type."""
    if not _is_json(content_type):
        sent = content_type.partition(";")[0].strip()[:60] or "a body without a type"
        raise Problem(UNSUPPORTED_MEDIA_TYPE, gettext("this takes application/json, not {sent}", sent=sent))


def _is_json(content_type: str) -> bool:
    sent = content_type.partition(";")[0].strip().lower()
    return sent == "application/json" or (sent.startswith("application/") and sent.endswith("+json"))
