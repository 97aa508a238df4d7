"""The page of the link at the end of a notice: its one button stops this kind of notice.

Opening the page changes nothing, because mail programs open links to look at them. No sign-in is needed. Mail programs
that have a button of their own send POST to the link itself (RFC 8058): from another site, with no cookie and with no
header that browsers send. The signed token in the link is all that either request proves.
"""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from veza.community.notices import STOP_PAGE, Notices
from veza.community.preferences import MEANING
from veza.http.requests import DoorRequest, form_fields
from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.web.rendering import Pages
from veza.web.site import Site

LONGEST_TOKEN = 500


def notice_routes(database: Database, notices: Notices, site: Site) -> list[ControllerRouterHandler]:
    """/stop-notices, with the link's text as `token`."""
    pages = Pages(site)

    @get(STOP_PAGE)
    async def stop_page(request: DoorRequest) -> Response[bytes]:
        """A button that stops this kind."""
        token = request.query_params.get("token", "")[:LONGEST_TOKEN]
        about = MEANING[notices.read(token).kind]
        return pages.show(request, "plain/stop_notices.html", token=token, about=about)

    @post(STOP_PAGE, status_code=200)
    async def stop(request: DoorRequest) -> Response[bytes]:
        """Stops this kind of notice for the recipient."""
        # A mail program's body says `List-Unsubscribe=One-Click`, in either encoding of forms: the link says more.
        token = request.query_params.get("token") or (await form_fields(request)).get("token", "")
        token = token[:LONGEST_TOKEN]
        async with database.write("stop link") as session:
            stopped = await notices.stop(session, token)
        sentence = gettext("You get no more mails of this kind: {kind}.", kind=MEANING[stopped.kind])
        if stopped.person_id is not None:
            again = gettext("In the settings of your account you can start them again.")
            sentence = gettext("{stopped} {again}", stopped=sentence, again=again)
        return pages.show(request, "plain/done.html", title=gettext("These mails are stopped"), sentence=sentence)

    handlers = [stop_page, stop]
    return [pages.router("/", handlers)]
