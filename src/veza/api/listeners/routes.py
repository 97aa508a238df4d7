"""Every route of the listeners' door, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.listeners import comments, follows, likes, playlist_items, playlists, reports
from veza.api.listeners import moderation as judging
from veza.api.operations import operations_of
from veza.http.routers import FreshRouter
from veza.moderation.facade import Moderation

LISTENERS_TAGS: Sequence[Tag] = (
    Tag(name=playlists.TAG, description="Tracks in an order: private, shared by a link, or public; alone or together."),
    Tag(name=follows.TAG, description="Artists one follows, and what they publish."),
    Tag(name=likes.TAG, description="Tracks and releases one likes."),
    Tag(name=comments.TAG, description="What people say at a moment of a track."),
    Tag(name=reports.TAG, description="What breaks the rules, and what became of it."),
    Tag(name=judging.TAG, description="Judging reports, hiding and restoring, and the log of it."),
)
"""In the order people meet them."""


def listeners_routes(base_url: str, moderation: Moderation) -> list[ControllerRouterHandler]:
    """What goes under /api/v1; `base_url` (no slash at its end) is where people reach this server."""

    def provide_base_url() -> str:
        return base_url

    def provide_moderation() -> Moderation:
        return moderation

    modules = playlists, playlist_items, follows, likes, comments, reports, judging
    return [
        FreshRouter(
            path="/",
            route_handlers=operations_of(*modules),
            dependencies={
                "base_url": Provide(provide_base_url, sync_to_thread=False),
                "moderation": Provide(provide_moderation, sync_to_thread=False),
            },
        )
    ]
