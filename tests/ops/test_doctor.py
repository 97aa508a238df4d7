"""The doctor finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.mail_server import mail_server
from veza.http.serving import address, listen, serving
from veza.kit.clock import ManualClock, SystemClock
from veza.kit.database import Database
from veza.money import backlog
from veza.ops import doctor_services
from veza.ops.doctor import examine
from veza.ops.doctor_finding import Finding
from veza.ops.doctor_report import print_report
from veza.ops.migrations import migrate
from veza.settings import Settings, SettingsError

KEY = {"stripe_secret_key": "sk_test_x", "stripe_webhook_secrets": ("whsec_x",)}


@pytest.fixture
def settings(migrated: Path) -> Settings:
    """A healthy place: a migrated SQLite database, the sandbox."""
    return Settings(var_dir=migrated, port=0)


async def _examine(settings: Settings, clock: Any = None) -> dict[str, Finding]:
    return {finding.name: finding for finding in await examine(settings, clock)}


@asynccontextmanager
async def provider(status: int, body: Any) -> AsyncIterator[str]:
    """Something that answers every request the same."""

    async def app(scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        await send({"type": "http.response.start", "status": status, "headers": []})
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        await send({"type": "http.response.body", "body": sent})

    async with serving(app, listen("127.0.0.1", 0)) as url:
        yield url


def balance(*currencies: str) -> dict[str, Any]:
    return {"object": "balance", "livemode": False, "available": [{"currency": c, "amount": 0} for c in currencies]}


async def test_a_healthy_place_has_no_red_line(settings: Settings) -> None:
    findings = await _examine(settings)
    assert [finding.name for finding in findings.values() if not finding.ok] == []
    assert {"python", "folder", "disk", "settings", "database", "migrations", "provider"} <= set(findings)


async def test_postgresql_is_examined_with_its_clock(empty_postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, database_url=empty_postgres_url, port=0)
    assert (await _examine(settings))["migrations"].advice == "run `veza migrate`"
    await asyncio.to_thread(migrate, settings)
    findings = await _examine(settings)
    assert all(finding.ok for finding in findings.values()), findings
    late = ManualClock(SystemClock().now() - timedelta(minutes=5))
    assert not (await _examine(settings, late))["clock of the database"].ok


async def test_a_missing_database_is_not_created_by_looking(tmp_path: Path) -> None:
    finding = (await _examine(Settings(var_dir=tmp_path)))["database"]
    assert (finding.ok, finding.advice) == (False, "run `veza migrate`")
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240  (a test has nothing else to do meanwhile)


async def test_a_folder_that_cannot_be_made_is_told_even_to_root() -> None:
    finding = (await _examine(Settings(var_dir=Path("/proc/veza"), database_url="sqlite:///veza.db")))["folder"]
    assert (finding.ok, finding.detail) == (False, "/proc is not writable for us")


async def test_a_locked_database_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    await _examine(settings)  # as a Veza that has run: the first connection makes it WAL
    monkeypatch.setattr("veza.kit.database.BUSY_TIMEOUT_MS", 50)
    with sqlite3.connect(settings.var_dir / "veza.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        finding = (await _examine(settings))["database writes"]
    other.close()
    assert not finding.ok
    assert "locked" in finding.detail


async def test_a_trial_write_leaves_nothing_behind(settings: Settings) -> None:
    await _examine(settings)
    with sqlite3.connect(settings.var_dir / "veza.db") as look:
        assert look.execute("SELECT name FROM sqlite_master WHERE name LIKE '%trial%'").fetchall() == []
    look.close()


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "veza.db").write_bytes(b"certainly not a database, by any reading" * 50)
    finding = (await _examine(Settings(var_dir=tmp_path)))["database"]
    assert not finding.ok
    assert "not an SQLite database" in finding.detail


async def test_a_database_that_is_gone_is_told_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://veza:verysecret@127.0.0.1:1/veza"
    finding = (await _examine(Settings(var_dir=tmp_path, database_url=url)))["database"]
    assert not finding.ok
    assert "does not answer" in finding.detail
    assert "verysecret" not in finding.detail


async def test_a_full_disk_and_loose_permissions_are_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veza.ops.doctor.LEAST_FREE_BYTES", 10**18)
    for name in ("operator-token", "admin-link", "veza.db"):
        (settings.var_dir / name).touch()
        (settings.var_dir / name).chmod(0o644)
    settings.var_dir.chmod(0o777)
    findings = await _examine(settings)
    assert findings["disk"].advice.startswith("free at least")
    assert findings["operator token"].advice == f"chmod 600 {settings.var_dir / 'operator-token'}"
    assert findings["admin link"].advice == f"chmod 600 {settings.var_dir / 'admin-link'}"
    assert findings["database file"].advice == f"chmod 600 {settings.var_dir / 'veza.db'}"
    assert findings["folder"].advice == f"chmod o-w {settings.var_dir}"


async def test_a_provider_that_settles_our_currencies_is_well(settings: Settings) -> None:
    async with provider(200, balance("eur", "usd", "gbp")) as url:
        findings = await _examine(settings.model_copy(update={**_secret(), "stripe_api_base": url}))
    assert findings["provider"].detail == f"{url} answers, test mode"
    assert findings["currencies"].ok
    assert findings["clock of the provider"].ok


async def test_a_currency_the_provider_does_not_settle_is_told(settings: Settings) -> None:
    async with provider(200, balance("eur")) as url:
        finding = (await _examine(settings.model_copy(update={**_secret(), "stripe_api_base": url})))["currencies"]
    assert finding.detail == "the provider does not settle USD, GBP, only EUR"


async def test_a_wrong_key_is_told(settings: Settings) -> None:
    async with provider(401, {"error": {"message": "Invalid API Key provided: sk_test_*x"}}) as url:
        finding = (await _examine(settings.model_copy(update={**_secret(), "stripe_api_base": url})))["provider"]
    assert (finding.ok, finding.advice) == (False, "check STRIPE_SECRET_KEY")


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"", b"[]", b"null", b"{}"])
async def test_an_answer_that_is_no_balance_is_told(settings: Settings, body: bytes) -> None:
    async with provider(200, body) as url:
        findings = await _examine(settings.model_copy(update={**_secret(), "stripe_api_base": url}))
    assert findings["provider"].advice == "check STRIPE_API_BASE" or "does not answer" in findings["provider"].detail


async def test_a_provider_that_is_not_there_or_hangs_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_services, "ANSWER_BOUND_SECONDS", 0.2)
    silent = listen("127.0.0.1", 0)
    silent.listen()
    with silent:
        for base in ("http://127.0.0.1:1", address(silent)):
            finding = (await _examine(settings.model_copy(update={**_secret(), "stripe_api_base": base})))["provider"]
            assert not finding.ok
            assert "does not answer" in finding.detail


async def test_a_clock_that_is_off_is_told_before_webhooks_are_refused(settings: Settings) -> None:
    off = ManualClock(SystemClock().now() + timedelta(seconds=90))
    async with provider(200, balance("eur")) as url:
        findings = await _examine(settings.model_copy(update={**_secret(), "stripe_api_base": url}), off)
    assert findings["clock of the provider"].advice.startswith("let NTP set the clocks")
    assert not findings["clock of the provider"].ok


async def test_a_mail_server_is_greeted_and_sent_nothing(settings: Settings) -> None:
    async with mail_server() as server:
        reached = settings.model_copy(update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{server.port}")})
        finding = (await _examine(reached))["mail"]
        assert (finding.ok, finding.detail) == (True, f"smtp://127.0.0.1:{server.port} lets us in")
        server.greeting = b"554 not today"
        refused = (await _examine(reached))["mail"]
        assert not refused.ok
        assert "554 not today" in refused.detail
        assert server.taken == []
    gone = settings.model_copy(update={"smtp_url": SecretStr(f"smtp://us:s3cret@127.0.0.1:{server.port}")})
    finding = (await _examine(gone))["mail"]
    assert (finding.ok, finding.advice) == (False, "start it, or correct SMTP_URL")
    assert "s3cret" not in finding.detail
    assert "mail" not in await _examine(settings)


async def test_settings_that_make_no_sense_are_findings_not_a_traceback() -> None:
    findings = await examine(SettingsError(["A is wrong", "B is wrong"]))
    assert [finding.detail for finding in findings if not finding.ok] == ["A is wrong", "B is wrong"]


async def test_a_key_without_webhook_secrets_is_told(settings: Settings) -> None:
    async with provider(200, balance("eur", "usd", "gbp")) as url:
        changed = {**_secret(), "stripe_webhook_secrets": (), "stripe_api_base": url}
        finding = (await _examine(settings.model_copy(update=changed)))["settings"]
    assert "STRIPE_WEBHOOK_SECRETS is empty" in finding.detail


def test_the_report_is_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    print_report([Finding("disk", False, "full", "free some")], as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "checks": [{"name": "disk", "ok": False, "detail": "full", "advice": "free some"}],
    }


def _secret() -> dict[str, Any]:
    made = Settings(**KEY)
    return {name: getattr(made, name) for name in KEY}


async def test_without_another_clock_ours_is_held_against_what_was_written(settings: Settings) -> None:
    findings = {one.name: one for one in await examine(settings)}
    assert findings["clock"].ok
    database = Database.open(settings.database_url)
    await backlog.sample(database)
    await database.close()
    behind = ManualClock(datetime.now(UTC) - timedelta(hours=1))
    clock = {one.name: one for one in await examine(settings, behind)}["clock"]
    assert (clock.ok, clock.advice) == (False, "let NTP set the clock")
    assert "behind the newest row" in clock.detail


@pytest.mark.parametrize(
    ("set_up", "ok"),
    [
        ({}, True),
        ({"public_url": "https://veza.test"}, True),
        ({"public_url": "https://veza.test", "host": "0.0.0.0"}, False),
        ({"public_url": "https://veza.test", "host": "::"}, False),
        ({"public_url": "https://veza.test", "host": "0.0.0.0", "trusted_proxies": ("10.0.0.7",)}, True),
        ({"host": "0.0.0.0", "trusted_proxies": ("10.0.0.0/24",)}, True),
        ({"trusted_proxies": ("0.0.0.0/0",)}, False),
        ({"trusted_proxies": ()}, True),
    ],
)
async def test_who_is_believed_about_where_requests_come_from_is_told(
    settings: Settings, set_up: dict[str, Any], ok: bool
) -> None:
    finding = (await _examine(settings.model_copy(update=set_up)))["proxies"]
    assert (finding.ok, bool(finding.advice)) == (ok, not ok)
