"""Receipts as PDF: every script in its own letters, joined and turned; where there is no font, said so."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PageObject, PdfReader

from tests.conftest import missing
from veza.api.market import receipt_fonts, receipt_pdf
from veza.api.market.receipt_pdf import as_pdf
from veza.kit.money import Amount
from veza.market.receipts import Receipt, ReceiptLine

NO_FONTS = "no font for them"
SCRIPTS = {
    "Cyrillic": "Группа крови",
    "Greek": "Ζορμπάς ὦ",
    "Hebrew": "ירושלים",
    "Arabic": "فيروز",
    "Devanagari": "नमस्ते",
    "Thai": "ภาษาไทย",
    "Japanese": "日本語のうた",
    "Chinese": "中文漢字鄧麗君",
    "Korean": "한국어",
    "pictures": "🎵👍",
}


def receipt(titles: list[str], licence: str = "") -> Receipt:
    price, none = Amount(900, "EUR"), Amount(0, "EUR")
    lines = tuple(ReceiptLine(title, "Artist", price, none, none, none, licence) for title in titles)
    when = datetime(2026, 1, 2, tzinfo=UTC)
    return Receipt(
        "2026-1", "an-order", when, "Veza", "Street 1", "Bob", lines, Amount(900 * len(titles), "EUR"), 0, none, none
    )


def pages(document: bytes) -> list[PageObject]:
    return list(PdfReader(io.BytesIO(document)).pages)


def letters(text: str) -> Counter[str]:
    """In no order: a reader of the file meets some scripts as they stand on the page, from left to right."""
    return Counter(sign for sign in text if not sign.isspace())


def glyphs(page: PageObject) -> Iterator[tuple[str, int]]:
    """The font and the number of each glyph that the page draws; 0 is the box of a sign that a font has not."""
    content, font = page.get_contents(), ""
    assert content is not None
    for operands, operator in content.operations:
        if operator == b"Tf":
            font = str(operands[0])
        for part in operands[0] if operator == b"TJ" else operands if operator == b"Tj" else ():
            if not isinstance(part, (int, float)):
                drawn = part.original_bytes if isinstance(part, str) else bytes(part)
                yield from ((font, int.from_bytes(drawn[at : at + 2])) for at in range(0, len(drawn), 2))


@pytest.fixture(scope="module")
def every_script() -> bytes:
    if not list(receipt_fonts.FETCHED.glob("*.woff2")):
        missing("the fonts of receipts were not fetched (setup/assets.py)")
    return as_pdf(receipt(list(SCRIPTS.values())))


def test_every_script_is_read_again_from_the_page(every_script: bytes) -> None:
    text = "".join(page.extract_text() for page in pages(every_script))
    assert NO_FONTS not in text
    missing = {script: title for script, title in SCRIPTS.items() if not letters(title) <= letters(text)}
    assert missing == {}


def test_no_sign_is_an_empty_box(every_script: bytes) -> None:
    shown = [glyph for page in pages(every_script) for glyph in glyphs(page)]
    assert len(shown) > sum(map(len, SCRIPTS.values()))
    assert 0 not in {number for _, number in shown}


def test_the_same_receipt_is_the_same_bytes_and_arabic_letters_are_joined() -> None:
    one, three = as_pdf(receipt(["ب"])), as_pdf(receipt(["ببب"]))
    assert as_pdf(receipt(["ببب"])) == three
    # Alone, the letter has one form; joined, it begins, goes on and ends.
    assert len(set(glyphs(pages(three)[0]))) == len(set(glyphs(pages(one)[0]))) + 2


def test_without_fonts_a_receipt_says_what_it_cannot_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(receipt_fonts, "FETCHED", tmp_path)
    receipt_fonts._fonts.cache_clear()
    try:
        (page,) = pages(as_pdf(receipt(["Кино"])))
    finally:
        receipt_fonts._fonts.cache_clear()
    text = re.sub(r"\s+", " ", page.extract_text())
    assert "Kino" in text
    assert NO_FONTS in text


def test_licences_too_long_to_be_shaped_are_in_latin_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipt_pdf, "MOST_SET", 10)
    text = "".join(page.extract_text() for page in pages(as_pdf(receipt(["Blue"], "Все права защищены"))))
    assert "Vse prava zashchishcheny" in text
    assert NO_FONTS in re.sub(r"\s+", " ", text)
