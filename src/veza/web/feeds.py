"""Feeds of releases as Atom (RFC 4287), with covers as Media RSS has them.

Atom and not RSS 2.0: there a title is plain text, and a reader never takes “<3” for the beginning of a tag. What is
said of a release is HTML for a reader, so its text is escaped twice: once here, once by the library, which writes XML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from feedgenerator.django.utils.feedgenerator import Atom1Feed  # type: ignore[import-untyped]
from markupsafe import escape

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
MEDIA_RSS = "http://search.yahoo.com/mrss/"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries was changed: it must be the same for the same feed."""
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, 2.2: with one of these characters a feed could not be read at all."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture at `url` of `side` × `side` pixels."""

    url: str
    side: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A release: `id` is a URI that stays, `text` may have several paragraphs."""

    id: str
    title: str
    by: str
    link: str
    published_at: datetime
    text: str
    cover: Cover | None


def feed_xml(id: str, title: str, link: str, address: str, entries: Sequence[Entry]) -> bytes:
    """The feed at `address` as UTF-8; `link` is the page it is about. The same feed is the same bytes."""
    feed = _Feed(plain(title), link, None, feed_url=address, feed_guid=id)
    for one in entries:
        feed.add_item(
            plain(one.title),
            one.link,
            _as_html(one.text) or None,
            author_name=plain(one.by),
            pubdate=one.published_at,
            unique_id=one.id,
            cover=one.cover,
        )
    written = StringIO()
    feed.write(written, "utf-8")
    return written.getvalue().encode()


class _Feed(Atom1Feed):  # type: ignore[misc]  # untyped
    """Atom with the cover of each entry."""

    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xmlns:media": MEDIA_RSS}

    def latest_post_date(self) -> datetime:
        return max((item["pubdate"] for item in self.items), default=_NEVER)

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        cover: Cover | None = item["cover"]
        if cover is not None:
            side = str(cover.side)
            handler.addQuickElement("media:thumbnail", None, {"url": cover.url, "width": side, "height": side})


def plain(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


def _as_html(text: str) -> str:
    """Plain text as paragraphs of HTML."""
    paragraphs = (one.strip() for one in re.split(r"\n\s*\n", plain(text)))
    return "".join(f"<p>{'<br>'.join(escape(one).split(chr(10)))}</p>" for one in paragraphs if one)
