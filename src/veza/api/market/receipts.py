"""Receipts as a page and as a PDF."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fpdf import FPDF
from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from text_unidecode import unidecode  # type: ignore[import-untyped]  # it ships no types

from veza.accounts.people import Person
from veza.accounts.permissions import Permission
from veza.api.market.buyers import known, take_along
from veza.api.market.problems import CART_TOKEN_MISSING
from veza.api.problems import NOT_FOUND, Kind, problem_responses
from veza.api.visitors import Visitor, needs
from veza.kit.database import Database, Session
from veza.market import orders, receipts
from veza.market.cart import Buyer
from veza.market.orders import Order
from veza.market.receipts import Receipt
from veza.market.rules import MarketRules

TAG = "receipts"
PDF = "application/pdf"
LinkToken = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[A-Za-z0-9_-]{32,128}$(?!\n)",
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


def as_pdf(receipt: Receipt) -> bytes:
    """The receipt as A4, with the same bytes for the same receipt.

    It is set in the PDF's own Helvetica, which every reader has and which knows Western European letters. Others are
    written in Latin letters (“Кино” is “Kino”); the page in HTML has them as they are.
    """
    pdf = FPDF(format="A4")
    pdf.set_creation_date(receipt.paid_at)
    pdf.set_title(_latin(f"Receipt {receipt.number}"))
    pdf.set_lang("en")
    pdf.set_margins(20, 20)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    _text(pdf, receipt.platform_name)
    pdf.set_font("Helvetica", size=10)
    for line in receipt.platform_address.split("\n"):
        _text(pdf, line)
    pdf.ln(8)
    pdf.set_font("Helvetica", "B", 13)
    _text(pdf, f"Receipt {receipt.number}")
    pdf.set_font("Helvetica", size=10)
    _text(pdf, f"Paid on {receipt.paid_at:%Y-%m-%d} by {receipt.buyer}")
    _text(pdf, f"Order {receipt.order_id}")
    pdf.ln(6)
    with pdf.table(col_widths=(60, 40, 30), text_align=("LEFT", "LEFT", "RIGHT")) as table:
        for cells in (("What", "Artist", "Price"), *_rows(receipt)):
            row = table.row()
            for cell in cells:
                row.cell(_latin(cell))
    for sold in receipt.lines:
        if sold.licence:
            pdf.ln(6)
            pdf.set_font("Helvetica", "B", 10)
            _text(pdf, f"Licence of {sold.title}")
            pdf.set_font("Helvetica", size=10)
            for paragraph in sold.licence.split("\n"):
                _text(pdf, paragraph or " ")
    return bytes(pdf.output())


def _rows(receipt: Receipt) -> list[tuple[str, str, str]]:
    rows = [(line.title, line.artist, str(line.gross)) for line in receipt.lines]
    rows.append(("Total", "", str(receipt.total)))
    if receipt.vat_rate_bps:
        rows.append((f"of it VAT {receipt.vat_rate}", "", str(receipt.vat)))
    for line in receipt.lines:
        if line.refunded.minor:
            rows.append((f"Refunded: {line.title}", line.artist, f"-{line.refunded}"))
            if receipt.vat_rate_bps:
                rows.append((f"of it VAT {receipt.vat_rate}", "", f"-{line.refunded_vat}"))
    if receipt.refunded.minor:
        rows.append(("Left after refunds", "", str(receipt.kept)))
        if receipt.vat_rate_bps:
            rows.append((f"of it VAT {receipt.vat_rate}", "", str(receipt.kept_vat)))
    return rows


def _text(pdf: FPDF, text: str) -> None:
    pdf.multi_cell(0, 5, _latin(text), new_x="LMARGIN", new_y="NEXT")


def _latin(text: str) -> str:
    """As Helvetica's Latin-1 can print it: what it has not, letter by letter in Latin letters."""
    return "".join(
        sign
        if sign.encode("latin-1", "ignore")
        else unidecode(sign).encode("latin-1", "ignore").decode("latin-1") or "?"
        for sign in text
    )


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
    return await receipts.receipt_of(session, order, rules, buyer)


