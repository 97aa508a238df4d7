"""The pages of components show them to every reader, and of every style sheet something is shown."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.web.pages.conftest import Store
from tests.web.test_styles import STYLES
from veza.web.assets import ASSETS, STYLE

PAGES = ("/design", "/design/music", "/design/money")
NOT_SHOWN = {
    "tokens.css": "names of colours and sizes",
    "fonts.css": "the ranges of fonts",
    "reset.css": "has no component: it takes the browser's own look away",
    "embed.css": "fills a page of its own, which other sites frame",
}
"""Style sheet → why none of its classes is looked for."""
MOST_BYTES = 45_000
"""Of the HTML and CSS of a page, compressed: the bound of bench/pages.py."""
PARTS = {
    "/design": (
        "button main", "callout bad", "state busy", "line broken", "toast", "empty", "segments", "menu share", "ask",
    ),
    "/design/music": (
        "sleeve large", "track is-mute", "track is-playing", "needle", "pins", "moment", "replies", "player is-idle",
        "player is-open", "player-says toast", "queue-part", "sleeve selected", "sleeve gone", "making", "file",
    ),
    "/design/money": (
        "buy", "line-of-cart", "line-of-cart is-gone", "step is-now", "shares", "moment asked-back", "code-list", "qr",
        "river", "day-chart", "chart", "flow", "equation", "machine", "happened",
    ),
}  # fmt: skip
"""Address → how the classes of what it must show begin."""
_RULE = re.compile(r"([^{}]+)\{")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CLASS = re.compile(r"\.(-?[a-z][\w-]*)")


async def shown(store: Store) -> dict[str, str]:
    """Address → the HTML that a visitor sees."""
    pages = {address: await store.browser().open(address) for address in PAGES}
    assert {address: page.status for address, page in pages.items()} == dict.fromkeys(PAGES, 200)
    return {address: page.html for address, page in pages.items()}


def classes_of(sheet: str) -> set[str]:
    """The components that a style sheet is about: the first class of each selector."""
    selectors = (one for rule in _RULE.findall(_COMMENT.sub("", sheet)) for one in rule.split(","))
    return {found[1] for one in selectors if not one.strip().startswith("@") and (found := _CLASS.search(one))}


async def test_something_of_every_style_sheet_is_shown(store: Store) -> None:
    used = {
        one
        for html in (await shown(store)).values()
        for names in re.findall(r'class="([^"]*)"', html)
        for one in names.split()
    }
    sheets = {path.name: classes_of(path.read_text(encoding="utf-8")) for path in STYLES.glob("*.css")}
    assert set(NOT_SHOWN) <= set(sheets)
    assert [name for name, classes in sheets.items() if name not in NOT_SHOWN and not classes & used] == []


@pytest.mark.parametrize(("address", "parts"), PARTS.items())
async def test_every_component_stands_on_its_page_for_every_reader(
    store: Store, address: str, parts: tuple[str, ...]
) -> None:
    _, reader = await store.reader()
    for browser in (store.browser(), reader):
        page = await browser.open(address)
        assert page.status == 200
        assert [one for one in parts if f'class="{one}' not in page.html] == []
        assert page.html.count("<h1") == 1
        assert "noindex" in page.html
        assert " style=" not in page.html


async def test_what_is_wrong_with_a_field_is_said(store: Store) -> None:
    pages = await shown(store)
    assert [address for address in ("/design", "/design/money") if 'aria-invalid="true"' not in pages[address]] == []


async def test_each_page_is_as_small_as_the_others(store: Store) -> None:
    style = ASSETS.files[STYLE]
    sizes = {
        one: len(gzip.compress(html.encode())) + len(style.gzipped or style.body)
        for one, html in (await shown(store)).items()
    }
    assert {one: size for one, size in sizes.items() if size > MOST_BYTES} == {}, sizes
