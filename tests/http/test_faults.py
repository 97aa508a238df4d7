"""Everything that is wrong with a body is named at once, with a pointer, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError, convert

from veza.http.faults import LOOKED_AT, MAX_FAULTS, faults_in_body
from veza.http.words import COUNTRY, PLAIN


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Track(Struct, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=5, pattern=PLAIN)]
    seconds: Annotated[int, Meta(ge=1, le=9)] = 1


class ReleaseDraft(Struct, forbid_unknown_fields=True):
    country: Annotated[str, Meta(pattern=COUNTRY, description="ISO 3166")]
    tracks: Annotated[list[Track], Meta(max_length=4)]
    kind: Literal["album", "single"] = "album"
    colour: Colour | None = None
    owner: UUID | None = None
    at: datetime | None = None
    day: date | None = None
    is_public: bool = False
    price: Annotated[int, Meta(ge=0)] | UnsetType | None = UNSET
    more: dict[str, int] = {}


class Lists(Struct):
    lists: list[list[int]]


GOOD: dict[str, Any] = {"country": "DE", "tracks": [{"title": "One"}]}


def told(value: Any, annotation: Any = ReleaseDraft) -> dict[str, str]:
    return {fault.pointer: str(fault.message) for fault in faults_in_body(value, annotation)}


def test_all_faults_are_named_at_once() -> None:
    sent = {
        "country": "Germany", "kind": "opera", "colour": "green", "owner": "me", "at": "soon", "day": "2026-02-30",
        "is_public": "yes", "price": -1, "more": {"a/b": "x"}, "colur": 1,
        "tracks": [{"title": ""}, {"title": "too long", "seconds": 10}, {"title": "a\nb", "seconds": "1", "x~y": 0}, 4],
    }  # fmt: skip
    assert told(sent) == {
        "/country": "two letters such as DE",
        "/kind": "one of album, single, not “opera”",
        "/colour": "one of red, blue, not “green”",
        "/owner": "an id such as 01890000-0000-7000-8000-000000000000",
        "/at": "a date and time such as 2026-01-02T10:30:00Z",
        "/day": "a day such as 2026-01-02",
        "/is_public": "true or false, not a text",
        "/price": "a whole number of at least 0, not -1",
        "/more/a~1b": "a whole number, not a text",
        "/colur": "is no field here: it takes country, tracks, kind, colour, owner, at, day, is_public, price, more",
        "/tracks/0/title": "at least 1 character, these are 0",
        "/tracks/1/title": "at most 5 characters, these are 8",
        "/tracks/1/seconds": "a whole number from 1 to 9, not 10",
        "/tracks/2/title": "one line of text without control characters",
        "/tracks/2/seconds": "a whole number from 1 to 9, not a text",
        "/tracks/2/x~0y": "is no field here: it takes title, seconds",
        "/tracks/3": "an object, not a whole number",
    }


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, {"/country": "is missing", "/tracks": "is missing"}),
        ([], {"": "an object, not a list"}),
        (None, {"": "an object, not null"}),
        ({**GOOD, "country": None}, {"/country": "two letters such as DE, not null"}),
        ({**GOOD, "country": 49}, {"/country": "two letters such as DE, not a whole number"}),
        ({**GOOD, "tracks": {}}, {"/tracks": "a list, not an object"}),
        ({**GOOD, "tracks": [GOOD["tracks"][0]] * 5}, {"/tracks": "at most 4 items, these are 5"}),
        ({**GOOD, "is_public": 1}, {"/is_public": "true or false, not a whole number"}),
        (GOOD, {}),
    ],
)
def test_each_form_is_told_in_words(sent: Any, expected: dict[str, str]) -> None:
    assert told(sent) == expected


def test_a_long_list_of_faults_ends() -> None:
    assert len(told({str(number): 1 for number in range(1000)})) == MAX_FAULTS


class Counted(list[Any]):
    """A list that counts which of its items were looked at one by one."""

    looked_at = 0

    def __iter__(self) -> Iterator[Any]:
        for item in super().__iter__():
            self.looked_at += 1
            yield item


def test_of_a_list_that_is_too_long_no_more_is_looked_at_than_it_may_have() -> None:
    tracks = Counted([{"title": ""}, *GOOD["tracks"] * 100_000])
    assert told({**GOOD, "tracks": tracks}) == {
        "/tracks": "at most 4 items, these are 100001",
        "/tracks/0/title": "at least 1 character, these are 0",
    }
    assert tracks.looked_at <= 4


def test_a_list_of_wrong_items_is_left_once_there_are_faults_enough() -> None:
    numbers = Counted(["wrong"] * 100_000)
    assert len(told({"lists": [numbers]}, Lists)) == MAX_FAULTS
    assert numbers.looked_at <= MAX_FAULTS


def test_of_a_list_without_a_bound_so_many_items_are_looked_at_and_it_is_refused_all_the_same() -> None:
    numbers = Counted([*[1] * 100_000, "wrong"])
    assert told({"lists": [numbers]}, Lists) == {
        "/lists/0": f"at least one of those after the first {LOOKED_AT} is not what this takes"
    }
    assert numbers.looked_at <= LOOKED_AT


def test_a_long_name_is_told_by_its_beginning() -> None:
    (fault,) = faults_in_body({**GOOD, "n" * 500_000: 1}, ReleaseDraft)
    assert fault.pointer == f"/{'n' * 100}…"
    assert len(str(fault.shown())) < 1000


def test_a_text_is_never_repeated_unless_it_stands_beside_few_choices() -> None:
    assert "hunter2" not in str(told({**GOOD, "country": "hunter2", "tracks": [{"title": "hunter2"}]}))


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
bodies = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner))
fields = st.fixed_dictionaries({}, optional=dict.fromkeys(ReleaseDraft.__struct_fields__, bodies))


@given(bodies | fields)
def test_what_has_no_fault_is_taken_and_what_has_one_is_not(body: Any) -> None:
    try:
        convert(body, ReleaseDraft, strict=True)
    except ValidationError:
        assert faults_in_body(body, ReleaseDraft)
    else:
        assert faults_in_body(body, ReleaseDraft) == []
