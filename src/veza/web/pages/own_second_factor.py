"""One's second factor: set up with an app, turned on by its first code, recovery codes, turned off."""

from __future__ import annotations

from litestar.di import NamedDependency

from veza.accounts import people, reauthentication, second_factor
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.limits import CODE_AGAIN
from veza.accounts.permissions import Permission
from veza.accounts.second_factor import Provisioning
from veza.http.limits import address_of
from veza.http.requests import DoorRequest
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.proving import proof_of

_HERE = "/account/second-factor"
LONGEST_SECRET = 64


@page(_HERE, permission=Permission.CREDENTIALS)
async def second_factor_page(session: Session, identity: Identity, form: Form) -> Shown:
    """Whether it is on. After a wrong first code the secret, which its form carries, is shown again."""
    secret = form.value("secret")[:LONGEST_SECRET]
    begun = None
    if secret:
        person = await people.find(session, identity.person)
        begun = second_factor.provisioning(secret, person.email or "")
    return await _shown(session, identity, begun=begun)


@form(f"{_HERE}/set-up", permission=Permission.CREDENTIALS, shows=second_factor_page)
async def set_up(request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts]) -> Shown:
    """A secret for an app, as a picture and in letters; nothing is on yet."""
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        begun = await second_factor.set_up(session, identity.person)
        await reauthentication.demand(session, proof)
        return await _shown(session, identity, begun=begun)


@form(f"{_HERE}/first-code", permission=Permission.CREDENTIALS, shows=second_factor_page)
async def turn_on(request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts]) -> Shown:
    """On with a first right code; the recovery codes are shown by this answer alone."""
    tried = CODE_AGAIN.of(identity.person)
    await limits.spend_now(accounts.database, identity.actor, tried)
    async with accounts.database.write(identity.actor) as session:
        codes = await second_factor.confirm(
            session, identity.person, form.value("code"), address_of(request), session_id=identity.session_id
        )
        await limits.restore(session, tried)
        await second_factor.tell(session, accounts.rules.base_url, identity.person, is_on=True)
        return await _shown(session, identity, codes=codes)


@form(f"{_HERE}/recovery-codes", permission=Permission.CREDENTIALS, shows=second_factor_page)
async def renew_codes(
    request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> Shown:
    """Ten new recovery codes; those given before work no more."""
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        await reauthentication.demand(session, proof)
        codes = await second_factor.renew_recovery_codes(session, identity.person, address_of(request))
        return await _shown(session, identity, codes=codes)


@form(f"{_HERE}/off", permission=Permission.CREDENTIALS, shows=second_factor_page)
async def turn_off(request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts]) -> See:
    """Signing in takes the password alone from now on; a mail says so."""
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        await reauthentication.demand(session, proof)
        await second_factor.turn_off(session, identity.person, address_of(request))
        await second_factor.tell(session, accounts.rules.base_url, identity.person, is_on=False)
    return See(_HERE, gettext("The second factor is off: signing in takes your password alone."))


async def _shown(
    session: Session, identity: Identity, *, begun: Provisioning | None = None, codes: list[str] | None = None
) -> Shown:
    return Shown(
        "settings/second_factor.html",
        is_on=await second_factor.is_on(session, identity.person),
        codes_left=await second_factor.recovery_codes_left(session, identity.person),
        begun=begun,
        codes=codes,
    )
