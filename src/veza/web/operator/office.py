"""What every operator page works with, and the two questions asked before each: who is it, and whose form."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from litestar.types import Guard

from veza.http.cross_site import says_other_site
from veza.http.errors.table import kind_of
from veza.http.problems import NOT_FOUND
from veza.http.request_log import name_actor
from veza.http.requests import DoorRequest, form_fields
from veza.kit.database import Database
from veza.money.webhook_inbox import Inbox
from veza.web.operator.sessions import FORM_FIELD, Sessions, Visit, is_signed_in
from veza.web.pages import HEADERS, Pages, Refused

ACTOR = "operator"
SIGN_IN = "/operator/sign-in"


class SignInNeeded(Exception):
    """The operator is not signed in; the door leads to the sign-in page and, from there, back."""


@dataclass(frozen=True, slots=True)
class Office:
    """The database, the webhook inbox, who is signed in, and how pages are made."""

    database: Database
    inbox: Inbox
    sessions: Sessions
    pages: Pages
    keeps_mails: bool
    """Whether there is a mailbox to lead to."""

    def show(self, request: DoorRequest, template: str, **values: Any) -> Response[bytes]:
        """A page for the guest or the operator at the browser."""
        told = {"visit": visit_of(request, self.sessions), "keeps_mails": self.keeps_mails, **values}
        return self.pages.show(request, f"operator/{template}", **told)


def operators_only(sessions: Sessions, database: Database) -> Guard:
    """A guard: the signed-in operator may pass."""

    # Closures, not methods: the framework copies what it is given, down to the objects methods hang on.
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        if not await is_signed_in(database, sessions.read(connection)):
            raise SignInNeeded
        name_actor(connection.scope, ACTOR)

    return guard


def own_forms_only(sessions: Sessions) -> Callable[[DoorRequest], Awaitable[None]]:
    """Before every request: a POST must come from a form that this visit was shown."""

    async def check(request: DoorRequest) -> None:
        if request.method != "POST":
            return
        visit = sessions.read(request)
        given = (await fields(request)).get(FORM_FIELD, "")
        # A browser that does not say where a form came from is held by the token alone.
        if (
            says_other_site(request)
            or visit is None
            or not hmac.compare_digest(given.encode(), visit.form_token.encode())
        ):
            raise Refused(
                403,
                "This form is too old",
                "Nothing was changed: the form was not one this browser was shown since you signed in. "
                "Open the page again and send it from there.",
                (request.url.path, "Open the page again"),
            )

    return check


def visit_of(request: DoorRequest, sessions: Sessions) -> Visit | None:
    """The visit, or the one this very request begins (set by the sign-in page)."""
    begun: Visit | None = request.state.get("visit")
    return begun or sessions.read(request)


async def fields(request: DoorRequest) -> Mapping[str, str]:
    """The fields of a form."""
    return await form_fields(request)


def go_to(address: str) -> Redirect:
    """After a POST: a reload must not send it again."""
    return Redirect(address, status_code=303, headers=HEADERS)


def sign_in_address(path: str) -> str:
    return f"{SIGN_IN}?next={quote(path, safe='/')}"


def known_id(text: str, what: str, way_on: tuple[str, str]) -> UUID:
    """Our id inside an address; raises Refused (404) for anything else."""
    try:
        return UUID(text)
    except ValueError:
        raise unknown(what, text, way_on) from None


@contextmanager
def looking_for(what: str, identifier: object, way_on: tuple[str, str]) -> Iterator[None]:
    """In the block, an error of the kind not-found is told as `unknown`."""
    try:
        yield
    except Exception as error:
        if kind_of(error) is NOT_FOUND:
            raise unknown(what, identifier, way_on) from None
        raise


def unknown(what: str, identifier: object, way_on: tuple[str, str]) -> Refused:
    """A 404 that says which thing is not there."""
    shown = str(identifier)[:60]
    return Refused(
        404, f"No such {what}", f"There is no {what} “{shown}”. Perhaps a part of its id is missing?", way_on
    )
