"""The golden queries: what people type, and what they mean, in every script, on both databases."""

from __future__ import annotations

import pytest

from tests.search.planted import GOLDEN, TYPED, first_ten, plant
from veza.kit.database import Database


@pytest.fixture
async def planted(database: Database) -> Database:
    await plant(database)
    return database


async def test_every_golden_query_finds_what_it_means(planted: Database) -> None:
    missed = [
        (one["class"], one["query"], one["expect"])
        for one in GOLDEN["queries"]
        if not set(one["expect"]) <= set(await first_ten(planted, one["query"], is_typing=one["class"] in TYPED))
    ]
    assert missed == []


async def test_unfinished_queries_find_it_too_when_they_are_sent_as_they_are(planted: Database) -> None:
    missed = [
        one["query"]
        for one in GOLDEN["queries"]
        if one["class"] in TYPED and not set(one["expect"]) <= set(await first_ten(planted, one["query"]))
    ]
    assert missed == []


async def test_queries_of_nothing_find_nothing_and_raise_nothing(planted: Database) -> None:
    for query in GOLDEN["absent"]:
        for is_typing in (False, True):
            assert len(await first_ten(planted, query, is_typing=is_typing)) <= 30
    assert await first_ten(planted, "qzxjvkw wvqzxj") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("metallica", "metallica"), ("metalica", "metallica"), ("radiohaed", "radiohead"), ("xueen", "queen"),
        ("pink floid", "pinkfloyd"), ("creedance clearwater revivel", "creedence"), ("bjork", "bjork"),
        ("STRASSE", "strasse"), ("mø", "mo"), ("lona i webber", "lona"), ("انت عمري", "entaomri"),
        ("天使のテーゼ", "zankoku"), ("事変", "tokyojihen"), ("ひかる", "utada"), ("光", "hikari"),
        ("creep radiohead", "creep"), ("utada hikaru", "utada"), ("rem", "rem"), ("acdc", "acdc"),
        ("suicideboys", "suicideboys"), ("04:00", "0400"), ("the the", "thethe"), ("!!!", "chkchk"),
    ],
)  # fmt: skip
async def test_the_first_of_its_kind_is_the_one_that_is_meant(planted: Database, query: str, expected: str) -> None:
    kinds = {one["key"]: one["kind"] for one in GOLDEN["documents"]}
    found = [key for key in await first_ten(planted, query) if kinds[key] == kinds[expected]]
    assert found[0] == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("be", {"beyonce", "beatles"}), ("me", {"metallica"}), ("smells li", {"teenspirit"}), ("the b", {"beatles"}),
        ("metalic", {"metallica"}),
    ],
)  # fmt: skip
async def test_as_one_types_it_is_there_already(planted: Database, typed: str, expected: set[str]) -> None:
    assert expected <= set(await first_ten(planted, typed, is_typing=True))


async def test_exact_goes_before_begun_before_inside_before_elsewhere(planted: Database) -> None:
    assert await first_ten(planted, "zorblaxite") == ["rk_exact", "rk_prefix", "rk_inside", "rk_by"]


async def test_of_equal_names_the_one_that_is_played_most_goes_first(planted: Database) -> None:
    assert await first_ten(planted, "quuxmoor sonata") == ["pp_hi", "pp_mid", "pp_lo"]


async def test_a_tag_narrows_what_is_found(planted: Database) -> None:
    tags = {one["key"]: one["tags"] for one in GOLDEN["documents"]}
    everything = await first_ten(planted, "love")
    narrowed = await first_ten(planted, "love", facets=["#rock"])
    assert narrowed
    assert all("rock" in tags[key] for key in narrowed)
    assert any("rock" not in tags[key] for key in everything)
    assert await first_ten(planted, "love", facets=["#no-such-tag"]) == []
