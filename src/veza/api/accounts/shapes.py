"""What the shapes of accounts are made of."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from veza.accounts import reauthentication
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.people import Person
from veza.accounts.permissions import Role
from veza.accounts.reauthentication import Proof
from veza.api.shapes import PLAIN, show
from veza.http.endpoints import Address, Around
from veza.http.errors.accounts import CODE_NEEDED, WRONG_CODE, WRONG_PASSWORD
from veza.http.problems import NOT_FOUND, RATE_LIMITED

Email = Annotated[str, Meta(min_length=3, max_length=320, pattern=PLAIN, description="Case does not matter.")]
Name = Annotated[str, Meta(min_length=1, max_length=400, description="What others see: 1 to 100 characters.")]
Password = Annotated[str, Meta(min_length=1, max_length=1000, description="A new one has 12 to 200 characters.")]
Secret = Annotated[str, Meta(min_length=1, max_length=200, pattern=PLAIN, description="`token` of the mailed link.")]
Code = Annotated[
    str, Meta(min_length=6, max_length=40, pattern=PLAIN, description="Of the authenticator app, or a recovery code.")
]


class ProofGiven(Struct, forbid_unknown_fields=True):
    """One's own password once more, and where one's account has a second factor a `code` of it."""

    password: Password
    code: Code | None = None


PROOF_EXAMPLE = {"password": "a tram full of cellos", "code": "123456"}


def _given(
    data: ProofGiven, identity: Identity, accounts: Accounts, address: Address
) -> AbstractAsyncContextManager[Proof]:
    return reauthentication.given(accounts, identity.person, data.password, data.code, address)


Reauthenticated = Annotated[
    Proof, Around(_given, problems=(WRONG_PASSWORD, CODE_NEEDED, WRONG_CODE, NOT_FOUND, RATE_LIMITED))
]
"""Take `proof: Reauthenticated` where the body is a ProofGiven: its password is checked before the transaction begins;
the work in it calls `reauthentication.demand(session, proof)`."""

PERSON_ID = "01890000-0000-7000-8000-00000000000a"
MAIL_IS_ON_ITS_WAY = "If this address can be used, a mail is on its way to it."


class Accepted(Struct, frozen=True):
    """The request was taken; the sentence is the same whether there is such an account or not."""

    message: str


class PersonResponse(Struct, frozen=True):
    """A person as themselves and admins see them. `email_confirmed_at` is null until the mailed link was opened,
    `suspended_at` where the account is not suspended."""

    id: UUID
    email: str | None
    name: str
    email_confirmed_at: datetime | None
    created_at: datetime
    suspended_at: datetime | None
    roles: list[Role]


ACCEPTED_EXAMPLE = {"message": MAIL_IS_ON_ITS_WAY}
PERSON_EXAMPLE: dict[str, Any] = {
    "id": PERSON_ID,
    "email": "anna@example.org",
    "name": "Anna Berg",
    "email_confirmed_at": "2026-01-02T10:30:00Z",
    "created_at": "2026-01-02T10:00:00Z",
    "suspended_at": None,
    "roles": ["listener", "artist"],
}


def shown(person: Person, roles: list[Role]) -> PersonResponse:
    """A person with their roles."""
    return show(PersonResponse, person, roles=roles)
