"""A release in its owner's library: what they have of it, how they came to it, and its files in each format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from veza.audio.download_formats import DownloadFormat, formats_for
from veza.catalog import listings
from veza.catalog.releases import UnknownRelease
from veza.kit.database import Session
from veza.kit.listing import start_of
from veza.kit.messages import Message, gettext
from veza.kit.rows import Found
from veza.library import shelf
from veza.library.shelf import Owned
from veza.market import orders
from veza.market.orders import Order, OrderLine
from veza.market.rules import MarketRules
from veza.streaming.asking import Holder, NotOwned
from veza.streaming.downloads import Download
from veza.streaming.links import Link, LinkKind, Links, ends_at
from veza.streaming.release_asking import KnownDownloads, ReleaseDownload, known_downloads

FORMATS: Mapping[DownloadFormat, tuple[str, Message]] = {
    DownloadFormat.FLAC: ("FLAC", gettext("lossless")),
    DownloadFormat.WAV: ("WAV", gettext("lossless, large")),
    DownloadFormat.ALAC: ("ALAC", gettext("lossless, for Apple things")),
    DownloadFormat.MP3_320: ("MP3 320", gettext("plays anywhere")),
    DownloadFormat.MP3_V0: ("MP3 V0", gettext("smaller, sounds the same")),
    DownloadFormat.AAC: ("AAC 256", gettext("small, for Apple things")),
    DownloadFormat.OPUS: ("Opus 160", gettext("smallest")),
}
"""How each format is called, and what it is good for."""
MOST_GRANTS = 200
"""Of one release: itself, or some of its tracks, each by a purchase or a code of its own."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """How the owner came to one thing; `line` and `order` are None where a download code gave it."""

    owned: Owned
    line: OrderLine | None
    order: Order | None
    refund_until: datetime | None
    """Until when its money can be asked back; None where that is over, or it cost nothing."""


@dataclass(frozen=True, slots=True)
class TrackOfOwner:
    """A track of the release. `link` is there while its file is ready."""

    card: Found
    is_theirs: bool
    has_sound: bool
    download: Download | None
    link: str | None


@dataclass(frozen=True, slots=True)
class OwnedRelease:
    """All of it, in the format `wanted`."""

    card: Found
    purchases: Sequence[Purchase]
    tracks: Sequence[TrackOfOwner]
    formats: Sequence[DownloadFormat]
    wanted: DownloadFormat | None
    whole: ReleaseDownload | None
    link: str | None

    @property
    def name(self) -> str:
        """What the format is called."""
        return FORMATS[self.wanted][0] if self.wanted is not None else ""

    @property
    def is_whole(self) -> bool:
        """Whether all of its tracks are theirs."""
        return all(one.is_theirs for one in self.tracks)

    @property
    def is_being_made(self) -> bool:
        """Whether a file of it is on its way."""
        return any(one.download is not None and one.download.status in ("waiting", "making") for one in self.tracks)

    @property
    def size_bytes(self) -> int:
        """Of all files that are made."""
        return sum(one.size_bytes or 0 for one in self.whole.downloads) if self.whole is not None else 0


async def owned_release(
    session: Session, person_id: UUID, release_id: UUID, wanted: DownloadFormat | None, links: Links, rules: MarketRules
) -> OwnedRelease:
    """The release as its owner sees it, also where it was given back. Raises UnknownRelease for who never had it."""
    slice_ = start_of(shelf.SORTS, MOST_GRANTS)
    owned = await shelf.owned_by(session, person_id, slice_, release_id=release_id, with_revoked=True)
    if not owned:
        raise UnknownRelease(release_id)
    card = await listings.release_card(session, release_id)
    formats, known = await _known(session, person_id, release_id, wanted)
    cards = await listings.cards_of_release(session, release_id)
    tracks = [_track(one, known, links, person_id, session.now) for one in cards]
    whole = known.whole if known is not None else None
    chosen = wanted if wanted in formats else next(iter(formats), None)
    purchases = await _purchases(session, owned, rules)
    return OwnedRelease(card, purchases, tracks, formats, chosen, whole, _zip(whole, links, person_id, session.now))


async def _known(
    session: Session, person_id: UUID, release_id: UUID, wanted: DownloadFormat | None
) -> tuple[Sequence[DownloadFormat], KnownDownloads | None]:
    """The formats that all of it is offered in, and what is known of the wanted one, else of the first."""
    holder = Holder(person_id)
    try:
        # Every upload can be had with a loss: this says what there is, and whether it was without one.
        there = await known_downloads(session, holder, release_id, DownloadFormat.MP3_320)
    except (NotOwned, UnknownRelease):
        return [], None
    if there is None:
        return [], None
    lossless = all(one.sound.is_lossless for one in there.files.tracks if one.track_id in there.mine)
    formats = formats_for(is_lossless=lossless)
    chosen = wanted if wanted in formats else formats[0]
    if chosen == DownloadFormat.MP3_320:
        return formats, there
    return formats, await known_downloads(session, holder, release_id, chosen)


def _track(card: Found, known: KnownDownloads | None, links: Links, person_id: UUID, now: datetime) -> TrackOfOwner:
    is_theirs = known is not None and card.id in known.mine
    download = known.downloads.get(card.id) if known is not None and is_theirs else None
    link = None
    if download is not None and download.status == "ready" and now < download.linked_until:
        to = Link(LinkKind.TRACK, download.id, person_id, None, ends_at(download.linked_until))
        link = links.address(to, download.file_name)
    return TrackOfOwner(card, is_theirs, card.audio_id is not None, download, link)


def _zip(whole: ReleaseDownload | None, links: Links, person_id: UUID, now: datetime) -> str | None:
    if whole is None or whole.status != "ready" or now >= whole.linked_until:
        return None
    to = Link(LinkKind.RELEASE, whole.archive.id, person_id, None, ends_at(whole.linked_until))
    return links.address(to, whole.archive.packed.file_name)


async def _purchases(session: Session, owned: Sequence[Owned], rules: MarketRules) -> list[Purchase]:
    lines = await orders.find_lines(session, [one.cause_id for one in owned if one.cause_kind == "order_line"])
    found: list[Purchase] = []
    for one in owned:
        line, order = lines.get(one.cause_id, (None, None))
        until = None
        if line is not None and order is not None and order.paid_at is not None and one.why_revoked is None:
            until = order.paid_at + rules.refund_window
            until = until if line.refunded_minor < line.gross_minor and until > session.now else None
        found.append(Purchase(one, line, order, until))
    return found
