"""The mailbox of a Veza without a mail server: its mails, for whoever sits at this machine and nobody else."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from veza.kit import mail
from veza.kit.database import Database
from veza.settings import is_loopback
from veza.web.pages import Pages, Refused

MOST_SHOWN = 100
_PASSED_ON = ("forwarded", "via", "x-forwarded", "x-real-ip", "x-client-ip", "x-original", "true-client", "cf-", "fly-")
"""How the names of headers begin that proxies add."""
_LINK = re.compile(r"(https?://[^\s<>\"]+)")

PageRequest = Request[Any, Any, Any]


def mailbox_routes(database: Database, *, is_open: bool) -> list[ControllerRouterHandler]:
    """/mailbox and its mails; `is_open` only where mails stay here and nobody but this machine can ask."""
    pages = Pages(database.clock)

    def demand_open(request: PageRequest) -> None:
        # The name, too: another site's page may point a name of its own at this machine and read along.
        # And a proxy before us, whose visitors come from anywhere while all seem to sit here.
        if not is_open or _is_passed_on(request) or not is_loopback(request.url.hostname or ""):
            raise Refused(404, "Nothing here", "Mails go out by SMTP, or this address is not this machine's own.")

    @get("/")
    async def mailbox(request: PageRequest) -> Response[bytes]:
        """The newest mails."""
        demand_open(request)
        async with database.read() as session:
            rows = await mail.newest(session, MOST_SHOWN + 1)
        return pages.show(request, "plain/mailbox.html", mails=rows[:MOST_SHOWN], is_more=len(rows) > MOST_SHOWN)

    @get("/{mail_id:uuid}")
    async def one_mail(request: PageRequest, mail_id: FromPath[UUID]) -> Response[bytes]:
        """One mail with its links."""
        demand_open(request)
        async with database.read() as session:
            row = await mail.find(session, mail_id)
        if row is None:
            raise Refused(404, "No such mail", "It is gone, or never was.")
        return pages.show(request, "plain/mail.html", mail=row, paragraphs=_paragraphs(row.text))

    def refused(request: PageRequest, error: Refused) -> Response[bytes]:
        title, sentence = error.title, error.sentence
        return pages.show(request, "plain/refused.html", status=error.status, title=title, sentence=sentence)

    handlers = [mailbox, one_mail]
    return [Router("/mailbox", route_handlers=handlers, include_in_schema=False, exception_handlers={Refused: refused})]


def _is_passed_on(request: PageRequest) -> bool:
    # nginx, told nothing but where to pass to, adds no header and puts our own name for the visitor's, but speaks
    # HTTP/1.0, which no browser does.
    is_old = request.scope["http_version"] == "1.0"
    return is_old or any(name.startswith(_PASSED_ON) for name in request.headers)


def _paragraphs(text: str) -> list[list[list[tuple[str, bool]]]]:
    """Paragraphs of lines of parts, each part with whether it is a link."""
    return [
        [[(part, bool(_LINK.fullmatch(part))) for part in _LINK.split(line) if part] for line in paragraph.split("\n")]
        for paragraph in text.strip().split("\n\n")
    ]
