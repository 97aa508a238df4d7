"""Where one is signed in, and ending it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from veza.accounts import audit, sessions, tokens
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.operations import listing, write
from veza.api.shapes import show
from veza.http.endpoints import Address
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session

TAG = "accounts"


class SessionResponse(Struct, frozen=True):
    """One sign-in: what the browser calls itself, from where and when it was last used; `is_this` is the one asking."""

    id: UUID
    agent: str
    address: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_this: bool


SESSION_EXAMPLE = {
    "id": "01890000-0000-7000-8000-00000000000b",
    "agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/146.0",
    "address": "192.0.2.7",
    "created_at": "2026-01-02T10:00:00Z",
    "last_seen_at": "2026-01-03T09:12:00Z",
    "expires_at": "2026-04-02T10:00:00Z",
    "is_this": True,
}


@listing(
    "/me/sessions",
    operation="listSessions",
    summary="List one's sessions",
    permission=Permission.CREDENTIALS,
    sorts=sessions.SORTS,
    gives=(SessionResponse, "A page, newest first.", SESSION_EXAMPLE),
)
async def list_sessions(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    accounts: Accounts,
    is_current: Annotated[
        bool | None, QueryParameter(name="current", description="Only the one asking, or only the others.")
    ] = None,
) -> Page[SessionResponse]:
    """Every browser in which you are signed in."""
    this = identity.session_id
    page = page_request.of("sessions", {"person": identity.person, "current": is_current})
    rows = await sessions.listed(
        session,
        identity.person,
        accounts.rules.session_idle,
        page.slice,
        only=this if is_current is True else None,
        but=this if is_current is False else None,
    )
    return page.filled(rows, lambda row: show(SessionResponse, row, is_this=row.id == this))


@write.delete(
    "/me/sessions/{session_id:uuid}",
    operation="endSession",
    summary="End a session",
    permission=Permission.CREDENTIALS,
    gives=(204, None, "That browser is signed out."),
    problems=(NOT_FOUND,),
)
async def end_session(session: Session, session_id: UUID, identity: Identity, address: Address) -> None:
    """Signs one of your browsers out, this one too."""
    await sessions.end(session, identity.person, session_id)
    audit.note(session, Act.SESSIONS_ENDED, identity.person, address=address, detail="1")


@write.delete(
    "/me/sessions",
    operation="endOtherSessions",
    summary="End all other sessions",
    permission=Permission.CREDENTIALS,
    gives=(204, None, "You are signed in here only, and no API token works."),
)
async def end_other_sessions(session: Session, identity: Identity, address: Address) -> None:
    """Signs out every browser but this one, and revokes every API token."""
    ended = await sessions.end_all(session, identity.person, but=identity.session_id)
    revoked = await tokens.revoke_all(session, identity.person)
    said = f"sessions ended: {ended}, tokens revoked: {revoked}"
    audit.note(session, Act.SESSIONS_ENDED, identity.person, address=address, detail=said)
