"""What admins see and do: people, their roles, the end of an account, the audit log; and how the first one begins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts import audit, deletion, first_admin, people, reauthentication, roles, suspension
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission, Role
from veza.api.accounts.proofs import ProofHeader
from veza.api.accounts.shapes import PERSON_EXAMPLE, PERSON_ID, PersonResponse, shown
from veza.api.accounts.sign_up import LINK_EXAMPLE, LinkOpened
from veza.api.operations import listing, read, write
from veza.api.shapes import PLAIN, show
from veza.http.endpoints import Address
from veza.http.errors.accounts import BAD_LINK, LAST_ADMIN, PROOF_NEEDED, ROLE_NOT_GIVEN
from veza.http.errors.catalog import NOT_NOW
from veza.http.errors.kit import BAD_TEXT
from veza.http.paging import Page, PageRequest
from veza.http.problems import CONFLICT, NOT_FOUND
from veza.kit.database import Session

TAG = "people"
GivenRole = Literal["artist", "moderator", "admin"]


class AuditEntryResponse(Struct, frozen=True):
    """One act: what, by whom (`actor`), on whose account, from which address."""

    id: UUID
    at: datetime
    act: Act
    person_id: UUID | None
    actor: str
    address: str | None
    detail: str


class Suspension(Struct, forbid_unknown_fields=True):
    """Why an account is suspended."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000, description="For the site's people.")]


SUSPENSION_EXAMPLE = {"reason": "sells recordings of others, ticket 1207"}
SUSPENDED_EXAMPLE = {**PERSON_EXAMPLE, "suspended_at": "2026-01-03T09:00:00Z"}
AUDIT_EXAMPLE = {
    "id": "01890000-0000-7000-8000-00000000000d",
    "at": "2026-01-02T10:30:00Z",
    "act": "role given",
    "person_id": PERSON_ID,
    "actor": "operator",
    "address": "192.0.2.7",
    "detail": "moderator",
}


@listing(
    "/people",
    operation="listPeople",
    summary="List people",
    permission=Permission.PEOPLE,
    sorts=people.SORTS,
    gives=(PersonResponse, "A page, newest first.", PERSON_EXAMPLE),
)
async def list_people(
    session: Session,
    page_request: PageRequest,
    text: Annotated[
        str | None,
        QueryParameter(min_length=1, max_length=100, pattern=PLAIN, description="Part of the name or the address."),
    ] = None,
    role: Annotated[GivenRole | None, QueryParameter(description="Only who has this role.")] = None,
) -> Page[PersonResponse]:
    """Every person with an account, newest first."""
    filters = {"text": text, "role": role}
    page = page_request.of("people", filters)
    among = roles.having(Role(role)) if role is not None else None
    rows = await people.listed(session, page.slice, text=text, among=among)
    theirs = await roles.of(session, [row.id for row in rows])
    return page.filled(rows, lambda row: shown(row, theirs[row.id]))


