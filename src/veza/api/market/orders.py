"""Orders: look at one's own, and claim what was bought without an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response
from litestar.params import QueryParameter
from msgspec import Meta, Struct
from sqlalchemy import select

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.market.buyers import ArrivedBuyer, known
from veza.api.market.filters import OfCurrency, currency_of
from veza.api.operations import listing, read, write
from veza.api.shapes import (
    CHANGE_EXAMPLE,
    Change,
    changes,
    show,
)
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.market import (
    ADDRESS_UNCONFIRMED,
    CART_TOKEN_MISSING,
)
from veza.http.idempotency import Idempotent, Reply
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.http.words import LINK_TOKEN
from veza.kit import moves
from veza.kit.database import Database, Session
from veza.library.grants import ItemKind
from veza.market import cart as carts
from veza.market import claims, listings, orders
from veza.market.orders import Order, OrderLine

TAG = "orders"
Status = Literal["open", "processing", "paid", "partly_refunded", "refunded", "expired", "canceled", "failed"]
OfStatus = Annotated[Status | None, QueryParameter(description="Only of this status.")]


class OrderLineResponse(Struct, frozen=True):
    """One thing bought; `vat_minor` is part of `gross_minor`, `refunded_minor` went back to the buyer."""

    id: UUID
    product_id: UUID
    kind: ItemKind
    item_id: UUID
    release_id: UUID
    artist_id: UUID
    artist: str
    title: str
    gross_minor: int
    vat_minor: int
    refunded_minor: int


class OrderResponse(Struct, frozen=True):
    """An order in one currency; `receipt` is its receipt's number once it is paid. `consent` names the wording by which
    the buyer asked to have it at once and gave up the right of withdrawal, null where none was told."""

    id: UUID
    status: Status
    currency: str
    amount_minor: int
    vat_rate_bps: int
    email: str | None
    receipt: str | None
    created_at: datetime
    paid_at: datetime | None
    consent: str | None
    consented_at: datetime | None
    lines: list[OrderLineResponse]


class OrderDetail(OrderResponse, frozen=True):
    """An order with the moves it made."""

    history: list[Change]


class ClaimRequest(Struct, forbid_unknown_fields=True):
    """What to claim: the order behind the link's token, or without one all made with one's confirmed address."""

    token: Annotated[str, Meta(pattern=LINK_TOKEN)] | None = None


class RedeemedResponse(Struct, frozen=True):
    """What a download code gave."""

    kind: ItemKind
    item_id: UUID
    release_id: UUID


class Claimed(Struct, frozen=True):
    """Orders that are the person's from now on; `bought_twice` are lines they had already: their money goes back.
    `redeemed` is what download codes gave that were redeemed without an account; `left` are orders, or redeemed codes,
    that could not be claimed now: they wait on, and the operator's log says why."""

    orders: list[OrderResponse]
    bought_twice: list[UUID]
    redeemed: list[RedeemedResponse]
    left: list[UUID] = []


ORDER_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000025",
    "status": "paid",
    "currency": "EUR",
    "amount_minor": 900,
    "vat_rate_bps": 1900,
    "email": None,
    "receipt": "2026-000041",
    "created_at": "2026-01-02T10:30:00Z",
    "paid_at": "2026-01-02T10:31:00Z",
    "consent": "withdrawal-1",
    "consented_at": "2026-01-02T10:30:00Z",
    "lines": [
        {
            "id": "01890000-0000-7000-8000-000000000026",
            "product_id": "01890000-0000-7000-8000-000000000022",
            "kind": "release",
            "item_id": "01890000-0000-7000-8000-000000000021",
            "release_id": "01890000-0000-7000-8000-000000000021",
            "artist_id": "01890000-0000-7000-8000-000000000020",
            "artist": "Anna Berg",
            "title": "Blue Hours",
            "gross_minor": 900,
            "vat_minor": 144,
            "refunded_minor": 0,
        }
    ],
}
DETAIL_EXAMPLE = {
    **ORDER_EXAMPLE,
    "history": [{**CHANGE_EXAMPLE, "source": "open", "target": "paid", "because": "the buyer paid"}],
}

CLAIMED_EXAMPLE: dict[str, Any] = {"orders": [ORDER_EXAMPLE], "bought_twice": [], "redeemed": [], "left": []}


def receipt_number(order: Order) -> str | None:
    """Such as 2026-000041; None before the order is paid, and for what was free."""
    return None if order.receipt_count is None else f"{order.receipt_year}-{order.receipt_count:06d}"


def facts_of(order: Order, lines: Sequence[OrderLine]) -> dict[str, Any]:
    """What of an order its columns do not say by themselves."""
    return {
        "receipt": receipt_number(order),
        "lines": [show(OrderLineResponse, line, kind=ItemKind(line.kind)) for line in lines],
    }


