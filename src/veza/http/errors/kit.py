"""Errors of the ground that every module stands on: which kind of problem each of them is."""

from __future__ import annotations

from veza.http.problems import (
    BAD_AMOUNT,
    CONFLICT,
    INVALID_REQUEST,
    NOT_FOUND,
    RATE_LIMITED,
    REFUSED,
    UNAVAILABLE,
    Kind,
)
from veza.kit.codes import BadCode
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.elsewhere import Busy, TookTooLong
from veza.kit.field_faults import FieldFault
from veza.kit.limits import RateLimited
from veza.kit.messages import gettext
from veza.kit.money import BadAmount
from veza.kit.moves import Stale
from veza.kit.objects import NoSuchObject, ObjectsUnavailable
from veza.kit.text import BadText

BAD_TEXT = Kind(
    "bad-text",
    422,
    gettext("The text cannot be kept as it is"),
    "`detail` says which text: empty, too long, or with a character that cannot be shown in it.",
    "the title may have at most 200 characters, this one has 201",
)

KINDS: tuple[Kind, ...] = (BAD_TEXT,)
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    BadAmount: BAD_AMOUNT,
    BadCode: REFUSED,
    BadText: BAD_TEXT,
    Busy: UNAVAILABLE,
    DatabaseUnavailable: UNAVAILABLE,
    FieldFault: INVALID_REQUEST,
    NoSuchObject: NOT_FOUND,
    ObjectsUnavailable: UNAVAILABLE,
    RateLimited: RATE_LIMITED,
    Stale: CONFLICT,
    TookTooLong: UNAVAILABLE,
}
"""Error → kind."""
