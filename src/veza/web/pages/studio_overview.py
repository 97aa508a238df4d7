"""An artist's first page in the studio: what is theirs, what was sold and heard lately, and what waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, listings, track_audio
from veza.catalog.artists import Artist
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.listing import Slice
from veza.market import sales
from veza.market.refund_requests import REASON_LEAST, REASON_MOST
from veza.market.rules import MarketRules
from veza.money import balances, sellers
from veza.streaming import play_lists
from veza.web import day_chart
from veza.web.answers import Form, Shown
from veza.web.day_chart import DayChart
from veza.web.declared import page
from veza.web.pages.plays import RANGES, days_of
from veza.web.pages.sales import requests_of
from veza.web.palettes import class_of

LATEST, SCHEDULED, SHOWN_DAYS = 5, 5, (7, 28, 90)


@page("/studio/{artist_id:uuid}", permission=Permission.OWN_ACCOUNT)
async def overview_page(
    session: Session, request: DoorRequest, artist_id: UUID, identity: Identity, form: Form,
    rules: NamedDependency[MarketRules],
) -> Shown:  # fmt: skip
    """One sentence about the money; then what was sold and heard, and beside it what waits and what is coming."""
    artist = await acting.artist_for(session, artist_id, identity)
    days, last = days_of(request), session.now.date()
    first = day_chart.days_back(last, days)
    seller = await sellers.seller(session, str(artist_id))
    sold = await _sold(session, artist, datetime.combine(first, time(), UTC))
    cards = await listings.release_cards(session, {one.release_id for one in sold})
    plays = await play_lists.by_day(session, artist_id, first, last)
    newest = Slice(sales.SORTS["newest"], LATEST, None)
    scheduled = Slice(listings.OWN_RELEASE_SORTS["newest"], SCHEDULED, None)
    return Shown(
        "overview.html",
        artist=artist,
        balances=await balances.of_seller(session, str(artist_id)),
        is_paid_out=seller is not None and seller.transfers_active,
        is_seller=seller is not None,
        days=days,
        ranges={one: RANGES[one] for one in SHOWN_DAYS},
        sold=_chart(sold, days, session.now),
        cards=cards,
        colours={card.id: f"of-record {class_of(card.palette_hash)}" for card in cards.values()},
        heard=day_chart.drawn([(day, "plays", count) for day, count in plays], first, last),
        latest=await sales.of_artist(session, artist_id, newest),
        requests=await requests_of(session, artist_id),
        failed=await track_audio.failed_of(session, artist_id),
        scheduled=await listings.releases_of(session, artist_id, scheduled, public_only=False, status="scheduled"),
        has_records=bool(await listings.releases_of(session, artist_id, _one(), public_only=False)),
        least=REASON_LEAST,
        most=REASON_MOST,
        fee_bps=rules.fee_bps if artist.fee_bps is None else artist.fee_bps,
    )


async def _sold(session: Session, artist: Artist, since: datetime) -> Sequence[sales.SoldOfDay]:
    return await sales.sold_since(session, artist.id, since, artist.currency)


def _chart(sold: Sequence[sales.SoldOfDay], days: int, now: datetime) -> DayChart:
    """What was sold by day, stacked by release."""
    last = now.date()
    values: list[tuple[Any, UUID, int]] = [(one.at.date(), one.release_id, one.kept_minor) for one in reversed(sold)]
    return day_chart.drawn(values, last - timedelta(days=days - 1), last)


def _one() -> Slice:
    return Slice(listings.OWN_RELEASE_SORTS["newest"], 1, None)
