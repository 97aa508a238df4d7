"""People for admins: found by name or address, their roles, accounts suspended and closed, and the audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts import audit, deletion, people, reauthentication, roles, second_factor, suspension
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.limits import address_of
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.pages.turning import next_address, page_of
from veza.web.proving import proof_of

_ALL, _ONE = "/operator/people", "/operator/people/{person_id:uuid}"
ON_A_PAGE, LONGEST = 50, 100
_ACTS = {one.value: one for one in Act}
_GIVEN = {one.value: one for one in roles.GIVEN}


@page(_ALL, permission=Permission.PEOPLE)
async def people_page(session: Session, request: DoorRequest) -> Shown:
    """Every account, or those whose name or address has a text in it."""
    text = request.query_params.get("q", "").replace("\0", "").strip()[:LONGEST]
    role = _GIVEN.get(request.query_params.get("role", ""))
    asked = page_of(request, people.SORTS, ON_A_PAGE).of("people", {"text": text, "role": role})
    among = roles.having(role) if role is not None else None
    shown = asked.filled(await people.listed(session, asked.slice, text=text or None, among=among), lambda row: row)
    return Shown(
        "operator/people.html", people=shown.items, roles=await roles.of(session, [one.id for one in shown.items]),
        text=text, role=role, given=roles.GIVEN, more=next_address(request, shown.next_cursor),
    )  # fmt: skip


@page(_ONE, permission=Permission.PEOPLE)
async def person_page(session: Session, request: DoorRequest, person_id: UUID, identity: Identity, form: Form) -> Shown:
    """One account, and what happened to it."""
    asked = page_of(request, audit.SORTS, ON_A_PAGE).of("audit", {"person": person_id})
    happened = asked.filled(await audit.entries(session, asked.slice, person_id=person_id), lambda row: row)
    return Shown(
        "operator/person.html", person=await people.find(session, person_id),
        roles=(await roles.of(session, [person_id]))[person_id], given=roles.GIVEN, entries=happened.items,
        has_code=await second_factor.is_on(session, identity.person),
        their_code=await second_factor.is_on(session, person_id), more=next_address(request, happened.next_cursor),
        reason_most=suspension.REASON_MOST,
    )  # fmt: skip


@asynccontextmanager
async def _proven(request: DoorRequest, identity: Identity, form: Form, accounts: Accounts) -> AsyncIterator[Session]:
    """A transaction that writes, once the form's sender has proven again who they are."""
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        await reauthentication.demand(session, proof)
        yield session


@form(f"{_ONE}/roles", permission=Permission.PEOPLE, shows=person_page)
async def change_roles(
    request: DoorRequest, person_id: UUID, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> See:
    """Every role as it was ticked; it counts from the person's next request on."""
    address = address_of(request)
    async with _proven(request, identity, form, accounts) as session:
        for role in roles.GIVEN:
            if form.value(f"role_{role.value}") == "yes":
                await roles.give(session, person_id, role, by=identity.actor, address=address)
            else:
                await roles.take(session, person_id, role, address=address)
    return See(f"{_ALL}/{person_id}", gettext("The roles count from the next request on."))


@form(f"{_ONE}/suspend", permission=Permission.PEOPLE, shows=person_page)
async def suspend_account(
    request: DoorRequest, person_id: UUID, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> See:
    """Signed out everywhere at once, and let in no more until it is lifted."""
    async with _proven(request, identity, form, accounts) as session:
        person = await suspension.suspend(session, person_id, form.value("reason"), address=address_of(request))
        said = gettext("The account of {name} is suspended.", name=person.name)
    return See(f"{_ALL}/{person_id}", said)


@form(f"{_ONE}/lift", permission=Permission.PEOPLE, shows=person_page)
async def lift_suspension(
    request: DoorRequest, person_id: UUID, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> See:
    """The account's password and tokens open it again."""
    async with _proven(request, identity, form, accounts) as session:
        person = await suspension.lift(session, person_id, address=address_of(request))
        said = gettext("{name} can sign in again.", name=person.name)
    return See(f"{_ALL}/{person_id}", said)


@form(f"{_ONE}/close", permission=Permission.PEOPLE, shows=person_page)
async def close_account(
    request: DoorRequest, person_id: UUID, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> See:
    """The account goes, as if its person had deleted it."""
    async with _proven(request, identity, form, accounts) as session:
        await deletion.delete(session, accounts.rules.base_url, person_id, address=address_of(request))
    return See(_ALL, gettext("The account is closed."))


@page("/operator/audit", permission=Permission.PEOPLE)
async def audit_page(session: Session, request: DoorRequest) -> Shown:
    """What happened to accounts, newest first; of one kind where that is asked for."""
    act = _ACTS.get(request.query_params.get("act", ""))
    asked = page_of(request, audit.SORTS, ON_A_PAGE).of("audit", {"act": act})
    shown = asked.filled(await audit.entries(session, asked.slice, act=act), lambda row: row)
    return Shown(
        "operator/audit.html",
        entries=shown.items,
        act=act,
        acts=list(Act),
        more=next_address(request, shown.next_cursor),
    )
