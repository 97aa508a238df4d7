"""A release's page: its cover, its price, its tracks, and what was said while it played."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, listings, visibility
from veza.catalog.track_audio import AudioState
from veza.community import comment_lists, likes
from veza.kit.database import Session
from veza.kit.listing import Slice
from veza.library import access
from veza.library.access import Access
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.rules import MarketRules
from veza.streaming.hearing import Part, part_heard
from veza.web.answers import Form, See, Shown
from veza.web.buying import buy_box, is_owned, offer_of
from veza.web.declared import form, page
from veza.web.sharing_tags import shared_release
from veza.web.waves import Waves
from veza.web.words import KINDS

COMMENTS, OTHERS = 6, 4


@page("/releases/{release_id:uuid}", permission=Permission.BROWSE)
async def release_page(
    session: Session, release_id: UUID, identity: Identity, waves: NamedDependency[Waves],
    rules: NamedDependency[MarketRules], form: Form,
) -> Shown:  # fmt: skip
    """One release, as far as its reader may see and hear it."""
    release = await listings.seen_release(session, release_id, identity)
    tracks = await listings.seen_cards_of_release(session, release_id, identity)
    others = [row for row in await _others(session, release) if row.id != release_id][:OTHERS]
    prices = await products.on_sale(session, ItemKind.RELEASE, [release_id, *(row.id for row in others)])
    offer = await offer_of(session, prices.get(release_id))
    hears = await hears_of(session, release_id, tracks, identity)
    person, is_public = identity.person_id, visibility.card_is_public(release)
    return Shown(
        "release.html",
        is_public=person is None and is_public,
        is_shared=is_public,
        release=release,
        kind=KINDS[release.kind],
        tracks=tracks,
        hears=hears,
        playable=bool(hears),
        minutes=round(sum(row.duration_ms or 0 for row in tracks) / 60_000),
        waves=await waves.of_rows(session, tracks),
        singles=await products.on_sale(session, ItemKind.TRACK, [row.id for row in tracks]),
        comments=await comment_lists.moments_of_release(session, release_id, COMMENTS),
        credits=credits_of(tracks),
        others=others,
        audible=await access.audible(session, [row.id for row in others]),
        prices=prices,
        liked=person is not None and bool(await likes.liked(session, person, "release", [release_id])),
        owned=await is_owned(session, person, offer),
        shared=shared_release(release, len(tracks)),
        refund_days=rules.refund_window.days,
        acts=person is not None and await acting.acts_for(session, release.artist_id, identity),
        **buy_box(offer, rules, form),
    )


@form("/releases/{release_id:uuid}/like", permission=Permission.LISTEN, shows=release_page)
async def like_release(session: Session, release_id: UUID, identity: Identity, form: Form) -> See:
    """Like the release, or no longer."""
    is_liked = form.value("liked") == "yes"
    await likes.set_liked(session, identity.person, "release", release_id, likes=is_liked)
    return See(f"/releases/{release_id}")


async def hears_of(session: Session, release_id: UUID, tracks: Sequence[Any], identity: Identity) -> dict[UUID, Part]:
    """Track → how much of it the identity hears now, for those of these tracks of a release of which it hears
    something."""
    may = await access.may_each(session, identity.person_id, release_id)
    judged = await access.judged_by(session, identity, release_id)
    return parts_of(tracks, may, judged)


def parts_of(tracks: Iterable[Any], may: Mapping[UUID, Access], judged: Collection[UUID] = ()) -> dict[UUID, Part]:
    """The same for tracks of any releases, by what their reader may; `judged` are those that are before moderators."""
    found: dict[UUID, Part] = {}
    for row in tracks:
        given = may.get(row.id)
        if row.audio_id is None or given is None:
            continue
        # Its preview is made last.
        part = part_heard(given, judges=row.id in judged, has_preview=row.audio_state == AudioState.READY)
        if part is not None:
            found[row.id] = part
    return found


def credits_of(tracks: Sequence[Any]) -> list[tuple[str, list[str]]]:
    """Role → names, each once, in the order in which they are met."""
    found: dict[str, dict[str, None]] = {}
    for row in tracks:
        for one in row.credits or ():
            found.setdefault(one["part"], {})[one["name"]] = None
    return [(role, list(names)) for role, names in found.items()]


async def _others(session: Session, release: Any) -> Sequence[Any]:
    newest = Slice(listings.RELEASE_SORTS["newest"], OTHERS + 1, None)
    return await listings.releases(session, newest, artist=release.artist_id)
