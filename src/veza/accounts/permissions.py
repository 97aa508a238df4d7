"""Who may do what: one table, read by every door, by a page for people, and by a test that walks every route."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is here. A person may have several roles; every signed-in person is a listener."""

    VISITOR = "visitor"
    LISTENER = "listener"
    ARTIST = "artist"
    MODERATOR = "moderator"
    ADMIN = "admin"


STAFF = frozenset({Role.MODERATOR, Role.ADMIN})
"""Roles with rights over other people's things."""


class Scope(StrEnum):
    """What an API token may be used for: without the scope it is refused, also where its person has the permission."""

    READ = "read"
    WRITE = "write"
    SHOP = "shop"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that may be done. The module decides whether it may be done to *this* artist or order."""

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
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Rule:
    """The roles that have a permission, the token scope it takes (None: never by token), and what it allows."""

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
    Permission.OWN_ACCOUNT: Rule(_PEOPLE, Scope.READ, "read your own account and library"),
    Permission.CREDENTIALS: Rule(
        _PEOPLE,
        None,
        "change password, address, second factor, sessions, tokens; export or delete the account",
    ),
    Permission.LISTEN: Rule(_PEOPLE, Scope.WRITE, "keep playlists and channels, follow, like"),
    Permission.SAY: Rule(_PEOPLE, Scope.WRITE, "comment and write in channels, with a confirmed address"),
    Permission.BECOME_ARTIST: Rule(
        _PEOPLE, Scope.WRITE, "open an artist's page, with a confirmed address; accept an invitation to one"
    ),
    Permission.PUBLISH: Rule(_ARTISTS, Scope.WRITE, "edit and publish releases of your own artists"),
    Permission.BUY: Rule(_EVERYBODY, Scope.SHOP, "fill a cart and pay, signed in or not"),
    Permission.OWN_ORDERS: Rule(_PEOPLE, Scope.SHOP, "read your own orders, request refunds"),
    Permission.SELL: Rule(
        _ARTISTS, Scope.SHOP, "price products, see sales and payouts, grant refunds, for your own artists"
    ),
    Permission.REPORT: Rule(_PEOPLE, Scope.WRITE, "report what breaks the rules"),
    Permission.MODERATE: Rule(_MODERATORS, Scope.ADMIN, "judge reports, hide and show what people wrote or published"),
    Permission.PEOPLE: Rule(
        _ADMINS, Scope.ADMIN, "give and take roles, suspend and close accounts, read the audit log"
    ),
    Permission.ACT_FOR_ANY: Rule(
        _ADMINS, Scope.ADMIN, "do for every artist what the artist's people may: publish, sell, read the sales"
    ),
    Permission.MONEY: Rule(_ADMINS, Scope.ADMIN, "the money module: payments, refunds, transfers, reconciliation"),
    Permission.SITE: Rule(_ADMINS, Scope.ADMIN, "write the site's imprint, terms and privacy page"),
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
        "A permission says what a role may do at all. Whether it may be done to this release or that order is\n"
        "checked by the module: a release is changed by the people of its artist, an order is read by its buyer.\n\n"
        "Once a mail server is set, moderators and admins have their rights only after signing in with a second\n"
        "factor (`STAFF_SECOND_FACTOR`). Giving roles, changing who acts for an artist, payout forms, new tokens\n"
        "and suspending and closing accounts need a fresh proof (`POST /me/proofs`): the password, and a code if a\n"
        "second factor is on.\n\n"
        "This page is generated from `src/veza/accounts/permissions.py`.\n\n"
        f"| permission | what | {head} | by API token with scope |\n|---|---|{'---|' * len(shown)}---|\n{rows}\n"
    )
