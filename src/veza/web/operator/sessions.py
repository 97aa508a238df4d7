"""Who is at the browser: the operator token once, then a signed cookie; and the word every form must carry.

The cookie is signed with a key derived from the token: a new token ends every session, a restart none. That the
operator is signed in is a row (`accounts/operator_visits.py`): signing out ends every copy of the cookie.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from veza.accounts import operator_visits
from veza.kit.clock import Clock
from veza.kit.database import Database

COOKIE = "veza_operator"
PATH = "/operator"
LASTS = timedelta(hours=12)
"""A working day: signing in again every morning is no burden, a forgotten browser is no open door for long."""

FORM_FIELD = "form_token"
GUEST, OPERATOR = "guest", "operator"

Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser's visit: a guest at the sign-in page or the operator; `form_token` belongs into its forms."""

    who: str
    form_token: str
    cookie: str = field(repr=False)

    @property
    def is_operator(self) -> bool:
        return self.who == OPERATOR


async def is_signed_in(database: Database, visit: Visit | None) -> bool:
    """Whether the operator is signed in in this visit, and has not signed out in any copy of it."""
    if visit is None or not visit.is_operator:
        return False
    async with database.read() as session:
        return await operator_visits.is_open(session, visit.cookie)


class Sessions:
    """Begins, reads and ends visits. `secure`: people come by HTTPS, so the cookie is this host's own (`__Host-`) and
    never travels without it; so it is for a request that a trusted proxy took by HTTPS."""

    def __init__(self, token: str, clock: Clock, *, secure: bool) -> None:
        self._token = token.encode()
        self._key = hmac.digest(self._token, b"veza operator pages, version 1", hashlib.sha256)
        self._clock = clock
        self._secure = secure

    def knows(self, token: str) -> bool:
        """Whether this is the operator token; takes as long for a good guess as for a bad one."""
        return hmac.compare_digest(token.strip().encode(), self._token)

    def begin(self, who: str, connection: Connection) -> tuple[Visit, Cookie]:
        """A new visit; signing in begins one too, so that no cookie from before it becomes worth stealing."""
        ends = int((self._clock.now() + LASTS).timestamp())
        said = f"{who}.{ends}.{secrets.token_urlsafe(18)}"
        value = f"{said}.{self._sign('visit', said)}"
        return self._visit(who, value), self._cookie(connection, value, int(LASTS.total_seconds()))

    def end(self, connection: Connection) -> Cookie:
        """The cookie that forgets."""
        return self._cookie(connection, "", 0)

    def read(self, connection: Connection) -> Visit | None:
        """The visit this request belongs to; None without a cookie, and for one that is forged or over."""
        value = connection.cookies.get(self._name(connection), "")
        said, _, signature = value.rpartition(".")
        who, _, rest = said.partition(".")
        ends = rest.partition(".")[0]
        if not hmac.compare_digest(signature.encode(), self._sign("visit", said).encode()):
            return None
        if who not in (GUEST, OPERATOR) or int(ends) <= self._clock.now().timestamp():
            return None
        return self._visit(who, value)

    def _visit(self, who: str, value: str) -> Visit:
        return Visit(who, self._sign("form", value), value)

    def _sign(self, purpose: str, said: str) -> str:
        made = hmac.digest(self._key, f"{purpose} {said}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    def _cookie(self, connection: Connection, value: str, seconds: int) -> Cookie:
        # Lax, not Strict: a link to a transfer in a colleague's message must open it. Nothing changes on a GET,
        # and every POST is checked by its form token.
        return Cookie(
            self._name(connection),
            path="/" if self._is_secure(connection) else PATH,  # the prefix demands /
            value=value,
            max_age=seconds,
            secure=self._is_secure(connection),
            httponly=True,
            samesite="lax",
        )

    def _name(self, connection: Connection) -> str:
        return f"__Host-{COOKIE}" if self._is_secure(connection) else COOKIE

    def _is_secure(self, connection: Connection) -> bool:
        return self._secure or connection.scope.get("scheme") == "https"
