"""What every operator page works with, and the question asked before each: who is it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

from veza.http.errors.table import kind_of
from veza.http.limits import retry_headers
from veza.http.problems import NOT_FOUND
from veza.http.request_log import name_actor
from veza.http.requests import DoorRequest, form_fields
from veza.kit.database import Database
from veza.kit.messages import Message, gettext, message_of
from veza.money.webhook_inbox import Inbox
from veza.web.operator.sessions import Sessions, Visit, is_signed_in
from veza.web.rendering import HEADERS, Pages, Refused, WayOn

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


def known_id(text: str, what: Message, way_on: WayOn) -> UUID:
    """Our id inside an address; raises Refused (404) for anything else."""
    try:
        return UUID(text)
    except ValueError:
        raise unknown(what, text, way_on) from None


@contextmanager
def looking_for(what: Message, identifier: object, way_on: WayOn) -> Iterator[None]:
    """In the block, an error of the kind not-found is told as `unknown`."""
    try:
        yield
    except Exception as error:
        if kind_of(error) is NOT_FOUND:
            raise unknown(what, identifier, way_on) from None
        raise


@contextmanager
def leading(way_on: WayOn, title: Message) -> Iterator[None]:
    """In the block, an error of the one table is told on a page that leads there; `title` says what was not done, so
    it stands only where that is certain."""
    try:
        yield
    except Exception as error:
        kind = kind_of(error)
        certain = title if kind.status < 500 else None
        raise Refused(kind, message_of(error), title=certain, way_on=way_on, headers=retry_headers(error)) from error


def unknown(what: Message, identifier: object, way_on: WayOn) -> Refused:
    """A 404 that says which thing is not there."""
    sentence = gettext(
        "there is no {what} “{identifier}”; perhaps a part of its id is missing",
        what=what,
        identifier=str(identifier)[:60],
    )
    return Refused(NOT_FOUND, sentence, title=gettext("No such {what}", what=what), way_on=way_on)
