"""Who may come in at this door: the operator, by bearer token, until accounts exist."""

from __future__ import annotations

import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import SecurityScheme
from litestar.types import Guard

from veza.api.problems import UNAUTHORIZED, UNSUPPORTED_MEDIA_TYPE, Problem

SECURITY_NAME = "operatorToken"
SECURITY_SCHEME = SecurityScheme(
    type="http", scheme="bearer", description="The operator token that `veza serve` names."
)

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def operator_guard(token: str) -> Guard:
    """A guard that lets only `Authorization: Bearer <token>` pass."""
    expected = token.encode()

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        scheme, _, given = connection.headers.get("authorization", "").partition(" ")
        # compare_digest: the time taken tells nothing about how much of a guess was right.
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected):
            raise Problem(
                UNAUTHORIZED, "this needs the operator token as a bearer token", headers={"WWW-Authenticate": "Bearer"}
            )

    return guard


def json_only(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard against bodies that are not JSON; a browser's form on another site cannot send this type."""
    if connection.scope.get("method") not in _WITH_BODY:
        return
    sent = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != "application/json" and not (sent.startswith("application/") and sent.endswith("+json")):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE, f"this takes application/json, not {sent[:60] or 'a body without a type'}"
        )
