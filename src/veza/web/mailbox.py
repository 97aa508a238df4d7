"""The mailbox of a Veza without a mail server: its mails, for the operator alone.

Mails hold links that open accounts, and a request cannot prove that it comes from this machine: a proxy may run here
and set any header. So the mailbox opens only by the link that the start prints, for the signed-in operator (who is sent
here with that link) and by the operator's token.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from veza.http.requests import DoorRequest
from veza.kit import mail
from veza.kit.database import Database
from veza.web.pages import HEADERS, Pages, Refused

MOST_SHOWN = 100
COOKIE = "veza_mailbox"
LINK_PARAMETER = "key"
_LINK = re.compile(r"(https?://[^\s<>\"]+)")


def mailbox_link(base_url: str, key: str) -> str:
    """The link that opens the mailbox in a browser until the next start."""
    return f"{base_url}/mailbox?{LINK_PARAMETER}={key}"


def mailbox_routes(database: Database, key: str, token: str, *, is_open: bool) -> list[ControllerRouterHandler]:
    """/mailbox and its mails; `is_open` only if mails stay here.

    `key` is that of `mailbox_link`, new at each start; `token` is the operator's.
    """
    pages = Pages(database.clock)
    visitor = hmac.digest(key.encode(), b"mailbox cookie", hashlib.sha256).hex()

    def demand_open(request: DoorRequest) -> None:
        if not is_open:
            raise Refused(404, "Nothing here", "Mails go out by SMTP, or this address is not this machine's own.")
        _, _, bearer = request.headers.get("authorization", "").partition(" ")
        if not _same(request.cookies.get(COOKIE, ""), visitor) and not _same(bearer.strip(), token):
            said = "Open the link that the start printed, or sign in as operator at /operator/mailbox."
            raise Refused(401, "The mailbox is the operator's", said)

    @get("/")
    async def mailbox(request: DoorRequest) -> Response[Any]:
        """The newest mails; with the link's key the way in."""
        if is_open and _same(request.query_params.get(LINK_PARAMETER, ""), key):
            # Lax: strict would not travel with the redirect of a click in a terminal or another page.
            cookie = Cookie(COOKIE, path="/mailbox", value=visitor, httponly=True, samesite="lax")
            return Redirect("/mailbox", status_code=303, headers=HEADERS, cookies=[cookie])
        demand_open(request)
        async with database.read() as session:
            rows = await mail.newest(session, MOST_SHOWN + 1)
        return pages.show(request, "plain/mailbox.html", mails=rows[:MOST_SHOWN], is_more=len(rows) > MOST_SHOWN)

    @get("/{mail_id:uuid}")
    async def one_mail(request: DoorRequest, mail_id: FromPath[UUID]) -> Response[bytes]:
        """One mail with its links."""
        demand_open(request)
        async with database.read() as session:
            row = await mail.find(session, mail_id)
        if row is None:
            raise Refused(404, "No such mail", "It is gone, or never was.")
        return pages.show(request, "plain/mail.html", mail=row, paragraphs=_paragraphs(row.text))

    handlers = [mailbox, one_mail]
    return [pages.router("/mailbox", handlers)]


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _paragraphs(text: str) -> list[list[list[tuple[str, bool]]]]:
    """Paragraphs of lines of parts, each part with whether it is a link."""
    return [
        [[(part, bool(_LINK.fullmatch(part))) for part in _LINK.split(line) if part] for line in paragraph.split("\n")]
        for paragraph in text.strip().split("\n\n")
    ]
