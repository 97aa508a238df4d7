"""Query parameters nobody reads are refused: `?state=` where it is `?status=` would quietly list everything."""

from __future__ import annotations

from functools import cache
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from veza.api.problems import INVALID_REQUEST, Problem


def known_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard that refuses query parameters the address does not take."""
    taken = _taken_by(handler, frozenset(connection.path_params))
    unknown = sorted(set(connection.query_params) - taken)
    if unknown:
        takes = f"it takes {', '.join(sorted(taken))}" if taken else "it takes none"
        errors = [{"field": name, "message": "is no parameter here"} for name in unknown]
        raise Problem(INVALID_REQUEST, f"there is no parameter {', '.join(unknown)[:100]} here: {takes}", errors=errors)


@cache
def _taken_by(handler: BaseRouteHandler, in_path: frozenset[str]) -> frozenset[str]:
    """The names of the query parameters of a handler and of what it depends on."""
    model = handler.create_kwargs_model(path_parameters=dict.fromkeys(in_path))  # type: ignore[arg-type]  # only the names are read
    return frozenset(parameter.field_alias for parameter in model.expected_query_params)
