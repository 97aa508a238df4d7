"""One's own account: signing up, the name others see, the address, and the password."""

from __future__ import annotations

from urllib.parse import quote

from litestar.di import NamedDependency

from veza.accounts import credentials, people, second_factor, sign_up
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.language import language_to_keep
from veza.http.limits import address_of
from veza.http.requests import DoorRequest
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.own_addresses import own_address
from veza.web.proving import proof_of


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
    return See(f"/sign-in?next={quote(own_address(form.value('next', '/')), safe='/')}", said)


@page("/account", permission=Permission.CREDENTIALS)
async def account_page(session: Session, identity: Identity, form: Form) -> Shown:
    """One's name and address."""
    person = await people.find(session, identity.person)
    return Shown("settings/profile.html", person=person, has_code=await second_factor.is_on(session, person.id))


@form("/account/name", permission=Permission.CREDENTIALS, shows=account_page)
async def rename(session: Session, identity: Identity, form: Form) -> See:
    """The name others see."""
    await people.rename(session, identity.person, people.clean_name(form.value("name")))
    return See("/account", gettext("Others see your new name now."))


@form("/account/address", permission=Permission.CREDENTIALS, shows=account_page)
async def change_address(
    request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> See:
    """A mail to the new address, whose link changes it. The answer is the same where the address has an account."""
    email = people.clean_email(form.value("email"))
    await limits.demand_left(accounts.database, credentials.changing_address(identity.person))
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        await credentials.ask_email_change(session, accounts, proof, email, address_of(request))
    said = gettext("A mail is on its way to {email}: your address changes when you open its link.", email=email)
    return See("/account", said)


@page("/account/password", permission=Permission.CREDENTIALS)
async def password_page(session: Session, identity: Identity, form: Form) -> Shown:
    """A form for another password."""
    return Shown("settings/password.html", has_code=await second_factor.is_on(session, identity.person))


@form("/account/password", permission=Permission.CREDENTIALS, shows=password_page)
async def change_password(
    request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> See:
    """A new password ends every other session, and revokes every API token."""
    async with proof_of(request, identity, form, accounts, "current") as proof:
        new = await credentials.prepare_password(accounts, proof, form.value("new"))
        async with accounts.database.write(identity.actor) as session:
            await credentials.change_password(
                session, accounts, proof, new, keep=identity.session_id, keep_tokens=False, address=address_of(request)
            )
    return See("/account/password", gettext("Your password is changed; you are signed in here only."))
