"""Every route of ingest, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.accounts.permissions import Permission
from veza.api.ingest import audio, sent_forms, uploads
from veza.api.operations import operations_of
from veza.http.identity import needs
from veza.http.routers import FreshRouter
from veza.ingest.facade import Ingest

INGEST_TAGS: Sequence[Tag] = (
    Tag(name=audio.TAG, description="What became of the files of a track, and what a master check finds."),
    Tag(name=uploads.TAG, description="Files on their way: by tus 1.0, so that a line that is cut costs nothing."),
)
"""In the order people meet them."""


def ingest_routes(ingest: Ingest) -> list[ControllerRouterHandler]:
    """The routes of ingest under /api/v1."""

    def provide_ingest() -> Ingest:
        return ingest

    return [
        FreshRouter(
            path="/",
            # For OPTIONS, which Litestar answers for every path; each handler names its own.
            opt=needs(Permission.BROWSE),
            route_handlers=operations_of(audio, uploads, sent_forms),
            dependencies={"ingest": Provide(provide_ingest, sync_to_thread=False)},
        )
    ]
