"""An artist's money in the studio: balance, transfers, reversals and debt; and refund requests to decide."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting
from veza.kit.database import Session
from veza.kit.listing import Slice
from veza.kit.messages import gettext
from veza.market import listings, refund_notices, refund_requests, sales
from veza.market.refund_requests import UnknownRequest
from veza.market.rules import MarketRules
from veza.money import balances, sellers
from veza.money import listings as money_listings
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page

REQUESTS, SALES, TRANSFERS = 50, 30, 30
WAITING = ("asked", "failed")
"""Requests that the artist's people decide, now or once more."""


@page("/studio/{artist_id:uuid}/money", permission=Permission.SELL)
async def money_page(session: Session, artist_id: UUID, identity: Identity, form: Form) -> Shown:
    """One sentence for each currency, then what waits for a decision, then every sale and transfer."""
    artist = await acting.artist_for(session, artist_id, identity)
    newest = {
        "requests": Slice(listings.REQUEST_SORTS["newest"], REQUESTS, None),
        "sales": Slice(sales.SORTS["newest"], SALES, None),
        "transfers": Slice(money_listings.TRANSFER_SORTS["newest"], TRANSFERS, None),
    }
    seller = await sellers.seller(session, str(artist_id))
    asked = await listings.refund_requests(session, newest["requests"], artist_id=artist_id)
    return Shown(
        "earnings.html",
        artist=artist,
        standing=await balances.of_seller(session, str(artist_id)),
        is_paid_out=seller is not None and seller.transfers_active,
        waiting=[one for one in asked if one.request.status in WAITING],
        decided=[one for one in asked if one.request.status not in WAITING],
        sales=await sales.of_artist(session, artist_id, newest["sales"]),
        transfers=await money_listings.transfers(session, newest["transfers"], seller_id=str(artist_id)),
    )


@form("/studio/{artist_id:uuid}/requests/{request_id:uuid}", permission=Permission.SELL, shows=money_page)
async def decide(
    session: Session, artist_id: UUID, request_id: UUID, identity: Identity, form: Form,
    rules: NamedDependency[MarketRules],
) -> See:  # fmt: skip
    """Give the money back, or say why not: the buyer is told what was written."""
    request, frame = await refund_requests.lock(session, request_id)
    if request.artist_id != artist_id or not await acting.acts_for(session, artist_id, identity):
        raise UnknownRequest(request_id)
    is_granted = form.value("decision") == "grant"
    if is_granted:
        await refund_requests.grant(session, request, frame, because=form.value("answer"))
        said = gettext("The money goes back; your share of it returns by itself.")
    else:
        await refund_requests.decline(session, request, because=form.value("answer"))
        said = gettext("Declined; the buyer is told why.")
    await refund_notices.answered(session, request, rules)
    return See(f"/studio/{artist_id}/money", said)
