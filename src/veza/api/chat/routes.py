"""Every route of the chat, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.chat import channels, messages, people
from veza.api.operations import operations_of
from veza.http.routers import FreshRouter

CHAT_TAGS: Sequence[Tag] = (
    Tag(name=channels.TAG, description="Channels of the site, of artists and releases; direct channels of few people."),
    Tag(name=messages.TAG, description="What people say in a channel, in one order for all of them."),
    Tag(name=people.TAG, description="Who is muted, banned or a moderator; whom one lets write to oneself."),
)
"""In the order people meet them."""


def chat_routes() -> list[ControllerRouterHandler]:
    """The routes of the chat under /api/v1."""
    return [FreshRouter(path="/", route_handlers=operations_of(channels, messages, people))]
