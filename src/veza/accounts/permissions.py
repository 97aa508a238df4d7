"""Who may do what: one table, read by every door, by a page for people, and by a test that walks every route."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here. A person may have several; everybody who is signed in is a listener."""

    VISITOR = "visitor"
    LISTENER = "listener"
    ARTIST = "artist"
    MODERATOR = "moderator"
    ADMIN = "admin"


STAFF = frozenset({Role.MODERATOR, Role.ADMIN})
"""Roles with rights over other people's things."""


class Scope(StrEnum):
    """What an API token may be used for; a token without the scope is refused whatever its person may do."""

    READ = "read"
    WRITE = "write"
    SHOP = "shop"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that may be done. Whether it may be done to *this* artist or order is for its module to say."""

    BROWSE = "browse"
    SIGN_IN = "sign in"
    OWN_ACCOUNT = "own account"
    CREDENTIALS = "credentials"
    LISTEN = "listen"
    SAY = "say"
    BECOME_ARTIST = "become an artist"
    PUBLISH = "publish"
    BUY = "buy"
    OWN_ORDERS = "own orders"
    SELL = "sell"
    REPORT = "report"
    MODERATE = "moderate"
    PEOPLE = "people"
    ACT_FOR_ANY = "act for any artist"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who has a permission, which token scope it takes (none: never by token), and what it is, for people."""

    roles: frozenset[Role]
    scope: Scope | None
    what: str


_EVERYBODY = frozenset(Role)
_PEOPLE = frozenset({Role.LISTENER, Role.ARTIST, Role.MODERATOR, Role.ADMIN})
_ARTISTS = frozenset({Role.ARTIST, Role.ADMIN})
_MODERATORS = frozenset({Role.MODERATOR, Role.ADMIN})
_ADMINS = frozenset({Role.ADMIN})

PERMISSIONS: dict[Permission, Rule] = {
    Permission.BROWSE: Rule(_EVERYBODY, Scope.READ, "look at what is published, and at products"),
    Permission.SIGN_IN: Rule(_EVERYBODY, None, "sign up, sign in, confirm an address, reset a password"),
    Permission.OWN_ACCOUNT: Rule(_PEOPLE, Scope.READ, "read one's own account, and what one owns"),
    Permission.CREDENTIALS: Rule(
        _PEOPLE,
        None,
        "change password, address, second factor, sessions, tokens; export or delete the account",
    ),
    Permission.LISTEN: Rule(_PEOPLE, Scope.WRITE, "keep playlists, follow, like"),
    Permission.SAY: Rule(_PEOPLE, Scope.WRITE, "comment, with a confirmed address"),
    Permission.BECOME_ARTIST: Rule(
        _PEOPLE, Scope.WRITE, "open an artist's page, with a confirmed address; accept an invitation to one"
    ),
    Permission.PUBLISH: Rule(_ARTISTS, Scope.WRITE, "edit and publish what belongs to one's own artists"),
    Permission.BUY: Rule(_EVERYBODY, Scope.SHOP, "fill a cart and pay, signed in or not"),
    Permission.OWN_ORDERS: Rule(_PEOPLE, Scope.SHOP, "read one's own orders, ask for a refund"),
    Permission.SELL: Rule(
        _ARTISTS, Scope.SHOP, "price products, see sales and payouts, grant refunds: one's own artists"
    ),
    Permission.REPORT: Rule(_PEOPLE, Scope.WRITE, "report what breaks the rules"),
    Permission.MODERATE: Rule(_MODERATORS, Scope.ADMIN, "judge reports, hide and show what people wrote or published"),
    Permission.PEOPLE: Rule(_ADMINS, Scope.ADMIN, "give and take roles, close accounts, read the audit log"),
    Permission.ACT_FOR_ANY: Rule(
        _ADMINS, Scope.ADMIN, "do for every artist what its own people may: publish, sell, read its sales"
    ),
    Permission.MONEY: Rule(_ADMINS, Scope.ADMIN, "the money module: payments, refunds, transfers, reconciliation"),
}


def allows(permission: Permission, roles: Iterable[Role]) -> bool:
    """Whether one of these roles has the permission."""
    return not PERMISSIONS[permission].roles.isdisjoint(roles)


def permissions_page() -> str:
    """The table as a page of the documentation."""
    shown = list(Role)
    head = " | ".join(role.value for role in shown)
    rows = "\n".join(
        f"| {permission.value} | {rule.what} | "
        + " | ".join("✓" if role in rule.roles else "" for role in shown)
        + f" | {rule.scope.value if rule.scope else 'never'} |"
        for permission, rule in PERMISSIONS.items()
    )
    return (
        "# Who may do what\n\n"
        "A person has one or more roles; every signed-in person is a listener, and the operator's token is an admin.\n"
        "What belongs to somebody (an artist's release, a buyer's order) is its owner's alone; its module looks.\n\n"
        "Moderators and admins use these rights where they signed in with a second factor, once a mail server is set\n"
        "(`STAFF_SECOND_FACTOR`). Roles, who acts for an artist, payout forms, new tokens and closing accounts\n"
        "take a fresh proof of the person: the password, and a code where a second factor is on\n"
        "(`POST /me/proofs`).\n\n"
        "This page is generated from `src/veza/accounts/permissions.py`.\n\n"
        f"| permission | what | {head} | by API token with scope |\n|---|---|{'---|' * len(shown)}---|\n{rows}\n"
    )
