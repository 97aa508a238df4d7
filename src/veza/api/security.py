"""How callers show who they are, for the description: said of each operation from the table of permissions."""

from __future__ import annotations

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Reference, SecurityRequirement, SecurityScheme
from litestar.routes import HTTPRoute

from veza.accounts.permissions import PERMISSIONS, Permission, Role
from veza.http.identity import permission_named

TOKEN, SESSION = "token", "session"


def schemes(session_cookie: str) -> dict[str, SecurityScheme | Reference]:
    """The two ways, by name; `session_cookie` is what the session's cookie is called here."""
    return {
        TOKEN: SecurityScheme(
            type="http",
            scheme="bearer",
            description="A personal API token with the scope that the operation names, or the operator token that "
            "`veza serve` names.",
        ),
        SESSION: SecurityScheme(
            type="apiKey",
            security_scheme_in="cookie",
            name=session_cookie,
            description="What `POST /api/v1/session` sets. Writes with it are taken from our own pages only: no other "
            "site's form can send the header `Idempotency-Key`, which every write needs, and a browser's `Origin` or "
            "`Sec-Fetch-Site` that names another site is refused. No other header against forged requests is needed.",
        ),
    }


def describe_callers(litestar: Litestar) -> None:
    """Write down at every operation that names a permission who may call it. Call it before the description is made."""
    for route in litestar.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                _describe(handler)


def _describe(handler: HTTPRouteHandler) -> None:
    permission = permission_named(handler)
    if permission is not None:
        handler.security = requirements(permission)


def requirements(permission: Permission) -> list[SecurityRequirement]:
    """Any one of them will do; the empty one is a visitor, first because it asks for nothing."""
    rule = PERMISSIONS[permission]
    anybody: list[SecurityRequirement] = [{}] if Role.VISITOR in rule.roles else []
    by_token: list[SecurityRequirement] = [{TOKEN: [rule.scope.value]}] if rule.scope is not None else []
    return [*anybody, *by_token, {SESSION: []}]
