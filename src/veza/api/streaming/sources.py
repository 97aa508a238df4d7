"""Which rendition an address below /stream/{track} leads to: by a link that `hearing` wrote, or the public preview."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar.params import PathParameter, QueryParameter

from veza.accounts.identity import Identity
from veza.audio.manifest import PREVIEW, Rendition, Rung
from veza.http.errors.streaming import LINK_EXPIRED, NO_SOUND_YET, STREAM_ENDED
from veza.http.problems import FORBIDDEN, NOT_FOUND, RATE_LIMITED
from veza.ingest.track_sound import Sound
from veza.streaming.hearing import Heard, Hearing, NoSuchRung, Part, followed
from veza.streaming.stream_links import StreamLink

Who = Callable[[], Awaitable[Identity]]
"""Finds out who asks."""
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}
REFUSALS = (NOT_FOUND, FORBIDDEN, NO_SOUND_YET)
BEGINS = (*REFUSALS, RATE_LIMITED)
"""What an address where a stream begins may refuse."""
ENDED = (STREAM_ENDED, LINK_EXPIRED)
"""What the address of a link may answer beside them."""
Link = Annotated[str, QueryParameter(max_length=400, description="As the playlist or the manifest names it.")]
RungName = Annotated[
    str, PathParameter(max_length=10, description="`aac64`, `aac128`, `aac256`, `flac`, or `preview`, which is public.")
]


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be sent; `name` is that of its files. Without `link` it is the preview."""

    sound: Sound
    rendition: Rendition
    name: str
    link: StreamLink | None


async def found_by(hearing: Hearing, who: Who, track_id: UUID, rung: str, link: str) -> Source:
    """What an address leads to; `who` asks is looked up for a preview alone: a link says it by itself.

    Raises what `Hearing.preview` and `followed` raise.
    """
    if rung == PREVIEW:
        sound = await hearing.preview(await who(), track_id)
        assert sound.preview is not None
        return Source(sound, sound.preview, PREVIEW, None)
    try:
        wanted = Rung(rung)
    except ValueError:
        raise NoSuchRung(rung) from None
    said, sound, rendition = await followed(hearing, track_id, link, wanted)
    return Source(sound, rendition, wanted, said)


def address_of(hearing: Hearing, heard: Heard, one: Rendition, name: str) -> str:
    """Where a rendition's playlist or file is, from /stream/{track}/ on."""
    if heard.part is Part.PREVIEW or heard.session is None:
        return f"{PREVIEW}/{name}"
    return f"{one.rung}/{name}?link={hearing.link(heard.session, one.rung)}"
