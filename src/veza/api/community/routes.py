"""Every route of the community, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.community import comments, follows, likes, playlist_items, playlists
from veza.api.operations import operations_of
from veza.http.routers import FreshRouter

COMMUNITY_TAGS: Sequence[Tag] = (
    Tag(name=playlists.TAG, description="Tracks in an order: private, shared by a link, or public; alone or together."),
    Tag(name=follows.TAG, description="Artists one follows, and what they publish."),
    Tag(name=likes.TAG, description="Tracks and releases one likes."),
    Tag(name=comments.TAG, description="What people say at a moment of a track."),
)
"""In the order people meet them."""


def community_routes(base_url: str) -> list[ControllerRouterHandler]:
    """The routes of the community under /api/v1; `base_url` (no slash at its end) is where people reach this server."""

    def provide_base_url() -> str:
        return base_url

    handlers = operations_of(playlists, playlist_items, follows, likes, comments)
    dependencies = {"base_url": Provide(provide_base_url, sync_to_thread=False)}
    return [FreshRouter(path="/", route_handlers=handlers, dependencies=dependencies)]
