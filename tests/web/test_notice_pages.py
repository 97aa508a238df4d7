"""The last line of a notice: opening its page changes nothing, its button stops that kind of mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import factories
from tests.client import hidden_fields, http_client
from tests.pseudo_language import Pseudo, plain
from veza.app import Veza, build
from veza.community import preferences
from veza.community.preferences import NoticeKind, Recipient
from veza.kit import messages
from veza.settings import Settings


@pytest.fixture
async def veza(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Veza]:
    one = build(Settings(database_url=sqlite_url, var_dir=tmp_path, public_url="https://veza.test"))
    yield one
    await one.close()


async def _recipient(veza: Veza, *, with_account: bool) -> Recipient:
    if not with_account:
        return Recipient("gast@example.org")
    return Recipient("anna@example.org", await factories.person(veza.database, email="anna@example.org"))


async def _wanted(veza: Veza, one: Recipient) -> set[NoticeKind]:
    async with veza.database.read() as session:
        return {kind for kind in NoticeKind if await preferences.wanting(session, [one], kind)}


@pytest.mark.parametrize("with_account", [True, False])
async def test_the_button_stops_this_kind_for_its_recipient_alone(veza: Veza, with_account: bool) -> None:
    one = await _recipient(veza, with_account=with_account)
    link = veza.modules.market.notices.stop_link(one, NoticeKind.REFUND)
    assert one.address not in link
    async with http_client(veza.asgi, base_url="https://veza.test") as browser:
        page = await browser.get(link)
        assert "the answer to a refund you asked for" in page.text
        assert await _wanted(veza, one) == set(NoticeKind)
        done = await browser.post("/stop-notices", data=hidden_fields(page))
        assert done.status_code == 200
        assert ("In the settings of your account" in done.text) is with_account
    assert await _wanted(veza, one) == set(NoticeKind) - {NoticeKind.REFUND}
    assert await _wanted(veza, Recipient("other@example.org")) == set(NoticeKind)


async def test_what_is_stopped_is_said_in_the_readers_language(veza: Veza, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(messages.CATALOGUES, "fr", Pseudo())
    link = veza.modules.market.notices.stop_link(await _recipient(veza, with_account=True), NoticeKind.REFUND)
    french = {"Accept-Language": "fr"}
    async with http_client(veza.asgi, base_url="https://veza.test") as browser:
        page = await browser.get(link, headers=french)
        done = await browser.post("/stop-notices", data=hidden_fields(page), headers=french)
    for answer in (page, done):
        assert "the answer to a refund you asked for" in plain(answer.text)
        assert "the answer to a refund you asked for" not in answer.text
    assert "In the settings of your account you can start them again." in plain(done.text)


@pytest.mark.parametrize("token", ["", "made-up", "WyJyYWluIiwgbnVsbCwgbnVsbF0.x"])
async def test_a_link_that_was_not_made_here_stops_nothing(veza: Veza, token: str) -> None:
    async with http_client(veza.asgi, base_url="https://veza.test") as browser:
        for answer in (
            await browser.get("/stop-notices", params={"token": token}),
            await browser.post("/stop-notices", data={"token": token}),
        ):
            assert answer.status_code == 404
            assert "copy all of it, as it is in the mail" in answer.text
    assert await _wanted(veza, await _recipient(veza, with_account=False)) == set(NoticeKind)
