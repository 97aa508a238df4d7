"""Who is at the browser: the operator token once, then a signed cookie.

The cookie is signed with the token: a new token ends every session, a restart none. That the operator is signed in is
a row (`accounts/operator_visits.py`): signing out ends every copy of the cookie.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from litestar.datastructures import Cookie

from veza.accounts import operator_visits
from veza.http.authentication import is_same_secret
from veza.http.form_tokens import FormTokens
from veza.http.host_cookies import HostCookie
from veza.http.identity import Connection
from veza.kit.clock import Clock
from veza.kit.database import Database
from veza.kit.signing import BadSignature, Signer

COOKIE = "veza_operator"
PATH = "/operator"
LASTS = timedelta(hours=12)
"""A working day: signing in again every morning is no burden, a forgotten browser is no open door for long."""

GUEST, OPERATOR = "guest", "operator"


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
    """Begins, reads and ends visits; `base_url` is the address people reach Veza under."""

    def __init__(self, token: str, clock: Clock, base_url: str) -> None:
        self._token, self._clock = token, clock
        self._signer = Signer(token, "veza operator visit, version 2")
        self._cookie = HostCookie(COOKIE, base_url, PATH)
        self.form_tokens = FormTokens(token)

    def knows(self, token: str) -> bool:
        """Whether this is the operator token."""
        return is_same_secret(token.strip(), self._token)

    def begin(self, who: str, connection: Connection) -> tuple[Visit, Cookie]:
        """A new visit; signing in begins one too, so that no cookie from before it becomes worth stealing."""
        ends = int((self._clock.now() + LASTS).timestamp())
        value = self._signer.sign([who, ends, secrets.token_urlsafe(18)])
        return self._visit(who, value), self._cookie.make(connection, value, LASTS)

    def end(self, connection: Connection) -> Cookie:
        """The cookie that forgets."""
        return self._cookie.make(connection, "", timedelta(0))

    def read(self, connection: Connection) -> Visit | None:
        """The visit this request belongs to; None without a cookie, and for one that is forged or over."""
        value = self._cookie.read(connection) or ""
        try:
            who, ends, _ = self._signer.read(value)
        except BadSignature:
            return None
        return self._visit(who, value) if ends > self._clock.now().timestamp() else None

    def session_of(self, connection: Connection) -> str | None:
        """The visit's cookie, if it is a good one."""
        visit = self.read(connection)
        return visit.cookie if visit is not None else None

    def _visit(self, who: str, value: str) -> Visit:
        return Visit(who, self.form_tokens.of(value), value)
