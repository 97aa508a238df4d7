"""Every route of the catalogue, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.accounts.permissions import Permission
from veza.api.catalog import artists, covers, invitations, members, release_moves, releases, track_order, tracks
from veza.api.visitors import Authenticate, needs
from veza.catalog.facade import Catalog
from veza.http.routers import FreshRouter

CATALOG_TAGS: Sequence[Tag] = (
    Tag(name=artists.TAG, description="Who publishes and is paid, and the people who act for them."),
    Tag(name=releases.TAG, description="Albums, EPs, singles and sample packs, from draft to withdrawn."),
    Tag(name=tracks.TAG, description="What is on a release, in order."),
)
"""In the order people meet them."""


def catalog_routes(catalog: Catalog) -> list[ControllerRouterHandler]:
    """What goes under /api/v1; every handler names its permission."""
    return [
        _router(
            catalog,
            artists.create_artist,
            artists.list_artists,
            artists.show_artist,
            artists.edit_artist,
            artists.show_fee,
            artists.set_fee,
            members.list_members,
            members.add_member,
            members.change_member,
            members.remove_member,
            invitations.invite,
            invitations.list_invitations,
            invitations.take_back,
            invitations.accept,
            releases.create_release,
            releases.list_releases,
            releases.list_releases_of_artist,
            releases.show_release_of_artist,
            releases.show_release,
            releases.edit_release,
            releases.delete_release,
            release_moves.publish_release,
            release_moves.schedule_release,
            release_moves.unschedule_release,
            release_moves.withdraw_release,
            covers.put_cover,
            covers.remove_cover,
            tracks.add_track,
            tracks.list_tracks,
            tracks.show_track,
            tracks.edit_track,
            tracks.remove_track,
            track_order.move_track,
            track_order.reorder_tracks,
        )
    ]


def cover_route(catalog: Catalog, authenticate: Authenticate) -> ControllerRouterHandler:
    """Where the files of covers are, outside /api/v1; `recognise` is asked for those that are not public."""

    def provide_recognise() -> Authenticate:
        return authenticate

    who = Provide(provide_recognise, sync_to_thread=False)
    return FreshRouter(
        path="/", route_handlers=[_router(catalog, covers.show_cover)], dependencies={"authenticate": who}
    )


def _router(catalog: Catalog, *handlers: ControllerRouterHandler) -> FreshRouter:
    def provide_catalog() -> Catalog:
        return catalog

    return FreshRouter(
        path="/",
        # For OPTIONS, which Litestar answers for every path; each handler names its own.
        opt=needs(Permission.BROWSE),
        route_handlers=handlers,
        dependencies={"catalog": Provide(provide_catalog, sync_to_thread=False)},
    )
