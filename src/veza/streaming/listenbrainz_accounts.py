"""Connecting a person's ListenBrainz account: the server is asked whose the token is, which is then kept sealed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from veza.accounts import people
from veza.accounts.identity import actor_of
from veza.kit import limits, mail
from veza.kit.database import Database, Session
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.limits import Limit
from veza.kit.messages import gettext, message_of, paragraphs
from veza.streaming import scrobbles
from veza.streaming.listenbrainz import ListenBrainz, NotTaken, TokenRefused
from veza.streaming.scrobbles import WAKE, ListenBrainzAccount, Scrobble

PAGE = "/account/listenbrainz"
CONNECTING = Limit("listenbrainz", burst=5, per=timedelta(minutes=1))
"""Tokens that one person has the server asked about."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")


class BadToken(FieldFault):
    """What was pasted is no user token of the server."""


class SwitchedOff(Exception):
    """The operator lets no listens out."""

    def __init__(self) -> None:
        super().__init__(gettext("this site sends no listens to other services"))


class ServerSilent(Exception):
    """Whose the token is could not be asked."""

    def __init__(self, server: ListenBrainz, error: NotTaken) -> None:
        reason = message_of(error)
        super().__init__(
            gettext("{server} could not be asked ({reason}): try again later", server=server.host, reason=reason)
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """A token that the server at `api_url` says is of `user_name`."""

    api_url: str
    token: str
    user_name: str


async def check(database: Database, server: ListenBrainz | None, person_id: UUID, pasted: str) -> Checked:
    """Ask the server about a token, with no transaction open. Raises SwitchedOff, BadToken, RateLimited,
    ServerSilent."""
    if server is None:
        raise SwitchedOff
    token, checks = pasted.strip(), FieldChecks()
    with checks.field("user_token"):
        if not _TOKEN.fullmatch(token):
            raise BadToken(gettext("a user token is one line of letters and digits: copy all of it"))
    checks.demand()
    await limits.spend_now(database, actor_of(person_id), CONNECTING.of(person_id))
    user_name = ""
    with checks.field("user_token"):
        try:
            user_name = await server.user_of(token)
        except TokenRefused:
            raise BadToken(gettext("{server} does not know this token", server=server.host)) from None
        except NotTaken as error:
            raise ServerSilent(server, error) from None
    checks.demand()
    return Checked(server.api_url, token, user_name)


async def connect(session: Session, person_id: UUID, checked: Checked) -> ListenBrainzAccount:
    """What the person hears from now on is sent there. What waits for the same user is sent with the new token; what
    waits for another is not sent. Raises UnknownPerson."""
    await people.lock(session, person_id)
    row = await session.get(ListenBrainzAccount, person_id, with_for_update=True)
    if row is None:
        row = ListenBrainzAccount(person_id=person_id, attempt=0, last_sent_at=None)
        session.add(row)
    elif (row.api_url, row.user_name) != (checked.api_url, checked.user_name):
        await scrobbles.forget(session, person_id)
        row.last_sent_at = None
    row.api_url, row.user_name, row.token = checked.api_url, checked.user_name, session.box.seal(checked.token)
    row.connected_at, row.refused_at, row.due_at = session.now, None, session.now
    row.attempt, row.tries, row.problem_id, row.problem_fields = row.attempt + 1, 0, None, None
    await session.flush()
    session.wake(WAKE)
    return row


async def disconnect(session: Session, person_id: UUID) -> None:
    """The token is forgotten, and nothing more is sent. A second time changes nothing."""
    await people.lock(session, person_id)
    await scrobbles.forget_person(session, person_id)


@dataclass(frozen=True, slots=True)
class Connection:
    """A person's account there, and how many listens wait to be sent."""

    account: ListenBrainzAccount
    waiting: int

    def is_sending(self, server: ListenBrainz | None) -> bool:
        """Whether what the person hears is sent: the server we send to is the token's, and has not refused it."""
        return server is not None and self.account.api_url == server.api_url and self.account.refused_at is None


async def connection_of(session: Session, person_id: UUID) -> Connection | None:
    """None where the person has not connected one."""
    account = await session.get(ListenBrainzAccount, person_id)
    if account is None:
        return None
    mine = select(func.count()).select_from(Scrobble).where(Scrobble.person_id == person_id, Scrobble.done_at.is_(None))
    return Connection(account, int(await session.scalar(mine) or 0))


async def refuse(session: Session, account: ListenBrainzAccount, server: ListenBrainz) -> None:
    """The server knows the token of a locked account no more: nothing is sent again, and its person is told."""
    await scrobbles.forget(session, account.person_id)
    account.refused_at, account.due_at = session.now, None
    await session.flush()
    person = await people.find(session, account.person_id)
    if person.email is None or not person.is_confirmed:
        return
    text = paragraphs(
        gettext(
            "{server} no longer accepts the token with which your account ({user_name}) was connected. What you hear "
            "is not sent there any more.",
            server=server.host,
            user_name=account.user_name or server.host,
        ),
        gettext("To send it again, paste a new token: {link}", link=f"{server.site_url}{PAGE}"),
    )
    subject = gettext("Your listens are no longer sent to {server}", server=server.host)
    mail.send(
        session, person.email, subject, text,
        about=person.id, language=person.language, time_zone=person.time_zone,
    )  # fmt: skip
