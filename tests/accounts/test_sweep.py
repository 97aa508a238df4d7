"""What has ended is forgotten; what has not stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from tests import factories
from veza.accounts import audit, deletion, links, sessions, tokens
from veza.accounts.audit import Act
from veza.accounts.limits import SIGN_IN_AS_STRANGER
from veza.accounts.links import Purpose
from veza.accounts.permissions import Scope
from veza.accounts.sweep import sweep
from veza.kit import limits, mail
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.messages import verbatim

TABLES: tuple[Any, ...] = (
    sessions.SignIn, links.Link, tokens.ApiToken, limits.Throttle, audit.AuditEntry, mail.Mail,
)  # fmt: skip


async def counts(database: Database) -> list[int]:
    async with database.read() as session:
        return [(await session.execute(select(func.count()).select_from(one))).scalar_one() for one in TABLES]


async def test_everything_ends_and_is_forgotten(database: Database, clock: ManualClock) -> None:
    accounts = factories.accounts(database, clock)
    rules = accounts.rules
    person_id = await factories.person(database, "Anna", email="anna@example.org")
    async with database.write() as session:
        await sessions.begin(session, person_id, rules.session_max)
        links.make(session, Purpose.RESET, person_id, "anna@example.org")
        await tokens.make(session, person_id, "brief", [Scope.READ], timedelta(days=1))
        await limits.spend(session, SIGN_IN_AS_STRANGER.of("k"))
        audit.note(session, Act.SIGNED_UP, person_id)
        mail.send(session, "anna@example.org", verbatim("Hello"), verbatim("text"), about=person_id)
    assert await sweep(accounts) == 0
    assert await counts(database) == [1, 1, 1, 1, 1, 1]
    clock.advance(timedelta(hours=1))
    await sweep(accounts)
    assert await counts(database) == [1, 0, 1, 0, 1, 1]
    clock.advance(timedelta(days=31))
    await sweep(accounts)
    assert await counts(database) == [0, 0, 0, 0, 1, 0]
    clock.advance(timedelta(days=365))
    await sweep(accounts)
    assert await counts(database) == [0] * 6


async def test_the_last_mail_of_an_account_goes_when_it_is_not_sent_any_more(
    database: Database, clock: ManualClock
) -> None:
    accounts = factories.accounts(database, clock)
    person_id = await factories.person(database, "Anna", email="anna@example.org", confirmed=False)
    async with database.write() as session:
        await deletion.delete(session, accounts.rules.base_url, person_id)
        mail.send(session, "ben@example.org", verbatim("Hello"), verbatim("text"), about=None)
    clock.advance(mail.TOO_OLD_TO_SEND - timedelta(seconds=1))
    await sweep(accounts)
    assert (await counts(database))[-1] == 2
    clock.advance(timedelta(seconds=1))
    await sweep(accounts)
    async with database.read() as session:
        assert list(await session.scalars(select(mail.Mail.to))) == ["ben@example.org"]
