"""The editor of a release: what it is called, its tracks in order, its cover and price, and the way out."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.di import NamedDependency

from veza.accounts import people
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, covers, deleting, listings, publishing, releases, tracks
from veza.catalog.artists import Artist, find_artist
from veza.catalog.facade import Catalog, record_cover
from veza.catalog.pictures import MOST_BYTES
from veza.catalog.text_fields import BadValue
from veza.catalog.track_drafts import TrackDraft
from veza.http.multipart_bodies import sent_file
from veza.http.requests import DoorRequest
from veza.ingest import uploads
from veza.ingest.master_check import check_release
from veza.kit.amount import decimals
from veza.kit.database import Session
from veza.kit.digests import sha256_of
from veza.kit.messages import gettext
from veza.kit.money import typed
from veza.kit.written import zone_of
from veza.library.grants import ItemKind
from veza.market import item_prices
from veza.market.products import PriceDraft, Pricing
from veza.market.rules import MarketRules
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.processing import progress_of
from veza.web.site import Site
from veza.web.waves import Waves
from veza.web.words import KINDS

_EDITOR = "/studio/releases/{release_id:uuid}"


@page(_EDITOR, permission=Permission.PUBLISH)
async def editor_page(
    session: Session, release_id: UUID, identity: Identity, waves: NamedDependency[Waves],
    rules: NamedDependency[MarketRules], form: Form,
) -> Shown:  # fmt: skip
    """All of a release, for its artist's people."""
    seen = await listings.seen_release(session, release_id, identity)
    artist = await acting.artist_for(session, seen.artist_id, identity)
    rows = await listings.cards_of_release(session, release_id)
    progress = {one.id: await progress_of(session, one.id) for one in rows if one.audio_state == "processing"}
    row = await session.get_one(releases.Release, release_id)
    checked = await check_release(session, row)
    return Shown(
        "editor.html",
        release=seen,
        artist=artist,
        tracks=rows,
        waves=await waves.of_rows(session, rows),
        progress=progress,
        checked=checked,
        guessed=await uploads.notes_on(session, artist.id, release_id),
        findings={one.track.id: one for one in checked.tracks},
        product=await item_prices.of_item(session, ItemKind.RELEASE, release_id),
        digits=decimals(artist.currency),
        fee_bps=rules.fee_bps if artist.fee_bps is None else artist.fee_bps,
        kinds=KINDS,
        planned=row.publish_at,
    )


@form(_EDITOR, permission=Permission.PUBLISH, shows=editor_page)
async def keep_release(session: Session, release_id: UUID, identity: Identity, form: Form) -> See:
    """What was typed about the release."""
    row = await acting.release_to_change(session, release_id, identity)
    await releases.edit_release(
        session,
        row,
        _number(form.value("version")),
        {
            "title": form.value("title"),
            "kind": _known(form.value("kind"), KINDS),
            "description": form.value("description"),
            "licence": form.value("licence"),
            "tags": form.several("tags"),
            "heard_by": form.value("heard_by"),
            "has_preview": form.value("has_preview") == "yes",
            "release_date": _day(form.value("release_date")),
        },
    )
    return _back(release_id, gettext("It is kept."))


@form(f"{_EDITOR}/tracks", permission=Permission.PUBLISH, shows=editor_page, keyed=True)
async def add_track(
    session: Session, release_id: UUID, identity: Identity, catalog: NamedDependency[Catalog], form: Form
) -> See:
    """A track at the end, whose sound is sent next."""
    row = await acting.release_to_change(session, release_id, identity)
    (track,) = await tracks.add_tracks(session, row, [TrackDraft(form.value("track_title"))], limits=catalog.limits)
    return See(f"/studio/tracks/{track.id}")


@form(f"{_EDITOR}/order", permission=Permission.PUBLISH, shows=editor_page)
async def move_track(session: Session, release_id: UUID, identity: Identity, form: Form) -> See:
    """One place up or down by a button, or to the place that it was dragged to."""
    row = await acting.release_to_change(session, release_id, identity)
    way, _, wanted = form.value("move").partition(" ")
    for one in await tracks.tracks_of(session, release_id):
        if str(one.id) == wanted:
            by = {"up": one.position - 1, "down": one.position + 1}
            await tracks.move_track(session, row, one, by.get(way) or _number(way) or one.position)
            break
    return _back(release_id)


@form(f"{_EDITOR}/price", permission=Permission.SELL, shows=editor_page)
async def set_price(
    session: Session, release_id: UUID, identity: Identity, rules: NamedDependency[MarketRules], form: Form
) -> See:
    """The price of the whole release."""
    row = await acting.release_to_change(session, release_id, identity)
    artist = await find_artist(session, row.artist_id)
    await keep_price(session, artist, ItemKind.RELEASE, release_id, form, rules)
    return _back(release_id, gettext("The price is set."))


