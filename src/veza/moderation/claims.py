"""Claims: a moderator takes the open reports of one subject for an hour, so that no two judge it at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.moderation import reports
from veza.moderation.reports import DecidedAlready, Report, machine

CLAIM_KEPT = timedelta(hours=1)
"""After this a claim is forgotten: its moderator went to lunch."""


class Claimed(Exception):
    """Another moderator is at work on it."""

    def __init__(self, by: str, until: datetime) -> None:
        super().__init__(gettext("{by} is at work on this until {until}", by=by, until=until))


async def claim(session: Session, report_id: UUID) -> Report:
    """The actor of this transaction takes every open report of the same subject for an hour.

    Raises UnknownReport, DecidedAlready, Claimed.
    """
    report, together = await _lock_open(session, report_id)
    for one in together:
        await machine.update(session, one, claimed_by=session.actor, claimed_at=session.now)
    return report


async def release(session: Session, report_id: UUID) -> Report:
    """Leave the reports of the same subject to other moderators. Raises UnknownReport, DecidedAlready, Claimed."""
    report, together = await _lock_open(session, report_id)
    for one in together:
        await machine.update(session, one, claimed_by=None, claimed_at=None)
    return report


def demand_unclaimed(session: Session, together: Sequence[Report]) -> None:
    """Raises Claimed where another moderator is at work on one of these reports."""
    for one in together:
        if one.claimed_by not in (None, session.actor) and one.claimed_at is not None:
            until = one.claimed_at + CLAIM_KEPT
            if session.now < until:
                raise Claimed(str(one.claimed_by), until)


async def _lock_open(session: Session, report_id: UUID) -> tuple[Report, Sequence[Report]]:
    report = await reports.find(session, report_id)
    together = await reports.lock_those_of(session, report.subject_kind, report.subject_id, "open")
    mine = next((one for one in together if one.id == report_id), None)
    if mine is None:
        raise DecidedAlready(report.subject_kind, report.subject_id, report.decision)
    demand_unclaimed(session, together)
    return mine, together
