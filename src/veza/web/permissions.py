"""The table of permissions as a public page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.types import ControllerRouterHandler

from veza.accounts.permissions import PERMISSIONS, Role
from veza.web.rendering import Pages
from veza.web.site import Site


def permissions_route(site: Site) -> ControllerRouterHandler:
    """/permissions."""
    pages = Pages(site)

    @get("/permissions", include_in_schema=False, sync_to_thread=False)
    def permissions(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Who may do what, as the routes themselves ask it."""
        return pages.show(request, "plain/permissions.html", permissions=PERMISSIONS, roles=list(Role))

    return permissions
