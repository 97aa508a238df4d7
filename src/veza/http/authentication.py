"""Finding out who asks: the operator by token, a person by API token or by session cookie, or a visitor."""

from __future__ import annotations

import hmac

from veza.accounts import identities, sessions, tokens
from veza.accounts.facade import Accounts
from veza.accounts.identity import OPERATOR, Identity, actor_of
from veza.accounts.sessions import Authenticated
from veza.http.cross_site import comes_from_elsewhere
from veza.http.errors.accounts import CROSS_SITE
from veza.http.identity import Authenticate, Connection, anonymous, bearer
from veza.http.problems import UNAUTHORIZED, Problem
from veza.http.session_cookies import Cookies
from veza.kit.messages import gettext

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_same_secret(given: str, expected: str) -> bool:
    """Whether the two are the same; the time it takes tells nothing about how much of a guess was right."""
    return hmac.compare_digest(given.encode(), expected.encode())


def authenticate(accounts: Accounts, operator_token: str) -> Authenticate:
    """Finds out who asks. Raises Problem: unauthorized for a token that is not valid, cross-site-request for a write
    with our cookie from a page of another site."""
    rules = accounts.rules
    cookies = Cookies(rules.base_url, rules.session_max)

    async def who(connection: Connection) -> Identity:
        given = bearer(connection)
        if given is not None:
            if is_same_secret(given, operator_token):
                return OPERATOR
            return await _by_token(accounts, given)
        secret = cookies.session(connection)
        person = await _by_session(accounts, secret) if secret is not None else None
        if person is None:
            return anonymous(connection)
        _demand_own_site(connection, rules.base_url)
        return person

    return who


async def _by_token(accounts: Accounts, text: str) -> Identity:
    found = None
    if text.startswith(tokens.PREFIX):
        async with accounts.database.read() as session:
            found = await tokens.authenticate(session, text)
    if found is None:
        raise Problem(UNAUTHORIZED, gettext("this token is not known here"), headers={"WWW-Authenticate": "Bearer"})
    whose, scopes = found
    if whose.wants_note:
        async with accounts.database.write(actor_of(whose.person_id)) as session:
            await tokens.used(session, whose.id)
    return identities.of_token(accounts.rules, whose, scopes)


async def _by_session(accounts: Accounts, secret: str) -> Identity | None:
    async with accounts.database.read() as session:
        whose: Authenticated | None = await sessions.authenticate(session, secret, accounts.rules.session_idle)
    if whose is None:
        return None
    if whose.wants_note:
        async with accounts.database.write(actor_of(whose.person_id)) as session:
            await sessions.seen(session, whose.id)
    return identities.of_session(accounts.rules, whose)


def _demand_own_site(connection: Connection, base_url: str) -> None:
    reads = connection.scope.get("method") in _READS  # a WebSocket has no method, and is checked
    if not reads and comes_from_elsewhere(connection, base_url):
        raise Problem(CROSS_SITE, gettext("this write came from a page of another site, and nothing was changed"))
