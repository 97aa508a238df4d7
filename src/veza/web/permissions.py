"""The table of permissions as a public page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.types import ControllerRouterHandler

from veza.accounts.permissions import PERMISSIONS, Role
from veza.kit.clock import Clock
from veza.web.rendering import Pages


def permissions_route(clock: Clock) -> ControllerRouterHandler:
    """/permissions."""
    pages = Pages(clock)

    @get("/permissions", include_in_schema=False, sync_to_thread=False)
    def permissions(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Who may do what, as the routes themselves ask it."""
        return pages.show(request, "plain/permissions.html", permissions=PERMISSIONS, roles=list(Role))

    return permissions
