"""Forms of pages are read as strictly as JSON."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veza.http.forms import MAX_FIELDS, parse_form
from veza.http.json_bodies import Malformed

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.dictionaries(storable, storable, max_size=20))
def test_every_form_is_read_as_a_browser_wrote_it(fields: dict[str, str]) -> None:
    assert parse_form(urlencode(fields).encode()) == fields


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        fields = parse_form(body)
    except Malformed:
        return
    assert "\0" not in "".join([*fields, *fields.values()])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"name=%FF", "not UTF-8"),
        (b"name=\xff", "not UTF-8"),
        (b"na%00me=x", "name of a field"),
        (b"name=a%00b&note=%00", "name: holds a NUL character; note: holds a NUL character"),
        (b"name=a\x00b", "holds a NUL character"),
        (b"token=a&token=b", "names token twice"),
        (b"name=%ED%A0%80", "not UTF-8"),
        (b"&".join(b"f%d=" % number for number in range(MAX_FIELDS + 1)), "more than 100 fields"),
    ],
)
def test_a_malformed_form_is_told_in_one_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        parse_form(body)
