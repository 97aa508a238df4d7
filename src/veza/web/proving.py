"""Forms that take the password once more: what their fields prove."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from veza.accounts import reauthentication
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.reauthentication import Proof
from veza.http.limits import address_of
from veza.http.requests import DoorRequest
from veza.web.answers import Form

SECRET_FIELDS = frozenset({"password", "current", "new", "code", "secret", "token", "user_token", "challenge"})
"""Fields of forms that are never written back into a page, nor carried through signing in."""


def proof_of(
    request: DoorRequest, identity: Identity, form: Form, accounts: Accounts, field: str = "password"
) -> AbstractAsyncContextManager[Proof]:
    """The password in `field` and the `code` beside it, checked with no transaction open; the block demands the proof.

    Raises what `reauthentication.given` raises.
    """
    code = form.value("code").strip() or None
    return reauthentication.given(accounts, identity.person, form.value(field), code, address_of(request))
