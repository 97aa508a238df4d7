"""What a page needs to keep itself current: an ETag that changes with what is shown, and only then."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.web.conftest import Desk
from veza.money.webhook_inbox import WebhookEvent


async def addresses(desk: Desk) -> list[str]:
    row = await desk.given_up()
    event = (await desk.stage.all(WebhookEvent))[0]
    return [
        "/operator", "/operator/transfers", f"/operator/transfers/{row.id}", "/operator/payments",
        f"/operator/payments/{row.payment_id}", "/operator/findings", "/operator/inbox", f"/operator/inbox/{event.id}",
    ]  # fmt: skip


async def test_an_unchanged_page_is_not_sent_again_until_its_ages_change(desk: Desk) -> None:
    for address in await addresses(desk):
        live = re.search(r'data-follow="([^"]+)"', (await desk.get(address)).text)
        assert live, address
        asked = live[1].replace("&amp;", "&")
        first = await desk.get(asked)
        desk.stage.clock.advance(timedelta(seconds=20))
        again = await desk.get(asked, headers={"If-None-Match": first.headers["etag"]})
        desk.stage.clock.advance(timedelta(seconds=-20))
        assert (again.status_code, again.content) == (304, b""), address
        assert again.headers["content-security-policy"]


async def test_a_page_says_news_at_the_next_look(desk: Desk) -> None:
    row = await desk.given_up()
    address = f"/operator/transfers/{row.id}"
    before = await desk.get(address)
    await desk.post(address, reason="try once more")
    await desk.stage.settle()
    after = await desk.get(address, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert 'data-says="The transfer is permanently failed."' in before.text
    assert 'data-says="The transfer is reversed."' in after.text


async def test_the_page_after_a_post_asks_for_the_address_that_can_be_read_again(desk: Desk) -> None:
    row = await desk.given_up()
    refused = await desk.post(f"/operator/transfers/{row.id}", reason="")
    assert f'data-follow="/operator/transfers/{row.id}"' in refused.text


async def test_error_and_token_pages_ask_for_nothing(desk: Desk) -> None:
    async with desk.another() as stranger:
        pages = [await desk.get("/operator/nowhere"), await stranger.get("/operator/token")]
    for page in pages:
        assert "data-follow=" not in page.text


@pytest.mark.parametrize("address", ["/operator", "/operator/transfers", "/operator/findings"])
async def test_regions_have_names_of_their_own(desk: Desk, address: str) -> None:
    await desk.given_up()
    names = re.findall(r' id="([^"]+)"', (await desk.get(address)).text)
    assert len(names) == len(set(names))
