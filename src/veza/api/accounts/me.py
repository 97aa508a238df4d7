"""One's own account: see it, rename oneself, take everything along, leave."""

from __future__ import annotations

from typing import Any

from litestar import Response
from msgspec import Struct

from veza.accounts import deletion, export, people, reauthentication, roles, second_factor
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.people import Person
from veza.accounts.permissions import Permission
from veza.api.accounts.shapes import (
    PERSON_EXAMPLE,
    PROOF_EXAMPLE,
    Name,
    PersonResponse,
    Reauthenticated,
    shown,
)
from veza.api.operations import one_shot, read, write
from veza.api.shapes import show
from veza.http.endpoints import Address
from veza.http.errors.accounts import BAD_NAME, LAST_ADMIN
from veza.http.errors.catalog import NOT_NOW
from veza.http.problems import NOT_FOUND
from veza.http.requests import DoorRequest
from veza.http.session_cookies import Cookies
from veza.kit.database import Session

TAG = "accounts"


class Me(PersonResponse, frozen=True):
    """One's own account, and whether signing in takes a second factor."""

    second_factor: bool


class Renamed(Struct, forbid_unknown_fields=True):
    """What others are to see."""

    name: Name


class Findability(Struct, forbid_unknown_fields=True):
    """Whether search finds the person; null: if the person runs a public artist."""

    findable: bool | None


FINDABILITY_EXAMPLE = {"findable": True}
ME_EXAMPLE = {**PERSON_EXAMPLE, "second_factor": True}
EXPORT_EXAMPLE: dict[str, Any] = {"account": {"email": "anna@example.org", "name": "Anna Berg", "tokens": []}}


@read(
    "/me",
    operation="showMe",
    summary="Show one's own account",
    permission=Permission.OWN_ACCOUNT,
    gives=(Me, "Your account.", ME_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_me(session: Session, identity: Identity) -> Me:
    """The account of the signed-in person: name, address, roles, and whether a second factor is on."""
    return await _me(session, await people.find(session, identity.person))


async def _me(session: Session, person: Person) -> Me:
    mine = (await roles.of(session, [person.id]))[person.id]
    return show(Me, person, roles=mine, second_factor=await second_factor.is_on(session, person.id))


async def _me_to_edit(session: Session, identity: Identity) -> Me:
    return await _me(session, await people.lock(session, identity.person))


@write.patch(
    "/me",
    operation="renameMe",
    summary="Rename oneself",
    permission=Permission.CREDENTIALS,
    edits=_me_to_edit,
    body={"name": "Anna Berg"},
    gives=(200, PersonResponse, "With the new name.", PERSON_EXAMPLE),
    problems=(BAD_NAME, NOT_FOUND),
)
async def rename_me(session: Session, data: Renamed, identity: Identity) -> PersonResponse:
    """Changes the name that others see; of two changes at once the later one stays."""
    person = await people.rename(session, identity.person, data.name)
    return shown(person, (await roles.of(session, [person.id]))[person.id])


@read(
    "/me/findability",
    operation="showFindability",
    summary="Show whether search finds oneself",
    permission=Permission.OWN_ACCOUNT,
    gives=(Findability, "As it is chosen.", FINDABILITY_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_findability(session: Session, identity: Identity) -> Findability:
    """Whether other people find you by your name. Null: they do if you run an artist that is public."""
    return Findability((await people.find(session, identity.person)).is_findable)


async def _findability_to_edit(session: Session, identity: Identity) -> Findability:
    return Findability((await people.lock(session, identity.person)).is_findable)


@write.put(
    "/me/findability",
    operation="chooseFindability",
    summary="Choose whether search finds oneself",
    permission=Permission.CREDENTIALS,
    edits=_findability_to_edit,
    body=FINDABILITY_EXAMPLE,
    gives=(200, Findability, "As it is chosen now.", FINDABILITY_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def choose_findability(session: Session, data: Findability, identity: Identity) -> Findability:
    """Be found by your name, or not; null leaves it to whether you run a public artist. Search follows at once."""
    return Findability((await people.choose_findable(session, identity.person, data.findable)).is_findable)


@one_shot.delete(
    "/me",
    operation="deleteMe",
    summary="Delete one's account",
    permission=Permission.CREDENTIALS,
    body=PROOF_EXAMPLE,
    gives=(204, None, "The account is gone."),
    problems=(LAST_ADMIN, NOT_NOW),
)
async def delete_me(
    session: Session,
    request: DoorRequest,
    identity: Identity,
    proof: Reauthenticated,
    accounts: Accounts,
    cookie_jar: Cookies,
    address: Address,
) -> Response[None]:
    """Removes the account and everything personal in it: name, address, password, sessions, tokens. Records of
    payments stay, without a name. An artist with no other owner needs one first. This cannot be undone;
    `GET /me/export` before it takes everything along."""
    await reauthentication.demand(session, proof)
    await deletion.delete(session, accounts.rules.base_url, identity.person, address=address)
    return cookie_jar.signed_out(request)


@read(
    "/me/export",
    operation="exportMe",
    summary="Export one's data",
    permission=Permission.CREDENTIALS,
    gives=(dict[str, Any], "Every part by its name.", EXPORT_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def export_me(identity: Identity, accounts: Accounts, address: Address) -> Response[dict[str, Any]]:
    """Everything Veza holds of you, as a JSON file: one part for each area, such as `account`."""
    async with accounts.database.write(identity.actor) as session:
        parts = await export.everything(session, accounts, identity.person, address)
    headers = {"Content-Disposition": 'attachment; filename="veza-export.json"'}
    return Response(parts, headers=headers)
