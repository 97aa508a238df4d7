"""Who hears what: access is decided when a stream begins, and asked again while it lasts.

A refund, a moderator's hiding, signing out, or the end of a session closes a stream within twice `rechecked`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from veza.accounts.identity import Identity
from veza.audio.manifest import Rendition, Rung
from veza.catalog.track_audio import AudioState
from veza.catalog.tracks import Track
from veza.ingest.track_sound import Sound
from veza.kit.messages import gettext
from veza.kit.objects import Objects
from veza.library.access import Access
from veza.streaming.levels import UNKNOWN, Levels
from veza.streaming.play_reports import PlayReports
from veza.streaming.stream_links import BadStreamLink, StreamLink
from veza.streaming.stream_sessions import StreamSession

RECHECKED = timedelta(seconds=20)
"""How old an answer about a session may be, unless a setting says otherwise."""
FILE_KEPT = timedelta(minutes=5)
"""A track that was replaced meanwhile is heard anew after as long, where it is played as one file."""
MOST_SESSIONS = 20_000
"""What is remembered at most of sessions and of their links."""


class Part(StrEnum):
    """How much of a track is heard."""

    WHOLE = "whole"
    PREVIEW = "preview"


def part_heard(may: Access, *, judges: bool, has_preview: bool) -> Part | None:
    """How much of a track is heard by one who may access it so; who `judges` it as a moderator hears all."""
    if may.stream or judges:
        return Part.WHOLE
    return Part.PREVIEW if may.preview and has_preview else None


class NoSoundYet(Exception):
    """Nothing of the track can be heard yet."""

    def __init__(self, track: Track) -> None:
        said = {
            AudioState.PROCESSING: gettext("“{title}” is being processed: try again in a moment", title=track.title),
            AudioState.FAILED: gettext("“{title}” has no sound: its file could not be processed", title=track.title),
        }
        super().__init__(
            said.get(AudioState(track.audio_state), gettext("“{title}” has no sound yet", title=track.title))
        )


class NoSuchRung(LookupError):
    """There is no rendition of that quality."""

    def __init__(self, wanted: str) -> None:
        super().__init__(gettext("there is no rendition {wanted} of this track", wanted=wanted))


class OwnersOnly(Exception):
    """The track can be seen, and only its owners hear it; there is no preview."""

    def __init__(self) -> None:
        super().__init__(gettext("only its owners hear this track: buy it, or sign in if you have"))


class LinkExpired(Exception):
    """The link has had its time."""

    def __init__(self) -> None:
        super().__init__(gettext("this link has expired: open the track again"))


class StreamEnded(Exception):
    """The session of the link has ended, or the right to hear the track."""

    def __init__(self) -> None:
        super().__init__(gettext("this stream has ended: open the track again"))


@dataclass(frozen=True, slots=True)
class Heard:
    """A stream that has begun; without a `session` where only the preview is heard, whose address is public."""

    part: Part
    sound: Sound
    session: StreamSession | None
    levels: Levels = UNKNOWN

    @property
    def renditions(self) -> list[Rendition]:
        """What is heard of the track, in every quality."""
        if self.part is Part.PREVIEW:
            return [] if self.sound.preview is None else [self.sound.preview]
        return self.sound.rendered.renditions

    @property
    def length(self) -> tuple[int, int]:
        """Samples of what is heard, and their rate (Hz)."""
        if self.part is Part.PREVIEW and self.sound.preview is not None:
            return self.sound.preview.samples, self.sound.preview.rate
        return self.sound.rendered.samples, self.sound.rendered.rate


@runtime_checkable  # Litestar looks at what it hands to a handler
class Hearing(Protocol):
    """Decides who hears what. Where streaming runs apart, the process that has the database is asked."""

    objects: Objects
    reports: PlayReports
    rechecked: timedelta
    """How old an answer about a session may be."""

    async def begin(self, identity: Identity, track_id: UUID, token: str | None = None) -> Heard:
        """A stream of a track, as much of it as the identity may hear; `token` is that of the link that was mailed to a
        buyer without an account.

        Raises UnknownTrack for who may not see it, OwnersOnly, NoSoundYet, RateLimited; for a token that leads to no
        order or code that waits for its buyer, what says so.
        """

    async def begin_file(self, identity: Identity, track_id: UUID, token: str | None = None) -> Heard:
        """The same for an address that is asked again for each part of a file: the stream begun there goes on."""

    async def preview(self, identity: Identity, track_id: UUID) -> Sound:
        """The sound of a track whose preview the identity may hear. Raises UnknownTrack, OwnersOnly, NoSoundYet."""

    def link(self, heard: StreamSession, rung: Rung) -> str:
        """A link to the files of one rung, for as long as the session lasts."""

    async def opened(self, track_id: UUID, text: str) -> tuple[StreamLink, Sound]:
        """What a link of any rung says, and the sound it leads to. Raises BadStreamLink, LinkExpired, StreamEnded."""

    async def allows(self, link: StreamLink) -> bool:
        """Whether the session of the link lasts."""


async def followed(hearing: Hearing, track_id: UUID, text: str, rung: Rung) -> tuple[StreamLink, Sound, Rendition]:
    """What a link to one rung leads to. Raises BadStreamLink, LinkExpired, StreamEnded, NoSuchRung."""
    link, sound = await hearing.opened(track_id, text)
    if link.rung != rung:
        raise BadStreamLink
    rendition = sound.rendition(rung)
    if rendition is None:
        raise NoSuchRung(rung)
    return link, sound, rendition


def link_of(heard: StreamSession, rung: Rung) -> StreamLink:
    """What a link to one rung says."""
    return StreamLink(heard.id, heard.version_id, rung, heard.expires_at)
