"""Icons drawn on a grid of twenty by a stroke of 1.7, in the text's own colour."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

_PATHS: Mapping[str, str] = {
    "play": '<path class="solid" d="M6 3.4 16.4 10 6 16.6z"/>',
    "pause": '<path class="solid" d="M4.8 3.6h3.6v12.8H4.8zM11.6 3.6h3.6v12.8h-3.6z"/>',
    "next": '<path class="solid" d="M4 3.8 13 10l-9 6.2zM14 3.8h2.2v12.4H14z"/>',
    "previous": '<path class="solid" d="M16 3.8 7 10l9 6.2zM3.8 3.8H6v12.4H3.8z"/>',
    "shuffle": '<path d="M2.5 6h3l8 8.5h3M2.5 14.5h3l2-2.2M11.5 8l2-2h3M14.5 3.8 17 6l-2.5 2.2M14.5 12.3 17 14.5 14.5 17"/>',
    "repeat": '<path d="M3.5 9V7.5a2 2 0 0 1 2-2H16M13.5 3 16 5.5 13.5 8M16.5 11v1.5a2 2 0 0 1-2 2H4M6.5 17 4 14.5 6.5 12"/>',
    "volume": '<path d="M3 8v4h2.8L9.6 15V5L5.8 8zM12.4 7.2a4 4 0 0 1 0 5.6M14.6 5a7 7 0 0 1 0 10"/>',
    "queue": '<path d="M3 5h14M3 9.5h9M3 14h7"/><path class="solid" d="m13.5 11.6 4.4 2.7-4.4 2.7z"/>',
    "heart": '<path d="M10 16.6C4.9 13.2 2.8 10.7 2.8 7.8c0-2.2 1.6-3.9 3.7-3.9 1.5 0 2.8.8 3.5 2.2.7-1.4 2-2.2 3.5-2.2 2.1 0 3.7 1.7 3.7 3.9 0 2.9-2.1 5.4-7.2 8.8z"/>',
    "more": '<g class="solid"><circle cx="4.2" cy="10" r="1.5"/><circle cx="10" cy="10" r="1.5"/><circle cx="15.8" cy="10" r="1.5"/></g>',
    "search": '<circle cx="8.7" cy="8.7" r="5.4"/><path d="m12.8 12.8 4.4 4.4"/>',
    "bag": '<path d="M4 7h12l-.9 10H4.9zM7 9V6a3 3 0 0 1 6 0v3"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "share": '<path d="M10 12.6V3.2M6.4 6.6 10 3.1l3.6 3.5M5.5 9.5H4v7h12v-7h-1.5"/>',
    "close": '<path d="m4.8 4.8 10.4 10.4M15.2 4.8 4.8 15.2"/>',
    "check": '<path d="m4 10.6 4 4L16.4 6"/>',
    "back": '<path d="M7.5 4 3.5 8l4 4M3.5 8h8.2a4.4 4.4 0 0 1 0 8.8H9"/>',
    "warning": '<path d="M10 3 18 16.6H2zM10 8v4M10 14v.6"/>',
    "download": '<path d="M10 3.4v9.4M6.4 9.4 10 13l3.6-3.6M4 16.6h12"/>',
    "home": '<path d="M3 9.4 10 3l7 6.4M5 8v8.6h10V8"/>',
    "library": '<path d="M3.6 3.6v12.8M7.6 3.6v12.8M11 4l4.6 12"/>',
    "person": '<circle cx="10" cy="7" r="3.4"/><path d="M3.4 17c.6-3.4 3.2-5 6.6-5s6 1.6 6.6 5"/>',
    "chevron": '<path d="m4.5 7 5.5 5.5L15.5 7"/>',
    "grip": '<g class="solid"><circle cx="7.4" cy="5" r="1.3"/><circle cx="12.6" cy="5" r="1.3"/><circle cx="7.4" cy="10" r="1.3"/><circle cx="12.6" cy="10" r="1.3"/><circle cx="7.4" cy="15" r="1.3"/><circle cx="12.6" cy="15" r="1.3"/></g>',
    "up": '<path d="M10 16V4M5 9l5-5 5 5"/>',
    "down": '<path d="M10 4v12M5 11l5 5 5-5"/>',
    "bell": '<path d="M5.2 14V9a4.8 4.8 0 0 1 9.6 0v5l1.4 1.4H3.8zM8.4 17.4h3.2M10 2.6v1.6"/>',
    "feed": '<path d="M4 4.4c6.6 0 11.6 5 11.6 11.6M4 9.4c3.8 0 6.6 2.8 6.6 6.6"/><circle class="solid" cx="5.2" cy="14.8" r="1.4"/>',
}  # fmt: skip


def icon(name: str) -> Markup:
    """The drawing `name`, hidden from screen readers: what it stands in is labelled."""
    return Markup(f'<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">{_PATHS[name]}</svg>')  # noqa: S704  (ours)
