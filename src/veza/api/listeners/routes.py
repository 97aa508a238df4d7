"""Every route of the listeners' door, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.listeners import comments, follows, likes, playlist_items, playlists, reports
from veza.api.listeners import moderation as judging
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

    return [
        FreshRouter(
            path="/",
            route_handlers=[
                playlists.create_playlist,
                playlists.list_my_playlists,
                playlists.list_playlists,
                playlists.show_playlist,
                playlists.edit_playlist,
                playlists.delete_playlist,
                playlists.renew_link,
                playlists.revoke_link,
                playlist_items.list_items,
                playlist_items.add_items,
                playlist_items.move_item,
                playlist_items.remove_item,
                playlist_items.export_playlist,
                playlist_items.list_people,
                playlist_items.invite,
                playlist_items.uninvite,
                follows.follow_artist,
                follows.unfollow_artist,
                follows.list_follows,
                follows.count_followers,
                follows.show_feed,
                likes.like_track,
                likes.unlike_track,
                likes.like_release,
                likes.unlike_release,
                likes.list_likes,
                likes.count_likes,
                comments.write_comment,
                comments.list_comments,
                comments.count_comments,
                comments.show_comment,
                comments.edit_comment,
                comments.delete_comment,
                comments.hide_comment,
                comments.show_comment_again,
                reports.create_report,
                reports.list_my_reports,
                reports.list_notices,
                reports.read_notice,
                judging.list_reports,
                judging.show_report,
                judging.claim_report,
                judging.release_report,
                judging.decide_report,
                judging.decide,
                judging.list_decisions,
            ],
            dependencies={
                "base_url": Provide(provide_base_url, sync_to_thread=False),
                "moderation": Provide(provide_moderation, sync_to_thread=False),
            },
        )
    ]
