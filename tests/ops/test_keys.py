"""No secret stands in a table in plain text; keys are made, kept from others, and changed while Veza runs."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from tests.api.accounts.conftest import EMAIL, PASSWORD, Desk, open_desk
from veza.__main__ import _build, _pages, _sealed
from veza.accounts import second_factor
from veza.app.sealed import SEALED
from veza.kit import mail
from veza.kit.clock import ManualClock
from veza.kit.database import Base, Database
from veza.kit.messages import verbatim
from veza.kit.resealing import reseal_all
from veza.kit.secret_box import CannotOpen, SecretBox, new_key
from veza.ops.application import Program
from veza.ops.cli import command_line
from veza.ops.encryption_keys import NoKeys, keys_file, secret_box
from veza.settings import Settings


async def _everything(database: Database) -> str:
    """Every value of every table, as text."""
    said: list[str] = []
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(text(f'SELECT * FROM "{table.name}"'))).all()
            said += [
                value.decode("latin-1") if isinstance(value, bytes) else str(value) for row in rows for value in row
            ]
    return "\n".join(said)


async def _furnished(desk: Desk) -> list[str]:
    """An account with a second factor, mails and a stored answer; the secrets that must not be found."""
    browser = await desk.signed_up()
    begun = await browser.call("POST", "/me/second-factor", {"password": PASSWORD}, expect=201)
    wanted = {"code": pyotp.TOTP(begun["secret"]).at(desk.clock.now())}
    made = await browser.call("POST", "/me/second-factor/confirmation", wanted, expect=201)
    await desk.browser().call("POST", "/password-resets", {"email": EMAIL}, expect=202)
    await browser.call("PATCH", "/me", {"name": "Unmistakable Anna"}, expect=200)
    mails = await desk.mails(EMAIL)
    links = [word for letter in mails for word in letter.text.split() if "token=" in word]
    assert links
    proof = await browser.proof(code=made["recovery_codes"][0])
    return [begun["secret"], *made["recovery_codes"], *links, proof["X-Veza-Proof"], mails[-1].subject, PASSWORD]


async def test_no_secret_stands_in_a_table(database_url: str, clock: ManualClock) -> None:
    async for desk in open_desk(database_url, clock):
        secrets = await _furnished(desk)
        found = await _everything(desk.database)
        assert [secret for secret in secrets if secret in found] == []
        assert found.count("gAAAAA") >= 4
        assert '"name":"Unmistakable Anna"' not in found  # the stored answer; the name itself has a column


async def test_every_secret_is_sealed_again_while_veza_runs(
    database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    settings = Settings(var_dir=tmp_path / "keys")
    box = secret_box(settings)
    running = Database.open(database_url, clock=clock, box=box)
    async with running.write() as session:
        for number in range(450):
            mail.send(session, f"{number}@example.org", verbatim(f"Mail {number}"), verbatim("text"), about=None)
    old = keys_file(settings).read_text()
    keys_file(settings).write_text(f"{new_key()}\n{old}")
    done = await reseal_all(running, SEALED)
    assert (done.rows, done.lost) == (450, 0)
    async with running.read() as session:
        rows = (await session.scalars(select(mail.Mail))).all()
    newest = SecretBox([keys_file(settings).read_text().split()[0]])
    assert sorted(mail.opened(newest, row).subject for row in rows) == sorted(f"Mail {number}" for number in range(450))
    stranger = SecretBox(old.split())
    with pytest.raises(CannotOpen):
        stranger.open(rows[0].text)
    await running.close()


async def test_what_no_key_opens_stays_and_is_counted(sqlite_url: str, clock: ManualClock) -> None:
    lost, here = (Database.open(sqlite_url, clock=clock, box=SecretBox([new_key()])) for _ in range(2))
    for database in (lost, here):
        async with database.write() as session:
            mail.send(session, "anna@example.org", verbatim("Hello"), verbatim("text"), about=None)
    done = await reseal_all(here, SEALED)
    assert (done.rows, done.lost) == (1, 1)
    for database in (lost, here):
        await database.close()


def _run(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> Any:
    monkeypatch.setenv("VAR_DIR", str(folder))
    monkeypatch.chdir(folder)
    program = Program(build=_build, pages=_pages, sealed=_sealed)
    return CliRunner().invoke(command_line(program), list(words), obj=program)


def test_keys_are_rotated_and_pruned_from_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _run(monkeypatch, tmp_path, "migrate").exit_code == 0
    file = tmp_path / "encryption-keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = file.read_text().split()
    rotated = _run(monkeypatch, tmp_path, "keys", "rotate", "--json")
    assert json.loads(rotated.stdout) == {"ok": True, "rows": 0, "lost": 0}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    both = file.read_text().split()
    assert (len(both), both[1:]) == (2, first)
    pruned = _run(monkeypatch, tmp_path, "keys", "prune", "--json")
    assert json.loads(pruned.stdout) == {"ok": True, "rows": 0, "keys_forgotten": 1}
    assert file.read_text().split() == both[:1]
    assert len(_run(monkeypatch, tmp_path, "keys", "new").stdout.strip()) == 44
    assert sorted(path.name for path in tmp_path.iterdir() if "encryption" in path.name) == ["encryption-keys"]


async def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "new")
    boxes = await asyncio.gather(*(asyncio.to_thread(secret_box, settings) for _ in range(8)))
    sealed = boxes[0].seal("x")
    assert {box.open(sealed) for box in boxes} == {"x"}


def test_a_damaged_file_and_a_wrong_setting_are_told_of(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path)
    keys_file(settings).write_text("nonsense")
    with pytest.raises(NoKeys, match="encryption-keys"):
        secret_box(settings)
    with pytest.raises(NoKeys, match="ENCRYPTION_KEYS"):
        secret_box(Settings(var_dir=tmp_path, encryption_keys="short"))
    box = secret_box(Settings(var_dir=tmp_path, encryption_keys=f"{new_key()}, {new_key()}"))
    assert box.open(box.seal("x")) == "x"


def test_every_sealed_column_is_named() -> None:
    assert second_factor.SecondFactor in {one.model for one in SEALED}
