"""JSON from outside is read strictly, and everything that is read can be kept in both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veza.http.faults import MAX_FAULTS
from veza.http.json_bodies import LARGEST, MAX_DEPTH, Malformed, UnsupportedEncoding, demand_plain_utf8, parse_json

MALFORMED: dict[str, tuple[bytes, str]] = {
    "not UTF-8": (b'{"name": "caf\xe9"}', "it is not UTF-8 (byte 13)"),
    "UTF-16": ('{"name": "x"}'.encode("utf-16-le"), "expecting property name"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "byte order mark"),
    "1,000 arrays": (b"[" * 1000 + b"]" * 1000, f"more than {MAX_DEPTH} levels deep"),
    "1,000 objects": (b'{"a":' * 1000 + b"1" + b"}" * 1000, f"more than {MAX_DEPTH} levels deep"),
    "100,000 arrays that never end": (b"[" * 100_000, f"more than {MAX_DEPTH} levels deep"),
    "one level too many": (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "levels deep"),
    "a NUL": (b'{"name": "a\\u0000b"}', "name: holds a NUL character"),
    "a NUL in a name": (b'{"a\\u0000": 1}', "the name of a field holds a NUL"),
    "a NUL as it is": (b'{"name": "a\x00b"}', "invalid control character"),
    "a lone high surrogate": (b'{"name": ["\\ud83c"]}', "name.0: holds half of a surrogate pair"),
    "a lone low surrogate": (b'{"name": "\\uDFB5"}', "half of a surrogate pair"),
    "a surrogate in UTF-8": (b'"\xed\xa0\x80"', "not UTF-8"),
    "a whole number of 64 bits": (b'{"n": 9223372036854775808}', f"n: a whole number of at most {LARGEST}"),
    "a number of 5,000 digits": (b"1" * 5000, "more than 4,300 digits"),
    "infinity in digits": (b'{"n": 1e999}', "n: a number below 10^308"),
    "infinity in many digits": (b'{"n": -' + b"9" * 400 + b".0}", "n: a number below 10^308"),
    "NaN": (b'{"n": NaN}', "NaN is no JSON"),
    "-Infinity": (b"-Infinity", "-Infinity is no JSON"),
    "a key twice": (b'{"price": 1, "price": 100}', 'the key "price" is in one object twice'),
    "a key twice, once escaped": (b'[{"p": 1, "\\u0070": 2}]', 'the key "p" is in one object twice'),
    "half of it": (b'{"name": ', "expecting value (line 1, column 10)"),
    "two values": (b"{} {}", "extra data"),
    "a comment": (b"{} // yes", "extra data"),
    "single quotes": (b"{'a': 1}", "expecting property name"),
    "a comma too many": (b'{"a": 1,}', ""),
}


@pytest.mark.parametrize(("body", "sentence"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_body_is_told_in_one_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_json(body)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.faults


def test_everything_that_cannot_be_kept_is_named_at_once() -> None:
    with pytest.raises(Malformed) as refused:
        parse_json(b'{"a": "\\u0000", "b": [1, 99999999999999999999, {"c/d": "\\ud800"}]}')
    assert [fault.pointer for fault in refused.value.faults] == ["/a", "/b/1", "/b/2/c~1d"]


@pytest.mark.parametrize(
    "body", [b"null", b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, b'"\\ud83c\\udfb5"', b'"\\\\u0000"', f"[{LARGEST}]".encode()]
)
def test_what_is_unusual_and_fine_is_read(body: bytes) -> None:
    assert parse_json(body) == json.loads(body)


storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.floats(allow_nan=False, allow_infinity=False)
    | storable,
    lambda inner: st.lists(inner) | st.dictionaries(storable, inner),
    max_leaves=30,
)


@given(values, st.booleans())
def test_every_value_a_database_can_keep_is_read_as_it_was_written(value: Any, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert parse_json(body) == json.loads(body)


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused_and_never_raise_otherwise(body: bytes) -> None:
    try:
        value = parse_json(body)
    except Malformed:
        return
    # What is read goes to the database, into logs and back: as UTF-8, without a NUL.
    assert "\0" not in json.dumps(value, ensure_ascii=False).encode().decode()


@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1", "windows-1252", "UTF-7"])
def test_another_character_set_is_named(charset: str) -> None:
    with pytest.raises(UnsupportedEncoding, match=charset):
        demand_plain_utf8(f"application/json; charset={charset}", "")


@pytest.mark.parametrize(
    "content_type", ["", "application/json", 'application/json; charset="UTF-8"', "a/b;charset=utf8"]
)
def test_utf_8_may_be_said_or_not(content_type: str) -> None:
    assert demand_plain_utf8(content_type, "") is None


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_compressed_bodies_are_not_taken(encoding: str) -> None:
    with pytest.raises(UnsupportedEncoding, match="not compressed"):
        demand_plain_utf8("application/json", encoding)


def test_what_is_said_of_a_body_is_not_longer_than_the_body() -> None:
    body = json.dumps({"n" * 100_000: ["\0"] * 100}).encode()
    with pytest.raises(Malformed) as refused:
        parse_json(body)
    shown = [fault.shown() for fault in refused.value.faults]
    assert len(shown) == MAX_FAULTS
    assert len(json.dumps(shown)) + len(str(refused.value)) < len(body)
