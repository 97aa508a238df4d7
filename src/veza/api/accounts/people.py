"""What admins see and do: people, their roles, the end of an account, the audit log; and how the first one begins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Struct

from veza.accounts import audit, deletion, first_admin, people, reauthentication, roles
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.permissions import Permission, Role
from veza.api.accounts.problems import BAD_LINK, LAST_ADMIN, PROOF_NEEDED, ROLE_NOT_GIVEN
from veza.api.accounts.proofs import ProofHeader
from veza.api.accounts.shapes import PERSON_EXAMPLE, PERSON_ID, PersonResponse, nothing, shown
from veza.api.accounts.sign_up import LINK_EXAMPLE, LinkOpened
from veza.api.catalog.problems import NOT_NOW
from veza.api.editing import editing
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import NOT_FOUND
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, PLAIN, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.http.limits import address_of
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


AUDIT_EXAMPLE = {
    "id": "01890000-0000-7000-8000-00000000000d",
    "at": "2026-01-02T10:30:00Z",
    "act": "role given",
    "person_id": PERSON_ID,
    "actor": "operator",
    "address": "192.0.2.7",
    "detail": "moderator",
}


@get(
    "/people",
    operation_id="listPeople",
    tags=[TAG],
    summary="List people",
    opt=needs(Permission.PEOPLE),
    dependencies=paged(people.SORTS),
    responses=answers(200, Page[PersonResponse], "A page, newest first.", page_of(PERSON_EXAMPLE), *LIST_PROBLEMS),
)
async def list_people(
    page_request: NamedDependency[PageRequest],
    accounts: NamedDependency[Accounts],
    text: Annotated[
        str | None,
        QueryParameter(min_length=1, max_length=100, pattern=PLAIN, description="Part of the name or the address."),
    ] = None,
    role: Annotated[GivenRole | None, QueryParameter(description="Only who has this role.")] = None,
) -> Page[PersonResponse]:
    """Everybody who has an account, newest first."""
    filters = {"text": text, "role": role}
    part = page_request.of("people", filters)
    async with accounts.database.read() as session:
        among = roles.having(Role(role)) if role is not None else None
        rows = await people.listed(session, part.slice, text=text, among=among)
        theirs = await roles.of(session, [row.id for row in rows])
    return part.page(rows, lambda row: shown(row, theirs[row.id]))


@get(
    "/people/{person_id:uuid}",
    operation_id="showPerson",
    tags=[TAG],
    summary="Show a person",
    opt=needs(Permission.PEOPLE),
    responses=answers(200, PersonResponse, "The person.", PERSON_EXAMPLE, NOT_FOUND),
)
async def show_person(person_id: FromPath[UUID], accounts: NamedDependency[Accounts]) -> PersonResponse:
    """One person with their roles."""
    async with accounts.database.read() as session:
        return await _shown(session, person_id)


async def _person_to_edit(session: Session, path: Mapping[str, Any], _visitor: Visitor) -> PersonResponse:
    await people.lock(session, path["person_id"])
    return await _shown(session, path["person_id"])


@put(
    "/people/{person_id:uuid}/roles/{role:str}",
    operation_id="giveRole",
    tags=[TAG],
    summary="Give a role",
    opt=needs(Permission.PEOPLE),
    dependencies=editing(_person_to_edit),
    responses=answers(
        200, PersonResponse, "The person with the role.", PERSON_EXAMPLE,
        NOT_FOUND, ROLE_NOT_GIVEN, PROOF_NEEDED, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def give_role(
    person_id: FromPath[UUID],
    role: FromPath[Role],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    idempotent: NamedDependency[Idempotent],
    proof: ProofHeader = None,
) -> Response[PersonResponse]:
    """Gives the role; who has it already keeps it. It counts from the person's next request on. Takes a fresh proof."""

    async def work(session: Session) -> Reply:
        await reauthentication.spend(session, visitor.person_id, proof)
        await roles.give(session, person_id, role, by=visitor.actor, address=address_of(request))
        return Reply(200, await _shown(session, person_id))

    return await idempotent.run(work)


