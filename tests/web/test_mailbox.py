"""The mailbox opens to the operator alone, and only where there is no mail server."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from tests.client import DEFAULT_URL, http_client
from veza.app import Veza, build
from veza.kit import mail
from veza.kit.messages import verbatim
from veza.settings import Settings

OPERATOR = {"Authorization": "Bearer the-operators-token"}


def settings_of(url: str, folder: Path, **changes: Any) -> Settings:
    return Settings(var_dir=folder, database_url=url, operator_token=SecretStr("the-operators-token"), **changes)


def browser(veza: Veza, **options: Any) -> httpx.AsyncClient:
    return http_client(veza.asgi, base_url=DEFAULT_URL, **options)


async def ask(veza: Veza, path: str) -> httpx.Response:
    async with browser(veza, headers=OPERATOR) as client:
        return await client.get(path)


async def test_mails_are_shown_with_their_links(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(settings_of(sqlite_url, tmp_path))
    assert "No mail yet" in (await ask(veza, "/mailbox")).text
    async with veza.database.write() as session:
        text = "Hello <b>you</b>\n\nhttp://127.0.0.1:8000/x?token=a\n"
        mail_id = mail.send(session, "anna@example.org", verbatim("Confirm <your> address"), verbatim(text), about=None)
    listed = await ask(veza, "/mailbox")
    assert f'href="/mailbox/{mail_id}"' in listed.text
    assert "Confirm &lt;your&gt; address" in listed.text
    shown = await ask(veza, f"/mailbox/{mail_id}")
    assert '<a href="http://127.0.0.1:8000/x?token=a">http://127.0.0.1:8000/x?token=a</a>' in shown.text
    assert "Hello &lt;b&gt;you&lt;/b&gt;" in shown.text
    assert shown.headers["cache-control"] == "private, no-store"
    assert (await ask(veza, f"/mailbox/{uuid4()}")).status_code == 404
    await veza.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "0.0.0.0"},
        {"public_url": "https://veza.example"},
        {"smtp_url": SecretStr("smtp://mail.example")},
    ],
)
async def test_the_mailbox_is_closed_to_the_world(sqlite_url: str, tmp_path: Path, changes: Any) -> None:
    veza = build(settings_of(sqlite_url, tmp_path, **changes))
    assert (await ask(veza, "/mailbox")).status_code == 404
    assert (await ask(veza, f"/mailbox/{uuid4()}")).status_code == 404
    await veza.close()


async def test_without_link_session_or_token_nothing_opens_however_local_the_request_looks(
    sqlite_url: str, tmp_path: Path
) -> None:
    veza = build(settings_of(sqlite_url, tmp_path))
    wrong = ({}, {"Authorization": "Bearer another"}, {"X-Forwarded-For": "127.0.0.1"}, {"Cookie": "veza_mailbox=a"})
    for path in ("/mailbox", f"/mailbox/{uuid4()}", "/mailbox?key=", "/mailbox?key=guessed"):
        for headers in wrong:
            async with browser(veza, headers=headers) as client:
                assert (await client.get(path)).status_code == 401, (path, headers)
    await veza.close()


async def test_the_link_of_the_start_opens_the_mailbox_until_the_next_start(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(settings_of(sqlite_url, tmp_path))
    async with browser(veza) as client:
        opened = await client.get(veza.mailbox_way)
        assert (opened.status_code, opened.headers["location"]) == (303, "/mailbox"), "the key leaves the address bar"
        assert "httponly" in opened.headers["set-cookie"].lower()
        assert (await client.get("/mailbox")).status_code == 200
        cookies = client.cookies
    await veza.close()
    later = build(settings_of(sqlite_url, tmp_path))
    async with browser(later, cookies=cookies) as client:
        assert (await client.get("/mailbox")).status_code == 401
        assert (await client.get(veza.mailbox_way)).status_code == 401
    await later.close()


async def test_a_signed_in_operator_is_led_to_the_mailbox_and_no_other_visitor(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(settings_of(sqlite_url, tmp_path))
    async with browser(veza) as client:
        asked = await client.get("/operator/mailbox", headers={"Accept": "text/html"})
        assert asked.headers["location"] == "/sign-in?next=/operator/mailbox"
        opened = await client.get("/operator/mailbox", headers=OPERATOR, follow_redirects=True)
        assert (opened.status_code, opened.url.path) == (200, "/mailbox")
        assert (await client.get("/mailbox")).status_code == 200, "the link's cookie keeps it open"
    await veza.close()


async def test_the_table_of_permissions_is_a_page_for_everybody(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(settings_of(sqlite_url, tmp_path))
    page = await ask(veza, "/permissions")
    assert page.status_code == 200
    assert "give and take roles, suspend and close accounts, read the audit log" in page.text
    await veza.close()
