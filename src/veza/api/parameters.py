"""Query parameters nobody reads are refused: `?state=` where it is `?status=` would quietly list everything.

So is a value that is none of those a parameter can have, with one sentence that names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.typing import FieldDefinition

from veza.api.problems import INVALID_REQUEST, Problem

Connection = ASGIConnection[Any, Any, Any, Any]


def known_parameters() -> Callable[[Connection, BaseRouteHandler], None]:
    """A rule that refuses query parameters the address does not take, and values they cannot have.

    What an address takes is found out once. A guard is handed a new copy of the handler with every request, so the
    one that was registered is what it is remembered by.
    """
    known: dict[tuple[BaseRouteHandler, frozenset[str]], Mapping[str, tuple[str, ...]]] = {}

    def rule(connection: Connection, _handler: BaseRouteHandler) -> None:
        address = (connection.route_handler, frozenset(connection.path_params))
        if address not in known:
            known[address] = _taken_by(*address)
        _refuse_others(connection, known[address])

    return rule


def _refuse_others(connection: Connection, taken: Mapping[str, tuple[str, ...]]) -> None:
    unknown = sorted(set(connection.query_params) - set(taken))
    if unknown:
        takes = f"it takes {', '.join(sorted(taken))}" if taken else "it takes none"
        errors = [{"field": name, "message": "is no parameter here"} for name in unknown]
        raise Problem(INVALID_REQUEST, f"there is no parameter {', '.join(unknown)[:100]} here: {takes}", errors=errors)
    for name, said in connection.query_params.items():
        if taken[name] and said not in taken[name]:
            message = f"must be one of {', '.join(taken[name])}, not “{said[:50]}”"
            raise Problem(INVALID_REQUEST, f"{name} {message}", errors=[{"field": name, "message": message}])


def _taken_by(handler: BaseRouteHandler, in_path: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    """The query parameters of a handler and of what it depends on, each with the values it can have if they are few."""
    model = handler.create_kwargs_model(path_parameters=dict.fromkeys(in_path))  # type: ignore[arg-type]  # only the names are read
    choices = {field.name: _choices(field.annotation) for field in _fields(handler)}
    return {taken.field_alias: choices.get(taken.field_name, ()) for taken in model.expected_query_params}


def _fields(handler: BaseRouteHandler) -> Iterator[FieldDefinition]:
    yield from handler.parsed_fn_signature.parameters.values()
    for provider in handler.resolve_dependencies().values():
        yield from provider.parsed_fn_signature.parameters.values()


def _choices(annotation: Any) -> tuple[str, ...]:
    """The values of a Literal or an Enum of texts, which may be None as well; empty for anything else."""
    if get_origin(annotation) is Literal:
        return tuple(str(one) for one in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(one.value) for one in annotation)
    inside = [one for one in get_args(annotation) if one is not type(None)]
    return _choices(inside[0]) if len(inside) == 1 and get_origin(annotation) is not list else ()