async def _of_person(order_id: UUID, database: Database, visitor: Visitor, rules: MarketRules) -> Receipt:
    async with database.read() as session:
        if visitor.may(Permission.MONEY):
            order = await orders.find(session, order_id)
        else:
            order = await orders.find_theirs(session, order_id, visitor.person)
        return await _receipt(session, order, rules)


async def _of_cart(order_id: UUID, token: str | None, database: Database, buyer: Buyer, rules: MarketRules) -> Receipt:
    if token is None:
        await take_along(database, known(buyer))
    async with database.read() as session:
        order = await receipts.bought_here(session, order_id, token, buyer)
        return await _receipt(session, order, rules)


def _page(receipt: Receipt) -> Response[str]:
    headers = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
    return Response(as_html(receipt), media_type=MediaType.HTML, headers=headers)


def _document(receipt: Receipt) -> Response[bytes]:
    headers = {
        "Content-Disposition": f'attachment; filename="receipt-{receipt.number}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(as_pdf(receipt), media_type=PDF, headers=headers)


@get(
    "/orders/{order_id:uuid}/receipt.html",
    operation_id="showReceipt",
    tags=[TAG],
    summary="Show an order's receipt",
    opt=needs(Permission.OWN_ORDERS),
    media_type=MediaType.HTML,
    responses=_responses(MediaType.HTML, "The receipt, to be shown or printed."),
)
async def show_receipt(
    order_id: FromPath[UUID],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[str]:
    """The numbered receipt of a paid order: its VAT where the operator set a rate, what was refunded since, and the
    licences of what was bought."""
    return _page(await _of_person(order_id, database, visitor, rules))


@get(
    "/orders/{order_id:uuid}/receipt.pdf",
    operation_id="downloadReceipt",
    tags=[TAG],
    summary="Download an order's receipt",
    opt=needs(Permission.OWN_ORDERS),
    media_type=PDF,
    responses=_responses(PDF, "The receipt as A4."),
)
async def download_receipt(
    order_id: FromPath[UUID],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[bytes]:
    """The receipt as PDF: the same bytes as long as nothing more was refunded. Letters that Western Europe does not use
    are written in Latin letters there."""
    return _document(await _of_person(order_id, database, visitor, rules))


@get(
    "/cart/orders/{order_id:uuid}/receipt.html",
    operation_id="showCartsReceipt",
    tags=[TAG],
    summary="Show the receipt of an order made from the cart",
    opt=needs(Permission.BUY),
    media_type=MediaType.HTML,
    responses=_responses(MediaType.HTML, "The receipt, to be shown or printed.", CART_TOKEN_MISSING),
)
async def show_carts_receipt(
    order_id: FromPath[UUID],
    database: NamedDependency[Database],
    buyer: NamedDependency[Buyer],
    rules: NamedDependency[MarketRules],
    token: LinkToken = None,
) -> Response[str]:
    """For who has no account: by the cart it was checked out from, or by the link that was mailed. Once somebody has
    claimed the order, it is among theirs."""
    return _page(await _of_cart(order_id, token, database, buyer, rules))


@get(
    "/cart/orders/{order_id:uuid}/receipt.pdf",
    operation_id="downloadCartsReceipt",
    tags=[TAG],
    summary="Download the receipt of an order made from the cart",
    opt=needs(Permission.BUY),
    media_type=PDF,
    responses=_responses(PDF, "The receipt as A4.", CART_TOKEN_MISSING),
)
async def download_carts_receipt(
    order_id: FromPath[UUID],
    database: NamedDependency[Database],
    buyer: NamedDependency[Buyer],
    rules: NamedDependency[MarketRules],
    token: LinkToken = None,
) -> Response[bytes]:
    """The same as PDF."""
    return _document(await _of_cart(order_id, token, database, buyer, rules))
