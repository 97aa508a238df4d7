"""An empty list says what to do next, and leads there."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import veza.web
from tests import factories
from tests.web.pages.whole import Whole
from veza.accounts.audit import Act
from veza.accounts.permissions import Role

TEMPLATES = Path(veza.web.__file__).parent / "templates"
EMPTY = re.compile(r'<(p|div) class="(?:[^"]* )?(?:empty|none-yet)(?: [^"]*)?">.*?</\1>', re.DOTALL)
FOR_READERS = ("/", "/playlists", "/news", "/following", "/reports", "/library", "/orders", "/search?q=zzzz")
FOR_OWN_ACCOUNT = ("/cart", "/account/tokens", "/account/sessions")
FOR_OPERATORS = (
    "/operator/payments", "/operator/transfers", "/operator/findings", "/operator/findings?show=all", "/operator/inbox",
    "/operator/inbox?state=failed", "/operator/processing", "/operator/processing?show=failed", "/operator/reports",
    "/operator/reports?status=upheld", "/operator/people?q=zzzz", f"/operator/audit?act={quote(Act.FEE_SET)}",
)  # fmt: skip


async def test_the_empty_state_of_every_list_has_a_way_on(whole: Whole) -> None:
    await whole.with_money()
    reader = await whole.reader("Mara", Role.ADMIN, Role.ARTIST)
    assert reader.person is not None
    pages = {one: await reader.open(one) for one in (*FOR_READERS, *FOR_OWN_ACCOUNT, *FOR_OPERATORS)}
    artist = await factories.artist(whole.database, "Anna", run_by=reader.person)
    for place in ("", "/records", "/sales", "/money", "/plays", "/codes"):
        pages[f"/studio{place}"] = await reader.open(f"/studio/{artist}{place}")
    pages["/artists"] = await reader.open(f"/artists/{artist}")
    for owner in (artist, await factories.artist(whole.database, "Ben")):
        bare, _ = await factories.release(whole.database, owner)
        pages[f"/releases of {owner}"] = await reader.open(f"/releases/{bare}")
    release, (track,) = await factories.release(whole.database, artist, "Night Bus", status="draft")
    pages["/releases"], pages["/tracks"] = (
        await reader.open(f"/releases/{release}"),
        await reader.open(f"/tracks/{track}"),
    )
    empty, _ = await factories.release(whole.database, artist, status="draft")
    pages["/studio/releases"] = await reader.open(f"/studio/releases/{empty}")
    newcomer = await factories.person(whole.database, "Cleo")
    pages["/operator/people/"] = await reader.open(f"/operator/people/{newcomer}")
    for address, page in pages.items():
        assert page.status == 200, address
        found = [one[0] for one in EMPTY.finditer(page.html)]
        assert found, address
        for one in found:
            links = re.findall(r'<a [^>]*href="([^"]+)"', one)
            assert links, (address, one)
            for link in links:
                if link.startswith("#"):
                    assert f'id="{link[1:]}"' in page.html, (address, link)
                else:
                    assert (await reader.open(link)).status == 200, (address, link)


def test_no_template_has_an_empty_state_without_a_way_on() -> None:
    without = [
        f"{path.name}: {one[0][:80]}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for one in EMPTY.finditer(path.read_text())
        if "<a " not in one[0] and "<button" not in one[0]
    ]
    assert without == []
