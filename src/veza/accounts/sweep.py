"""Deleting ended sessions, links, tokens and old audit entries, a bounded batch of each kind at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select

from veza.accounts.audit import AuditEntry
from veza.accounts.facade import Accounts
from veza.accounts.links import Link
from veza.accounts.people import Person
from veza.accounts.sessions import SignIn
from veza.accounts.tokens import ApiToken
from veza.kit import mail
from veza.kit.limits import Throttle
from veza.kit.mail import Mail

BATCH = 500
MOST_BATCHES = 200
EVERY = timedelta(hours=1)
ENDED_TOKENS_KEPT = timedelta(days=30)
"""So that a person whose script stopped still sees the token, and that it has ended."""

_GONE = select(Person.id).where(Person.deleted_at.is_not(None))


async def sweep(accounts: Accounts) -> int:
    """Delete ended rows, at most MOST_BATCHES times BATCH; returns how many."""
    gone = 0
    for _ in range(MOST_BATCHES):
        swept = await sweep_once(accounts)
        gone += swept
        if swept == 0:
            break
    return gone


async def sweep_once(accounts: Accounts) -> int:
    """Delete up to BATCH ended rows of each kind; returns how many."""
    gone = 0
    async with accounts.database.write("accounts sweep") as session:
        now, rules = session.now, accounts.rules
        ended: list[tuple[Any, ColumnElement[bool]]] = [
            (SignIn.id, or_(SignIn.expires_at <= now, SignIn.last_seen_at <= now - rules.session_idle)),
            (Link.id, Link.expires_at <= now),
            (ApiToken.id, ApiToken.expires_at <= now - ENDED_TOKENS_KEPT),
            (Throttle.key, Throttle.spent_until_ms < int(now.timestamp() * 1000)),
            (AuditEntry.id, AuditEntry.at <= now - rules.audit_kept),
            (Mail.id, Mail.created_at <= now - mail.KEPT),
            # The last mail, which the account itself could not take along: not longer than it would still be sent.
            (Mail.id, and_(Mail.created_at <= now - mail.TOO_OLD_TO_SEND, Mail.about_id.in_(_GONE))),
        ]
        for key, is_over in ended:
            keys = (await session.scalars(select(key).where(is_over).limit(BATCH))).all()
            if keys:
                await session.execute(delete(key.class_).where(key.in_(keys)))
            gone += len(keys)
    return gone
