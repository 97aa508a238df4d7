"""Mail: written in the transaction that causes it, delivered by SMTP after it, given up in the end.

Without an SMTP server the mails stay for the local mailbox page. A delivered mail's row is deleted at once: its text
may hold a one-time link, and no reader needs it any more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Index, Select, bindparam, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Database, Session
from veza.kit.email_addresses import is_mailable
from veza.kit.mail_relay import Deliver, NotDelivered
from veza.kit.messages import ENGLISH, Message, from_json, gettext, render, to_json
from veza.kit.secret_box import CannotOpen, SecretBox

log = structlog.get_logger(__name__)

WAKE = "mail"
LEASE = timedelta(minutes=2)
RETRY_BASE = timedelta(seconds=30)
RETRY_MAX = timedelta(hours=1)
MOST_ATTEMPTS = 12
"""About six hours of trying: a server that is down overnight loses nothing that is still worth reading."""
KEPT = timedelta(days=30)
"""For mails that could not be delivered, and those of a Veza without SMTP."""
TOO_OLD_TO_SEND = timedelta(days=2)
"""When an SMTP server is set later, last month's links are not sent."""


class Mail(Base):
    """One mail. `due_at` is null once it is given up; `error` is what the server said last.

    `subject` and `text` are sealed (`secret_box`): they may hold a one-time link. Each is a message as JSON, to be put
    into words of `language`; where `language` is null, it is the words themselves. `OpenedMail` is what is in them.
    Their times are told in `time_zone` (IANA), in UTC where it is null.
    `stop_link`, sealed too, is the address that stops mails of this kind; null where the recipient may not stop them.

    `about_id` is whose matter it is, as the id of a row that we know nothing of: wherever a mail went, it can be
    forgotten with that row.
    """

    __tablename__ = "mails"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    to: Mapped[str]
    about_id: Mapped[UUID | None]
    subject: Mapped[str]
    text: Mapped[str]
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    stop_link: Mapped[str | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int]
    error: Mapped[str | None]


Index("ix_mails_due_at", Mail.due_at)
Index("ix_mails_to", Mail.to)
Index("ix_mails_about_id", Mail.about_id)


def send(
    session: Session,
    to: str,
    subject: Message,
    text: Message,
    *,
    about: UUID | None,
    language: str | None = ENGLISH,
    time_zone: str | None = None,
    stop_link: str | None = None,
) -> UUID:
    """Queue a plain-text mail in `language`, in English where that is None, which tells times in `time_zone`, in UTC
    where that is None; it leaves after this transaction has committed. Returns its id.

    `about` is the id of the person or the order the mail is to be forgotten with, if any. `stop_link` is the address
    that stops mails of this kind: GET shows what it would stop, POST stops it without a question (RFC 8058).
    """
    mail_id = session.new_id()
    row = {
        "id": mail_id,
        "to": to,
        "about_id": about,
        "subject": session.box.seal(to_json(subject)),
        "text": session.box.seal(to_json(text)),
        "language": language or ENGLISH,
        "time_zone": time_zone,
        "stop_link": session.box.seal(stop_link) if stop_link is not None else None,
        "created_at": session.now,
        "due_at": session.now,
        "attempts": 0,
        "error": None,
    }
    session.append(Mail, row)
    session.wake(WAKE)
    return mail_id


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """One mail, opened."""

    id: UUID
    to: str
    subject: str
    text: str
    created_at: datetime
    stop_link: str | None = None


async def newest(session: Session, limit: int) -> Sequence[OpenedMail]:
    """The newest mails that are still here; one that no key opens says so in its place."""
    rows = await session.scalars(select(Mail).order_by(Mail.id.desc()).limit(limit))
    return [_opened_or_said(session.box, row) for row in rows]


async def concerning(session: Session, about: UUID, address: str | None, limit: int) -> Sequence[OpenedMail]:
    """The mails about `about`, and those to `address` where there is one, that are still here; newest first.

    One that no key opens says so in its place.
    """
    found = select(Mail).where(or_(Mail.about_id == about, Mail.to == address))
    rows = await session.scalars(found.order_by(Mail.id.desc()).limit(limit))
    return [_opened_or_said(session.box, row) for row in rows]


async def find(session: Session, mail_id: UUID) -> OpenedMail | None:
    """The mail, if it is still here; raises CannotOpen."""
    row = await session.get(Mail, mail_id)
    return opened(session.box, row) if row is not None else None


def opened(box: SecretBox, row: Mail) -> OpenedMail:
    """What is in a row, in words of its language and times of its zone; raises CannotOpen."""
    subject, text = box.open(row.subject), box.open(row.text)
    if row.language is not None:
        subject, text = (render(from_json(one), row.language, row.time_zone) for one in (subject, text))
    stop_link = box.open(row.stop_link) if row.stop_link is not None else None
    # A header has one line.
    return OpenedMail(row.id, row.to, " ".join(subject.split()), text, row.created_at, stop_link)


