"""What the world of the whole API has of sound: audio of tracks, uploads, downloads and plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar.types import ControllerRouterHandler

from tests.sounding import give_sound, keep_downloads
from veza.accounts.facade import AccountRules
from veza.accounts.identity import OPERATOR
from veza.api.ingest.routes import ingest_routes
from veza.api.streaming.routes import download_routes, listenbrainz_routes, play_routes, waveform_routes
from veza.audio.download_formats import DownloadFormat
from veza.catalog.facade import Catalog
from veza.ingest import receiving
from veza.ingest.audio_worker import AudioRules
from veza.ingest.facade import Ingest
from veza.ingest.receiving import UploadRequest
from veza.kit.database import Database, Session
from veza.market import claims
from veza.streaming import release_asking
from veza.streaming.asking import Holder
from veza.streaming.facade import Streaming
from veza.streaming.links import Links
from veza.streaming.local_hearing import LocalHearing
from veza.streaming.plays import PlayTotal
from veza.streaming.rules import DownloadRules
from veza.streaming.stream_links import StreamLinks

FORMAT = DownloadFormat.FLAC
_SECRET = "a secret of this world"
_RULES = AccountRules("", timedelta(days=1), timedelta(days=30), timedelta(days=90))


@dataclass(frozen=True)
class Sounding:
    """The modules of sound over one store of objects."""

    ingest: Ingest
    streaming: Streaming
    hearing: LocalHearing

    @classmethod
    def over(cls, database: Database, catalog: Catalog) -> Sounding:
        objects, folder = catalog.objects, Path("processing")
        return cls(
            Ingest(database, objects, catalog, AudioRules(folder)),
            Streaming(database, objects, DownloadRules(folder), Links(_SECRET)),
            LocalHearing(database, objects, StreamLinks(_SECRET), _claim_of, _RULES),
        )


async def _claim_of(session: Session, token: str) -> UUID:
    return (await claims.look(session, token)).id


def sounding_routes(ingest: Any, streaming: Any, hearing: Any) -> list[ControllerRouterHandler]:
    """Those under /api/v1."""
    return [
        *ingest_routes(ingest), *download_routes(streaming), *listenbrainz_routes(streaming), *play_routes(),
        *waveform_routes(hearing),
    ]  # fmt: skip


async def fill_sound(
    ingest: Ingest, artist_id: UUID, person_id: UUID, release_id: UUID, track_ids: Sequence[UUID]
) -> dict[str, UUID]:
    """Each track can be heard and is there as a file, the first one in as many versions and plays as there are tracks;
    as many uploads. Returns the ids of what can be shown."""
    database, objects = ingest.database, ingest.objects
    for _ in track_ids[1:]:
        await give_sound(database, objects, track_ids[0])
    for track_id in track_ids:
        await give_sound(database, objects, track_id)
    async with database.write("test") as session:
        found = await release_asking.ask_for_release(session, Holder(person_id), release_id, FORMAT)
        for number, track_id in enumerate(track_ids):
            day = session.now.date() - timedelta(days=number)
            session.add(PlayTotal(id=session.new_id(), artist_id=artist_id, track_id=track_id, day=day, plays=number))
    await keep_downloads(database, objects, found.downloads, b"fLaC")
    async with database.write("test") as session:
        for track_id in track_ids:
            upload = await receiving.begin(session, ingest, UploadRequest(10, "Take.flac", track_id), OPERATOR)
    return {"upload_id": upload.id}
