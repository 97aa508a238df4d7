"""Preconditions of a read (RFC 9110, 13): whether what a client has kept is still right, and may be completed.

For what has a version of its own: its strong entity tag, and when it was last changed. What changes twice within one
second needs a tag that says so; its date alone would not.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime

from litestar.datastructures import Headers

from veza.http.entity_tags import tags_in
from veza.http.problems import PRECONDITION_FAILED, Problem
from veza.kit.messages import gettext

_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
"""HTTP-date (5.6.7): the form in use, and two older ones that a recipient must understand."""


def is_unchanged(headers: Headers, etag: str, modified_at: datetime) -> bool:
    """Whether the client has this version already, and is answered 304. The order is that of 13.2.2.

    Raises Problem (precondition-failed) if the client wants another version or none.
    """
    match, none_match = _field(headers, "if-match"), _field(headers, "if-none-match")
    unmodified_since, modified_since = _date(headers, "if-unmodified-since"), _date(headers, "if-modified-since")
    changed_at = modified_at.replace(microsecond=0)
    if match is not None:
        holds = match == "*" or etag in tags_in(match)
    else:
        holds = unmodified_since is None or changed_at <= unmodified_since
    if not holds:
        raise Problem(PRECONDITION_FAILED, gettext("it is another version than the one you ask for"), {"ETag": etag})
    if none_match is not None:
        # Compared weakly: for a copy that is kept, `W/"a"` is as good as `"a"`.
        return none_match == "*" or etag in {tag.removeprefix("W/") for tag in tags_in(none_match)}
    return modified_since is not None and changed_at <= modified_since


def may_be_completed(headers: Headers, etag: str, modified_at: datetime) -> bool:
    """Whether the part that a client has is one of this version: what `If-Range` asks (13.1.5).

    A weak tag never says so, and a date only if it is the very date.
    """
    asked = _field(headers, "if-range")
    if asked is None or asked == etag:
        return True
    return _parsed(asked) == modified_at.replace(microsecond=0)


def http_date(instant: datetime) -> str:
    """`Last-Modified` of what was changed at this instant."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def _field(headers: Headers, name: str) -> str | None:
    """The value of a field that may be sent in several lines; None if there is none."""
    lines = headers.getall(name, [])
    return ", ".join(lines).strip() if lines else None


def _date(headers: Headers, name: str) -> datetime | None:
    """None for what is no date as well: such a field is ignored."""
    text = _field(headers, name)
    return None if text is None else _parsed(text)


def _parsed(text: str) -> datetime | None:
    for form in _DATES:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    return None
