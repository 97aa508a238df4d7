"""Asking for money back without an account: by the link that was mailed with what was bought."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from veza.http.errors.table import kind_of
from veza.http.language import told
from veza.http.problems import NOT_FOUND
from veza.http.requests import DoorRequest, form_fields
from veza.kit.database import Database, Session
from veza.kit.ids import id_of
from veza.kit.messages import gettext
from veza.market import claims, orders, refund_asking, refund_notices
from veza.market.claims import UnknownClaim
from veza.market.orders import Order, OrderLine
from veza.market.refund_requests import REASON_LEAST, REASON_MOST
from veza.market.rules import MarketRules
from veza.web.rendering import LINK_OVER, Pages, Refused, form_status
from veza.web.site import Site

NO_LINE = UUID(int=0)
"""An id that no line has."""


class ChoiceMissing(ValueError):
    """The form names no line of the order."""

    def __init__(self) -> None:
        super().__init__(gettext("choose what the money shall come back for"))


def refund_routes(database: Database, rules: MarketRules, site: Site) -> list[ControllerRouterHandler]:
    """/refund with the link's secret as `token`."""
    pages = Pages(site)

    def form(
        request: DoorRequest, token: str, lines: Sequence[OrderLine], *, status: int = 200, error: str = "",
        line: str = "", reason: str = "",
    ) -> Response[bytes]:  # fmt: skip
        return pages.show(
            request, "plain/refund.html", status=status, token=token, lines=lines, error=error, line=line,
            reason=reason, least=REASON_LEAST, most=REASON_MOST,
        )  # fmt: skip

    @get("/refund")
    async def refund_page(request: DoorRequest) -> Response[bytes]:
        """What was paid for, and why it shall go back."""
        token = request.query_params.get("token", "")[:200]
        async with database.read() as session:
            lines = await _paid_lines(session, await _order(session, token))
        return form(request, token, lines)

    @post("/refund", status_code=200)
    async def ask(request: DoorRequest) -> Response[bytes]:
        """The line's artist or an operator decides; the answer comes by mail."""
        given = await form_fields(request)
        token, line, reason = given.get("token", "")[:200], given.get("line", "")[:40], given.get("reason", "")[:2000]
        try:
            async with database.write("refund page") as session:
                order = await _order(session, token)
                asked = await refund_asking.ask_of_order(session, order, id_of(line) or NO_LINE, reason, rules)
                await refund_notices.asked(session, asked, rules)
        except Exception as error:
            kind = kind_of(error)
            status = form_status(kind)
            if status != 422:
                raise
            async with database.read() as session:
                lines = await _paid_lines(session, await _order(session, token))
            said = told(request, ChoiceMissing() if kind is NOT_FOUND else error)
            return form(request, token, lines, status=status, error=said, line=line, reason=reason)
        sentence = gettext("You get an answer by mail, by {at:day} as a rule.", at=asked.answer_by)
        return pages.show(request, "plain/done.html", title=gettext("Your request is on its way"), sentence=sentence)

    handlers = [refund_page, ask]
    return [pages.router("/", handlers)]


async def _order(session: Session, token: str) -> Order:
    """The order behind the link; raises Refused."""
    try:
        order = (await claims.look(session, token)).order
    except UnknownClaim:
        order = None
    if order is None:
        sentence = gettext("it is not whole, or the order was claimed: then its refunds are requested in that account")
        raise Refused(LINK_OVER, sentence, title=gettext("This link is of no order"))
    return order


async def _paid_lines(session: Session, order: Order) -> list[OrderLine]:
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    return [line for line in lines if line.gross_minor > line.refunded_minor]
