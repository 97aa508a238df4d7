"""Receipts as a page and, drawn by `receipt_pdf`, as a PDF."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any
from uuid import UUID

from litestar import MediaType, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from veza.accounts.identity import Identity
from veza.accounts.people import DELETED_NAME, Person
from veza.accounts.permissions import Permission
from veza.api.market.buyers import known
from veza.api.market.receipt_documents import DOCUMENTS
from veza.api.operations import read
from veza.http.buyers import take_along
from veza.http.errors.market import CART_TOKEN_MISSING
from veza.http.problems import NOT_FOUND, Kind, problem_responses
from veza.http.words import LINK_TOKEN
from veza.kit.database import Database, Session
from veza.market import orders, receipts
from veza.market.cart import CartOwner
from veza.market.orders import Order
from veza.market.receipts import Receipt
from veza.market.rules import MarketRules

TAG = "receipts"
PDF = "application/pdf"
LinkToken = Annotated[
    str | None,
    QueryParameter(
        pattern=LINK_TOKEN,
        description="Of the link that was mailed; without it the cart's own token counts.",
    ),
]


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader  # a tenth of a second that only readers of receipts pay

    return Environment(loader=PackageLoader("veza.api", "templates"), autoescape=True).get_template("receipt.html")


def as_html(receipt: Receipt) -> str:
    """The receipt as one page without a script or anything from another address."""
    page: str = _template().render(receipt=receipt)
    return page


def _responses(media_type: str, description: str, *more: Kind) -> dict[int, ResponseSpec]:
    return {
        200: ResponseSpec(
            str if media_type == MediaType.HTML else bytes,
            generate_examples=False,
            description=description,
            media_type=media_type,
        ),
        **problem_responses(NOT_FOUND, *more),
    }


async def _receipt(session: Session, order: Order, rules: MarketRules) -> Receipt:
    person = await session.get(Person, order.person_id) if order.person_id is not None else None
    buyer = person.name if person is not None else order.email or ""
    if buyer == orders.DELETED_ADDRESS:
        buyer = DELETED_NAME
    return await receipts.receipt_of(session, order, rules, buyer)


async def _of_person(order_id: UUID, database: Database, identity: Identity, rules: MarketRules) -> Receipt:
    async with database.read() as session:
        if identity.may(Permission.MONEY):
            order = await orders.find(session, order_id)
        else:
            order = await orders.find_theirs(session, order_id, identity.person)
        return await _receipt(session, order, rules)


async def _of_cart(
    order_id: UUID, token: str | None, database: Database, buyer: CartOwner, rules: MarketRules
) -> Receipt:
    if token is None:
        await take_along(database, known(buyer))
    async with database.read() as session:
        order = await receipts.bought_here(session, order_id, token, buyer)
        return await _receipt(session, order, rules)


def _page(receipt: Receipt) -> Response[str]:
    headers = {"Referrer-Policy": "no-referrer"}
    return Response(as_html(receipt), media_type=MediaType.HTML, headers=headers)


async def _document(receipt: Receipt) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="receipt-{receipt.number}.pdf"'}
    return Response(await DOCUMENTS.of(receipt), media_type=PDF, headers=headers)


@read(
    "/orders/{order_id:uuid}/receipt.html",
    operation="showReceipt",
    summary="Show an order's receipt",
    permission=Permission.OWN_ORDERS,
    media_type=MediaType.HTML,
    gives=_responses(MediaType.HTML, "The receipt, to be shown or printed."),
)
async def show_receipt(
    order_id: UUID,
    database: Database,
    identity: Identity,
    rules: MarketRules,
) -> Response[str]:
    """The numbered receipt of a paid order: its VAT where the operator set a rate, what was refunded since, and the
    licences of what was bought."""
    return _page(await _of_person(order_id, database, identity, rules))


@read(
    "/orders/{order_id:uuid}/receipt.pdf",
    operation="downloadReceipt",
    summary="Download an order's receipt",
    permission=Permission.OWN_ORDERS,
    media_type=PDF,
    gives=_responses(PDF, "The receipt as A4."),
)
async def download_receipt(
    order_id: UUID,
    database: Database,
    identity: Identity,
    rules: MarketRules,
) -> Response[bytes]:
    """The receipt as PDF: the same bytes as long as nothing more was refunded. Letters that the server has
    no font for are written in Latin letters, and the document says so."""
    return await _document(await _of_person(order_id, database, identity, rules))


@read(
    "/cart/orders/{order_id:uuid}/receipt.html",
    operation="showCartsReceipt",
    summary="Show the receipt of an order made from the cart",
    permission=Permission.BUY,
    media_type=MediaType.HTML,
    gives=_responses(MediaType.HTML, "The receipt, to be shown or printed.", CART_TOKEN_MISSING),
)
async def show_carts_receipt(
    order_id: UUID,
    database: Database,
    buyer: CartOwner,
    rules: MarketRules,
    token: LinkToken = None,
) -> Response[str]:
    """For who has no account: by the cart it was checked out from, or by the link that was mailed. Once a person has
    claimed the order, it is among theirs."""
    return _page(await _of_cart(order_id, token, database, buyer, rules))


@read(
    "/cart/orders/{order_id:uuid}/receipt.pdf",
    operation="downloadCartsReceipt",
    summary="Download the receipt of an order made from the cart",
    permission=Permission.BUY,
    media_type=PDF,
    gives=_responses(PDF, "The receipt as A4.", CART_TOKEN_MISSING),
)
async def download_carts_receipt(
    order_id: UUID,
    database: Database,
    buyer: CartOwner,
    rules: MarketRules,
    token: LinkToken = None,
) -> Response[bytes]:
    """The receipt of such an order as PDF, for who has no account."""
    return await _document(await _of_cart(order_id, token, database, buyer, rules))
