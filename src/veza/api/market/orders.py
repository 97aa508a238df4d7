"""Orders: look at one's own, and claim what was bought without an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Meta, Struct
from sqlalchemy import select

from veza.accounts.permissions import Permission
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.market.buyers import known, take_along
from veza.api.market.filters import OfCurrency, currency_of
from veza.api.market.problems import (
    ADDRESS_UNCONFIRMED,
    CART_TOKEN_MISSING,
)
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import NOT_FOUND
from veza.api.shapes import (
    CHANGE_EXAMPLE,
    LIST_PROBLEMS,
    WRITE_PROBLEMS,
    Change,
    answers,
    changes,
    page_of,
    show,
)
from veza.api.visitors import Visitor, needs
from veza.http.words import LINK_TOKEN
from veza.kit import moves
from veza.kit.database import Database, Session
from veza.library.grants import ItemKind
from veza.market import cart as carts
from veza.market import claims, listings, orders
from veza.market.cart import Buyer
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
    """An order in one currency; `receipt` is its receipt's number once it is paid."""

    id: UUID
    status: Status
    currency: str
    amount_minor: int
    vat_rate_bps: int
    email: str | None
    receipt: str | None
    created_at: datetime
    paid_at: datetime | None
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


def receipt_number(order: Order) -> str | None:
    """Such as 2026-000041; None before the order is paid, and for what was free."""
    return None if order.receipt_count is None else f"{order.receipt_year}-{order.receipt_count:06d}"


def facts_of(order: Order, lines: Sequence[OrderLine]) -> dict[str, Any]:
    """What of an order its columns do not say by themselves."""
    return {
        "receipt": receipt_number(order),
        "lines": [show(OrderLineResponse, line, kind=ItemKind(line.kind)) for line in lines],
    }


@get(
    "/cart/orders",
    operation_id="listCartsOrders",
    tags=[TAG],
    summary="List the orders made from the cart",
    opt=needs(Permission.BUY),
    dependencies=paged(listings.ORDER_SORTS),
    responses=answers(
        200, Page[OrderResponse], "A page, newest first.", page_of(ORDER_EXAMPLE), CART_TOKEN_MISSING, *LIST_PROBLEMS
    ),
)
async def list_cart_orders(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    buyer: NamedDependency[Buyer],
    status: OfStatus = None,
    currency: OfCurrency = None,
) -> Page[OrderResponse]:
    """What became of what was checked out from this cart, also for who is not signed in: the page to wait on after
    paying."""
    filters = _filters(status, currency)
    part = page_request.of("cart orders", filters)
    await take_along(database, known(buyer))
    async with database.read() as session:
        cart = await carts.find(session, buyer)
        rows = await listings.orders(session, part.slice, cart_id=cart.id, **filters) if cart else []
        lines = await orders.lines_of(session, [row.id for row in rows])
    return part.page(rows, lambda row: _shown(row, lines))


@get(
    "/orders",
    operation_id="listOrders",
    tags=[TAG],
    summary="List one's orders",
    opt=needs(Permission.OWN_ORDERS),
    dependencies=paged(listings.ORDER_SORTS),
    responses=answers(200, Page[OrderResponse], "A page, newest first.", page_of(ORDER_EXAMPLE), *LIST_PROBLEMS),
)
async def list_orders(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    status: OfStatus = None,
    currency: OfCurrency = None,
) -> Page[OrderResponse]:
    """The signed-in person's orders with their lines."""
    filters = _filters(status, currency)
    part = page_request.of("orders", filters)
    async with database.read() as session:
        rows = await listings.orders(session, part.slice, person_id=visitor.person, **filters)
        lines = await orders.lines_of(session, [row.id for row in rows])
    return part.page(rows, lambda row: _shown(row, lines))


@get(
    "/orders/{order_id:uuid}",
    operation_id="showOrder",
    tags=[TAG],
    summary="Show an order",
    opt=needs(Permission.OWN_ORDERS),
    responses=answers(200, OrderDetail, "The order and its history.", DETAIL_EXAMPLE, NOT_FOUND),
)
async def show_order(
    order_id: FromPath[UUID], database: NamedDependency[Database], visitor: NamedDependency[Visitor]
) -> OrderDetail:
    """One of one's own orders, with what went back of each line and every move it made."""
    async with database.read() as session:
        order = await orders.find_theirs(session, order_id, visitor.person)
        lines = (await orders.lines_of(session, [order_id]))[order_id]
        history = changes(await moves.history_of(session, order_id))
    return show(OrderDetail, order, **facts_of(order, lines), history=history)


@post(
    "/orders/claim",
    status_code=200,
    operation_id="claimOrders",
    tags=[TAG],
    summary="Claim what was bought without an account",
    opt=needs(Permission.OWN_ORDERS),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, Claimed, "What is the person's now.",
        {"orders": [ORDER_EXAMPLE], "bought_twice": [], "redeemed": [], "left": []},
        NOT_FOUND, ADDRESS_UNCONFIRMED, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def claim_orders(
    data: Annotated[ClaimRequest, BodyKwarg(examples=[Example(value={"token": "q7Zr0bV3mK1xWc9TfYh2LdE8uJp5sNaG"})])],
    idempotent: NamedDependency[Idempotent],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
) -> Response[Claimed]:
    """With the token of the link that was mailed, its order; without one, every order made with the person's confirmed
    address. What was bought is in the library afterwards. A link works once. An order that cannot be claimed now keeps
    no other: it is named in `left`."""
    person_id, token = visitor.person, data.token
    if token is None:
        return await idempotent.run_in_steps(
            lambda session: claims.waiting_for(session, person_id),
            lambda waiting: claims.claim_for_address(database, visitor.actor, person_id, waiting),
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
