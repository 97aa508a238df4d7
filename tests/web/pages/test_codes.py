"""Download codes in the studio: made, shown once, redeemed, revoked."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import unquote

from tests.web.pages.conftest import Store
from tests.web.pages.studios import of_artist
from veza.market.codes import CodeBatch

_CODE = re.compile(r"<code>([A-Z0-9]{5}(?:-[A-Z0-9]{5}){3})</code>")


async def test_codes_are_shown_once_and_one_is_redeemed(any_store: Store) -> None:
    store = any_store
    anna = await store.shop.artist()
    release = await anna.release("Blue <b>Hours</b>")
    browser, address = of_artist(store, anna), f"/studio/{anna.id}/codes"
    page = await browser.open(address)
    assert "No codes yet" in page.text
    fields = {"item": f"release {release}", "count": "3", "note": "fair & <i>"}
    made = await browser.send(page, address, **fields)
    codes = _CODE.findall(made.html)
    assert len(set(codes)) == 3
    file = unquote(made.html.partition('href="data:text/csv;charset=utf-8,')[2].partition('"')[0])
    assert [row[0] for row in csv.reader(io.StringIO(file))][1:] == codes
    again = await browser.send(page, address, **fields)
    assert "its codes were shown once" in again.toast
    assert _CODE.findall(again.html) == []

    _, reader = await store.reader()
    await reader.send(await reader.open("/redeem"), "/redeem", code=codes[0].lower())
    after = await browser.open(address)
    assert "1 of 3 used" in after.text
    assert "2 left" in after.text
    assert "Revoke fair &amp; &lt;i&gt;" in after.text


async def test_revoked_codes_give_nothing(store: Store) -> None:
    anna = await store.shop.artist()
    (track, *_) = await anna.tracks(await anna.release())
    browser, address = of_artist(store, anna), f"/studio/{anna.id}/codes"
    made = await browser.send(await browser.open(address), address, item=f"track {track.id}", count="1", note="press")
    batch = await store.shop.stage.one(CodeBatch)
    after = await browser.send(await browser.open(address), f"{address}/{batch.id}/revoke")
    assert "are revoked" in after.toast
    assert "revoked on" in after.text
    _, reader = await store.reader()
    refused = await reader.send(await reader.open("/redeem"), "/redeem", code=_CODE.findall(made.html)[0])
    assert "no longer valid" in refused.text


async def test_every_mistake_of_the_form_is_said_and_nothing_typed_is_lost(store: Store) -> None:
    anna = await store.shop.artist()
    await anna.release()
    browser, address = of_artist(store, anna), f"/studio/{anna.id}/codes"
    sent = await browser.send(await browser.open(address), address, item="cassette", count="9999", note="for & vinyl")
    assert sent.status == 422
    assert "A batch has 1 to 500 codes" in sent.text
    assert sent.form(address).fields["note"] == "for & vinyl"


async def test_the_batches_of_another_artist_are_out_of_reach(store: Store) -> None:
    anna, ben = await store.shop.artist(), await store.shop.artist("Ben")
    release = await anna.release()
    browser, address = of_artist(store, anna), f"/studio/{anna.id}/codes"
    await browser.send(await browser.open(address), address, item=f"release {release}", count="1", note="press")
    batch, stranger = await store.shop.stage.one(CodeBatch), of_artist(store, ben)
    assert (await stranger.open(address)).status in (403, 404)
    headers = {**stranger.who, "Origin": store.base_url}
    for path in (f"{address}/{batch.id}/revoke", f"/studio/{ben.id}/codes/{batch.id}/revoke"):
        assert (await stranger.client.post(path, data={}, headers=headers)).status_code in (403, 404)
