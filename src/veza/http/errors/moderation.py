"""Errors of moderation: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.http.problems import CONFLICT, NOT_FOUND, Kind
from veza.kit.messages import gettext
from veza.moderation.claims import Claimed
from veza.moderation.decisions import OpenAlready
from veza.moderation.hiding import NothingHidden
from veza.moderation.notices import UnknownNotice
from veza.moderation.reporting import TooManyReports
from veza.moderation.reports import DecidedAlready, UnknownReport
from veza.moderation.subjects import CannotHide

TOO_MANY_REPORTS = Kind(
    "too-many-reports",
    422,
    gettext("Too many of your reports are open"),
    "Wait until moderators have looked at some.",
    "100 of your reports are still open: wait until moderators have looked at some",
)
REPORT_CLAIMED = Kind(
    "report-claimed",
    409,
    gettext("Another moderator is at work on it"),
    "`detail` says who and until when; take another report.",
    "person 01890000-0000-7000-8000-000000000000 is at work on this until 2026-01-05 10:30 UTC",
)
DECIDED_ALREADY = Kind(
    "decided-already",
    409,
    gettext("It is decided already"),
    "`detail` says how; read the report again, or reopen it.",
    "no report of release 01890000-0000-7000-8000-000000000000 is open; last decision: hide",
)
CANNOT_HIDE = Kind(
    "cannot-hide",
    422,
    gettext("This kind of thing is not hidden"),
    "Hide what the person wrote or published, or warn them.",
    "a person is not hidden: hide what they wrote or published, or have the account closed",
)

KINDS: tuple[Kind, ...] = (TOO_MANY_REPORTS, REPORT_CLAIMED, DECIDED_ALREADY, CANNOT_HIDE)
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    CannotHide: CANNOT_HIDE,
    Claimed: REPORT_CLAIMED,
    DecidedAlready: DECIDED_ALREADY,
    NothingHidden: CONFLICT,
    OpenAlready: CONFLICT,
    TooManyReports: TOO_MANY_REPORTS,
    UnknownNotice: NOT_FOUND,
    UnknownReport: NOT_FOUND,
}
"""Error → kind."""
