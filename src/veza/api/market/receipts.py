"""Receipts as a page and as a PDF."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from fpdf import FPDF
from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from text_unidecode import unidecode  # type: ignore[import-untyped]  # it ships no types

from veza.accounts.people import Person
from veza.accounts.permissions import Permission
from veza.api.problems import NOT_FOUND, problem_responses
from veza.api.visitors import Visitor, needs
from veza.kit.database import Database
from veza.market import orders, receipts
from veza.market.receipts import Receipt
from veza.market.rules import MarketRules

TAG = "receipts"
PDF = "application/pdf"


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
    return bytes(pdf.output())


def _rows(receipt: Receipt) -> list[tuple[str, str, str]]:
    rows = [(line.title, line.artist, str(line.gross)) for line in receipt.lines]
    rows.append(("Total", "", str(receipt.total)))
    if receipt.vat_rate_bps:
        rows.append((f"of it VAT {receipt.vat_rate}", "", str(receipt.vat)))
    back = [line for line in receipt.lines if line.refunded.minor]
    return rows + [(f"Refunded: {line.title}", line.artist, f"-{line.refunded}") for line in back]


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


def _responses(media_type: str, description: str) -> dict[int, ResponseSpec]:
    return {
        200: ResponseSpec(
            str if media_type == MediaType.HTML else bytes,
            generate_examples=False,
            description=description,
            media_type=media_type,
        ),
        **problem_responses(NOT_FOUND),
    }


async def _receipt(order_id: UUID, database: Database, visitor: Visitor, rules: MarketRules) -> Receipt:
    async with database.read() as session:
        if visitor.may(Permission.MONEY):
            order = await orders.find(session, order_id)
        else:
            order = await orders.find_theirs(session, order_id, visitor.person)
        person = await session.get(Person, order.person_id) if order.person_id is not None else None
        buyer = person.name if person is not None else order.email or ""
        return await receipts.receipt_of(session, order, rules, buyer)


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
    """The numbered receipt of a paid order, with its VAT where the operator set a rate, and what was refunded since."""
    page = as_html(await _receipt(order_id, database, visitor, rules))
    return Response(page, media_type=MediaType.HTML, headers={"Cache-Control": "private, no-store"})


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
    receipt = await _receipt(order_id, database, visitor, rules)
    headers = {
        "Content-Disposition": f'attachment; filename="receipt-{receipt.number}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(as_pdf(receipt), media_type=PDF, headers=headers)
