"""What a page says of itself to programs that show a link to it: Open Graph and the description."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from veza.kit.messages import Message, gettext, ngettext
from veza.web.embedding import COMPACT, Embed, embed_of
from veza.web.words import short

LONGEST = 300
"""Letters of a description: programs show about two hundred."""


@dataclass(frozen=True, slots=True)
class Shared:
    """`path` is the page's own; `cover` the address of its picture of `side` pixels, None without one; `embeds` are the
    players that pages of other sites may frame, the large one first; none for a page that is not played."""

    path: str
    type: str
    title: str
    description: Message | str
    alt: Message
    cover: str | None
    side: int
    embeds: Sequence[Embed]


def shared_release(row: Any, tracks: int) -> Shared:
    """A release as it is shared."""
    said = ngettext("By {artist}, one track", "By {artist}, {n} tracks", tracks, artist=row.artist_name)
    return _shared(row, f"/releases/{row.id}", "music.album", row.title, said)


def shared_track(row: Any) -> Shared:
    """A track as it is shared."""
    said = gettext("From “{release}” by {artist}", release=row.release_title, artist=row.artist_name)
    return _shared(row, f"/tracks/{row.id}", "music.song", row.title, said)


def shared_artist(artist: Any, releases: Iterable[Any]) -> Shared:
    """An artist as they are shared: with their own words, and the cover of their newest release that has one."""
    said = short(" ".join(artist.bio.split()), LONGEST) or gettext("The records of {artist}", artist=artist.name)
    return _with_newest(f"/artists/{artist.slug}", "profile", artist.name, said, releases)


def shared_site(name: str, releases: Iterable[Any]) -> Shared:
    """The first page as it is shared."""
    said = gettext("Artists publish and sell here, listeners hear and keep what they buy.")
    return _with_newest("/", "website", name, said, releases)


def _with_newest(path: str, kind: str, title: str, said: Message | str, releases: Iterable[Any]) -> Shared:
    newest = next((row for row in releases if row.cover_id and row.sizes), None)
    cover, side = (None, 0) if newest is None else _cover_of(newest)
    alt = gettext("The cover of {title}", title=newest.title if newest is not None else title)
    return Shared(path, kind, title, said, alt, cover, side, ())


def _cover_of(row: Any) -> tuple[str | None, int]:
    side = max(row.sizes) if row.cover_id and row.sizes else 0
    return f"/covers/{row.cover_id}/{side}.jpg" if side else None, side


def _shared(row: Any, path: str, kind: str, title: str, said: Message) -> Shared:
    cover, side = _cover_of(row)
    alt = gettext("The cover of {title}", title=title)
    whole = f"{title} – {row.artist_name}"
    of = path.split("/")[1]
    embeds = embed_of(of, row.id, whole), embed_of(of, row.id, whole, COMPACT)
    return Shared(path, kind, whole, said, alt, cover, side, embeds)