@form(f"{_EDITOR}/cover", permission=Permission.PUBLISH, shows=editor_page, has_file=True)
async def send_cover(
    request: DoorRequest, release_id: UUID, identity: Identity, catalog: NamedDependency[Catalog],
    site: NamedDependency[Site],
) -> Response[bytes]:  # fmt: skip
    """A picture, made into the cover."""
    file = await sent_file(request)
    source = bytearray()
    async for part in file.chunks:
        source += part
        if len(source) > MOST_BYTES:
            raise BadValue(gettext("a cover has at most {most} MB", most=MOST_BYTES // 1_000_000))
    digest = await sha256_of(bytes(source))
    async with catalog.database.write(identity.actor) as session:
        row = await acting.release_to_change(session, release_id, identity)
        known = await covers.known_cover(session, row.artist_id, digest)
    made = None if known else await catalog.keep_picture(bytes(source))
    async with catalog.database.write(identity.actor) as session:
        row = await acting.release_to_change(session, release_id, identity)
        cover = known if made is None else await record_cover(session, row.artist_id, made)
        await covers.set_cover(session, row, cover)
    return site.redirect(request, _back(release_id, gettext("The cover is set.")))


@form(f"{_EDITOR}/publish", permission=Permission.PUBLISH, shows=editor_page)
async def publish_release(session: Session, release_id: UUID, identity: Identity) -> See:
    """Out with it: refused with the list of what it lacks."""
    row = await acting.release_to_change(session, release_id, identity)
    await publishing.publish(session, row)
    return See(f"/releases/{release_id}", gettext("“{title}” is out.", title=row.title))


@form(f"{_EDITOR}/schedule", permission=Permission.PUBLISH, shows=editor_page)
async def schedule_release(session: Session, release_id: UUID, identity: Identity, form: Form) -> See:
    """Out with it by itself at a time that was chosen, which is one of the sender's zone: refused with the list of what
    it lacks."""
    row = await acting.release_to_change(session, release_id, identity)
    person = None if identity.person_id is None else await people.find(session, identity.person_id)
    at = _instant(form.value("publish_at"), zone_of(person.time_zone if person is not None else None))
    await publishing.schedule(session, row, at)
    return _back(release_id, gettext("“{title}” goes out by itself.", title=row.title))


@form(f"{_EDITOR}/unschedule", permission=Permission.PUBLISH, shows=editor_page)
async def unschedule_release(session: Session, release_id: UUID, identity: Identity) -> See:
    """A draft again."""
    row = await acting.release_to_change(session, release_id, identity)
    await publishing.unschedule(session, row)
    return _back(release_id, gettext("“{title}” is a draft again.", title=row.title))


@form(f"{_EDITOR}/withdraw", permission=Permission.PUBLISH, shows=editor_page)
async def withdraw_release(session: Session, release_id: UUID, identity: Identity) -> See:
    """Only its owners see it from now on."""
    row = await acting.release_to_change(session, release_id, identity)
    await publishing.withdraw(session, row)
    return _back(release_id, gettext("“{title}” is withdrawn; its owners keep it.", title=row.title))


@form(f"{_EDITOR}/delete", permission=Permission.PUBLISH, shows=editor_page)
async def delete_release(session: Session, release_id: UUID, identity: Identity) -> See:
    """A draft goes, with its tracks and their sound."""
    row = await acting.release_to_change(session, release_id, identity)
    artist_id, title = row.artist_id, row.title
    await deleting.delete_release(session, row)
    return See(f"/studio/{artist_id}/records", gettext("The draft “{title}” is deleted.", title=title))


async def keep_price(
    session: Session, artist: Artist, kind: ItemKind, item_id: UUID, form: Form, rules: MarketRules
) -> None:
    """The price that was typed for a release or a track, in the artist's currency."""
    pricing, on_sale = Pricing(_known(form.value("pricing"), Pricing)), form.value("on_sale") == "yes"
    minor = 0 if pricing is Pricing.FREE else typed(form.value("price") or "0", artist.currency).minor
    price = PriceDraft(pricing, minor, artist.currency)
    await item_prices.set_price(session, artist, kind, item_id, price, on_sale=on_sale, rules=rules)


def _back(release_id: UUID, said: Any = None) -> See:
    return See(f"/studio/releases/{release_id}", said)


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None


def _known(written: str, among: Any) -> str:
    if written not in list(among):
        raise BadValue(gettext("“{written}” is not one of the choices", written=written[:40]))
    return written


def _day(written: str) -> date | None:
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise BadValue(gettext("a day is written as year, month and day, such as 2026-02-01")) from None


def _instant(written: str, zone: tzinfo) -> datetime:
    try:
        return datetime.fromisoformat(written).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadValue(gettext("a time is written as day and hour, such as 2026-02-01T10:00")) from None
