"""Where one is signed in, and ending it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from veza.accounts import audit, sessions, tokens
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.api.accounts.shapes import nothing
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor
from veza.http.limits import address_of
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


@get(
    "/me/sessions",
    operation_id="listSessions",
    tags=[TAG],
    summary="List one's sessions",
    dependencies=paged(sessions.SORTS),
    responses=answers(200, Page[SessionResponse], "A page, newest first.", page_of(SESSION_EXAMPLE), *LIST_PROBLEMS),
)
async def list_sessions(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    is_current: Annotated[
        bool | None, QueryParameter(name="current", description="Only the one asking, or only the others.")
    ] = None,
) -> Page[SessionResponse]:
    """Every browser in which you are signed in."""
    this = visitor.session_id
    part = page_request.of("sessions", {"person": visitor.person, "current": is_current})
    async with accounts.database.read() as session:
        rows = await sessions.listed(
            session,
            visitor.person,
            accounts.rules.session_idle,
            part.slice,
            only=this if is_current is True else None,
            but=this if is_current is False else None,
        )
    return part.page(rows, lambda row: show(SessionResponse, row, is_this=row.id == this))


@delete(
    "/me/sessions/{session_id:uuid}",
    operation_id="endSession",
    tags=[TAG],
    summary="End a session",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=nothing("Nobody is signed in there any more.", NOT_FOUND, *WRITE_PROBLEMS),
)
async def end_session(
    session_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    idempotent: NamedDependency[Idempotent],
) -> Response[None]:
    """Signs one of your browsers out, this one too."""

    async def work(session: Session) -> Reply:
        await sessions.end(session, visitor.person, session_id)
        audit.note(session, Act.SESSIONS_ENDED, visitor.person, address=address_of(request), detail="1")
        return Reply(204, None)

    return await idempotent.run(work)


@delete(
    "/me/sessions",
    operation_id="endOtherSessions",
    tags=[TAG],
    summary="End all other sessions",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=nothing("You are signed in here only, and no API token works.", *WRITE_PROBLEMS),
)
async def end_other_sessions(
    request: Request[Any, Any, Any], visitor: NamedDependency[Visitor], idempotent: NamedDependency[Idempotent]
) -> Response[None]:
    """Signs out every browser but this one, and revokes every API token."""

    async def work(session: Session) -> Reply:
        ended = await sessions.end_all(session, visitor.person, but=visitor.session_id)
        revoked = await tokens.revoke_all(session, visitor.person)
        said = f"sessions ended: {ended}, tokens revoked: {revoked}"
        audit.note(session, Act.SESSIONS_ENDED, visitor.person, address=address_of(request), detail=said)
        return Reply(204, None)

    return await idempotent.run(work)
