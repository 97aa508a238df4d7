"""The site owner's own sign, in place of the name at the head of every page: a file that the settings name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from litestar import Response
from litestar.handlers import HTTPRouteHandler, get
from litestar.params import FromPath

from veza.http.problems import NOT_FOUND, Problem
from veza.kit.messages import gettext

MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
MOST_BYTES = 200_000
"""Every page shows it: more would be slower than all of the page."""
_BEGINS = {".png": b"\x89PNG\r\n\x1a\n", ".webp": b"RIFF"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A drawing that is opened by its own address runs no script; styles inside of it are its own."""


class BadLogo(ValueError):
    """A file that cannot stand for the site; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Logo:
    """The picture and its address, which is another for another picture."""

    body: bytes
    media_type: str

    @property
    def address(self) -> str:
        return f"/logo/{hashlib.sha256(self.body).hexdigest()[:16]}"


def logo_of(path: Path) -> Logo:
    """Raises BadLogo."""
    suffix = path.suffix.lower()
    if suffix not in MEDIA_TYPES:
        raise BadLogo(f"{path} is no logo: it takes a file that ends with {', '.join(sorted(MEDIA_TYPES))}")
    try:
        body = path.read_bytes()
    except OSError as error:
        raise BadLogo(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(body) > MOST_BYTES:
        raise BadLogo(f"{path} has {len(body):,} bytes, and every page shows it: at most {MOST_BYTES:,} are taken")
    begins_well = body.startswith(_BEGINS[suffix]) if suffix in _BEGINS else b"<svg" in body[:2_000]
    if not begins_well:
        raise BadLogo(f"{path} is not what its name says: it does not begin like a {suffix[1:].upper()}")
    return Logo(body, MEDIA_TYPES[suffix])


def logo_routes(logo: Logo | None) -> list[HTTPRouteHandler]:
    """/logo/HASH, where there is a logo."""
    if logo is None:
        return []

    @get("/logo/{digest:str}", include_in_schema=False, sync_to_thread=False)
    def show_logo(digest: FromPath[str]) -> Response[bytes]:
        """The picture; an address of another one leads nowhere."""
        if logo.address != f"/logo/{digest}":
            raise Problem(NOT_FOUND, gettext("this site has no logo {digest}", digest=digest[:40]))
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
        }
        return Response(logo.body, headers=headers, media_type=logo.media_type)

    return [show_logo]
