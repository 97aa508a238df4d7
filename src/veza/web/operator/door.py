"""Every operator page under one roof: who may enter, what an error looks like, where the static files are."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from veza.http.form_tokens import own_forms_only
from veza.http.language import say
from veza.http.problem_answers import exception_handlers
from veza.http.problems import (
    INTERNAL,
    INVALID_REQUEST,
    MALFORMED_BODY,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
)
from veza.http.requests import DoorRequest
from veza.http.routers import FreshRouter
from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.money.stripe.gateway import Gateway
from veza.money.webhook_inbox import Inbox
from veza.web.mailbox import mailbox_link
from veza.web.operator.findings import finding_handlers
from veza.web.operator.inbox import inbox_handlers
from veza.web.operator.office import (
    Office,
    SignInNeeded,
    go_to,
    operators_only,
    sign_in_address,
)
from veza.web.operator.overview import overview_handlers
from veza.web.operator.payments import payment_handlers
from veza.web.operator.sessions import Sessions
from veza.web.operator.sign_in import sign_in_handlers
from veza.web.operator.transfers import transfer_handlers
from veza.web.problem_pages import wants_page
from veza.web.rendering import Pages, Refused, WayOn, words_of
from veza.web.site import Site

UNREADABLE = (INVALID_REQUEST, MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE)
"""What no form of ours sends: a program that did is told as programs are."""
FORM_MAX_BYTES = 16_384
"""The longest form is a reason of 500 characters."""


def operator_routes(
    database: Database,
    inbox: Inbox,
    gateway: Gateway,
    token: str,
    *,
    mailbox_key: str,
    keeps_mails: bool,
    site: Site,
) -> list[ControllerRouterHandler]:
    """Everything under /operator.

    `token` is the operator token, `mailbox_key` opens the mailbox, if Veza `keeps_mails`.
    """
    sessions, pages = Sessions(token, database.clock, site.base_url), Pages(site)
    office = Office(database, inbox, sessions, pages, keeps_mails)
    errors: dict[type[Exception] | int, Any] = _error_pages(office)
    common: dict[str, Any] = {
        "exception_handlers": errors,
        "before_request": own_forms_only(sessions.form_tokens, sessions.session_of),
        "include_in_schema": False,
        "request_max_body_size": FORM_MAX_BYTES,
    }
    inside = [
        *overview_handlers(office),
        *transfer_handlers(office),
        *payment_handlers(office),
        *finding_handlers(office, gateway),
        *inbox_handlers(office),
        _way_to_mailbox(mailbox_key),
        _nothing_here(),
    ]
    return [
        FreshRouter("/operator", route_handlers=sign_in_handlers(office), **common),
        FreshRouter("/operator", route_handlers=inside, guards=[operators_only(sessions, database)], **common),
    ]


def _way_to_mailbox(key: str) -> HTTPRouteHandler:
    @get("/mailbox", sync_to_thread=False)
    def way_to_mailbox() -> Redirect:
        """The mailbox has a cookie of its own: over HTTP, this one's does not leave /operator."""
        return go_to(mailbox_link("", key))

    return way_to_mailbox


def _nothing_here() -> HTTPRouteHandler:
    @get("/{rest:path}", sync_to_thread=False)
    def nothing_here() -> None:
        """Any other address."""
        raise NotFoundException

    return nothing_here


def _error_pages(office: Office) -> dict[type[Exception] | int, Any]:
    """An error of the one table is a sentence and a way on, never a stack trace; who is not signed in is led there."""

    def page(request: DoorRequest, problem: Problem, title: str, detail: str) -> Response[bytes] | None:
        if problem.kind in UNREADABLE and not isinstance(problem, Refused) and not wants_page(request):
            return None
        address, called = _way_on(request, problem)
        sentence, way_on = words_of(request, problem, detail), (address, say(request, called))
        status = problem.kind.status
        return office.show(request, "error.html", status=status, title=title, sentence=sentence, way_on=way_on)

    def sign_in_needed(request: DoorRequest, _error: SignInNeeded) -> Redirect:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return go_to(sign_in_address(asked if request.method == "GET" else "/operator"))

    return {**exception_handlers(page), SignInNeeded: sign_in_needed}


def _way_on(request: DoorRequest, problem: Problem) -> WayOn:
    if isinstance(problem, Refused) and problem.way_on is not None:
        return problem.way_on
    if problem.kind in (INTERNAL, NOT_FOUND):
        return "/operator", gettext("Go to the overview")
    if problem.kind.status >= 500:
        return request.url.path, gettext("Try again")
    return request.url.path, gettext("Open the page again")
