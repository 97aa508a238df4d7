"""Where a refused form leaves its reader: at an address that can be read, by “reload” and by “back” too."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests import factories
from tests.browsers import chromium
from tests.web.live_site import LiveSite
from tests.web.pages.whole import Reader, Whole
from veza.accounts.permissions import Role
from veza.catalog.tracks import find_track
from veza.ingest import originals
from veza.ingest.originals import Original
from veza.web.declared import SHOWS
from veza.web.door import PAGES
from veza.web.page_addresses import PUSHED

__all__ = ["chromium"]
FORMS = sorted(path for one in PAGES if SHOWS in one.opt for path in one.paths)
"""What every form of the site is sent to."""


async def filled_in(whole: Whole, owner: Reader) -> dict[str, str]:
    """What stands in the addresses of forms: things of the owner where there are any."""
    assert owner.person is not None
    artist = await factories.artist(whole.database, "Anna", run_by=owner.person)
    release, (track,) = await factories.release(whole.database, artist, "Night Bus", status="draft")
    return {
        "artist": str(artist),
        "artist_id": str(artist),
        "release_id": str(release),
        "track_id": str(track),
        "name": "x",
    }


async def test_what_htmx_puts_into_the_history_for_a_form_that_is_answered_with_a_page_can_be_read(
    whole: Whole,
) -> None:
    await whole.with_money()
    owner = await whole.reader("Mara", Role.ADMIN, Role.ARTIST)
    real = await filled_in(whole, owner)
    shown = set()
    for pattern in FORMS:
        address = re.sub(r"\{(\w+):(\w+)\}", lambda one: real.get(one[1], str(uuid4())), pattern)
        for reader in (whole.visitor(), owner):
            if reader is owner and "/sign-out" in address:
                continue
            headers = {**reader.who, "Sec-Fetch-Site": "same-origin"}
            answer = await reader.client.post(address, data={"title": "", "text": "typed here"}, headers=headers)
            if answer.status_code == 303 or "content-disposition" in answer.headers:
                continue
            shown.add((pattern, answer.status_code))
            pushed = answer.headers.get(PUSHED)
            assert pushed, (address, answer.status_code, answer.text)
            if pushed != "false":
                assert (await owner.client.get(pushed, headers=owner.who)).status_code in (200, 303), (address, pushed)
    assert {status for _, status in shown} >= {401, 404, 422}
    assert len({pattern for pattern, _ in shown}) > 70


async def test_a_reader_who_is_on_the_forms_page_stays_where_they_are_and_a_problem_leads_back_to_it(
    whole: Whole,
) -> None:
    reader, (_, track) = await whole.reader(), await whole.track()

    async def pushed(address: str, current: str) -> tuple[int, str]:
        headers = {**reader.who, "Sec-Fetch-Site": "same-origin", "HX-Current-URL": f"http://veza.test{current}"}
        answer = await reader.client.post(address, data={"text": "", "at": "0:00"}, headers=headers)
        return answer.status_code, answer.headers[PUSHED]

    said = f"/tracks/{track}/comments"
    assert await pushed(said, f"/tracks/{track}?from=mail#said") == (422, "false")
    assert await pushed(said, "/somewhere/else") == (422, f"/tracks/{track}")
    assert await pushed(f"/tracks/{uuid4()}/comments", f"/tracks/{track}?a=b") == (404, f"/tracks/{track}?a=b")
    assert await pushed(f"/tracks/{uuid4()}/comments", "//evil.test/") == (404, "false")
    assert await pushed(f"/tracks/{uuid4()}/comments", "[") == (404, "false")


async def test_the_links_of_a_page_that_a_form_shows_again_lead_to_the_page_and_not_to_the_form(whole: Whole) -> None:
    owner = await whole.reader("Mara", Role.ARTIST)
    real = await filled_in(whole, owner)
    async with whole.database.write("test") as session:
        sent = Original("originals/none", 1_000, "0" * 64, "take.flac", "upload")
        await originals.take_original(session, await find_track(session, UUID(real["track_id"])), sent)
    page = await owner.open(f"/studio/tracks/{real['track_id']}")
    again = await owner.send(page, f"/studio/tracks/{real['track_id']}/price", pricing="fixed", price="nonsense")
    assert again.status == 422
    looks = set(re.findall(r'(?:hx-get="|url=)([^"]+)', again.html))
    assert looks == {f"/studio/tracks/{real['track_id']}"}


async def test_after_a_refused_comment_reload_and_back_show_pages(site: LiveSite, chromium: Chromium) -> None:
    person, cookie = await site.person(Role.ARTIST)
    release, (track,) = await factories.release(
        site.database, await factories.artist(site.database, "Anna", run_by=person), "Night Bus"
    )
    page = await site.window(chromium, cookie)
    await page.goto(f"/releases/{release}")
    await page.locator(f"main a[href='/tracks/{track}']").first.click()
    await expect(page.locator("textarea#text")).to_be_visible()
    await page.fill("textarea#text", "What a turn!")
    await page.fill("input#at", "soon")
    await page.locator("form[action$='/comments'] button").click()
    await expect(page.locator("main [role=alert]")).to_contain_text("minutes and seconds")
    assert urlsplit(page.url).path == f"/tracks/{track}"
    reloaded = await page.reload()
    assert reloaded is not None
    assert reloaded.status == 200
    await page.go_back()
    await expect(page.locator("main h1")).to_have_text("Dawn")
    assert urlsplit(page.url).path == f"/releases/{release}"
