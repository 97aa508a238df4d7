"""The last line of a notice: opening its page changes nothing; its button, and that of a mail program, stop that kind
of mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import select

from tests import factories
from tests.client import UNKNOWN_ID, hidden_fields, http_client
from tests.mail_server import mail_server
from tests.pseudo_language import Pseudo, plain
from veza.app import Veza, build
from veza.community import preferences
from veza.community.preferences import NoticeKind, NoticePreference, Recipient
from veza.kit import messages, worker
from veza.kit.mail import MailWorker
from veza.kit.mail_relay import Relay
from veza.kit.messages import verbatim
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


ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
PARTS = 'multipart/form-data; boundary="x"'
IN_PARTS = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


async def _header_of_a_notice(veza: Veza, one: Recipient) -> str:
    """The address in the header of a mail that a mail server was handed."""
    async with veza.database.write() as session:
        text = verbatim("A buyer bought something.\n")
        await veza.modules.market.notices.mail(session, [one], NoticeKind.SALE, verbatim("Sold"), text)
    async with mail_server() as server:
        relay = Relay(f"smtp://127.0.0.1:{server.port}", demands_tls=False)
        await worker.run_once(MailWorker(veza.database, relay.deliver, "veza@veza.test"))
    (message,) = server.taken
    assert message["List-Unsubscribe-Post"] == ONE_CLICK
    link = str(message["List-Unsubscribe"]).removeprefix("<").removesuffix(">")
    assert link in message.get_content()
    return link


@pytest.mark.parametrize("with_account", [True, False])
@pytest.mark.parametrize(
    ("kind", "body", "more"),
    [
        (FORM, ONE_CLICK, {}),
        (PARTS, IN_PARTS, {}),
        (FORM, ONE_CLICK, {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}),
    ],
)
async def test_a_mail_programs_button_stops_the_kind_by_the_headers_of_the_mail(
    veza: Veza, with_account: bool, kind: str, body: str, more: dict[str, str]
) -> None:
    one = await _recipient(veza, with_account=with_account)
    link = await _header_of_a_notice(veza, one)
    async with http_client(veza.asgi, base_url="https://veza.test") as provider:
        for look in (provider.get, provider.head):
            await look(link)
        assert await _wanted(veza, one) == set(NoticeKind)
        for _ in range(2):
            answer = await provider.post(link, content=body, headers={"Content-Type": kind, **more})
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert await _wanted(veza, one) == set(NoticeKind) - {NoticeKind.SALE}
    async with veza.database.read() as session:
        assert len((await session.scalars(select(NoticePreference))).all()) == 1


def _forms_of(veza: Veza) -> list[str]:
    """The address of every form of a page, of things that are not there."""
    of_machines = ("/api/", "/stripe/", "/stream/", "/webhooks/")
    return [
        "/".join(["", *(one if isinstance(one, str) else UNKNOWN_ID for one in route.path_components)])
        for route in veza.litestar.routes
        if isinstance(route, HTTPRoute) and "POST" in route.methods and not route.path.startswith(of_machines)
    ]


async def test_of_posts_from_elsewhere_only_those_of_mailed_links_are_taken(veza: Veza) -> None:
    elsewhere = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site", "Content-Type": FORM}
    taken = set()
    async with http_client(veza.asgi, base_url="https://veza.test") as browser:
        for path in _forms_of(veza):
            for said in (elsewhere, {"Content-Type": FORM}):
                answer = await browser.post(path, content="a=b", headers={"Accept": "text/html", **said})
                asks_to_sign_in = answer.headers.get("location", "").startswith("/sign-in?")
                if not asks_to_sign_in and "was not sent by a page of this site" not in answer.text:
                    taken.add(path)
    of_mailed_links = {"/confirm-address", "/reset-password", "/admin-claim", "/invitation", "/claim", "/refund"}
    assert taken == of_mailed_links | {"/forgot-password", "/stop-notices"}
