"""One's ListenBrainz account: connect it, look how it goes, disconnect it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.operations import one_shot, read, write
from veza.http.endpoints import AnswerLanguage
from veza.http.one_shot import OneShot
from veza.http.problems import FORBIDDEN, NOT_FOUND, RATE_LIMITED
from veza.kit.database import Session
from veza.kit.messages import render
from veza.streaming import listenbrainz_accounts
from veza.streaming.facade import Streaming

TAG = "listenbrainz"


class UserToken(Struct, forbid_unknown_fields=True):
    """What the settings of one's account there show."""

    user_token: Annotated[str, Meta(min_length=1, max_length=300)]


class ListenBrainzResponse(Struct, frozen=True):
    """Whether an account is connected, and as whom. Once its server has refused the token, or the site sends to another
    server or to none, `is_sending` is false; `problem` is why the last try failed, in words; `waiting` listens are not
    sent yet."""

    is_connected: bool
    user_name: str = ""
    is_sending: bool = False
    last_sent_at: datetime | None = None
    problem: str | None = None
    waiting: int = 0


EXAMPLE: dict[str, Any] = {
    "is_connected": True,
    "user_name": "mara",
    "is_sending": True,
    "last_sent_at": "2026-01-02T10:30:00Z",
    "problem": None,
    "waiting": 0,
}


@read(
    "/me/listenbrainz",
    operation="showListenBrainz",
    summary="Show one's ListenBrainz account",
    permission=Permission.CREDENTIALS,
    gives=(ListenBrainzResponse, "How it goes.", EXAMPLE),
)
async def show_listenbrainz(
    session: Session, identity: Identity, streaming: Streaming, language: AnswerLanguage
) -> ListenBrainzResponse:
    """As whom one is connected, and when listens were sent last. The token is never shown."""
    return await _shown(session, identity, streaming, language)


@one_shot.put(
    "/me/listenbrainz",
    operation="connectListenBrainz",
    summary="Connect one's ListenBrainz account",
    permission=Permission.CREDENTIALS,
    body={"user_token": "a3c1f0f2-7e0d-4d8b-9a34-3c2a3df1a001"},
    gives=(200, ListenBrainzResponse, "It is connected.", EXAMPLE),
    problems=(FORBIDDEN, NOT_FOUND, RATE_LIMITED),
)
async def connect_listenbrainz(
    data: UserToken, identity: Identity, streaming: Streaming, language: AnswerLanguage, one_shot: OneShot
) -> ListenBrainzResponse:
    """The server is asked whose the token is. What one hears from now on is sent there, half a track or four minutes
    of it (docs/scrobbling.md)."""
    database, server = streaming.database, streaming.listenbrainz
    checked = await listenbrainz_accounts.check(database, server, identity.person, data.user_token)

    async def work(session: Session) -> ListenBrainzResponse:
        await listenbrainz_accounts.connect(session, identity.person, checked)
        return await _shown(session, identity, streaming, language)

    return await one_shot.run(work)


@write.delete(
    "/me/listenbrainz",
    operation="disconnectListenBrainz",
    summary="Disconnect one's ListenBrainz account",
    permission=Permission.CREDENTIALS,
    gives=(204, None, "Nothing more is sent, and the token is deleted."),
    problems=(NOT_FOUND,),
)
async def disconnect_listenbrainz(session: Session, identity: Identity) -> None:
    """What waits to be sent is not sent. A second time changes nothing."""
    await listenbrainz_accounts.disconnect(session, identity.person)


async def _shown(session: Session, identity: Identity, streaming: Streaming, language: str) -> ListenBrainzResponse:
    connection = await listenbrainz_accounts.connection_of(session, identity.person)
    if connection is None:
        return ListenBrainzResponse(is_connected=False)
    account = connection.account
    return ListenBrainzResponse(
        is_connected=True,
        user_name=account.user_name,
        is_sending=connection.is_sending(streaming.listenbrainz),
        last_sent_at=account.last_sent_at,
        problem=None if account.problem is None else render(account.problem, language),
        waiting=connection.waiting,
    )