@read(
    "/people/{person_id:uuid}",
    operation="showPerson",
    summary="Show a person",
    permission=Permission.PEOPLE,
    gives=(PersonResponse, "The person.", PERSON_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_person(session: Session, person_id: UUID) -> PersonResponse:
    """One person with their roles."""
    return await _shown(session, person_id)


async def _person_to_edit(session: Session, person_id: UUID) -> PersonResponse:
    await people.lock(session, person_id)
    return await _shown(session, person_id)


@write.put(
    "/people/{person_id:uuid}/roles/{role:str}",
    operation="giveRole",
    summary="Give a role",
    permission=Permission.PEOPLE,
    edits=_person_to_edit,
    gives=(200, PersonResponse, "The person with the role.", PERSON_EXAMPLE),
    problems=(NOT_FOUND, ROLE_NOT_GIVEN, PROOF_NEEDED),
)
async def give_role(
    session: Session, person_id: UUID, role: Role, identity: Identity, address: Address, proof: ProofHeader = None
) -> PersonResponse:
    """Gives the role; who has it already keeps it. It counts from the person's next request on. Takes a fresh proof."""
    await reauthentication.spend(session, identity.person_id, proof)
    await roles.give(session, person_id, role, by=identity.actor, address=address)
    return await _shown(session, person_id)


@write.delete(
    "/people/{person_id:uuid}/roles/{role:str}",
    operation="takeRole",
    summary="Take a role",
    permission=Permission.PEOPLE,
    edits=_person_to_edit,
    gives=(200, PersonResponse, "The person without the role.", {**PERSON_EXAMPLE, "roles": ["listener"]}),
    problems=(NOT_FOUND, ROLE_NOT_GIVEN, LAST_ADMIN, PROOF_NEEDED),
)
async def take_role(
    session: Session, person_id: UUID, role: Role, identity: Identity, address: Address, proof: ProofHeader = None
) -> PersonResponse:
    """Takes the role, if the person has it. The last admin stays admin. Takes a fresh proof."""
    await reauthentication.spend(session, identity.person_id, proof)
    await roles.take(session, person_id, role, address=address)
    return await _shown(session, person_id)


@write.delete(
    "/people/{person_id:uuid}",
    operation="closeAccount",
    summary="Close an account",
    permission=Permission.PEOPLE,
    gives=(204, None, "The account is gone."),
    problems=(NOT_FOUND, LAST_ADMIN, NOT_NOW, PROOF_NEEDED),
)
async def close_account(
    session: Session,
    person_id: UUID,
    identity: Identity,
    accounts: Accounts,
    address: Address,
    proof: ProofHeader = None,
) -> None:
    """Deletes a person's account as if they had done it: what is personal goes, records of payments stay, and a mail
    tells them. An artist with no other owner needs one first. This cannot be undone. Takes a fresh
    proof."""
    await reauthentication.spend(session, identity.person_id, proof)
    await deletion.delete(session, accounts.rules.base_url, person_id, address=address)


@write.put(
    "/people/{person_id:uuid}/suspension",
    operation="suspendAccount",
    summary="Suspend an account",
    permission=Permission.PEOPLE,
    body=SUSPENSION_EXAMPLE,
    edits=_person_to_edit,
    gives=(200, PersonResponse, "The person, suspended.", SUSPENDED_EXAMPLE),
    problems=(NOT_FOUND, CONFLICT, BAD_TEXT, LAST_ADMIN, PROOF_NEEDED),
)
async def suspend_account(
    session: Session, person_id: UUID, data: Suspension, identity: Identity, address: Address, proof: ProofHeader = None
) -> PersonResponse:
    """Signs the person out everywhere at once; until it is lifted neither password nor token opens the account. What is
    published stays, and money that is owed goes out. `reason` is for the site's people. Takes a fresh proof."""
    await reauthentication.spend(session, identity.person_id, proof)
    await suspension.suspend(session, person_id, data.reason, address=address)
    return await _shown(session, person_id)


@write.delete(
    "/people/{person_id:uuid}/suspension",
    operation="liftSuspension",
    summary="Lift a suspension",
    permission=Permission.PEOPLE,
    edits=_person_to_edit,
    gives=(200, PersonResponse, "The person, who can sign in again.", PERSON_EXAMPLE),
    problems=(NOT_FOUND, CONFLICT, PROOF_NEEDED),
)
async def lift_suspension(
    session: Session, person_id: UUID, identity: Identity, address: Address, proof: ProofHeader = None
) -> PersonResponse:
    """Password and tokens open the account again. Takes a fresh proof."""
    await reauthentication.spend(session, identity.person_id, proof)
    await suspension.lift(session, person_id, address=address)
    return await _shown(session, person_id)


@listing(
    "/audit",
    operation="listAuditLog",
    summary="Read the audit log",
    permission=Permission.PEOPLE,
    sorts=audit.SORTS,
    gives=(AuditEntryResponse, "A page, newest first.", AUDIT_EXAMPLE),
)
async def list_audit_log(
    session: Session,
    page_request: PageRequest,
    person: Annotated[UUID | None, QueryParameter(description="Only about this person's account.")] = None,
    act: Annotated[Act | None, QueryParameter(description="Only this act.")] = None,
) -> Page[AuditEntryResponse]:
    """What happened to accounts: sign-ins, also failed ones, and changes of credentials, tokens and roles; who came to
    act for which artist or no longer does, and what the platform takes of an artist's sales."""
    filters = {"person": person, "act": act}
    page = page_request.of("audit", filters)
    rows = await audit.entries(session, page.slice, person_id=person, act=act)
    return page.filled(rows, lambda row: show(AuditEntryResponse, row, act=Act(row.act)))


@write.post(
    "/admin-claim",
    operation="claimAdmin",
    summary="Become the first admin",
    permission=Permission.CREDENTIALS,
    body=LINK_EXAMPLE,
    gives=(200, PersonResponse, "You are admin.", {**PERSON_EXAMPLE, "roles": ["listener", "admin"]}),
    problems=(BAD_LINK, NOT_FOUND),
)
async def claim_admin(session: Session, data: LinkOpened, identity: Identity, address: Address) -> PersonResponse:
    """Takes the `token` of the link that `veza serve` prints while there is no admin, and makes you one."""
    await first_admin.claim(session, identity.person, data.token, address)
    return await _shown(session, identity.person)


async def _shown(session: Session, person_id: UUID) -> PersonResponse:
    person = await people.find(session, person_id)
    return shown(person, (await roles.of(session, [person_id]))[person_id])
