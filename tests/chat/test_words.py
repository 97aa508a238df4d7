"""What a message may hold: any script and emoji, no towers of marks, nothing that cannot be shown."""

from __future__ import annotations

import pytest

from veza.chat.words import MARKS_MOST, TEXT_MOST, clean, clean_emoji, fold, is_only_links
from veza.kit.text import BadText


@pytest.mark.parametrize(
    "text",
    [
        "שָׁלוֹם עֲלֵיכֶֽם",
        "สวัสดีที่นี่",
        "བསྒྲུབས",
        "👩🏽‍👩🏽‍👧🏽‍👧🏽 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣",
        "one\n\ttwo",
        "<b>&amp;</b>",
        "é" * TEXT_MOST,
        "x" * TEXT_MOST,
    ],
)
def test_a_text_of_any_script_is_kept(text: str) -> None:
    assert clean(text) == text


def test_what_is_composed_counts_once() -> None:
    assert clean("e\u0301" * TEXT_MOST) == "é" * TEXT_MOST


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("x" * (TEXT_MOST + 1), "at most 4000 characters, this one has 4001"),
        ("x" * 1_000_000, "this one has 1000000"),
        ("a\x00b", "U+0000"),
        ("\x1b[31mred", "U+001B"),
        ("a\u202eb", "U+202E"),
        ("\ud800", "U+D800"),
        ("\u200b\u2060", "nothing in it that can be seen"),
        ("z" + "\u0335\u0336\u0337" * 9, "more than 6 marks on one letter"),
    ],
)
def test_a_text_that_is_none_is_refused_with_one_sentence(text: str, why: str) -> None:
    with pytest.raises(BadText) as refused:
        clean(text)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_letter_may_have_as_many_marks_as_scripts_need() -> None:
    assert clean("z" + "\u0335" * MARKS_MOST)


@pytest.mark.parametrize("emoji", ["🎵", "❤️", "👍🏽", "👩‍👩‍👧‍👦", "🇫🇷", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "3️⃣", "→", "☀"])
def test_emoji_of_every_make_are_reactions(emoji: str) -> None:
    assert clean_emoji(emoji) == emoji


def test_text_is_folded_without_case_and_accents() -> None:
    assert fold("  Ångström\nÉTÉ ") == "angstrom ete"


def test_links_alone_are_told_from_what_has_words() -> None:
    assert is_only_links("https://a.example/x?y=1 www.b.example")
    assert not is_only_links("look: https://a.example")
    assert not is_only_links("nothing.to.see")
