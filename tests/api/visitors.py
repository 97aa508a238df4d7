"""Visitors for tests of a door: a header says who comes, so that no account has to be made."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import OPERATOR, Identity
from veza.accounts.permissions import Role, Scope
from veza.http.identity import Authenticate, Connection, anonymous, bearer
from veza.http.problems import UNAUTHORIZED, Problem

HEADER = "X-Test-Visitor"


def visiting(person_id: UUID | None, *roles: str, scopes: str = "", confirmed: bool = True) -> dict[str, str]:
    """The header of a visitor: `visiting(person, "artist")`; every person is a listener as well."""
    return {HEADER: f"{person_id or ''};{','.join(roles)};{scopes};{int(confirmed)}"}


async def by_header(connection: Connection) -> Identity:
    """Recognises who `visiting` says."""
    said = connection.headers.get(HEADER)
    if said is None:
        return anonymous(connection)
    person, roles, scopes, confirmed = said.split(";")
    return Identity(
        UUID(person) if person else None,
        frozenset({Role.LISTENER, *(Role(one) for one in roles.split(",") if one)}),
        f"person {person}" if person else "operator",
        frozenset(Scope(one) for one in scopes.split(",")) if scopes else None,
        is_confirmed=confirmed == "1",
    )


def operator_only(token: str) -> Authenticate:
    """Knows the operator's token, and visitors."""

    async def authenticate(connection: Connection) -> Identity:
        given = bearer(connection)
        if given is None:
            return anonymous(connection)
        if given != token:
            raise Problem(UNAUTHORIZED, "this token is not known here", headers={"WWW-Authenticate": "Bearer"})
        return OPERATOR

    return authenticate
