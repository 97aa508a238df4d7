"""Text from people is kept as they mean it, and refused where it would break a line, a file or a log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veza.catalog.texts import BadText, one_line, paragraphs


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  a  ", "a"),
        ("e\u0301", "é"),
        ("שלום \u200fעולם", "שלום \u200fעולם"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("مرحبا", "مرحبا"),
    ],
)
def test_a_title_is_kept(given: str, kept: str) -> None:
    assert one_line(given, "the title", most=50) == kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "the title must not be empty"),
        (" \u200b\u2060 ", "the title must not be empty"),
        ("a\nb", "the title must not contain the control character U+000A"),
        ("a\x00b", "the title must not contain the control character U+0000"),
        ("a\u2029b", "the title must not contain the control character U+2029"),
        ("a\ud800b", "the title must not contain the control character U+D800"),
        ("x" * 51, "the title must be at most 50 characters long, this one has 51"),
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
