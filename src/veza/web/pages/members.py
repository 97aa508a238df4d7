"""The people of an artist in the studio: who may act for it, who was invited, and what an owner changes of both."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts import reauthentication, second_factor
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, invitations, members
from veza.catalog.facade import Catalog
from veza.catalog.text_fields import BadValue
from veza.http.endpoints import Language
from veza.http.requests import DoorRequest
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.proving import proof_of

_PEOPLE = "/studio/{artist_id:uuid}/people"
ROLES: dict[str, Message] = {
    "member": gettext("member: publishes, sells, decides refunds"),
    "owner": gettext("owner: also changes who belongs to it, and where the money goes"),
}
"""What each role lets a person do."""


@page(_PEOPLE, permission=Permission.PUBLISH)
async def people_page(session: Session, artist_id: UUID, identity: Identity, form: Form) -> Shown:
    """Who belongs to the artist and who was invited; its owners change both."""
    artist = await acting.artist_for(session, artist_id, identity)
    return Shown(
        "people.html",
        artist=artist,
        members=await members.members_of(session, artist_id),
        invited=await invitations.pending(session, artist_id),
        mine=identity.person_id,
        may_change=await acting.acts_as_owner(session, artist, identity),
        has_code=await second_factor.is_on(session, identity.person),
        roles=ROLES,
    )


@form(f"{_PEOPLE}/invitations", permission=Permission.PUBLISH, shows=people_page)
async def invite(
    request: DoorRequest, artist_id: UUID, identity: Identity, form: Form, language: Language,
    accounts: NamedDependency[Accounts], catalog: NamedDependency[Catalog],
) -> See:  # fmt: skip
    """Mails a link to an address. Nothing tells whether it has an account."""
    email, role = form.value("email"), _role(form.value("role"))
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        await limits.spend(session, *invitations.inviting(identity.actor, email))
        artist = await acting.artist_to_change(session, str(artist_id), identity, as_owner=True)
        await reauthentication.demand(session, proof)
        by, base_url = identity.person_id, catalog.base_url
        row = await invitations.invite(
            session, artist, email, role, by=by, base_url=base_url, limits=catalog.limits, language=language
        )
    return _back(artist_id, gettext("A mail to {email} is on its way; its link works for a week.", email=row.email))


@form(f"{_PEOPLE}/invitations/{{invitation_id:uuid}}/take-back", permission=Permission.PUBLISH, shows=people_page)
async def take_back(session: Session, artist_id: UUID, invitation_id: UUID, identity: Identity) -> See:
    """The mailed link opens nothing any more."""
    artist = await acting.artist_to_change(session, str(artist_id), identity)
    await invitations.take_back(session, artist, invitation_id)
    return _back(artist_id, gettext("The invitation is taken back: its link opens nothing."))


@form(f"{_PEOPLE}/{{person_id:uuid}}", permission=Permission.PUBLISH, shows=people_page)
async def change(
    request: DoorRequest, artist_id: UUID, person_id: UUID, identity: Identity, form: Form,
    accounts: NamedDependency[Accounts],
) -> See:  # fmt: skip
    """Another role, or none: an owner changes every person's, each person may leave."""
    wanted, leaves = form.value("wanted"), person_id == identity.person_id
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        is_own = leaves and wanted == "none"
        artist = await acting.artist_to_change(session, str(artist_id), identity, as_owner=not is_own)
        await reauthentication.demand(session, proof)
        if wanted != "none":
            one = await members.change_role(session, artist, person_id, _role(wanted))
            return _back(artist_id, gettext("{name} has another role now.", name=one.name))
        await members.remove_member(session, artist, person_id)
    if leaves:
        return See("/studio", gettext("You do not act for {artist} any more.", artist=artist.name))
    return _back(artist_id, gettext("That person does not act for {artist} any more.", artist=artist.name))


def _role(written: str) -> str:
    if written not in ROLES:
        raise BadValue(gettext("“{written}” is not one of the choices", written=written[:40]))
    return written


def _back(artist_id: UUID, said: Message) -> See:
    return See(f"/studio/{artist_id}/people", said)
