"""The page of components shows them to every reader, and the samples of what is wrong with a field are said."""

from __future__ import annotations

from tests.web.pages.conftest import Store


async def test_every_component_stands_on_one_page_for_every_reader(store: Store) -> None:
    _, reader = await store.reader()
    for browser in (store.browser(), reader):
        page = await browser.open("/design")
        assert page.status == 200
        assert 'aria-invalid="true"' in page.html
        for part in (
            "button main",
            "callout bad",
            "state busy",
            "line broken",
            "sleeve large",
            "track is-mute",
            "toast",
            "empty",
        ):
            assert f'class="{part}' in page.html, part
        assert "noindex" in page.html
