"""Every route of search, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.operations import operations_of
from veza.api.search import searching
from veza.http.routers import FreshRouter
from veza.search.facade import Search

SEARCH_TAGS: Sequence[Tag] = (
    Tag(name=searching.TAG, description="Artists, releases, tracks, playlists and people by what was typed."),
)


def search_routes(search: Search) -> list[ControllerRouterHandler]:
    """The routes of search under /api/v1."""

    def provide_search() -> Search:
        return search

    dependencies = {"search": Provide(provide_search, sync_to_thread=False)}
    return [FreshRouter(path="/", route_handlers=operations_of(searching), dependencies=dependencies)]
