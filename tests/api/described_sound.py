"""Sound for the caller of the whole description: tracks in every state of their audio, uploads, downloads and links.

They are on two drafts of the caller's artist, which no list shows: what is done to other tracks leaves them alone, and
what is done to takes leaves the songs alone.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests import factories
from tests.sounding import give_sound, keep_downloads, rendered
from veza.accounts.identity import OPERATOR
from veza.audio.download_formats import DownloadFormat
from veza.catalog.tracks import find_track
from veza.ingest import receiving
from veza.ingest.audio_versions import machine
from veza.ingest.audio_worker import AudioRules
from veza.ingest.facade import Ingest
from veza.ingest.originals import Original, take_original
from veza.ingest.receiving import UploadRequest
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.kit.objects import Objects
from veza.streaming import release_asking
from veza.streaming.asking import Holder

Together = dict[str, list[dict[str, dict[str, str | None]]]]
"""Operation → what its `path`, `query` and `headers` say together; None leaves a parameter out."""
SONGS, SPARE = 2, 4
FORMAT = DownloadFormat.FLAC.value
TUS = {"Tus-Resumable": "1.0.0"}
UPLOAD_BYTES = 1_000_000


async def furnish(folder: Path, url: str, token: str, artist_id: UUID, person_id: UUID) -> Together:
    """Write all of it into the database and the objects of the server that runs in `folder`."""
    database = Database.open(f"sqlite+aiosqlite:///{folder}/var/veza.db")
    objects = Objects.in_folder(folder / "var" / "objects")
    songs = [f"Song {number}" for number in range(SONGS)]
    release_id, song_ids = await factories.release(database, artist_id, *songs, title="Songs", status="draft")
    takes = [f"Take {number}" for number in range(3 + 2 * SPARE)]
    _, (sent, encoded, restored, *spare) = await factories.release(
        database, artist_id, *takes, title="Takes", status="draft"
    )
    for one in (*song_ids, sent, encoded):
        await give_sound(database, objects, one)
    versions = [str(await give_sound(database, objects, restored)) for _ in range(2)]
    failed = [await _waiting(database, one, fails=True) for one in spare[:SPARE]]
    waiting = [await _waiting(database, one) for one in spare[SPARE:]]
    async with database.write("test") as session:
        found = await release_asking.ask_for_release(session, Holder(person_id), release_id, DownloadFormat.FLAC)
    await keep_downloads(database, objects, found.downloads, rendered(1.0)[0])
    uploads = await _uploads(database, objects, sent)
    await database.close()
    of_song = [{"path": {"track_id": str(one)}, "query": {"token": None}} for one in song_ids]
    of_release = {"release_id": str(release_id)}
    metadata = f"track {base64.b64encode(str(sent).encode()).decode()}"
    return {
        **dict.fromkeys(
            (
                "showAudio", "listDownloadFormats", "showOriginal", "showWaveform", "showMasterPlaylist",
                "showStreamManifest", "showTrackFile", "askForDownload",
            ),
            of_song,
        ),
        "sendTrackAudio": [{"path": {"track_id": str(sent)}}],
        "encodeAudio": [{"path": {"track_id": str(encoded)}}],
        "retryAudio": failed,
        "cancelAudio": waiting,
        "restoreAudio": [_version(restored, one) for one in versions],
        "checkMasters": [{"path": of_release}],
        "askForReleaseDownload": [{"path": of_release, "query": {"token": None}}],
        "showReleaseDownload": [{"path": {**of_release, "wanted": FORMAT}, "query": {"token": None}}],
        "showDownload": [
            {"path": {"track_id": str(one), "wanted": FORMAT}, "query": {"token": None}} for one in song_ids
        ],
        "beginUpload": [{"headers": {**TUS, "Upload-Length": str(UPLOAD_BYTES), "Upload-Metadata": metadata}}],
        "showUpload": [{"path": {"upload_id": one}} for one in uploads[:1]],
        "sendBytes": [
            {"path": {"upload_id": one}, "headers": {**TUS, "Upload-Offset": "0"}} for one in uploads[1:SPARE]
        ],
        "giveUpUpload": [{"path": {"upload_id": one}, "headers": TUS} for one in uploads[SPARE:]],
        **await _links(url, token, song_ids[0]),
    }  # fmt: skip


def _version(track_id: UUID, version_id: str) -> dict[str, dict[str, str | None]]:
    return {"path": {"track_id": str(track_id), "version_id": version_id}}


async def _waiting(database: Database, track_id: UUID, *, fails: bool = False) -> dict[str, dict[str, str | None]]:
    """A version that waits for a worker, or that one gave up: no worker runs here."""
    async with database.write("test") as session:
        sent = Original("originals/none", 1, "0" * 64, "take.flac", "upload")
        row = await take_original(session, await find_track(session, track_id), sent)
        if fails:
            await machine.move(session, row, "processing", because=verbatim("a test"), attempt=1)
            await machine.move(session, row, "failed", because=verbatim("a test"), due_at=None)
        return _version(track_id, str(row.id))


async def _uploads(database: Database, objects: Objects, track_id: UUID) -> list[str]:
    ingest = Ingest(database, objects, factories.catalog(database, objects), AudioRules(Path("processing")))
    wanted = UploadRequest(UPLOAD_BYTES, "Take.flac", track_id)
    async with database.write("test") as session:
        return [str((await receiving.begin(session, ingest, wanted, OPERATOR)).id) for _ in range(2 * SPARE)]


async def _links(url: str, token: str, track_id: UUID) -> Together:
    """Links as they are given to the person."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:

        async def shown(address: str) -> Any:
            answer = await client.get(address)
            assert answer.status_code == 200, answer.text
            return answer.json()

        manifest = await shown(f"/stream/{track_id}/manifest.json")
        download = (await shown(f"/api/v1/tracks/{track_id}/downloads/{FORMAT}"))["link"]
    aac = next(one["url"] for one in manifest["renditions"] if one["rung"] == "aac128")
    link = {"link": aac.partition("link=")[2]}
    of_rung = {"path": {"track_id": str(track_id), "rung": "aac128"}, "query": link}
    _, _, signed, name = download.split("/")
    return {
        **{one: [of_rung] for one in ("showMediaPlaylist", "showRungFile", "showProgressiveFile")},
        "reportPlay": [{"path": {"track_id": str(track_id)}, "query": link}],
        "downloadFile": [{"path": {"token": signed, "name": name}}],
    }
