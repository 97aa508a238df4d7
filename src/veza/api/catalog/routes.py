"""Every route of the catalogue, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.accounts.permissions import Permission
from veza.api.catalog import (
    artists,
    cover_files,
    covers,
    invitations,
    members,
    release_moves,
    releases,
    track_order,
    tracks,
)
from veza.api.operations import operations_of
from veza.catalog.facade import Catalog
from veza.http.identity import Authenticate, demanding, needs
from veza.http.routers import FreshRouter

CATALOG_TAGS: Sequence[Tag] = (
    Tag(name=artists.TAG, description="Who publishes and is paid, and the people who act for them."),
    Tag(name=releases.TAG, description="Albums, EPs, singles and sample packs, from draft to withdrawn."),
    Tag(name=tracks.TAG, description="What is on a release, in order."),
)
"""In the order people meet them."""


def catalog_routes(catalog: Catalog) -> list[ControllerRouterHandler]:
    """The routes of the catalogue under /api/v1."""
    modules = artists, members, invitations, releases, release_moves, covers, tracks, track_order
    return [_router(catalog, operations_of(*modules))]


def cover_route(catalog: Catalog, authenticate: Authenticate) -> ControllerRouterHandler:
    """Where the files of covers are, outside /api/v1; `authenticate` is asked for those that are not public."""

    permitted = demanding(authenticate, Permission.BROWSE)

    def provide_authenticate() -> Authenticate:
        return permitted

    who = Provide(provide_authenticate, sync_to_thread=False)
    handlers = [_router(catalog, operations_of(cover_files))]
    return FreshRouter(path="/", route_handlers=handlers, dependencies={"authenticate": who})


def _router(catalog: Catalog, handlers: Sequence[ControllerRouterHandler]) -> FreshRouter:
    def provide_catalog() -> Catalog:
        return catalog

    return FreshRouter(
        path="/",
        # For OPTIONS, which Litestar answers for every path; each handler names its own.
        opt=needs(Permission.BROWSE),
        route_handlers=handlers,
        dependencies={"catalog": Provide(provide_catalog, sync_to_thread=False)},
    )
