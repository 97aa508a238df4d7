"""Words: what a name is found by, and what a query asks for."""

from __future__ import annotations

import random
import string

import pytest
from rapidfuzz.distance import OSA

from veza.search.folding import base, fold, squeeze
from veza.search.words import asked_for, cuts_of, cuts_to_look_for, edits_for, words_of


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Björk", "bjork"), ("Łona", "lona"), ("Straße", "strasse"), ("Sæglópur", "saeglopur"), ("Ёлка", "елка"),
        ("ΖΟΡΜΠΆΣ", "ζορμπασ"), ("أُمّ كلثوم", "ام كلثوم"), ("إنتَ عُمري", "انت عمري"),
        ("مدينة", "مدينه"), ("שָׁלוֹם", "שלום"),
        ("パフューム", "ぱふゅーむ"), ("ﾊﾟﾌｭｰﾑ", "ぱふゅーむ"), ("ガ", "が"), ("강남", "강남"),
        ("ＫＩＣＫ　ＢＡＣＫ", "kick back"),
        ("Guns N’ Roses", "guns n roses"), ("Simon & Garfunkel", "simon and garfunkel"), ("٣", "3"), ("…", "..."),
        ("a\u200bb\0c\ufe0f", "abc"),
    ],
)  # fmt: skip
def test_names_fold_without_case_accents_and_width(written: str, folded: str) -> None:
    assert fold(written) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("The Beatles", "beatles"), ("The The", "the"), ("The", "the"), ("!!!", "!!!"), ("+/-", "+/-"),
        ("Creep (acoustic)", "creep"), ("Bohemian Rhapsody - Remastered 2011", "bohemianrhapsody"),
        ("Umbrella feat. JAY-Z", "umbrella"), ("(sic)", "sic"), ("AC/DC", "acdc"), ("🔥🔥", "🔥🔥"),
    ],
)  # fmt: skip
def test_a_key_is_what_is_left_of_a_name(written: str, key: str) -> None:
    assert squeeze(base(fold(written))) == key


@pytest.mark.parametrize(
    ("name", "found_by"),
    [
        ("AC/DC", {"ac", "dc", "acdc"}), ("$uicideboy$", {"uicideboy", "suicideboys"}), ("Ke$ha", {"kesha", "keha"}),
        ("P!nk", {"pink", "pnk"}), ("R.E.M.", {"rem"}), ("04:00", {"0400"}), ("Led Zeppelin IV", {"iv", "4"}),
        ("Pt. 2", {"pt", "part", "2"}), ("宇多田ヒカル", {"宇多", "多田", "ひか", "かる", "る"}), ("光", {"光"}),
        ("Night Drive 🌙", {"🌙", "night"}), ("🔥🔥🔥", {"🔥", "🔥🔥🔥"}), ("!!!", {"!!!"}),
    ],
)  # fmt: skip
def test_a_name_is_found_by_its_pieces_and_by_them_joined(name: str, found_by: set[str]) -> None:
    assert found_by <= words_of(fold(name))


def test_a_query_asks_for_initials_and_leet_joined_only() -> None:
    assert [one.words for one in asked_for("R.E.M.")] == [("rem",)]
    assert [one.words for one in asked_for("r e m")] == [("rem",)]
    assert [one.words for one in asked_for("Ke$ha")] == [("kesha", "keha")]
    assert [one.words for one in asked_for("AC/DC")] == [("ac", "acdc"), ("dc", "acdc")]


def test_one_cjk_character_asks_for_what_begins_with_it() -> None:
    assert [(one.words, one.is_open) for one in asked_for("光")] == [(("光",), True)]
    assert [one.words for one in asked_for("天使の")] == [("天使",), ("使の",)]


def test_the_last_word_is_open_while_one_types_it() -> None:
    assert [one.is_open for one in asked_for("smells li", is_typing=True)] == [False, True]
    assert [one.is_open for one in asked_for("smells like ", is_typing=True)] == [False, False]


def test_a_misspelt_word_shares_a_cut_with_the_one_that_is_meant() -> None:
    chance = random.Random(7)
    missed, asked = {1: 0, 2: 0}, {1: 0, 2: 0}
    for _ in range(5_000):
        meant = "".join(chance.choice(string.ascii_lowercase) for _ in range(chance.randint(4, 12)))
        typed = meant
        for _ in range(chance.randint(1, edits_for(meant))):
            typed = _edited(typed, chance)
        edits = OSA.distance(meant, typed)
        if 0 < edits <= edits_for(typed):
            asked[edits] += 1
            missed[edits] += not set(cuts_of(meant)) & set(cuts_to_look_for(typed))
    assert missed[1] == 0
    assert missed[2] < 0.05 * asked[2]
    assert asked[2] > 1_000


def _edited(word: str, chance: random.Random) -> str:
    at, letter = chance.randrange(len(word) - 1), chance.choice(string.ascii_lowercase)
    return chance.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )


def test_short_words_numbers_and_cjk_take_no_edits() -> None:
    assert [edits_for(word) for word in ("mø", "one", "1999", "群青日和", "love", "metallica")] == [0, 0, 0, 0, 1, 2]
