"""Every route of accounts, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.accounts.facade import Accounts
from veza.api.accounts import (
    me,
    my_credentials,
    my_sessions,
    my_tokens,
    notice_preferences,
    password_resets,
    people,
    proofs,
    second_factor,
    session,
    sign_up,
)
from veza.api.operations import operations_of
from veza.http.routers import FreshRouter
from veza.http.session_cookies import Cookies

ACCOUNT_TAGS: Sequence[Tag] = (
    Tag(name=session.TAG, description="Signing in and out, and a forgotten password."),
    Tag(name=me.TAG, description="Signing up, and one's own account."),
    Tag(name=second_factor.TAG, description="Codes of an authenticator app."),
    Tag(name=my_tokens.TAG, description="Personal API tokens."),
    Tag(name=people.TAG, description="What admins see and do."),
)
"""In the order people meet them."""


def account_routes(accounts: Accounts) -> list[ControllerRouterHandler]:
    """The routes of accounts under /api/v1 (`api_v1`)."""
    cookies = Cookies(accounts.rules.base_url, accounts.rules.session_max)

    def provide_accounts() -> Accounts:
        return accounts

    def provide_cookies() -> Cookies:
        return cookies

    dependencies = {
        "accounts": Provide(provide_accounts, sync_to_thread=False),
        "cookie_jar": Provide(provide_cookies, sync_to_thread=False),
    }
    handlers = operations_of(
        session, password_resets, my_credentials, my_sessions, second_factor, my_tokens, sign_up, me, proofs,
        notice_preferences, people,
    )  # fmt: skip
    return [FreshRouter("/", route_handlers=handlers, dependencies=dependencies)]
