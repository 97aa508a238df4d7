"""Receipts as PDF."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from text_unidecode import unidecode  # type: ignore[import-untyped]  # it ships no types

from veza.market.receipts import Receipt

if TYPE_CHECKING:
    from fpdf import FPDF

MOST_PRINTED = 400
"""Of one cell: a name of 200 Latin letters is printed whole, and 400 of the widest take 27 of a page's 35 lines."""


def as_pdf(receipt: Receipt) -> bytes:
    """The receipt as A4, with the same bytes for the same receipt; blocking, up to 25 s for forty long licences.

    It is set in the PDF's own Helvetica, which every reader has and which knows Western European letters. Others are
    written in Latin letters (“Кино” is “Kino”); the page in HTML has them as they are.
    """
    from fpdf import FPDF  # a sixth of a second and 17 MB that only the process which draws pays

    pdf = FPDF(format="A4")
    pdf.set_creation_date(receipt.paid_at)
    pdf.set_title(latin(f"Receipt {receipt.number}"))
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
                row.cell(_shorten(latin(cell)))
    for licence, titles in receipt.licences.items():
        pdf.ln(6)
        pdf.set_font("Helvetica", "B", 10)
        _text(pdf, f"Licence of {', '.join(titles)}")
        pdf.set_font("Helvetica", size=10)
        for paragraph in licence.split("\n"):
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


def _shorten(printed: str) -> str:
    """No longer than a row on one page holds: one sign may be written in a dozen letters."""
    return printed if len(printed) <= MOST_PRINTED else f"{printed[:MOST_PRINTED]}..."


def _text(pdf: FPDF, text: str) -> None:
    pdf.multi_cell(0, 5, latin(text), new_x="LMARGIN", new_y="NEXT")


def latin(text: str) -> str:
    """As Helvetica's Latin-1 can print it: what it has not, letter by letter in Latin letters; “?” for a picture."""
    # A picture that is joined to another one is a part of it.
    apart = re.sub("\u200d.", "", unicodedata.normalize("NFC", text))
    written = "".join(map(_letters, apart))
    return written if written.strip() or not text.strip() else "?"


def _letters(sign: str) -> str:
    if sign.encode("latin-1", "ignore"):
        return sign
    written = unidecode(sign).encode("latin-1", "ignore").decode("latin-1")
    is_silent = unicodedata.category(sign) in _SHOWS_NOTHING or "\u0590" <= sign <= "\u06ff"
    return written or ("" if is_silent else "?")


_SHOWS_NOTHING = ("Mn", "Mc", "Me", "Cf", "Sk")
"""Marks, joiners and shades of skin belong to what is before them. So alef and hamza, which have no Latin letter."""