def _opened_or_said(box: SecretBox, row: Mail) -> OpenedMail:
    try:
        return opened(box, row)
    except CannotOpen as error:
        return OpenedMail(row.id, row.to, "(cannot be opened)", str(error), row.created_at)


async def forget_address(session: Session, address: str) -> None:
    """Delete every mail to `address`."""
    await session.execute(delete(Mail).where(Mail.to == address))


async def forget_about(session: Session, abouts: Collection[UUID] | Select[UUID]) -> None:
    """Delete every mail about one of these ids, whichever address it went to."""
    await session.execute(delete(Mail).where(Mail.about_id.in_(abouts)))


@dataclass(frozen=True, slots=True)
class _Claimed:
    row: Mail
    attempts: int


_DUE = (
    select(Mail)
    .where(Mail.due_at <= bindparam("now"), Mail.created_at > bindparam("oldest"))
    .order_by(Mail.due_at, Mail.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)


class _WholeLine(UnstructuredHeader, BaseHeader):
    """A header with an address, which stays in one line: folding would write a long one in encoded words (RFC 2047),
    and mail programs look for `<https:` (RFC 2369)."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_STOP_HEADER = "List-Unsubscribe"
_HEADERS = HeaderRegistry()
_HEADERS.map_to_type(_STOP_HEADER, _WholeLine)
_POLICY = SMTP.clone(header_factory=_HEADERS)


class MailWorker:
    """Delivers due mails: at least once, at most MOST_ATTEMPTS tries each."""

    name = "mail worker"
    wake_topic = WAKE
    check_interval = timedelta(minutes=1)
    concurrency = 4
    batch_size = 20

    def __init__(self, database: Database, deliver: Deliver, sender: str) -> None:
        self._database, self._deliver, self._sender = database, deliver, sender
        self._sender_address = parseaddr(sender)[1]

    async def claim(self, limit: int) -> list[_Claimed]:
        """Claim due mails by pushing their time ahead: a crash brings them back."""
        async with self._database.write(self.name) as session:
            due = {"now": session.now, "oldest": session.now - TOO_OLD_TO_SEND, "limit": limit}
            rows = (await session.scalars(_DUE, due)).all()
            claimed = [_Claimed(row, row.attempts + 1) for row in rows]
            if rows:
                mine = update(Mail).where(Mail.id.in_([one.row.id for one in claimed]))
                later = mine.values(due_at=session.now + LEASE, attempts=Mail.attempts + 1)
                await session.execute(later.execution_options(synchronize_session=False))
        return claimed

    async def work(self, claim: _Claimed) -> None:
        try:
            message = self._message(opened(self._database.box, claim.row))
            await self._deliver(message, self._sender_address, claim.row.to)
        except NotDelivered as error:
            await self._not_delivered(claim, error)
            return
        except Exception as error:  # of the library, of the message, of our own: a try is a try, and tries have an end
            await self._not_delivered(
                claim,
                NotDelivered(gettext("{kind}: {error}", kind=type(error).__name__, error=error), for_good=False),
            )
            return
        async with self._database.write(self.name) as session:
            await session.execute(delete(Mail).where(Mail.id == claim.row.id))
        log.info("mail.delivered", mail_id=str(claim.row.id), attempts=claim.attempts)

    def _message(self, one: OpenedMail) -> EmailMessage:
        if not is_mailable(one.to):
            raise NotDelivered(gettext("this is no address a mail can be sent to"), for_good=True)
        name, _, host = one.to.rpartition("@")
        message = EmailMessage(_POLICY)
        message["From"], message["Subject"] = self._sender, one.subject
        message["To"] = Address(username=name, domain=host)
        message["Date"] = format_datetime(one.created_at)
        # The same at every try, so that a mailbox shows a mail that was delivered twice once.
        message["Message-ID"] = f"<{one.id}@{self._sender_address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if one.stop_link is not None:
            message[_STOP_HEADER] = f"<{one.stop_link}>"
            if one.stop_link.startswith("https://"):  # RFC 8058 asks mail programs to POST to such addresses only
                message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(one.text)
        return message

    async def _not_delivered(self, claim: _Claimed, error: NotDelivered) -> None:
        gives_up = error.for_good or claim.attempts >= MOST_ATTEMPTS
        wait = min(RETRY_MAX, RETRY_BASE * 2 ** (claim.attempts - 1))
        async with self._database.write(self.name) as session:
            values: dict[str, Any] = {"due_at": None if gives_up else session.now + wait, "error": str(error)[:500]}
            await session.execute(update(Mail).where(Mail.id == claim.row.id).values(values))
        say = log.error if gives_up else log.warning
        say(
            "mail.not_delivered",
            mail_id=str(claim.row.id),
            attempts=claim.attempts,
            reason=str(error),
            given_up=gives_up,
        )
