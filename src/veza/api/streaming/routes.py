"""Every route of streaming, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.accounts.permissions import Permission
from veza.api.operations import operations_of
from veza.api.streaming import (
    beacons,
    download_files,
    downloads,
    listenbrainz,
    playlists,
    plays,
    release_downloads,
    stream_files,
    waveforms,
)
from veza.api.streaming.rung_files import StreamFiles
from veza.http.identity import Authenticate, demanding, needs
from veza.http.routers import FreshRouter
from veza.streaming.facade import Streaming
from veza.streaming.hearing import Hearing
from veza.streaming.local_hearing import LocalHearing

STREAM_TAGS: Sequence[Tag] = (
    Tag(name=playlists.TAG, description="Playlists of tracks, and the files they lead to."),
    Tag(name=plays.TAG, description="How often an artist's tracks are played."),
    Tag(name=listenbrainz.TAG, description="Where what one hears is sent, at one's wish."),
)
DOWNLOAD_TAGS: Sequence[Tag] = (Tag(name=downloads.TAG, description="Tracks and releases as files to keep."),)


def play_routes() -> list[ControllerRouterHandler]:
    """The routes of plays under /api/v1."""
    return [*operations_of(plays)]


def waveform_routes(hearing: LocalHearing) -> list[ControllerRouterHandler]:
    """The routes of waveforms under /api/v1."""

    def provide_hearing() -> LocalHearing:
        return hearing

    return [
        FreshRouter(
            path="/",
            route_handlers=operations_of(waveforms),
            dependencies={"hearing": Provide(provide_hearing, sync_to_thread=False)},
        )
    ]


def stream_routes(files: StreamFiles, authenticate: Authenticate) -> ControllerRouterHandler:
    """Where tracks are heard, outside /api/v1; `authenticate` is asked where no link says who may hear."""

    def provide_hearing() -> Hearing:
        return files.hearing

    def provide_files() -> StreamFiles:
        return files

    permitted = demanding(authenticate, Permission.BROWSE)

    def provide_authenticate() -> Authenticate:
        return permitted

    return FreshRouter(
        path="/",
        route_handlers=operations_of(playlists, stream_files, beacons),
        dependencies={
            "hearing": Provide(provide_hearing, sync_to_thread=False),
            "files": Provide(provide_files, sync_to_thread=False),
            "authenticate": Provide(provide_authenticate, sync_to_thread=False),
        },
        opt=needs(Permission.BROWSE),
    )


def download_routes(streaming: Streaming) -> list[ControllerRouterHandler]:
    """Where downloads are asked for, under /api/v1."""
    return [_with_streaming(streaming, operations_of(downloads, release_downloads))]


def listenbrainz_routes(streaming: Streaming) -> list[ControllerRouterHandler]:
    """One's ListenBrainz account, under /api/v1."""
    return [_with_streaming(streaming, operations_of(listenbrainz))]


def download_file_routes(streaming: Streaming) -> list[ControllerRouterHandler]:
    """Where links to downloads lead, outside /api/v1."""
    return [_with_streaming(streaming, operations_of(download_files))]


def _with_streaming(streaming: Streaming, handlers: Sequence[HTTPRouteHandler]) -> FreshRouter:
    def provide_streaming() -> Streaming:
        return streaming

    return FreshRouter(
        path="/",
        opt=needs(Permission.BROWSE),
        route_handlers=handlers,
        dependencies={"streaming": Provide(provide_streaming, sync_to_thread=False)},
    )
