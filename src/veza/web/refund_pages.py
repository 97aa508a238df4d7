"""Asking for money back without an account: by the link that was mailed with what was bought."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.types import ControllerRouterHandler

from veza.http.requests import form_fields
from veza.http.routers import FreshRouter
from veza.kit.database import Database, Session
from veza.kit.text import BadText
from veza.market import claims, orders, refund_asking, refund_notices
from veza.market.claims import UnknownClaim
from veza.market.orders import Order, OrderLine, UnknownLine
from veza.market.refund_requests import REASON_LEAST, REASON_MOST, CannotAsk
from veza.market.rules import MarketRules
from veza.web.pages import Pages, Refused

PageRequest = Request[Any, Any, Any]


def refund_routes(database: Database, rules: MarketRules) -> list[ControllerRouterHandler]:
    """/refund with the link's secret as `token`."""
    pages = Pages(database.clock)

    def form(
        request: PageRequest, token: str, lines: Sequence[OrderLine], *, status: int = 200, error: str = "",
        line: str = "", reason: str = "",
    ) -> Response[bytes]:  # fmt: skip
        return pages.show(
            request, "plain/refund.html", status=status, token=token, lines=lines, error=error, line=line,
            reason=reason, least=REASON_LEAST, most=REASON_MOST,
        )  # fmt: skip

    @get("/refund")
    async def refund_page(request: PageRequest) -> Response[bytes]:
        """What was paid for, and why it shall go back."""
        token = request.query_params.get("token", "")[:200]
        async with database.read() as session:
            lines = await _paid_lines(session, await _order(session, token))
        return form(request, token, lines)

    @post("/refund", status_code=200)
    async def ask(request: PageRequest) -> Response[bytes]:
        """The line's artist or an operator decides; the answer comes by mail."""
        given = await form_fields(request)
        token, line, reason = given.get("token", "")[:200], given.get("line", "")[:40], given.get("reason", "")[:2000]
        try:
            async with database.write("refund page") as session:
                order = await _order(session, token)
                asked = await refund_asking.ask_by_link(session, order, _id_of(line), reason, rules)
                await refund_notices.asked(session, asked, rules)
        except (CannotAsk, BadText, UnknownLine) as error:
            async with database.read() as session:
                lines = await _paid_lines(session, await _order(session, token))
            said = "choose what the money shall come back for" if isinstance(error, UnknownLine) else str(error)
            return form(request, token, lines, status=422, error=said, line=line, reason=reason)
        sentence = f"You get an answer by mail, by {asked.answer_by:%Y-%m-%d} as a rule."
        return pages.show(request, "plain/done.html", title="Your request is on its way", sentence=sentence)

    def refused(request: PageRequest, error: Refused) -> Response[bytes]:
        title, sentence = error.title, error.sentence
        return pages.show(request, "plain/refused.html", status=error.status, title=title, sentence=sentence)

    handlers = [refund_page, ask]
    return [FreshRouter("/", route_handlers=handlers, include_in_schema=False, exception_handlers={Refused: refused})]


def _id_of(line: str) -> UUID:
    """The id that a form sent; for anything else one that no line has."""
    with suppress(ValueError):
        return UUID(line)
    return UUID(int=0)


async def _order(session: Session, token: str) -> Order:
    """The order behind the link; raises Refused."""
    try:
        order = (await claims.look(session, token)).order
    except UnknownClaim:
        order = None
    if order is None:
        sentence = "It is not whole, or somebody has claimed the order: then its refunds are asked for in that account."
        raise Refused(410, "This link is of no order", sentence)
    return order


async def _paid_lines(session: Session, order: Order) -> list[OrderLine]:
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    return [line for line in lines if line.gross_minor > line.refunded_minor]