@listing(
    "/cart/orders",
    operation="listCartsOrders",
    summary="List the orders made from the cart",
    permission=Permission.BUY,
    sorts=listings.ORDER_SORTS,
    gives=(OrderResponse, "A page, newest first.", ORDER_EXAMPLE),
    problems=(CART_TOKEN_MISSING,),
)
async def list_cart_orders(
    session: Session,
    page_request: PageRequest,
    buyer: ArrivedBuyer,
    status: OfStatus = None,
    currency: OfCurrency = None,
) -> Page[OrderResponse]:
    """What became of what was checked out from this cart, also for who is not signed in: the page to wait on after
    paying."""
    filters = _filters(status, currency)
    page = page_request.of("cart orders", filters)
    cart = await carts.find(session, known(buyer))
    rows = await listings.orders(session, page.slice, cart_id=cart.id, **filters) if cart else []
    lines = await orders.lines_of(session, [row.id for row in rows])
    return page.filled(rows, lambda row: _shown(row, lines))


@listing(
    "/orders",
    operation="listOrders",
    summary="List one's orders",
    permission=Permission.OWN_ORDERS,
    sorts=listings.ORDER_SORTS,
    gives=(OrderResponse, "A page, newest first.", ORDER_EXAMPLE),
)
async def list_orders(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    status: OfStatus = None,
    currency: OfCurrency = None,
) -> Page[OrderResponse]:
    """The signed-in person's orders with their lines."""
    filters = _filters(status, currency)
    page = page_request.of("orders", filters)
    rows = await listings.orders(session, page.slice, person_id=identity.person, **filters)
    lines = await orders.lines_of(session, [row.id for row in rows])
    return page.filled(rows, lambda row: _shown(row, lines))


@read(
    "/orders/{order_id:uuid}",
    operation="showOrder",
    summary="Show an order",
    permission=Permission.OWN_ORDERS,
    gives=(OrderDetail, "The order and its history.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_order(session: Session, order_id: UUID, identity: Identity, language: AnswerLanguage) -> OrderDetail:
    """One of your orders, with what was returned of each line and every move it made."""
    order = await orders.find_theirs(session, order_id, identity.person)
    lines = (await orders.lines_of(session, [order_id]))[order_id]
    history = changes(await moves.history_of(session, order_id), language)
    return show(OrderDetail, order, **facts_of(order, lines), history=history)


@write.post(
    "/orders/claim",
    operation="claimOrders",
    summary="Claim what was bought without an account",
    permission=Permission.OWN_ORDERS,
    body={"token": "q7Zr0bV3mK1xWc9TfYh2LdE8uJp5sNaG"},
    gives=(200, Claimed, "What is the person's now.", CLAIMED_EXAMPLE),
    problems=(NOT_FOUND, ADDRESS_UNCONFIRMED),
)
async def claim_orders(
    data: ClaimRequest, idempotent: Idempotent, database: Database, identity: Identity
) -> Response[Claimed]:
    """With the token of the link that was mailed, its order; without one, every order made with the person's confirmed
    address. What was bought is in the library afterwards. A link works once. An order that cannot be claimed now keeps
    no other: it is named in `left`."""
    person_id, token = identity.person, data.token
    if token is None:
        return await idempotent.run_in_steps(
            lambda session: claims.waiting_for(session, person_id),
            lambda waiting: claims.claim_for_address(database, identity.actor, person_id, waiting),
            _record_claimed,
        )

    async def work(session: Session) -> Reply:
        claimed = await claims.claim(session, token, person_id)
        lines = await orders.lines_of(session, [order.id for order in claimed.orders])
        shown = [_shown(order, lines) for order in claimed.orders]
        given = [RedeemedResponse(ItemKind(one.kind), one.item_id, one.release_id) for one in claimed.codes]
        return Reply(200, Claimed(shown, [line.id for line in claimed.twice], given))

    return await idempotent.run(work)


async def _record_claimed(session: Session, _: claims.WaitingForAddress, claimed: claims.ClaimedForAddress) -> Reply:
    rows = (await session.scalars(select(Order).where(Order.id.in_(claimed.order_ids)).order_by(Order.id))).all()
    lines = await orders.lines_of(session, claimed.order_ids)
    given = [RedeemedResponse(*one) for one in claimed.codes]
    left = [*claimed.left_order_ids, *claimed.left_code_ids]
    return Reply(200, Claimed([_shown(order, lines) for order in rows], claimed.twice_ids, given, left))


def _shown(order: Order, lines: dict[UUID, list[OrderLine]]) -> OrderResponse:
    return show(OrderResponse, order, **facts_of(order, lines[order.id]))


def _filters(status: str | None, currency: str | None) -> dict[str, Any]:
    return {"status": status, "currency": currency_of(currency)}
