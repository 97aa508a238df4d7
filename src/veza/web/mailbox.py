"""The mailbox of a Veza without a mail server: its mails, for the operator alone.

Mails hold links that open accounts, and a request cannot prove that it comes from this machine: a proxy may run here
and set any header. So the mailbox opens only by the link that the start prints, for the signed-in operator (who is sent
here with that link) and by the operator's token.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from veza.http.authentication import is_same_secret
from veza.http.host_cookies import HostCookie
from veza.http.identity import bearer
from veza.http.problems import NOT_FOUND, UNAUTHORIZED
from veza.http.requests import DoorRequest
from veza.kit import mail
from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.kit.signing import Signer
from veza.web.rendering import HEADERS, Pages, Refused
from veza.web.site import Site

MOST_SHOWN = 100
COOKIE = "veza_mailbox"
PATH = "/mailbox"
LINK_PARAMETER = "key"
_LINK = re.compile(r"(https?://[^\s<>\"]+)")


def mailbox_link(base_url: str, key: str) -> str:
    """The link that opens the mailbox in a browser until the next start; `key` signs it."""
    return f"{base_url}{PATH}?{LINK_PARAMETER}={_links(key).sign('mailbox')}"


def mailbox_routes(
    database: Database, key: str, token: str, site: Site, *, is_open: bool
) -> list[ControllerRouterHandler]:
    """/mailbox and its mails; `is_open` only if mails stay here.

    `key` is that of `mailbox_link`, new at each start; `token` is the operator's.
    """
    pages = Pages(site)
    links, visitors = _links(key), Signer(key, "veza mailbox cookie, version 1")
    cookie = HostCookie(COOKIE, site.base_url, PATH)

    def demand_open(request: DoorRequest) -> None:
        if not is_open:
            raise Refused(NOT_FOUND, gettext("mails go out by SMTP, or this address is not this machine's own"))
        if not visitors.made(cookie.read(request) or "") and not is_same_secret(bearer(request) or "", token):
            said = gettext("open the link that the start printed, or sign in as operator: /operator/mailbox")
            raise Refused(UNAUTHORIZED, said, title=gettext("The mailbox is the operator's"))

    @get("/")
    async def mailbox(request: DoorRequest) -> Response[Any]:
        """The newest mails; with the link's key the way in."""
        if is_open and links.made(request.query_params.get(LINK_PARAMETER, "")):
            entered = cookie.make(request, visitors.sign("mailbox"), lasts=None)
            return Redirect(PATH, status_code=303, headers=HEADERS, cookies=[entered])
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
            raise Refused(NOT_FOUND, gettext("it is gone, or never was"), title=gettext("No such mail"))
        return pages.show(request, "plain/mail.html", mail=row, paragraphs=_paragraphs(row.text))

    handlers = [mailbox, one_mail]
    return [pages.router(PATH, handlers)]


def _links(key: str) -> Signer:
    return Signer(key, "veza mailbox link, version 1")


def _paragraphs(text: str) -> list[list[list[tuple[str, bool]]]]:
    """Paragraphs of lines of parts, each part with whether it is a link."""
    return [
        [[(part, bool(_LINK.fullmatch(part))) for part in _LINK.split(line) if part] for line in paragraph.split("\n")]
        for paragraph in text.strip().split("\n\n")
    ]
