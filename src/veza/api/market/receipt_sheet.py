"""The sheet that a receipt is drawn on: text of every script, in fonts that have its signs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from fpdf import FPDF
from fpdf.bidi import auto_detect_base_direction
from fpdf.enums import TextDirection

from veza.api.market.receipt_fonts import CutFont
from veza.api.market.receipt_letters import LATIN_1, is_replaced, written

MOST_PRINTED_MM = 720
"""Of one cell: a name of 200 signs is printed whole in most scripts, and so much takes 29 of a page's 35 lines."""
PLAIN = "Helvetica"
"""The PDF's own font, which every reader has. It knows Latin-1."""


class Sheet:
    """A4, in Helvetica, or in the fonts that were cut for it. `replaces` says whether a sign was not to be shown."""

    def __init__(self, fonts: Sequence[CutFont], drawn_at: datetime) -> None:
        self.replaces = False
        self._pdf = FPDF(format="A4")
        self._pdf.set_creation_date(drawn_at)
        self._pdf.set_lang("en")
        self._pdf.set_margins(20, 20)
        self._pdf.set_auto_page_break(auto=True, margin=20)
        self._pdf.add_page()
        for font in fonts:
            for style, file in font.files.items():
                self._pdf.add_font(font.name, style, file)
        self._pdf.set_fallback_fonts([font.name for font in fonts[1:]])
        self._family = fonts[0].name if fonts else PLAIN
        self._signs = frozenset[str]().union(*(font.signs for font in fonts)) if fonts else LATIN_1
        self._shaped = frozenset[str]().union(*(font.signs for font in fonts if not font.is_plain))

    def title(self, text: str) -> None:
        self._pdf.set_title(text)

    def gap(self, height_mm: float) -> None:
        self._pdf.ln(height_mm)

    def heading(self, text: str, size_pt: float) -> None:
        self._pdf.set_font(self._family, "B", size_pt)
        self._print(text, self._signs)

    def line(self, text: str, *, plainly: bool = False) -> None:
        """A paragraph; `plainly` in Latin letters, which are drawn ten times as fast."""
        self._pdf.set_font(PLAIN if plainly else self._family, size=10)
        self._print(text, LATIN_1 if plainly else self._signs)

    def table(self, rows: Iterable[Sequence[str]], widths: tuple[int, ...], aligned: tuple[str, ...]) -> None:
        """The first row is the heading; a cell that is read from right to left ends at its right edge."""
        self._pdf.set_font(self._family, size=10)
        printed = [[self._written(cell, self._signs) for cell in cells] for cells in rows]
        self._shape("".join(map("".join, printed)))
        with self._pdf.table(col_widths=widths, text_align=aligned) as table:
            for cells in printed:
                row = table.row()
                for cell, align in zip(cells, aligned, strict=True):
                    row.cell(self._shortened(cell), align="RIGHT" if _is_from_right(cell) else align)

    def drawn(self) -> bytes:
        return bytes(self._pdf.output())

    def _print(self, text: str, signs: frozenset[str]) -> None:
        printed = self._written(text, signs)
        self._shape(printed)
        align = "R" if _is_from_right(printed) else "L"
        self._pdf.multi_cell(0, 5, printed, align=align, new_x="LMARGIN", new_y="NEXT")

    def _written(self, text: str, signs: frozenset[str]) -> str:
        self.replaces |= is_replaced(text, signs)
        return written(text, signs)

    def _shape(self, printed: str) -> None:
        """Have signs joined, stacked and turned where a script wants it: it takes three times as long."""
        self._pdf.set_text_shaping(not self._shaped.isdisjoint(printed))

    def _shortened(self, printed: str) -> str:
        """No wider than what a row on one page holds: one sign may be written in a dozen letters."""
        while self._pdf.get_string_width(printed) > MOST_PRINTED_MM:
            printed = f"{printed[: len(printed) * 4 // 5]}..."
        return printed


def _is_from_right(text: str) -> bool:
    return auto_detect_base_direction(text) is TextDirection.RTL
