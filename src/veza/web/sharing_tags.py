"""What a page says of itself to programs that show a link to it: Open Graph and the description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from veza.kit.messages import Message, gettext, ngettext
from veza.web.embedding import COMPACT, Embed, embed_of


@dataclass(frozen=True, slots=True)
class Shared:
    """`path` is the page's own; `cover` the address of its picture of `side` pixels, None without one; `embeds` are the
    players that pages of other sites may frame, the large one first."""

    path: str
    type: str
    title: str
    description: Message
    alt: Message
    cover: str | None
    side: int
    embeds: tuple[Embed, Embed]


def shared_release(row: Any, tracks: int) -> Shared:
    """A release as it is shared."""
    said = ngettext("By {artist}, one track", "By {artist}, {n} tracks", tracks, artist=row.artist_name)
    return _shared(row, f"/releases/{row.id}", "music.album", row.title, said)


def shared_track(row: Any) -> Shared:
    """A track as it is shared."""
    said = gettext("From “{release}” by {artist}", release=row.release_title, artist=row.artist_name)
    return _shared(row, f"/tracks/{row.id}", "music.song", row.title, said)


def _shared(row: Any, path: str, kind: str, title: str, said: Message) -> Shared:
    side = max(row.sizes) if row.cover_id and row.sizes else 0
    cover = f"/covers/{row.cover_id}/{side}.jpg" if side else None
    alt = gettext("The cover of {title}", title=title)
    whole = f"{title} – {row.artist_name}"
    of = path.split("/")[1]
    embeds = embed_of(of, row.id, whole), embed_of(of, row.id, whole, COMPACT)
    return Shared(path, kind, whole, said, alt, cover, side, embeds)
