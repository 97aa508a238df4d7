"""An artist's sales in the studio, line by line, and the refunds that buyers ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, titles
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.ids import id_of
from veza.kit.listing import Slice
from veza.kit.messages import Message, gettext
from veza.market import listings, refund_deciding, sales
from veza.market.listings import ListedRequest
from veza.market.refund_requests import REASON_LEAST, REASON_MOST
from veza.market.rules import MarketRules
from veza.market.sales import Refunded
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.pages.turning import next_address, page_of

REQUESTS, SALES = 50, 30
WAITING = ("asked", "failed")
"""Requests that the artist's people decide, now or once more."""
STATES: dict[str, Message] = {
    "": gettext("all"),
    Refunded.NOT: gettext("kept"),
    Refunded.SOME: gettext("given back, wholly or in part"),
}


@dataclass(frozen=True, slots=True)
class Requests:
    """The newest requests of an artist's buyers: those that wait for a decision, and the others."""

    waiting: Sequence[ListedRequest]
    decided: Sequence[ListedRequest]


async def requests_of(session: Session, artist_id: UUID) -> Requests:
    """At most REQUESTS, the newest first."""
    newest = Slice(listings.REQUEST_SORTS["newest"], REQUESTS, None)
    asked = await listings.refund_requests(session, newest, artist_id=artist_id)
    waiting = [one for one in asked if one.request.status in WAITING]
    return Requests(waiting, [one for one in asked if one.request.status not in WAITING])


@page("/studio/{artist_id:uuid}/sales", permission=Permission.SELL)
async def sales_page(session: Session, request: DoorRequest, artist_id: UUID, identity: Identity, form: Form) -> Shown:
    """Every sale, or those of one release or state; before them what waits for a decision."""
    artist = await acting.artist_for(session, artist_id, identity)
    release_id, state = id_of(request.query_params.get("release", "")), request.query_params.get("state", "")
    refunded = Refunded(state) if state in list(Refunded) else None
    filters: dict[str, Any] = {"release_id": release_id, "refunded": refunded}
    asked = page_of(request, sales.SORTS, SALES).of(f"studio sales {artist_id}", filters)
    shown = asked.filled(await sales.of_artist(session, artist_id, asked.slice, **filters), lambda one: one)
    requests = await requests_of(session, artist_id)
    return Shown(
        "sales.html",
        artist=artist,
        sales=shown.items,
        more=next_address(request, shown.next_cursor),
        requests=requests,
        request_of={one.line.id: one.request.status for one in (*requests.waiting, *requests.decided)},
        choices=await titles.of_artist(session, artist_id),
        release_id=release_id,
        state=refunded or "",
        states=STATES,
        least=REASON_LEAST,
        most=REASON_MOST,
    )


@form("/studio/{artist_id:uuid}/requests/{request_id:uuid}", permission=Permission.SELL, shows=sales_page)
async def decide(
    session: Session, artist_id: UUID, request_id: UUID, identity: Identity, form: Form,
    rules: NamedDependency[MarketRules],
) -> See:  # fmt: skip
    """Give the money back, or say why not: the buyer is told what was written."""
    grants, answer = form.value("decision") == "grant", form.value("answer")
    await refund_deciding.decide(session, request_id, identity, answer, rules, grants=grants, artist_id=artist_id)
    granted = gettext("The money goes back; your share of it returns by itself.")
    return See(f"/studio/{artist_id}/sales", granted if grants else gettext("Declined; the buyer is told why."))
