"""Every route of moderation, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.moderation import judging, reports
from veza.api.operations import operations_of
from veza.http.routers import FreshRouter
from veza.moderation.facade import Moderation

MODERATION_TAGS: Sequence[Tag] = (
    Tag(name=reports.TAG, description="What breaks the rules, and what became of it."),
    Tag(name=judging.TAG, description="Judging reports, hiding and restoring, and the log of it."),
)
"""In the order people meet them."""


def moderation_routes(moderation: Moderation) -> list[ControllerRouterHandler]:
    """The routes of moderation under /api/v1."""

    def provide_moderation() -> Moderation:
        return moderation

    dependencies = {"moderation": Provide(provide_moderation, sync_to_thread=False)}
    return [FreshRouter(path="/", route_handlers=operations_of(reports, judging), dependencies=dependencies)]
