"""Where one is signed in, and signing browsers out."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts import audit, sessions, tokens
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.limits import address_of
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.listing import start_of
from veza.kit.messages import gettext
from veza.web.answers import See, Shown
from veza.web.declared import form, page

_HERE = "/account/sessions"


@page(_HERE, permission=Permission.CREDENTIALS)
async def sessions_page(session: Session, identity: Identity, accounts: NamedDependency[Accounts]) -> Shown:
    """Every browser in which one is signed in: there are no more than fit on a page."""
    every = start_of(sessions.SORTS, sessions.MOST_PER_PERSON)
    rows = await sessions.listed(session, identity.person, accounts.rules.session_idle, every)
    return Shown("settings/sessions.html", sessions=rows, this=identity.session_id)


@form(f"{_HERE}/{{session_id:uuid}}/end", permission=Permission.CREDENTIALS, shows=sessions_page)
async def end_session(session: Session, request: DoorRequest, session_id: UUID, identity: Identity) -> See:
    """Sign one browser out."""
    await sessions.end(session, identity.person, session_id)
    audit.note(session, Act.SESSIONS_ENDED, identity.person, address=address_of(request), detail="1")
    return See(_HERE, gettext("That browser is signed out."))


@form(f"{_HERE}/end", permission=Permission.CREDENTIALS, shows=sessions_page)
async def end_others(session: Session, request: DoorRequest, identity: Identity) -> See:
    """Sign every other browser out, and revoke every API token."""
    ended = await sessions.end_all(session, identity.person, but=identity.session_id)
    revoked = await tokens.revoke_all(session, identity.person)
    said = f"sessions ended: {ended}, tokens revoked: {revoked}"
    audit.note(session, Act.SESSIONS_ENDED, identity.person, address=address_of(request), detail=said)
    return See(_HERE, gettext("You are signed in here only."))
