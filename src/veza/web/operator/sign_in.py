"""Signing in with the operator token, and out."""

from __future__ import annotations

import re
from datetime import timedelta

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from veza.accounts import operator_visits
from veza.http.language import say
from veza.http.limits import network_of, retry_headers
from veza.http.problems import FORBIDDEN, RATE_LIMITED, Kind
from veza.http.requests import DoorRequest
from veza.kit import limits
from veza.kit.limits import Limit, RateLimited
from veza.kit.messages import Message, gettext
from veza.web.operator.office import SIGN_IN, Office, fields, go_to
from veza.web.operator.sessions import GUEST, LASTS, OPERATOR, is_signed_in

WRONG_TOKENS = Limit("operator token", 10, timedelta(seconds=6))
"""Of one network. A token has 256 bits, one that was chosen by hand may have fewer."""
_OURS = re.compile(r"/operator(/[A-Za-z0-9_./-]*)?(\?[A-Za-z0-9_.%&=+-]*)?")


def sign_in_handlers(office: Office) -> list[HTTPRouteHandler]:
    """Pages for guests: the sign-in form, its target, and the way out."""
    sessions = office.sessions

    @get("/sign-in")
    async def form(request: DoorRequest) -> Response[bytes] | Redirect:
        """The form; it begins a visit, so that the form can carry its token."""
        if await is_signed_in(office.database, sessions.read(request)):
            return go_to(_wanted(request.query_params.get("next")))
        return _form(request, None, None, request.query_params.get("next"))

    @post("/sign-in")
    async def sign_in(request: DoorRequest) -> Response[bytes] | Redirect:
        """The token is right: a new visit begins, as the operator."""
        given = await fields(request)
        wanted, tries = given.get("next"), WRONG_TOKENS.of(network_of(request))
        try:
            await limits.spend_now(office.database, "sign-in page", tries)
        except RateLimited as error:
            wait = error.retry_after_seconds
            slowed = gettext("too many wrong tokens came from your address: wait {wait} s, then try again", wait=wait)
            return _form(request, RATE_LIMITED, slowed, wanted, dict(retry_headers(error)))
        if not sessions.knows(given.get("token", "")):
            wrong = gettext("this is not the operator token: “veza serve” says where to find it")
            return _form(request, FORBIDDEN, wrong, wanted)
        async with office.database.write("sign-in page") as session:
            await limits.restore(session, tries)
            visit, cookie = sessions.begin(OPERATOR, request)
            await operator_visits.begin(session, visit.cookie, LASTS)
        answer = go_to(_wanted(wanted))
        answer.set_cookie(cookie)
        return answer

    @post("/sign-out")
    async def sign_out(request: DoorRequest) -> Redirect:
        """End the visit: this browser forgets its cookie, and a copy of it opens nothing."""
        visit = sessions.read(request)
        if visit is not None and visit.is_operator:
            async with office.database.write("sign-in page") as session:
                await operator_visits.end(session, visit.cookie)
        answer = go_to(SIGN_IN)
        answer.set_cookie(sessions.end(request))
        return answer

    def _form(
        request: DoorRequest,
        kind: Kind | None,
        said: Message | None,
        wanted: str | None,
        headers: dict[str, str] | None = None,
    ) -> Response[bytes]:
        visit, cookies = sessions.read(request), []
        if visit is None or visit.is_operator:  # of an operator who has signed out
            visit, cookie = sessions.begin(GUEST, request)
            cookies.append(cookie)
        request.state["visit"] = visit
        error = say(request, said) if said is not None else None
        more = {"status": kind.status if kind is not None else 200, "cookies": cookies, "headers": headers}
        return office.show(request, "sign_in.html", error=error, wanted=_wanted(wanted), **more)

    return [form, sign_in, sign_out]


def _wanted(address: str | None) -> str:
    """Where to go after signing in; only to pages of ours."""
    fits = address is not None and _OURS.fullmatch(address) and not address.startswith(SIGN_IN)
    return address if fits and address else "/operator"
