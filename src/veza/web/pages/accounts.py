"""One's own account: signing up, the name others see, the password, and where one is signed in."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts import audit, credentials, people, reauthentication, sessions, sign_up, tokens
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.language import language_to_keep
from veza.http.limits import address_of
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.listing import Slice
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.own_addresses import own_address

SESSIONS = 50


@page("/sign-up", permission=Permission.SIGN_IN)
def sign_up_page(request: DoorRequest, identity: Identity, form: Form) -> Shown | See:
    """The form; a reader who is signed in already goes on."""
    wanted = own_address(form.value("next", request.query_params.get("next", "/")))
    return Shown("sign_up.html", next=wanted) if identity.person_id is None else See(wanted)


@form("/sign-up", permission=Permission.SIGN_IN, shows=sign_up_page)
async def join(request: DoorRequest, form: Form, accounts: NamedDependency[Accounts]) -> See:
    """A new account, whose address is confirmed by a mailed link. The answer is the same where there is one already."""
    wanted = await sign_up.prepare(
        accounts, form.value("email"), form.value("name"), form.value("password"), address_of(request),
        language_to_keep(request),
    )  # fmt: skip
    async with accounts.database.write("sign-up page") as session:
        await sign_up.finish(session, accounts, wanted)
    said = gettext("Your account is open. Sign in with it; a mail on its way asks you to confirm your address.")
    return See("/sign-in", said)


@page("/account", permission=Permission.CREDENTIALS)
async def account_page(session: Session, identity: Identity, accounts: NamedDependency[Accounts], form: Form) -> Shown:
    """Everything about one's account."""
    person = await people.find(session, identity.person)
    newest = Slice(sessions.SORTS["newest"], SESSIONS, None)
    rows = await sessions.listed(session, person.id, accounts.rules.session_idle, newest)
    return Shown("account.html", person=person, sessions=rows, this=identity.session_id)


@form("/account/name", permission=Permission.CREDENTIALS, shows=account_page)
async def rename(session: Session, identity: Identity, form: Form) -> See:
    """The name others see."""
    await people.rename(session, identity.person, people.clean_name(form.value("name")))
    return See("/account", gettext("Others see your new name now."))


@form("/account/password", permission=Permission.CREDENTIALS, shows=account_page)
async def change_password(
    request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> See:
    """A new password ends every other session, and revokes every API token."""
    address, code = address_of(request), form.value("code").strip() or None
    async with reauthentication.given(accounts, identity.person, form.value("current"), code, address) as proof:
        new = await credentials.prepare_password(accounts, proof, form.value("new"))
        async with accounts.database.write(identity.actor) as session:
            await credentials.change_password(
                session, accounts, proof, new, keep=identity.session_id, keep_tokens=False, address=address
            )
    return See("/account", gettext("Your password is changed; you are signed in here only."))


@form("/account/sessions/{session_id:uuid}/end", permission=Permission.CREDENTIALS, shows=account_page)
async def end_session(session: Session, request: DoorRequest, session_id: UUID, identity: Identity) -> See:
    """Sign one browser out."""
    await sessions.end(session, identity.person, session_id)
    audit.note(session, Act.SESSIONS_ENDED, identity.person, address=address_of(request), detail="1")
    return See("/account", gettext("That browser is signed out."))


@form("/account/sessions/end", permission=Permission.CREDENTIALS, shows=account_page)
async def end_others(session: Session, request: DoorRequest, identity: Identity) -> See:
    """Sign every other browser out, and revoke every API token."""
    ended = await sessions.end_all(session, identity.person, but=identity.session_id)
    revoked = await tokens.revoke_all(session, identity.person)
    said = f"sessions ended: {ended}, tokens revoked: {revoked}"
    audit.note(session, Act.SESSIONS_ENDED, identity.person, address=address_of(request), detail=said)
    return See("/account", gettext("You are signed in here only."))
