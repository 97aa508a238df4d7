"""Every operator page under one roof: who may enter, what an error looks like, where the static files are."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Response, get
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from veza.http.language import told
from veza.http.requests import DoorRequest
from veza.http.routers import FreshRouter
from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
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
    own_forms_only,
    sign_in_address,
)
from veza.web.operator.overview import overview_handlers
from veza.web.operator.payments import payment_handlers
from veza.web.operator.sessions import Sessions
from veza.web.operator.sign_in import sign_in_handlers
from veza.web.operator.transfers import transfer_handlers
from veza.web.pages import ASSETS, Pages, Refused

log = structlog.get_logger(__name__)

FORM_MAX_BYTES = 16_384
"""The longest form is a reason of 500 characters."""


def operator_routes(
    database: Database, inbox: Inbox, gateway: Gateway, token: str, *, mailbox_key: str, keeps_mails: bool, secure: bool
) -> list[ControllerRouterHandler]:
    """Everything under /operator, and / leading there.

    `token` is the operator token, `mailbox_key` opens the mailbox, if Veza `keeps_mails`; `secure` says that people
    reach Veza over HTTPS, so that the session cookie must never travel without it.
    """
    sessions, pages = Sessions(token, database.clock, secure=secure), Pages(database.clock)
    office = Office(database, inbox, sessions, pages, keeps_mails)
    errors: dict[type[Exception] | int, Any] = _error_pages(office)
    common: dict[str, Any] = {
        "exception_handlers": errors,
        "before_request": own_forms_only(sessions),
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
        _home(),
        FreshRouter("/operator", route_handlers=[*sign_in_handlers(office), _static()], **common),
        FreshRouter("/operator", route_handlers=inside, guards=[operators_only(sessions, database)], **common),
    ]


def _home() -> HTTPRouteHandler:
    @get("/", include_in_schema=False, sync_to_thread=False)
    def home() -> Redirect:
        """The operator's pages are the only ones there are for people."""
        return go_to("/operator")

    return home


def _way_to_mailbox(key: str) -> HTTPRouteHandler:
    @get("/mailbox", sync_to_thread=False)
    def way_to_mailbox() -> Redirect:
        """The mailbox has a cookie of its own: this one's does not leave /operator."""
        return go_to(mailbox_link("", key))

    return way_to_mailbox


def _static() -> HTTPRouteHandler:
    @get("/static/{name:str}", sync_to_thread=False)
    def static(name: FromPath[str]) -> Response[bytes]:
        """One of the few static files."""
        answer = ASSETS.answer(name)
        if answer is None:
            raise Refused(404, "Nothing here", f"There is no file “{name[:60]}”.")
        return answer

    return static


def _nothing_here() -> HTTPRouteHandler:
    @get("/{rest:path}", sync_to_thread=False)
    def nothing_here(rest: FromPath[str]) -> None:
        """Any other address."""
        raise Refused(404, "Nothing here", f"There is no page at /operator{rest[:80]}.")

    return nothing_here


def _error_pages(office: Office) -> dict[type[Exception] | int, Any]:
    """An error is a sentence and a way on, never a stack trace."""

    def page(
        request: DoorRequest, status: int, title: str, sentence: str, way_on: tuple[str, str], **more: Any
    ) -> Response[bytes]:
        return office.show(
            request, "error.html", status=status, title=title, sentence=sentence, way_on=way_on, **more
        )  # fmt: skip

    def refused(request: DoorRequest, error: Refused) -> Response[bytes]:
        return page(request, error.status, error.title, error.sentence, error.way_on, headers=error.headers)

    def sign_in_needed(request: DoorRequest, _error: SignInNeeded) -> Redirect:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return go_to(sign_in_address(asked if request.method == "GET" else "/operator"))

    def unavailable(request: DoorRequest, error: DatabaseUnavailable) -> Response[bytes]:
        said = told(request, error)
        sentence = f"{said[:1].upper()}{said[1:]}. Nothing was changed."
        return page(request, 503, "The database is not available", sentence, (request.url.path, "Try again"))

    def by_framework(request: DoorRequest, error: HTTPException) -> Response[bytes]:
        if error.status_code >= 500:
            return unexpected(request, error)
        too_large = error.status_code == 413
        title = "Too much at once" if too_large else "This request cannot be understood"
        said = f"a form may hold {FORM_MAX_BYTES} bytes" if too_large else "something in it is not as it should be"
        sentence = f"Nothing was changed: {said}."
        return page(request, error.status_code, title, sentence, (request.url.path, "Open the page again"))

    def unexpected(request: DoorRequest, error: Exception) -> Response[bytes]:
        log.error("request.failed", exc_info=error)
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        sentence = f"Something went wrong on our side. The log has the rest: request {request_id or 'unknown'}."
        return page(request, 500, "That did not work", sentence, ("/operator", "Go to the overview"))

    return {
        Refused: refused,
        SignInNeeded: sign_in_needed,
        DatabaseUnavailable: unavailable,
        HTTPException: by_framework,
        Exception: unexpected,
    }
