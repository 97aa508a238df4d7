"""/oembed: what to show in the place of a link to a track or release (https://oembed.com, version 1.0).

Programs that show links ask it: blogs, messengers. Only what a visitor may see is told, the same to every program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from xml.etree.ElementTree import Element, SubElement, tostring

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from veza.accounts.identity import Identity, visitor
from veza.catalog import listings
from veza.http.limits import address_of
from veza.http.problems import NOT_FOUND, Kind, Problem
from veza.http.requests import DoorRequest
from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.web.embedding import fitting, subject_of
from veza.web.site import Site

KEPT = timedelta(hours=1)
"""How long the asker may keep the answer; a title rarely changes."""
NO_SUCH_FORMAT = Kind("no-such-format", 501, gettext("There is no such format"), "Ask for json or xml.")
_TYPES = {"json": "application/json", "xml": "text/xml; charset=utf-8"}


def oembed_route(database: Database, site: Site) -> HTTPRouteHandler:
    """/oembed?url=…, with `format`, `maxwidth` and `maxheight` as the specification has them."""

    @get("/oembed", include_in_schema=False)
    async def oembed(
        request: DoorRequest, url: Annotated[str, QueryParameter()] = "",
        format: Annotated[str, QueryParameter()] = "json",
        maxwidth: Annotated[int | None, QueryParameter(ge=1)] = None,
        maxheight: Annotated[int | None, QueryParameter(ge=1)] = None,
    ) -> Response[bytes]:  # fmt: skip
        """The embedded player of a public track or release; a link alone, where it does not fit."""
        if format not in _TYPES:
            raise Problem(NO_SUCH_FORMAT, gettext("this is told as json or xml, not as {format}", format=format[:40]))
        subject = subject_of(url, site.base_url)
        if subject is None:
            raise Problem(NOT_FOUND, gettext("this is no address of a track or release of this site"))
        kind, item_id = subject
        async with database.read() as session:
            row = await _seen(session, kind, item_id, visitor(address_of(request)))
        told = _told(site, kind, row, maxwidth, maxheight)
        body = json.dumps(told).encode() if format == "json" else _xml(told)
        kept = {"Cache-Control": f"public, max-age={KEPT.total_seconds():.0f}", "Access-Control-Allow-Origin": "*"}
        return Response(body, headers={**kept, "Content-Type": _TYPES[format]})

    return oembed


async def _seen(session: Session, kind: str, item_id: Any, identity: Identity) -> Any:
    read = listings.seen_track if kind == "tracks" else listings.seen_release
    return await read(session, item_id, identity)


def _told(site: Site, kind: str, row: Any, most_width: int | None, most_height: int | None) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "version": "1.0",
        "title": row.title,
        "author_name": row.artist_name,
        "author_url": f"{site.base_url}/artists/{row.artist_slug}",
        "provider_name": site.name,
        "provider_url": f"{site.base_url}/",
        "cache_age": int(KEPT.total_seconds()),
    }
    embed = fitting(kind, row.id, f"{row.title} – {row.artist_name}", most_width, most_height)
    if embed is None:
        return {"type": "link", **told}
    bounds = [one for one in (most_width, most_height) if one is not None]
    fits = [side for side in row.sizes or () if all(side <= bound for bound in bounds)] if row.cover_id else []
    if fits:
        side = max(fits)
        address = f"{site.base_url}/covers/{row.cover_id}/{side}.jpg"
        told |= {"thumbnail_url": address, "thumbnail_width": side, "thumbnail_height": side}
    return {"type": "rich", **told, "width": embed.width, "height": embed.height, "html": embed.code(site.base_url)}


def _xml(told: Mapping[str, Any]) -> bytes:
    from veza.web.feeds import plain  # late: 60 ms of every process's start

    root = Element("oembed")
    for name, value in told.items():
        SubElement(root, name).text = plain(str(value))
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
