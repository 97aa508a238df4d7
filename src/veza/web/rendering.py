"""Pages: one way to render a template, and the headers that every page carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import structlog
from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from veza.http.language import say
from veza.http.problems import CONFLICT, INTERNAL, UNAVAILABLE, Kind, Problem
from veza.http.requests import DoorRequest
from veza.http.routers import FreshRouter
from veza.kit.messages import Message, gettext
from veza.web import words
from veza.web.environment import environment
from veza.web.site import NOT_KEPT, Site, page_headers, policy_of
from veza.web.visits import reader_of

# Money of people: nothing stays in a cache, and “back” after signing out shows nothing.
HEADERS = page_headers(policy_of(), NOT_KEPT)

LINK_OVER = Kind("link-over", 410, gettext("This link is used up"), "Ask for a new one.")
"""A problem of pages alone: the API takes no links."""

WayOn: TypeAlias = tuple[str, Message]
"""An address, and what it is called."""


class Refused(Problem):
    """A problem whose answer is a page for a browser and a program alike, with a way on."""

    def __init__(
        self,
        kind: Kind,
        sentence: Message,
        *,
        title: Message | None = None,
        way_on: WayOn | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind, sentence, headers, title=title)
        self.way_on = way_on


def form_status(kind: Kind) -> int:
    """The status of a form that is shown again with an error: 422 for what its sender can mend in it. That what it asks
    for does not fit what is there by now is no fault of the form: 409, for the kinds that answer so everywhere."""
    return kind.status if kind.status == CONFLICT.status or kind.status >= 429 else 422


def words_of(request: DoorRequest, problem: Problem, detail: str) -> str:
    """What a page says of a problem, whose `detail` is in the reader's language: whole sentences."""
    more: Message | None = None
    if problem.kind is UNAVAILABLE:
        more = gettext("Nothing was changed.")
    elif problem.kind is INTERNAL:
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        more = gettext("The log has the rest: request {request_id}.", request_id=request_id or "unknown")
    said = words.sentence(detail)
    return said if more is None else f"{said} {say(request, more)}"


class Pages:
    """Renders templates outside of the site's own pages, with the time they are rendered at."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def show(
        self, request: Request[Any, Any, Any], template: str, *, status: int = 200, cookies: list[Cookie] | None = None,
        headers: dict[str, str] | None = None, **values: Any,
    ) -> Response[bytes]:  # fmt: skip
        """The page; 304 if the browser, whose page keeps itself current, has the same one already."""
        told = {
            "now": self._site.clock.now(), "visit": reader_of(request), "path": request.url.path, "live": None,
            "say": partial(say, request), "site": self._site, "toast": None, **values,
        }  # fmt: skip
        body = environment().get_template(template).render(told).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        sent = {**HEADERS, **(headers or {}), "ETag": etag}
        if status == 200 and request.headers.get("if-none-match") == etag:
            return Response(b"", status_code=304, headers=sent)
        return Response(body, status_code=status, media_type=MediaType.HTML, headers=sent, cookies=cookies)

    def router(self, path: str, handlers: Sequence[HTTPRouteHandler]) -> FreshRouter:
        """The addresses under `path`."""
        return FreshRouter(path, route_handlers=handlers, include_in_schema=False)
