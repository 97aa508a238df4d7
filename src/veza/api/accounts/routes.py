"""Every route of the accounts module, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.accounts.facade import Accounts
from veza.accounts.permissions import Permission
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
from veza.api.accounts.cookies import Cookies
from veza.api.visitors import needs
from veza.http.routers import FreshRouter

ACCOUNT_TAGS: Sequence[Tag] = (
    Tag(name=session.TAG, description="Signing in and out, and a forgotten password."),
    Tag(name=me.TAG, description="Signing up, and one's own account."),
    Tag(name=second_factor.TAG, description="Codes of an authenticator app."),
    Tag(name=my_tokens.TAG, description="Personal API tokens."),
    Tag(name=people.TAG, description="What admins see and do."),
)
"""In the order people meet them."""


def account_routes(accounts: Accounts) -> list[ControllerRouterHandler]:
    """What goes under /api/v1 (`api_v1`)."""
    cookies = Cookies(accounts.rules.base_url, accounts.rules.session_max)

    def provide_accounts() -> Accounts:
        return accounts

    def provide_cookies() -> Cookies:
        return cookies

    dependencies = {
        "accounts": Provide(provide_accounts, sync_to_thread=False),
        "cookie_jar": Provide(provide_cookies, sync_to_thread=False),
    }
    guests = [
        session.sign_in_person,
        session.who_am_i,
        session.sign_out,
        password_resets.forgot_password,
        password_resets.reset_password,
    ]
    owners = [
        my_credentials.change_password,
        my_credentials.change_email,
        my_sessions.list_sessions,
        my_sessions.end_session,
        my_sessions.end_other_sessions,
        second_factor.show_second_factor,
        second_factor.begin_second_factor,
        second_factor.confirm_second_factor,
        second_factor.renew_recovery_codes,
        second_factor.end_second_factor,
        my_tokens.make_token,
        my_tokens.list_tokens,
        my_tokens.revoke_token,
    ]
    # These say themselves what they need: one address serves several permissions.
    others = [
        sign_up.sign_up_person,
        sign_up.confirm_address,
        sign_up.mail_again,
        me.show_me,
        me.rename_me,
        me.delete_me,
        me.export_me,
        proofs.prove_afresh,
        notice_preferences.show_preferences,
        notice_preferences.choose_preference,
        people.list_people,
        people.show_person,
        people.give_role,
        people.take_role,
        people.close_account,
        people.list_audit_log,
        people.claim_admin,
    ]
    return [
        FreshRouter("/", opt=needs(Permission.SIGN_IN), route_handlers=guests, dependencies=dependencies),
        FreshRouter("/", opt=needs(Permission.CREDENTIALS), route_handlers=owners, dependencies=dependencies),
        FreshRouter("/", route_handlers=others, dependencies=dependencies),
    ]
