"""The library's pages: owned and refunded releases, files in each format, and codes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.sounding import give_sound
from tests.web.pages.conftest import Store
from veza.kit import worker
from veza.market.orders import OrderLine
from veza.streaming.downloads import Download


async def made(store: Store) -> None:
    """Every file that was asked for is made."""
    while await worker.run_once(store.streaming.download_worker):
        pass


async def sounding(store: Store, how: str = "FLAC 16 bit") -> tuple[Any, UUID, str]:
    """An artist, their release with two tracks that can be heard, and its product."""
    act = await store.shop.artist()
    release = await act.release("Blue Hours")
    for track in await act.tracks(release):
        await give_sound(store.shop.stage.database, store.streaming.objects, track.id, how=how)
    return act, release, await act.product(release, 700)


async def test_an_empty_library_leads_on_and_visitors_are_led_to_sign_in(store: Store) -> None:
    _, browser = await store.reader()
    page = await browser.open("/library")
    assert "Nothing here yet" in page.text
    assert {"/", "/redeem"} <= set(page.links)
    answer = await store.browser().client.get("/library", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/library")


async def test_a_release_is_made_in_a_format_with_its_progress_and_then_downloaded(any_store: Store) -> None:
    store = any_store
    _, release, product = await sounding(store)
    _, browser = await store.reader()
    await store.buy(browser, product)
    wall = await browser.open("/library")
    assert "Blue Hours" in wall.text
    assert f"/library/{release}" in wall.links

    page = await browser.open(f"/library/{release}")
    for said in ("for €7.00", "FLAC lossless", "MP3 V0", "Opus 160", "Download as ZIP", "Ask for the money back"):
        assert said in page.text
    making = await browser.send(page, f"/library/{release}/files", format="mp3_320")
    assert "MP3 320 is being made for the first time." in making.text
    assert f'hx-get="/library/{release}?format=mp3_320&amp;look=1"' in making.html
    assert "hx-get" not in (await browser.open(f"/library/{release}?format=mp3_320&look=400")).html

    await made(store)
    ready = await browser.open(f"/library/{release}?format=mp3_320&look=2")
    assert "hx-get" not in ready.html
    assert "Download MP3 320," in ready.text
    links = [one for one in ready.links if one.startswith("/downloads/")]
    assert [one.rpartition(".")[2] for one in links] == ["zip", "mp3", "mp3"]


async def test_one_track_is_made_alone(store: Store) -> None:
    act, release, product = await sounding(store)
    track = (await act.tracks(release))[1]
    _, browser = await store.reader()
    await store.buy(browser, product)
    page = await browser.open(f"/library/{release}?format=opus")
    asked = await browser.send(page, f"/library/{release}/files", track=str(track.id))
    assert "Opus 160 is being made" in asked.text
    await made(store)
    (row,) = await store.shop.stage.all(Download)
    assert (row.track_id, row.format) == (track.id, "opus")
    ready = await browser.open(f"/library/{release}?format=opus")
    assert [one.rpartition(".")[2] for one in ready.links if one.startswith("/downloads/")] == ["opus"]


async def test_a_lossy_upload_is_offered_in_no_lossless_format(store: Store) -> None:
    _, release, product = await sounding(store, how="MP3 CBR")
    _, browser = await store.reader()
    await store.buy(browser, product)
    page = await browser.open(f"/library/{release}")
    assert "FLAC" not in page.text
    assert "MP3 320 plays anywhere" in page.text


@pytest.mark.parametrize(("field", "value"), [("format", "ogg"), ("track", "not-an-id")])
async def test_what_cannot_be_made_is_said_in_the_form(store: Store, field: str, value: str) -> None:
    _, release, product = await sounding(store)
    _, browser = await store.reader()
    await store.buy(browser, product)
    again = await browser.send(await browser.open(f"/library/{release}"), f"/library/{release}/files", **{field: value})
    assert (again.status, 'role="alert"' in again.html) == (422, True)
    assert await store.shop.stage.all(Download) == []


async def test_what_was_given_back_stays_in_grey_with_its_reason(any_store: Store) -> None:
    store = any_store
    _, release, product = await sounding(store)
    _, browser = await store.reader()
    await store.buy(browser, product)
    line = await store.shop.stage.one(OrderLine)
    await store.shop.post(f"/order-lines/{line.id}/refund", {"answer": "by phone"}, by=store.operator, expect=202)
    await store.shop.stage.settle()
    wall = await browser.open("/library")
    assert "Blue Hours Anna Berg given back" in wall.text
    assert "sleeve gone" in wall.html
    page = await browser.open(f"/library/{release}")
    assert "The buyer got the money for it back. €7.00 went back." in page.text
    assert "There is no file of it for you now." in page.text
    refused = await browser.client.post(
        f"/library/{release}/files", data={"format": "flac"}, headers={**browser.who, "Origin": store.base_url}
    )
    assert refused.status_code == 422
    # Bought once more it is theirs, and stands there once.
    await store.buy(browser, product)
    assert (await browser.open("/library")).text.count("Blue Hours") == 1
    assert "given back" not in (await browser.open("/library")).text


async def test_nobody_sees_a_strangers_files(store: Store) -> None:
    _, release, product = await sounding(store)
    _, buyer = await store.reader()
    await store.buy(buyer, product)
    _, stranger = await store.reader()
    assert (await stranger.open(f"/library/{release}")).status == 404


async def code_of(store: Store) -> tuple[UUID, str]:
    act, release, _ = await sounding(store)
    wanted = {"kind": "release", "item_id": str(release), "count": 1, "note": "fair"}
    batch = await store.shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201)
    return release, batch["codes"][0]


async def test_a_code_gives_a_person_what_it_is_for_once(store: Store) -> None:
    release, code = await code_of(store)
    _, browser = await store.reader()
    form = await browser.open(f"/redeem?code={code}")
    assert form.form("/redeem").fields["code"] == code
    given = await browser.send(form, "/redeem", code=code.lower().replace("-", " "))
    assert given.toast == "It is in your library."
    assert "By a download code" in given.text
    assert f"/library/{release}" in given.links
    _, other = await store.reader()
    refused = await other.send(await other.open("/redeem"), "/redeem", code=code)
    assert (refused.status, refused.form("/redeem").fields["code"]) == (422, code)


async def test_a_visitor_is_mailed_a_link_to_what_the_code_gives(store: Store) -> None:
    _, code = await code_of(store)
    browser = store.browser()
    form = await browser.open("/redeem")
    wrong = await browser.send(form, "/redeem", code=code, email="bo@")
    assert (wrong.status, wrong.form("/redeem").fields["code"]) == (422, code)
    given = await browser.send(wrong, "/redeem", email="bo@example.org")
    assert given.toast == "A link to it is on its way to bo@example.org."
    assert [to for to, _, _ in store.shop.mails] == ["bo@example.org"]