@delete(
    "/people/{person_id:uuid}/roles/{role:str}",
    status_code=200,
    operation_id="takeRole",
    tags=[TAG],
    summary="Take a role",
    opt=needs(Permission.PEOPLE),
    dependencies=editing(_person_to_edit),
    responses=answers(
        200, PersonResponse, "The person without the role.", {**PERSON_EXAMPLE, "roles": ["listener"]},
        NOT_FOUND, ROLE_NOT_GIVEN, LAST_ADMIN, PROOF_NEEDED, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def take_role(
    person_id: FromPath[UUID],
    role: FromPath[Role],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    idempotent: NamedDependency[Idempotent],
    proof: ProofHeader = None,
) -> Response[PersonResponse]:
    """Takes the role, if the person has it. The last admin stays admin. Takes a fresh proof."""

    async def work(session: Session) -> Reply:
        await reauthentication.spend(session, visitor.person_id, proof)
        await roles.take(session, person_id, role, address=address_of(request))
        return Reply(200, await _shown(session, person_id))

    return await idempotent.run(work)


@delete(
    "/people/{person_id:uuid}",
    operation_id="closeAccount",
    tags=[TAG],
    summary="Close an account",
    opt=needs(Permission.PEOPLE),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=nothing("The account is gone.", NOT_FOUND, LAST_ADMIN, NOT_NOW, PROOF_NEEDED, *WRITE_PROBLEMS),
)
async def close_account(
    person_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    idempotent: NamedDependency[Idempotent],
    proof: ProofHeader = None,
) -> Response[None]:
    """Deletes somebody's account as if they had done it: what is personal goes, records of payments stay, and a mail
    tells them. An artist that nobody else owns needs another owner first. This cannot be undone. Takes a fresh
    proof."""

    async def work(session: Session) -> Reply:
        await reauthentication.spend(session, visitor.person_id, proof)
        await deletion.delete(session, accounts.rules.base_url, person_id, address=address_of(request))
        return Reply(204, None)

    return await idempotent.run(work)


@get(
    "/audit",
    operation_id="listAuditLog",
    tags=[TAG],
    summary="Read the audit log",
    opt=needs(Permission.PEOPLE),
    dependencies=paged(audit.SORTS),
    responses=answers(200, Page[AuditEntryResponse], "A page, newest first.", page_of(AUDIT_EXAMPLE), *LIST_PROBLEMS),
)
async def list_audit_log(
    page_request: NamedDependency[PageRequest],
    accounts: NamedDependency[Accounts],
    person: Annotated[UUID | None, QueryParameter(description="Only about this person's account.")] = None,
    act: Annotated[Act | None, QueryParameter(description="Only this act.")] = None,
) -> Page[AuditEntryResponse]:
    """What happened to accounts: sign-ins, also failed ones, and changes of credentials, tokens and roles; who came to
    act for which artist or no longer does, and what the platform takes of an artist's sales."""
    filters = {"person": person, "act": act}
    part = page_request.of("audit", filters)
    async with accounts.database.read() as session:
        rows = await audit.entries(session, part.slice, person_id=person, act=act)
    return part.page(rows, lambda row: show(AuditEntryResponse, row, act=Act(row.act)))


@post(
    "/admin-claim",
    status_code=200,
    operation_id="claimAdmin",
    tags=[TAG],
    summary="Become the first admin",
    opt=needs(Permission.CREDENTIALS),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, PersonResponse, "You are admin.", {**PERSON_EXAMPLE, "roles": ["listener", "admin"]},
        BAD_LINK, NOT_FOUND, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def claim_admin(
    data: Annotated[LinkOpened, BodyKwarg(examples=[Example(value=LINK_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    idempotent: NamedDependency[Idempotent],
) -> Response[PersonResponse]:
    """Takes the `token` of the link that `veza serve` prints while there is no admin, and makes you one."""

    async def work(session: Session) -> Reply:
        await first_admin.claim(session, visitor.person, data.token, address_of(request))
        return Reply(200, await _shown(session, visitor.person))

    return await idempotent.run(work)


async def _shown(session: Session, person_id: UUID) -> PersonResponse:
    person = await people.find(session, person_id)
    return shown(person, (await roles.of(session, [person_id]))[person_id])
