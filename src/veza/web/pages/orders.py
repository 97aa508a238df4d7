"""Orders: what was bought, its receipt, and asking for the money of one line back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import listings as catalog
from veza.http.requests import DoorRequest
from veza.kit import moves
from veza.kit.database import Session
from veza.kit.field_faults import FieldFault
from veza.kit.listing import start_of
from veza.kit.messages import Message, gettext
from veza.kit.moves import StatusChange
from veza.market import consent, listings, orders, refund_asking, refund_notices
from veza.market.listings import ListedRequest
from veza.market.orders import OrderLine
from veza.market.refund_requests import REASON_LEAST, REASON_MOST
from veza.market.rules import MarketRules
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.pages.turning import next_address, page_of

ON_A_PAGE = 20
MOST_REQUESTS = 100
"""Of one order: a cart holds no more lines, and a line has one request."""

ORDER_STATES: Mapping[str, tuple[str, Message]] = {
    "open": ("warn", gettext("not paid yet")),
    "processing": ("busy", gettext("your bank is paying")),
    "paid": ("good", gettext("paid")),
    "partly_refunded": ("good", gettext("paid, a part went back")),
    "refunded": ("off", gettext("all of it went back")),
    "expired": ("off", gettext("not paid")),
    "canceled": ("off", gettext("not paid")),
    "failed": ("bad", gettext("your bank did not pay")),
}
"""Status of an order → its tone, and what it is called for its buyer."""
REQUEST_STATES: Mapping[str, tuple[str, Message]] = {
    "asked": ("busy", gettext("you asked for the money back")),
    "declined": ("bad", gettext("declined")),
    "granted": ("busy", gettext("granted, the money is on its way")),
    "refunded": ("good", gettext("the money went back")),
    "failed": ("bad", gettext("granted, and the money did not arrive")),
}
"""The same of a request."""
_IN_THEIR_WORDS = frozenset({"asked", "declined", "granted"})
"""Moves whose reason is what a person wrote."""


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of a request's history; `words` are what a person wrote then."""

    at: datetime
    said: Message
    words: Message | None


@dataclass(frozen=True, slots=True)
class LineOfOrder:
    """A line with its request, if there is one, and whether it can be asked for (once more) now."""

    line: OrderLine
    asked: ListedRequest | None
    events: Sequence[Event]
    can_ask: bool


class LineMissing(FieldFault):
    """The form names no line of the order."""


@page("/orders", permission=Permission.OWN_ORDERS)
async def orders_page(session: Session, request: DoorRequest, identity: Identity) -> Shown:
    """One's orders, newest first."""
    asked = page_of(request, listings.ORDER_SORTS, ON_A_PAGE).of("orders")
    rows = await listings.orders(session, asked.slice, person_id=identity.person)
    shown = asked.filled(rows, lambda row: row)
    return Shown(
        "orders.html",
        orders=shown.items,
        lines=await orders.lines_of(session, [row.id for row in shown.items]),
        states=ORDER_STATES,
        more=next_address(request, shown.next_cursor),
    )


@page("/orders/{order_id:uuid}", permission=Permission.OWN_ORDERS)
async def order_page(
    session: Session, order_id: UUID, identity: Identity, rules: NamedDependency[MarketRules]
) -> Shown:
    """One order: its lines, their refunds, and the refund requests."""
    order = await orders.find_theirs(session, order_id, identity.person)
    lines = (await orders.lines_of(session, [order_id]))[order_id]
    first = start_of(listings.REQUEST_SORTS, MOST_REQUESTS)
    requests = {one.line.id: one for one in await listings.refund_requests(session, first, order_id=order_id)}
    histories = await moves.histories_of(session, [one.request.id for one in requests.values()])
    until = order.paid_at + rules.refund_window if order.paid_at is not None and order.payment_id is not None else None
    is_in_time = until is not None and until >= session.now
    return Shown(
        "order.html",
        order=order,
        rows=[_row(line, requests.get(line.id), histories, is_in_time=is_in_time) for line in lines],
        cards=await catalog.release_cards(session, {line.release_id for line in lines}),
        states=ORDER_STATES,
        consent=consent.agreed_text(order),
        request_states=REQUEST_STATES,
        until=until if is_in_time else None,
        refunded_minor=sum(line.refunded_minor for line in lines),
        least=REASON_LEAST,
        most=REASON_MOST,
        key=str(session.new_id()),
    )


@form("/orders/{order_id:uuid}/refund-requests", permission=Permission.OWN_ORDERS, shows=order_page, keyed=True)
async def ask_for_refund(
    session: Session, order_id: UUID, identity: Identity, form: Form, rules: NamedDependency[MarketRules]
) -> See:
    """Ask for one line's money back, or once more after a no."""
    order = await orders.find_theirs(session, order_id, identity.person)
    line_id = form.id_of("line")
    if line_id is None:
        raise LineMissing(gettext("choose what the money shall come back for"))
    asked = await refund_asking.ask_of_order(session, order, line_id, form.value("reason"), rules)
    await refund_notices.asked(session, asked, rules)
    said = gettext("Your request is on its way; an answer is promised by {at:day}.", at=asked.answer_by)
    return See(f"/orders/{order_id}#line-{line_id}", said)


def _row(
    line: OrderLine, asked: ListedRequest | None, histories: Mapping[UUID, Sequence[StatusChange]], *, is_in_time: bool
) -> LineOfOrder:
    is_open = asked is None or (
        asked.request.status == "declined" and asked.request.times_asked < refund_asking.MOST_TIMES
    )
    can_ask = is_in_time and is_open and line.refunded_minor < line.gross_minor
    if asked is None:
        return LineOfOrder(line, None, (), can_ask)
    events = [
        Event(one.at, REQUEST_STATES[one.target][1], one.reason if one.target in _IN_THEIR_WORDS else None)
        for one in histories[asked.request.id]
    ]
    return LineOfOrder(line, asked, events, can_ask)
