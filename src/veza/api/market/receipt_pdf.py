"""Receipts as PDF."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from veza.api.market import receipt_fonts
from veza.api.market.receipt_letters import LATIN_1, composed
from veza.market.receipts import Receipt

MOST_SET = 60_000
"""Signs of all licences that are set in the fonts of their scripts: shaping so many takes 12 s, and a drawing may take
60. Longer ones are set in Latin letters."""
REPLACED = (
    "Some letters of this receipt are written in Latin letters, or as “?”, because this document has no font for them. "
    "The receipt's page shows them as they are."
)


def as_pdf(receipt: Receipt) -> bytes:
    """The receipt as A4, with the same bytes for the same receipt; blocking, up to 25 s for forty long licences.

    Where all of it is Latin-1 it is set in the PDF's own Helvetica, else in Noto, each sign in the font of its script.
    What no font has (without fonts: “Кино”) is written in Latin letters (“Kino”), and a line at the end says so.
    """
    # A sixth of a second and 17 MB that only the process which draws pays.
    from veza.api.market.receipt_sheet import Sheet

    is_long = sum(map(len, receipt.licences)) > MOST_SET
    text = composed("\n".join((*_texts(receipt), *(() if is_long else receipt.licences))))
    with TemporaryDirectory(prefix="veza-receipt-") as folder:
        fonts = [] if LATIN_1.issuperset(text) else receipt_fonts.cut(text + composed(REPLACED), Path(folder))
        sheet = Sheet(fonts, receipt.paid_at)
        sheet.title(f"Receipt {receipt.number}")
        sheet.heading(receipt.platform_name, 16)
        for line in receipt.platform_address.split("\n"):
            sheet.line(line)
        sheet.gap(8)
        sheet.heading(f"Receipt {receipt.number}", 13)
        sheet.line(f"Paid on {receipt.paid_at:%Y-%m-%d} by {receipt.buyer}")
        sheet.line(f"Order {receipt.order_id}")
        sheet.gap(6)
        sheet.table((("What", "Artist", "Price"), *_rows(receipt)), (60, 40, 30), ("LEFT", "LEFT", "RIGHT"))
        for licence, titles in receipt.licences.items():
            sheet.gap(6)
            sheet.heading(f"Licence of {', '.join(titles)}", 10)
            for paragraph in licence.split("\n"):
                sheet.line(paragraph or " ", plainly=is_long)
        if sheet.replaces:
            sheet.gap(6)
            sheet.line(REPLACED)
        return sheet.drawn()


def _texts(receipt: Receipt) -> list[str]:
    """All but the licences that was written by people."""
    names = [name for line in receipt.lines for name in (line.title, line.artist)]
    titles = [title for titles in receipt.licences.values() for title in titles]
    return [receipt.platform_name, receipt.platform_address, receipt.buyer, *names, *titles]


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
