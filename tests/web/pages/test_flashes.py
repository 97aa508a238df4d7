"""A sentence that the next page says once is not taken by a script that looks at a part of the page meanwhile."""

from __future__ import annotations

import pytest

from tests.web.pages.browsing import Page
from tests.web.pages.conftest import Store

SAID = "It is kept in this browser."
LOOKING = {"Sec-Fetch-Dest": "empty"}


@pytest.mark.parametrize("shown_by", [{"Sec-Fetch-Dest": "document"}, {**LOOKING, "HX-Target": "page"}, {}])
async def test_a_look_at_a_part_leaves_it_to_the_page_that_says_it_once(store: Store, shown_by: dict[str, str]) -> None:
    browser = store.browser()
    await browser.post(await browser.open("/preferences"), "/preferences", theme="dark")
    asked = (LOOKING, {**LOOKING, "HX-Target": "made"}, shown_by, shown_by)
    told = [Page(await browser.client.get("/preferences", headers={**browser.who, **one})).toast for one in asked]
    assert told == ["", "", SAID, ""]
