"""The mailbox opens to this machine alone, and only where there is no mail server."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from veza.app import Veza, build
from veza.kit import mail
from veza.settings import Settings


async def ask(veza: Veza, path: str, base_url: str = "http://127.0.0.1:8000") -> httpx.Response:
    transport = httpx.ASGITransport(app=veza.asgi, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        return await client.get(path)


async def test_mails_are_shown_with_their_links(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(Settings(var_dir=tmp_path, database_url=sqlite_url))
    assert "No mail yet" in (await ask(veza, "/mailbox")).text
    async with veza.database.write() as session:
        text = "Hello <b>you</b>\n\nhttp://127.0.0.1:8000/x?token=a\n"
        mail_id = mail.send(session, "anna@example.org", "Confirm <your> address", text, about=None)
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
    veza = build(Settings(var_dir=tmp_path, database_url=sqlite_url, **changes))
    assert (await ask(veza, "/mailbox")).status_code == 404
    assert (await ask(veza, f"/mailbox/{uuid4()}")).status_code == 404
    await veza.close()


async def test_another_sites_name_for_this_machine_opens_nothing(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(Settings(var_dir=tmp_path, database_url=sqlite_url))
    assert (await ask(veza, "/mailbox", "http://evil.example:8000")).status_code == 404
    for own in ("http://localhost:8000", "http://[::1]:8000"):
        assert (await ask(veza, "/mailbox", own)).status_code == 200
    await veza.close()


async def test_the_table_of_permissions_is_a_page_for_everybody(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(Settings(var_dir=tmp_path, database_url=sqlite_url))
    page = await ask(veza, "/permissions")
    assert page.status_code == 200
    assert "give and take roles, close accounts, read the audit log" in page.text
    await veza.close()


async def test_a_proxy_before_us_opens_nothing(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(Settings(var_dir=tmp_path, database_url=sqlite_url))
    transport = httpx.ASGITransport(app=veza.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        for header in ("X-Forwarded-For", "X-Forwarded-Server", "Forwarded", "X-Real-IP", "CF-Connecting-IP"):
            assert (await client.get("/mailbox", headers={header: "192.0.2.1"})).status_code == 404
        assert (await client.get("/mailbox")).status_code == 200

    async def as_nginx_does_untold(scope: Any, receive: Any, send: Any) -> None:
        await veza.asgi({**scope, "http_version": "1.0"}, receive, send)

    transport = httpx.ASGITransport(app=as_nginx_does_untold)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        assert (await client.get("/mailbox")).status_code == 404
    await veza.close()
