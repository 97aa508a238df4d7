"""A track's audio for its artist: what became of each file that was sent, and what can be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.ingest.audio_shapes import (
    AUDIO_EXAMPLE,
    CHECK_EXAMPLE,
    AudioResponse,
    Encoding,
    ReleaseCheckResponse,
    audio_shown,
    check_shown,
)
from veza.api.operations import Declare, read, write
from veza.catalog import acting, listings
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, find_track
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.catalog import NOT_NOW
from veza.http.problems import FORBIDDEN, NOT_FOUND
from veza.ingest import originals
from veza.ingest.audio_versions import AudioVersion, UnknownVersion, find_version, versions_of
from veza.ingest.master_check import check_release
from veza.ingest.originals import NothingToEncode
from veza.kit.database import Session

TAG = "audio"


@read(
    "/tracks/{track_id:uuid}/audio",
    operation="showAudio",
    summary="Show what became of a track's files",
    permission=Permission.PUBLISH,
    gives=(AudioResponse, "The track's audio.", AUDIO_EXAMPLE),
    problems=(NOT_FOUND, FORBIDDEN),
)
async def show_audio(session: Session, track_id: UUID, identity: Identity, language: AnswerLanguage) -> AudioResponse:
    """Every file that was sent for a track, with how far it is or why it failed. Only the artist's people see it."""
    seen = await listings.seen_track(session, track_id, identity)
    await acting.artist_for(session, seen.artist_id, identity)
    return await _shown(session, await find_track(session, track_id), language)


@read(
    "/releases/{release_id:uuid}/master-check",
    operation="checkMasters",
    summary="Check the masters of a release",
    permission=Permission.PUBLISH,
    gives=(ReleaseCheckResponse, "What was found.", CHECK_EXAMPLE),
    problems=(NOT_FOUND, FORBIDDEN),
)
async def check_masters(
    session: Session, release_id: UUID, identity: Identity, language: AnswerLanguage
) -> ReleaseCheckResponse:
    """What a mastering engineer would say before it is published: loudness, peaks, clipping, silence, missing tags,
    unlike rates, and how the tracks follow each other. It stands in no one's way."""
    seen = await listings.seen_release(session, release_id, identity)
    await acting.artist_for(session, seen.artist_id, identity)
    return check_shown(release_id, await check_release(session, await session.get_one(Release, release_id)), language)


def _act(path: str, operation: str, summary: str) -> Declare:
    return write.post(
        f"/tracks/{{track_id:uuid}}/audio/{path}",
        operation=operation,
        summary=summary,
        permission=Permission.PUBLISH,
        gives=(200, AudioResponse, "The track's audio as it is now.", AUDIO_EXAMPLE),
        problems=(NOT_FOUND, FORBIDDEN, NOT_NOW),
    )


@_act("{version_id:uuid}/retry", "retryAudio", "Process a failed file once more")
async def retry_audio(
    session: Session, track_id: UUID, version_id: UUID, identity: Identity, language: AnswerLanguage
) -> AudioResponse:
    """A failed version is processed again."""
    return await _acted(session, track_id, version_id, identity, language, originals.try_again)


@_act("{version_id:uuid}/cancel", "cancelAudio", "Take a file back")
async def cancel_audio(
    session: Session, track_id: UUID, version_id: UUID, identity: Identity, language: AnswerLanguage
) -> AudioResponse:
    """A version that waits or is processed is given up; what plays goes on playing."""
    return await _acted(session, track_id, version_id, identity, language, originals.cancel)


@_act("{version_id:uuid}/restore", "restoreAudio", "Play an earlier version again")
async def restore_audio(
    session: Session, track_id: UUID, version_id: UUID, identity: Identity, language: AnswerLanguage
) -> AudioResponse:
    """A replaced version plays again; for 30 days after it was replaced its files are kept."""
    return await _acted(session, track_id, version_id, identity, language, originals.restore)


@write.post(
    "/tracks/{track_id:uuid}/audio/encode",
    operation="encodeAudio",
    summary="Encode a track anew",
    permission=Permission.PUBLISH,
    body={"preview_start_ms": 45000},
    gives=(200, AudioResponse, "The track's audio as it is now.", AUDIO_EXAMPLE),
    problems=(NOT_FOUND, FORBIDDEN, NOT_NOW),
    spends=lambda identity: (originals.ENCODINGS.of(identity.actor),),
)
async def encode_audio(
    session: Session, track_id: UUID, data: Encoding, identity: Identity, language: AnswerLanguage
) -> AudioResponse:
    """Makes another version of the original that plays: with the encoder of now, and a preview that begins where you
    say. What plays goes on playing until it is ready."""
    _, track = await acting.track_to_change(session, track_id, identity)
    playing = [one for one in await versions_of(session, track_id) if one.status == "ready"]
    if not playing:
        raise NothingToEncode
    await originals.encode_anew(session, track, playing[0], preview_start_ms=data.preview_start_ms)
    return await _shown(session, track, language)


async def _acted(
    session: Session, track_id: UUID, version_id: UUID, identity: Identity, language: str,
    act: Callable[[Session, AudioVersion], Awaitable[None]],
) -> AudioResponse:  # fmt: skip
    _, track = await acting.track_to_change(session, track_id, identity)
    version = await find_version(session, version_id)
    if version.track_id != track_id:
        raise UnknownVersion(version_id)
    await act(session, version)
    return await _shown(session, track, language)


async def _shown(session: Session, track: Track, language: str) -> AudioResponse:
    await session.refresh(track)
    return audio_shown(track, list(await versions_of(session, track.id)), language)
