"""An original becomes a version of a track's audio, which a worker then processes.

The original is stored before its row is written: a row names an object that is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from veza.catalog.track_audio import lock_track
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import (
    ENCODER_VERSION,
    REPLACED_KEPT,
    AudioVersion,
    find_version,
    machine,
    versions_of,
)
from veza.ingest.track_sound import tell_catalogue
from veza.kit.database import Session
from veza.kit.limits import Limit
from veza.kit.messages import Message, gettext

WAKE = "audio"
ENCODINGS = Limit("encodings", burst=100, per=timedelta(minutes=5))
"""Of originals that are there, by one person: the previews of some records at once, then twelve an hour. The version
before is kept for REPLACED_KEPT, and no quota counts what is made of an original."""
_MOST_NAME = 255


@dataclass(frozen=True, slots=True)
class Original:
    """A stored original: its object's key and size (bytes), the SHA-256 of its bytes, and its file's name.

    `sent_by` is what brought it: `upload`, `import` or `demo`. `audio_hash` is of its sound without its tags, where it
    is known.
    """

    key: str
    size_bytes: int
    file_hash: str
    file_name: str
    sent_by: str
    audio_hash: str | None = None


class NothingToEncode(Exception):
    """The track has no audio that is ready."""

    def __init__(self) -> None:
        super().__init__(gettext("the track has no sound that could be encoded anew: send a file"))


class NoLongerKept(Exception):
    """The version was replaced too long ago to be restored."""

    def __init__(self) -> None:
        said = gettext("a version can be restored for {days} days after it was replaced", days=REPLACED_KEPT.days)
        super().__init__(said)


def original_key(new_id: UUID) -> str:
    """Where an original is stored."""
    return f"originals/{new_id}"


async def take_original(
    session: Session, track: Track, original: Original, *, because: Message = gettext("a file was sent")
) -> AudioVersion:
    """Make a version of a track's audio of a stored original. What was on its way for the track is canceled;
    what plays goes on playing until the new version is ready."""
    facts = {
        "sent_by": original.sent_by,
        "file_name": original.file_name[:_MOST_NAME],
        "file_hash": original.file_hash,
        "audio_hash": original.audio_hash,
        "original_key": original.key,
        "original_bytes": original.size_bytes,
    }
    return await _begin(session, track, facts, because, gettext("another file was sent"))


async def encode_anew(
    session: Session, track: Track, version: AudioVersion, *, preview_start_ms: int | None = None
) -> AudioVersion:
    """Make another version of a track's audio of the original of one that is there: with the encoder of now, and
    a preview that begins at `preview_start_ms`, else where it began before."""
    names = ("sent_by", "file_name", "file_hash", "audio_hash", "original_key", "original_bytes", "preview_start_ms")
    facts = {name: getattr(version, name) for name in names}
    if preview_start_ms is not None:
        facts["preview_start_ms"] = preview_start_ms
    return await _begin(session, track, facts, gettext("encoded anew"), gettext("it is encoded anew"))


async def _begin(
    session: Session, track: Track, facts: dict[str, Any], because: Message, instead: Message
) -> AudioVersion:
    """A new version; what was on its way is canceled, `instead` says why."""
    await lock_track(session, track.id)
    for one in await versions_of(session, track.id):
        if one.is_on_its_way or one.status == "failed":
            await machine.move(session, one, "canceled", because=instead, due_at=None, claimed_until=None)
    row = {
        **facts,
        "id": session.new_id(),
        "track_id": track.id,
        "artist_id": track.artist_id,
        "status": "uploaded",
        "attempt": 0,
        "tries": 0,
        "encoder_version": ENCODER_VERSION,
        "due_at": session.now,
        "created_at": session.now,
    }
    (made,) = await machine.create(session, [row], because=because)
    await tell_catalogue(session, track.id)
    session.wake(WAKE)
    return made


async def try_again(session: Session, version: AudioVersion) -> None:
    """Process a failed version once more. Raises ForbiddenMove."""
    await lock_track(session, version.track_id)
    await machine.move(
        session, version, "uploaded", because=gettext("tried again"), tries=0, due_at=session.now,
        reason_id=None, reason_fields=None,
    )  # fmt: skip
    await tell_catalogue(session, version.track_id)
    session.wake(WAKE)


async def cancel(session: Session, version: AudioVersion) -> None:
    """Take back a version that is on its way. Raises ForbiddenMove."""
    await lock_track(session, version.track_id)
    await machine.move(session, version, "canceled", because=gettext("taken back"), due_at=None, claimed_until=None)
    await tell_catalogue(session, version.track_id)


async def restore(session: Session, version: AudioVersion) -> None:
    """Make a replaced version the current one again. Raises UnknownVersion, ForbiddenMove, NoLongerKept."""
    await lock_track(session, version.track_id)
    # As it is now: the sweep takes one that is no longer kept with its track locked.
    version = await find_version(session, version.id)
    if version.status == "replaced" and not version.is_restorable(session.now):
        raise NoLongerKept
    await play(session, version, gettext("restored"), gettext("an earlier version was restored"), replaced_at=None)


async def play(session: Session, version: AudioVersion, because: Message, instead: Message, **facts: Any) -> None:
    """Make a version the one that plays, with the columns in `facts`, instead of that which played until now."""
    for one in await versions_of(session, version.track_id):
        if one.status == "ready":
            await machine.move(session, one, "replaced", because=instead, replaced_at=session.now)
    await machine.move(session, version, "ready", because=because, **facts)
    await tell_catalogue(session, version.track_id)
