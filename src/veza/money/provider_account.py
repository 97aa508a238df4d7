"""The provider's account this database has sold with, and whether sending is held back.

The account is remembered at the first contact. What another account says is refused before anything of it is stored.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Insert, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Database, Session, table_of
from veza.kit.messages import Packed, gettext, message_of
from veza.money import findings
from veza.money.breaker import STRIPE
from veza.money.findings import Finding, FindingKind
from veza.money.operator import reason_for
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.webhook_signatures import is_word

_ACCOUNT_ID = re.compile(r"acct_[A-Za-z0-9_]{1,250}")
EVER = datetime(2000, 1, 1, tzinfo=UTC)


class ProviderAccount(Base):
    """One row per provider. While `held_at` is set, nothing is sent; see `restore_guard`.

    `held_since` is from when on the provider may know more than this database: catch-up (`caught_up_at`) and a
    comparison (`compared_at`) must cover that time before the hold ends. `mend_at` is when they are tried next.
    What belongs to payments made before `look_before` is looked up before it is sent for the first time.
    `released_until`: an operator let sending go on without a comparison, until then.
    """

    __tablename__ = "provider_accounts"

    provider: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str | None]
    held_at: Mapped[datetime | None]
    held_since: Mapped[datetime | None]
    held_because_id: Mapped[str | None] = mapped_column("held_because")
    held_because_fields: Mapped[Packed | None]
    caught_up_at: Mapped[datetime | None]
    compared_at: Mapped[datetime | None]
    mend_at: Mapped[datetime | None]
    look_before: Mapped[datetime | None]
    released_until: Mapped[datetime | None]
    seen_current_at: Mapped[datetime | None]


class NoAccountId(ValueError):
    """What was given is no account's id."""

    def __init__(self, given: str) -> None:
        super().__init__(
            gettext("an account's id is like acct_1Abc, not “{given}”: the provider's dashboard shows it", given=given)
        )


class AnotherAccount(Exception):
    """The provider answers for another account than the one this database has sold with."""

    def __init__(self, theirs: str, ours: str) -> None:
        super().__init__(
            gettext(
                "the provider answers for account {theirs}, this database has sold with {ours}: "
                "nothing of it was stored; check STRIPE_SECRET_KEY, STRIPE_API_BASE, PORT and VAR_DIR",
                theirs=theirs,
                ours=ours,
            )
        )
        self.theirs, self.ours = theirs, ours


class AccountUnknown(Exception):
    """The provider did not say which account the key belongs to."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(gettext("the provider did not say which account it answers for: {answer}", answer=answer.said))
        self.answer = answer


_MINE = select(ProviderAccount).where(ProviderAccount.provider == STRIPE).execution_options(populate_existing=True)
_LOCKED = _MINE.with_for_update()


async def read(session: Session, *, locked: bool = False) -> ProviderAccount | None:
    """The row; None before the first contact."""
    return (await session.scalars(_LOCKED if locked else _MINE)).one_or_none()


async def change(session: Session, **values: Any) -> None:
    """Set columns of the row, which is made if it is new."""
    await session.execute(_written(session.dialect, tuple(values)), {"provider": STRIPE, **values})


@cache
def _written(dialect: str, columns: tuple[str, ...]) -> Insert:
    inserting: Any = postgresql if dialect == "postgresql" else sqlite
    new = inserting.insert(_TABLE).values({name: bindparam(name) for name in ("provider", *columns)})
    changed: Insert = new.on_conflict_do_update(
        index_elements=[_TABLE.c.provider], set_={name: new.excluded[name] for name in columns}
    )
    return changed


_TABLE = table_of(ProviderAccount)


async def confirm(database: Database, gateway: Gateway) -> str:
    """Ask the provider which account it answers for, and return its id; remembered where none was.

    Raises AnotherAccount when it is not the one that is remembered (a finding says so), AccountUnknown when the
    provider does not say.
    """
    answer = await gateway.own_account()
    theirs = answer.object.get("id")
    if not answer.is_ok or not is_word(theirs):
        raise AccountUnknown(answer)
    async with database.read() as session:
        row = await read(session)
    if row is not None and row.account_id == theirs:
        return theirs
    async with database.write("provider account") as session:
        row = await read(session, locked=True)
        if row is None or row.account_id is None:
            await change(session, account_id=theirs)
            return theirs
        ours = row.account_id
        if ours != theirs:
            await findings.report(
                session, FindingKind.OTHER_ACCOUNT, theirs, message_of(AnotherAccount(theirs, ours)),
                mend=gettext("give back the key, address and folder of the account before; or, if the sales of "
"the old one are all settled, veza money use-account {theirs} --reason …", theirs=theirs),
            )  # fmt: skip
    if ours != theirs:
        raise AnotherAccount(theirs, ours)
    return theirs


async def note_covered(database: Database, step: str, since: datetime) -> None:
    """Catch-up or a comparison (`step` names its column) has covered everything from `since` on; when both have covered
    the time for which sending is held back, it goes on."""
    async with database.read() as session:
        row = await read(session)
    if row is None or row.held_at is None:
        return
    async with database.write("restore guard") as session:
        row = await read(session, locked=True)
        if row is None or row.held_at is None or row.held_since is None or since > row.held_since:
            return
        await change(session, **{step: session.now})
        row = await read(session)
        if row is not None and row.caught_up_at is not None and row.compared_at is not None:
            await release(session)


async def release(session: Session, **more: Any) -> None:
    """Sending goes on in every process."""
    over = dict.fromkeys(("held_at", "held_since", "held_because", "held_because_fields", "mend_at"))
    await change(session, **over, **more)
    await findings.resolve(session, FindingKind.OLDER_THAN_PROVIDER, "sending")
    for topic in ("nettings", "refunds", "transfers", "reversals"):
        session.wake(topic)


async def use(session: Session, account_id: str, reason: str) -> str | None:
    """An operator says that this database sells with another account from now on; returns the one before.

    The finding about it closes with the reason. Raises ReasonMissing, NoAccountId.
    """
    if _ACCOUNT_ID.fullmatch(account_id) is None:
        raise NoAccountId(account_id)
    note = reason_for("change of account", reason)
    row = await read(session, locked=True)
    before = row.account_id if row is not None else None
    await change(session, account_id=account_id)
    mine = select(Finding.id).where(
        Finding.kind == FindingKind.OTHER_ACCOUNT, Finding.subject == account_id, Finding.resolved_at.is_(None)
    )
    for finding_id in (await session.scalars(mine)).all():
        await findings.resolve_by_hand(session, finding_id, note)
    return before
