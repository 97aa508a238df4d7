"""Text from people is kept as they mean it, and refused where it would break a line, a file or a log."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veza.accounts.people import BadName, clean_name
from veza.catalog.text_fields import BadValue, clean
from veza.kit.text import BadText, one_line, paragraphs, sanitize


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  a  ", "a"),
        ("e\u0301", "é"),
        ("שלום \u200fעולם", "שלום \u200fעולם"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("مرحبا", "مرحبا"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U0001fae8", "\U0001fae8"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e007f"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("a\u3164b", "a\u3164b"),
        ("⠓", "⠓"),
    ],
)
def test_a_title_is_kept(given: str, kept: str) -> None:
    assert one_line(given, "the title", most=50) == kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "the title is empty"),
        (" \u200b\u2060 ", "the title has nothing in it that can be seen"),
        ("a\nb", "the title has a character that cannot be shown: U+000A"),
        ("a\x00b", "the title has a character that cannot be shown: U+0000"),
        ("a\u2029b", "the title has a character that cannot be shown: U+2029"),
        ("a\ud800b", "the title has a character that cannot be shown: U+D800"),
        ("x" * 51, "the title may have at most 50 characters, this one has 51"),
    ],
)
def test_a_title_that_is_none_is_refused(given: str, said: str) -> None:
    with pytest.raises(BadText, match="the title") as refused:
        one_line(given, "the title", most=50)
    assert str(refused.value) == said


def test_paragraphs_keep_their_breaks_and_may_be_empty() -> None:
    assert paragraphs("a\r\nb\n\n\tc", "the text", most=50) == "a\nb\n\n\tc"
    assert paragraphs(" \n ", "the text", most=50) == ""


@given(st.text(max_size=60))
def test_what_is_kept_is_kept_again_unchanged(text: str) -> None:
    try:
        kept = paragraphs(text, "the text", most=50)
    except BadText:
        return
    assert paragraphs(kept, "the text", most=50) == kept


NOTHING_TO_SEE = [
    "\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\U0001d159", "\u034f", "\u17b4", "\u180e", "\u200b", "\u200d",
    "\u2060", "\u2065", "\ufe0f", "\ufeff", "\ufff0", "\U000e0001", "\U000e0100", "\U000e0fff", "\ue000", "\u00a0",
    "\u3000", "\u0301", "\u3164 \u2800\u200b",
]  # fmt: skip


@pytest.mark.parametrize("text", NOTHING_TO_SEE)
def test_what_shows_nothing_is_no_name_title_or_comment(text: str) -> None:
    for keep, refusal in _EVERY_WAY:
        with pytest.raises(refusal, match=r"nothing in it that can be seen|is empty"):
            keep(text)


TURNING = [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]


@pytest.mark.parametrize("text", [f"a{one}b" for one in (*TURNING, "\ufffe", "\uffff", "\ufdd0", "\U0010ffff")])
def test_what_turns_the_page_around_is_refused_everywhere(text: str) -> None:
    for keep, refusal in _EVERY_WAY:
        with pytest.raises(refusal, match=rf"cannot be shown: U\+{ord(text[1]):04X}$"):
            keep(text)
    assert sanitize(text) == "ab"


_EVERY_WAY: list[tuple[Callable[[str], str], type[Exception]]] = [
    (lambda text: one_line(text, "the title", most=50), BadText),
    (lambda text: paragraphs(text, "the comment", most=50, least=1), BadText),
    (lambda text: clean(text, "the name"), BadValue),
    (clean_name, BadName),
]


@given(st.text(max_size=60))
def test_any_text_can_be_made_a_line(text: str) -> None:
    line = sanitize(text)
    assert len(line.splitlines()) <= 1
    assert one_line(f"x{line}x", "it", most=300)
