"""What describes a recording beside its title: tags, language, ISRC, credits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from veza.catalog.text_fields import BadValue, clean
from veza.kit import codes
from veza.kit.codes import BadCode
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import gettext, message_of

MOST_TAGS, TAG_MOST = 20, 40
MOST_CREDITS, ROLE_MOST = 50, 60
EARLIEST, LATEST = date(1860, 1, 1), date(2200, 1, 1)
"""Of release dates."""

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")


def isrc(written: str) -> str:
    """An International Standard Recording Code (ISO 3901) without its dashes; raises BadValue."""
    code = re.sub(r"[\s-]", "", written).upper()
    if not _ISRC.fullmatch(code):
        raise BadValue(gettext("“{written}” is no ISRC; write it like FR-Z03-98-00212", written=written[:20]))
    return code


def language(written: str) -> str:
    """The primary subtag of a language (BCP 47), such as de or gsw; raises BadValue."""
    try:
        return codes.language(written)
    except BadCode as error:
        raise BadValue(message_of(error)) from None


def country(written: str) -> str:
    """The two letters of a country (ISO 3166); raises BadValue."""
    try:
        return codes.country(written)
    except BadCode as error:
        raise BadValue(message_of(error)) from None


def tags(written: Iterable[str]) -> list[str]:
    """Tags in lower case, each once, in the order given; raises BadValue."""
    # Twice: a capital whose small letter is one with its accent is composed (NFC) only when it is small.
    checks, found = FieldChecks(), dict[str, None]()
    for number, tag in enumerate(written):
        with checks.field(number):
            found[clean(clean(tag, gettext("a tag"), TAG_MOST).lower(), gettext("a tag"), TAG_MOST)] = None
    checks.demand()
    if len(found) > MOST_TAGS:
        raise BadValue(
            gettext("at most {most_tags} tags, these are {found_count}", most_tags=MOST_TAGS, found_count=len(found))
        )
    return list(found)


def credits(written: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Who did what on a track, as (name, role); raises BadValue."""
    if len(written) > MOST_CREDITS:
        raise BadValue(
            gettext(
                "at most {most_credits} credits, these are {written_count}",
                most_credits=MOST_CREDITS,
                written_count=len(written),
            )
        )
    checks, found = FieldChecks(), list[dict[str, Any]]()
    for number, (name, role) in enumerate(written):
        one: dict[str, Any] = {}
        with checks.field(number, "name"):
            one["name"] = clean(name, gettext("a name in the credits"))
        with checks.field(number, "part"):
            one["part"] = clean(role, gettext("a part in the credits"), ROLE_MOST)
        found.append(one)
    checks.demand()
    return found
