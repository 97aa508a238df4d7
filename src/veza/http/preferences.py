"""What a reader chose for this browser: theme, language, and whether pages take the colours of covers; each is a
cookie that the server reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from veza.http.host_cookies import HostCookie
from veza.kit.messages import CATALOGUES

Connection = ASGIConnection[Any, Any, Any, Any]

LASTS = timedelta(days=400)
"""The longest that browsers keep a cookie (RFC 6265bis)."""
THEMES = ("light", "dark")
_THEME, _LANGUAGE, _COLOURS = "veza_theme", "veza_language", "veza_colours"
_OFF = "off"


def theme_of(connection: Connection) -> str | None:
    """`light` or `dark`; None follows the system."""
    chosen = _read(connection, _THEME)
    return chosen if chosen in THEMES else None


def has_record_colours(connection: Connection) -> bool:
    """Whether a page about a record takes the colours of its cover; unless that was switched off, it does."""
    return _read(connection, _COLOURS) != _OFF


def chosen_language(connection: Connection) -> str | None:
    """The language that was chosen for this browser, if there is a catalogue of it."""
    chosen = _read(connection, _LANGUAGE)
    return chosen if chosen in CATALOGUES else None


def preference_cookies(
    connection: Connection,
    base_url: str,
    *,
    theme: str | None = None,
    language: str | None = None,
    record_colours: bool | None = None,
) -> list[Cookie]:
    """Cookies for what was chosen; an empty text goes back to the system's or the browser's own."""
    colours = None if record_colours is None else "" if record_colours else _OFF
    chosen = ((_THEME, theme), (_LANGUAGE, language), (_COLOURS, colours))
    return [
        HostCookie(name, base_url).make(connection, value, LASTS if value else timedelta(0))
        for name, value in chosen
        if value is not None
    ]


def _read(connection: Connection, name: str) -> str | None:
    # By either name: the two say nothing that a sibling host could gain by.
    return connection.cookies.get(f"__Host-{name}") or connection.cookies.get(name)
