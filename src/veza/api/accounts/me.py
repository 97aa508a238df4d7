"""One's own account: see it, rename oneself, take everything along, leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response, delete, get, patch
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Struct

from veza.accounts import deletion, export, people, reauthentication, roles, second_factor
from veza.accounts.facade import Accounts
from veza.accounts.people import Person
from veza.accounts.permissions import Permission
from veza.api.accounts.cookies import Cookies
from veza.api.accounts.problems import BAD_NAME, LAST_ADMIN, PROOF_PROBLEMS
from veza.api.accounts.shapes import PERSON_EXAMPLE, PROOF_EXAMPLE, Name, PersonResponse, ProofGiven, nothing, shown
from veza.api.catalog.problems import NOT_NOW
from veza.api.editing import editing
from veza.api.idempotency import Idempotent, Reply
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.problems import NOT_FOUND, RATE_LIMITED
from veza.api.shapes import EDIT_PROBLEMS, WRITE_PROBLEMS, answers, show
from veza.api.visitors import Visitor, needs
from veza.http.limits import address_of
from veza.kit.database import Session

TAG = "accounts"


class Me(PersonResponse, frozen=True):
    """One's own account, and whether signing in takes a second factor."""

    second_factor: bool


class Renamed(Struct, forbid_unknown_fields=True):
    """What others are to see."""

    name: Name


ME_EXAMPLE = {**PERSON_EXAMPLE, "second_factor": True}
EXPORT_EXAMPLE: dict[str, Any] = {"account": {"email": "anna@example.org", "name": "Anna Berg", "tokens": []}}


@get(
    "/me",
    operation_id="showMe",
    tags=[TAG],
    summary="Show one's own account",
    opt=needs(Permission.OWN_ACCOUNT),
    responses=answers(200, Me, "Your account.", ME_EXAMPLE, NOT_FOUND),
)
async def show_me(visitor: NamedDependency[Visitor], accounts: NamedDependency[Accounts]) -> Me:
    """The account of whoever is signed in: name, address, roles, and whether a second factor is on."""
    async with accounts.database.read() as session:
        return await _me(session, await people.find(session, visitor.person))


async def _me(session: Session, person: Person) -> Me:
    mine = (await roles.of(session, [person.id]))[person.id]
    return show(Me, person, roles=mine, second_factor=await second_factor.is_on(session, person.id))


async def _me_to_edit(session: Session, _path: Mapping[str, Any], visitor: Visitor) -> Me:
    return await _me(session, await people.lock(session, visitor.person))


@patch(
    "/me",
    operation_id="renameMe",
    tags=[TAG],
    summary="Rename oneself",
    opt=needs(Permission.CREDENTIALS),
    dependencies=editing(_me_to_edit),
    responses=answers(200, PersonResponse, "With the new name.", PERSON_EXAMPLE, BAD_NAME, NOT_FOUND, *EDIT_PROBLEMS),
)
async def rename_me(
    data: Annotated[Renamed, BodyKwarg(examples=[Example(value={"name": "Anna Berg"})])],
    visitor: NamedDependency[Visitor],
    idempotent: NamedDependency[Idempotent],
) -> Response[PersonResponse]:
    """Changes the name that others see; of two changes at once the later one stays."""

    async def work(session: Session) -> Reply:
        person = await people.rename(session, visitor.person, data.name)
        return Reply(200, shown(person, (await roles.of(session, [person.id]))[person.id]))

    return await idempotent.run(work)


@delete(
    "/me",
    operation_id="deleteMe",
    tags=[TAG],
    summary="Delete one's account",
    opt=needs(Permission.CREDENTIALS),
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=nothing("The account is gone.",
        *PROOF_PROBLEMS, LAST_ADMIN, NOT_NOW, NOT_FOUND, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS
    ),
)  # fmt: skip
async def delete_me(
    data: Annotated[ProofGiven, BodyKwarg(examples=[Example(value=PROOF_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    cookie_jar: NamedDependency[Cookies],
    one_shot: NamedDependency[OneShot],
) -> Response[None]:
    """Removes the account and everything personal in it: name, address, password, sessions, tokens. Records of
    payments stay, without a name. An artist that nobody else owns needs another owner first. This cannot be undone;
    `GET /me/export` before it takes everything along."""
    address = address_of(request)
    async with reauthentication.given(accounts, visitor.person, data.password, data.code, address) as proof:

        async def work(session: Session) -> None:
            await reauthentication.demand(session, proof)
            await deletion.delete(session, accounts.rules.base_url, visitor.person, address=address)

        await one_shot.run(work)
    response: Response[None] = Response(None, status_code=204)
    cookie_jar.signed_out(request, response)
    return response


@get(
    "/me/export",
    operation_id="exportMe",
    tags=[TAG],
    summary="Export one's data",
    opt=needs(Permission.CREDENTIALS),
    responses=answers(200, dict[str, Any], "Every part by its name.", EXPORT_EXAMPLE, NOT_FOUND),
)
async def export_me(
    request: Request[Any, Any, Any], visitor: NamedDependency[Visitor], accounts: NamedDependency[Accounts]
) -> Response[dict[str, Any]]:
    """Everything Veza holds of you, as a JSON file: one part for each area, such as `account`."""
    async with accounts.database.write(visitor.actor) as session:
        parts = await export.everything(session, accounts, visitor.person, address_of(request))
    headers = {"Content-Disposition": 'attachment; filename="veza-export.json"', "Cache-Control": "no-store"}
    return Response(parts, headers=headers)
