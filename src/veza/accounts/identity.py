"""The identity behind a request, at every door: a visitor, a person or the operator; and what its roles and scopes
allow."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from veza.accounts.permissions import PERMISSIONS, Permission, Role, Scope, allows
from veza.kit.messages import Message, gettext


class SignInNeeded(Exception):
    """The request came from a visitor, and this is for signed-in people."""

    def __init__(self) -> None:
        super().__init__(gettext("sign in first, or send a token as bearer"))


class SecondFactorNeeded(Exception):
    """The person has the permission only in a session that began with a second factor."""

    def __init__(self) -> None:
        said = gettext(
            "you have this right, and it takes a second factor: set one up, or sign in again with a code of it"
        )
        super().__init__(said)


class PermissionMissing(Exception):
    """The roles of the identity or the scopes of its token do not allow it; says what is needed."""

    def __init__(self, needed: Message) -> None:
        super().__init__(gettext("this needs {needed}", needed=needed))


@dataclass(frozen=True, slots=True)
class Identity:
    """The sender of a request: a visitor (`person_id` None, role visitor), a person, or the operator by token.

    `scopes` is None except for an API token. `actor` names the sender in logs and histories; it holds no network
    address, because histories stay.
    """

    person_id: UUID | None
    roles: frozenset[Role]
    actor: str
    scopes: frozenset[Scope] | None = None
    session_id: UUID | None = None
    token_id: UUID | None = None
    """Of the API token that was sent."""
    is_confirmed: bool = False
    """Whether the person's e-mail address is confirmed."""
    address: str = ""
    """Of a visitor: the network address the request came from."""
    withheld: frozenset[Role] = frozenset()
    """Roles of the person that take effect only after signing in with a second factor."""

    @property
    def person(self) -> UUID:
        """The person's id; raises SignInNeeded for a visitor and for the operator's token."""
        if self.person_id is None:
            raise SignInNeeded
        return self.person_id

    def may(self, permission: Permission) -> bool:
        """Whether the roles have the permission, and the token, if one was sent, its scope."""
        return allows(permission, self.roles) and self._reaches(permission)

    def demand(self, permission: Permission) -> None:
        """Raises SignInNeeded, SecondFactorNeeded or PermissionMissing unless `may` says yes."""
        if not allows(permission, self.roles):
            if Role.VISITOR in self.roles:
                raise SignInNeeded
            if allows(permission, self.withheld) and self._reaches(permission):
                raise SecondFactorNeeded
            raise PermissionMissing(
                gettext("the permission “{permission}”, which you do not have", permission=permission.value)
            )
        if not self._reaches(permission):
            scope = PERMISSIONS[permission].scope
            if scope is None:
                raise PermissionMissing(gettext("a person, not a token"))
            raise PermissionMissing(gettext("a token with the scope {scope}", scope=scope.value))

    def _reaches(self, permission: Permission) -> bool:
        return self.scopes is None or PERMISSIONS[permission].scope in self.scopes


def actor_of(person_id: UUID) -> str:
    """How logs and histories name a person. It is compared whole, and never taken apart."""
    return f"person {person_id}"


OPERATOR = Identity(None, frozenset({Role.ADMIN}), "operator")


def visitor(address: str) -> Identity:
    """A visitor, known by the network address alone."""
    return Identity(None, frozenset({Role.VISITOR}), Role.VISITOR.value, address=address)
