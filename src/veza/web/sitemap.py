"""What search engines ask a site for: which addresses are not for them, and the addresses of all that is public.

`/sitemap.xml` is an index of its own parts, `/sitemap.xml?of=tracks&cursor=…`: a sitemap may list only addresses below
its own folder, so each part is at the root, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from xml.etree import ElementTree

from litestar import Response, get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from veza.catalog.facade import Catalog
from veza.catalog.sitemap_parts import LISTED, PART, beginnings, part_after
from veza.http.paging import LONGEST_CURSOR, PageRequest
from veza.http.problems import NOT_FOUND, Problem
from veza.http.requests import DoorRequest
from veza.http.routers import FreshRouter
from veza.kit.messages import gettext
from veza.web.sharing import kept

NOT_FOR_ROBOTS = (
    "/account", "/api/v1", "/cart", "/checkout", "/downloads", "/following", "/library", "/live", "/mailbox", "/news",
    "/operator", "/orders", "/playlists", "/preferences", "/redeem", "/report", "/search", "/sign-in", "/sign-up",
    "/studio",
)  # fmt: skip
"""How the addresses begin that are a person's own, a form, or another order of what the sitemap lists."""
PAGES = ("/", "/about")
"""Public pages that are no row of the catalogue."""
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PAGES = "pages"
_TEXT = "text/plain; charset=utf-8"
_XML = "application/xml; charset=utf-8"
_Of = Annotated[str | None, QueryParameter(max_length=20)]
_Cursor = Annotated[str | None, QueryParameter(max_length=LONGEST_CURSOR)]


def sitemap_routes(catalog: Catalog, part: int = PART) -> list[ControllerRouterHandler]:
    """/robots.txt and /sitemap.xml, of which a part lists at most `part` rows."""
    base_url = catalog.base_url
    address = f"{base_url}/sitemap.xml"

    @get("/robots.txt", sync_to_thread=False)
    def robots(request: DoorRequest) -> Response[bytes]:
        """Which addresses a robot leaves alone, and where the sitemap is."""
        lines = ["User-agent: *", *(f"Disallow: {one}" for one in NOT_FOR_ROBOTS), "", f"Sitemap: {address}", ""]
        return kept(request, "\n".join(lines).encode(), _TEXT)

    @get("/sitemap.xml")
    async def sitemap(request: DoorRequest, of: _Of = None, cursor: _Cursor = None) -> Response[bytes]:
        """The index, or the part `of` a kind that begins after `cursor`."""
        if of is None:
            return kept(request, _written("sitemapindex", "sitemap", [(one, None) for one in await _parts()]), _XML)
        if of == _PAGES:
            return kept(request, _written("urlset", "url", [(base_url + one, None) for one in PAGES]), _XML)
        if of not in LISTED:
            raise Problem(NOT_FOUND, gettext("there is no sitemap of {kind}", kind=of))
        after = _asked(of, cursor).of(_listing(of)).slice.after
        async with catalog.database.read() as session:
            rows = await part_after(session, of, after, part)
        found = [(f"{base_url}/{of}/{getattr(row, 'slug', row.id)}", getattr(row, "updated_at", None)) for row in rows]
        return kept(request, _written("urlset", "url", found), _XML)

    async def _parts() -> list[str]:
        found = [f"{address}?{urlencode({'of': _PAGES})}"]
        async with catalog.database.read() as session:
            for kind in LISTED:
                page = _asked(kind, None).of(_listing(kind))
                for after in await beginnings(session, kind, part):
                    from_there = {} if after is None else {"cursor": page.cursor_after(after)}
                    found.append(f"{address}?{urlencode({'of': kind, **from_there})}")
        return found

    return [FreshRouter("/", route_handlers=[robots, sitemap], include_in_schema=False)]


def _asked(kind: str, cursor: str | None) -> PageRequest:
    return PageRequest(PART, cursor, "oldest", LISTED[kind].sort)


def _listing(kind: str) -> str:
    return f"sitemap of {kind}"


def _written(root: str, child: str, addresses: Iterable[tuple[str, datetime | None]]) -> bytes:
    """The addresses as a sitemap or an index of sitemaps, each with when it changed where that is known."""
    whole = ElementTree.Element(root, xmlns=_NAMESPACE)
    for address, changed_at in addresses:
        one = ElementTree.SubElement(whole, child)
        ElementTree.SubElement(one, "loc").text = address
        if changed_at is not None:
            ElementTree.SubElement(one, "lastmod").text = changed_at.isoformat(timespec="seconds")
    written: bytes = ElementTree.tostring(whole, encoding="utf-8", xml_declaration=True)
    return written
