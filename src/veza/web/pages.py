"""Pages: one way to render a template, and the headers that every page carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog
from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from veza.accounts.password_strength import SHORTEST
from veza.http.language import say
from veza.http.problems import INTERNAL, UNAVAILABLE, Kind, Problem
from veza.http.requests import DoorRequest
from veza.http.routers import FreshRouter
from veza.kit.clock import Clock
from veza.kit.messages import Message, gettext
from veza.web import words

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it browsers send forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Money of people: nothing stays in a cache, and “back” after signing out shows nothing.
    "Cache-Control": "no-store",
}

STATIC = Path(__file__).parent / "static"
_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


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
    """The status of a form that is shown again with an error: 422 for what its sender can mend."""
    return kind.status if kind.status >= 429 else 422


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


class Assets:
    """The few static files, read once; their address changes with their content, so that they may be kept."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _MEDIA_TYPES}
        self._versions = {name: hashlib.sha256(body).hexdigest()[:12] for name, body in self._files.items()}

    def address(self, name: str) -> str:
        return f"/operator/static/{name}?v={self._versions[name]}"

    def answer(self, name: str) -> Response[bytes] | None:
        """The file, or None."""
        body = self._files.get(name)
        if body is None:
            return None
        kept = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(body, headers={**kept, "Content-Type": _MEDIA_TYPES[Path(name).suffix]})


ASSETS = Assets()


class Pages:
    """Renders templates, with the time they are rendered at."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def show(
        self, request: Request[Any, Any, Any], template: str, *, status: int = 200, cookies: list[Cookie] | None = None,
        headers: dict[str, str] | None = None, **values: Any,
    ) -> Response[bytes]:  # fmt: skip
        """The page; 304 if the browser, whose page keeps itself current, has the same one already."""
        told = {
            "now": self._clock.now(), "visit": None, "path": request.url.path, "live": None,
            "say": partial(say, request), **values,
        }  # fmt: skip
        body = _environment().get_template(template).render(told).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        sent = {**HEADERS, **(headers or {}), "ETag": etag}
        if status == 200 and request.headers.get("if-none-match") == etag:
            return Response(b"", status_code=304, headers=sent)
        return Response(body, status_code=status, media_type=MediaType.HTML, headers=sent, cookies=cookies)

    def router(self, path: str, handlers: Sequence[HTTPRouteHandler]) -> FreshRouter:
        """The addresses under `path`."""
        return FreshRouter(path, route_handlers=handlers, include_in_schema=False)


@cache
def _environment() -> Environment:
    """One for the process; Jinja2 is imported with the first page, so that a start does not wait for it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("veza.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= words.FILTERS
    environment.globals |= {"asset": ASSETS.address, "state": words.state, "statuses_of": words.statuses_of}
    environment.globals["password_length"] = SHORTEST
    return environment
