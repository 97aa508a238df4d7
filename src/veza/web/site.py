"""What every page of the site shares: its address, its name, and how a page becomes an answer.

A page is the whole document every time; htmx takes `#page` out of it. Visitors without cookies all get the same page,
so that shared caches may keep it for a minute, and a browser for a moment. A page of a person is kept nowhere: “back”
after signing out shows nothing.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from litestar import MediaType, Response
from litestar.datastructures import Cookie

from veza.http.requests import DoorRequest
from veza.kit.clock import Clock
from veza.kit.messages import Message, render
from veza.web.answers import See, Shown
from veza.web.environment import environment
from veza.web.flashes import flash, flashed
from veza.web.footing import Footing
from veza.web.logo import Logo
from veza.web.page_addresses import path_of, pushed
from veza.web.together import Together
from veza.web.visits import Visit

PUBLIC = "public, max-age=5, s-maxage=60"
"""A wave of link previews costs one rendering in a shared cache. A browser asks again soon: a newcomer's first page,
made before there was music, stayed without a play button for a minute."""
OWN = "private, no-cache"
"""Of a visitor with cookies: kept by the browser, which asks each time whether it is still the same."""
NOT_KEPT = "no-store"
VARY = "Cookie, Accept-Language, Accept-Encoding"
WORTH_COMPRESSING_BYTES = 1_024
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Guest:
    """An account of the demo, which a visitor signs in to by one click: on this machine alone its password is known."""

    called: Message
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Site:
    """`base_url` is where people reach the site, without a slash at the end; `form_targets` are the origins of the
    provider's pages, to which forms lead by a redirect; `guests` are the accounts of a demo on this machine. The `logo`
    stands where the name would at the head of a page; `together` answers equal requests at once."""

    clock: Clock
    base_url: str
    name: str = "Veza"
    form_targets: tuple[str, ...] = ()
    guests: tuple[Guest, ...] = ()
    logo: Logo | None = None
    footing: Footing = field(default_factory=Footing)
    together: Together = field(default_factory=Together)

    @property
    def policy(self) -> str:
        """The content security policy of every page."""
        return policy_of(self.form_targets)

    def answer(self, request: DoorRequest, shown: Shown, visit: Visit) -> Response[bytes]:
        """The page; 304 where the browser has the same already."""
        said, over = (None, None) if shown.is_framed else flashed(request, self.base_url)
        cookies = [over] if over else []
        values = {
            "site": self, "visit": visit, "path": path_of(request), "now": self.clock.now(), "request": request,
            "toast": None if said is None else render(said, visit.language, visit.zone), **shown.values,
        }  # fmt: skip
        body = environment().get_template(f"pages/{shown.template}").render(values).encode()
        headers = FRAMED_HEADERS if shown.is_framed else page_headers(self.policy, _kept(request, shown, visit))
        headers = {**headers, **pushed(request), "Vary": VARY}
        headers["ETag"] = etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        if shown.status == 200 and not cookies and request.headers.get("if-none-match") == etag:
            return Response(b"", status_code=304, headers=headers)
        if len(body) > WORTH_COMPRESSING_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = _gzip(body), "gzip"
        return Response(body, status_code=shown.status, media_type=MediaType.HTML, headers=headers, cookies=cookies)

    def redirect(self, request: DoorRequest, see: See) -> Response[bytes]:
        """On to another address, with a sentence for the page there."""
        cookies: list[Cookie] = list(see.cookies)
        if see.said is not None:
            cookies.append(flash(request, self.base_url, see.said))
        headers = {"Location": see.address, "Cache-Control": "no-store"}
        return Response(b"", status_code=303, headers=headers, cookies=cookies)


def policy_of(form_targets: Sequence[str] = ()) -> str:
    """A content security policy whose forms lead to this site and to these origins."""
    targets = " ".join(["'self'", *form_targets])
    return (
        "default-src 'self'; media-src 'self' blob:; img-src 'self' data:; object-src 'none'; base-uri 'none';"
        f" form-action {targets}; frame-ancestors 'none'"
    )


def page_headers(policy: str, kept: str) -> dict[str, str]:
    """What every page carries; `kept` says which caches may keep it."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not no-referrer: with it browsers send forms with `Origin: null`.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": kept,
    }


FRAMED_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self';"
        " media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors *"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": PUBLIC,
}
"""Of an embedded page, which has no form and shows nothing of its reader: a page of another site may frame it."""


def _kept(request: DoorRequest, shown: Shown, visit: Visit) -> str:
    """Which caches may keep the page. A token tells who asks as a cookie does, and no `Vary` names it."""
    if visit.is_person or "authorization" in request.headers:
        return NOT_KEPT
    return PUBLIC if shown.is_public and shown.status == 200 and not request.cookies else OWN


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, wbits=31)
    return packer.compress(body) + packer.flush()
