"""`veza money`: what an operator sees and mends, what programs read, and the exit code for each."""

from __future__ import annotations

import asyncio
import copy
import json
import random
import re
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import update
from typer.testing import CliRunner

from tests.money.acts import REVERSING, balanced_stage, refunded, transfer
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.lab.sandbox.client import InProcessClient
from veza.lab.sandbox.core import Sandbox
from veza.lab.simulator.stage import RULES, Stage
from veza.money.facade import Money
from veza.money.ledger import LedgerEntry
from veza.money.pace import Unpaced
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.live import Line
from veza.ops.application import Application, Program
from veza.ops.cli import command_line
from veza.settings import Settings

Veza = Callable[..., Result]


@dataclass
class Commands:
    """`veza money …` over the database and the provider of a stage that was closed; `ids` are of its rows."""

    url: str
    clock: ManualClock
    sandbox: Sandbox
    ids: dict[str, str]

    def run(self, *arguments: str) -> Result:
        """One command, as a process runs it: the stage is opened for it and closed again."""
        self.clock.advance(timedelta(seconds=1))  # each command is a process of its own, and later than the last
        cli = command_line(Program(build=self._build, pages=dict))
        return CliRunner().invoke(cli, ["money", *arguments, "--database-url", self.url])

    def json(self, *arguments: str, code: int = 0) -> Any:
        done = self.run(*arguments, "--json")
        assert done.exit_code == code, done.stderr
        return json.loads(done.stdout)

    def refusal(self, *arguments: str, code: int = 1) -> str:
        """The one sentence an impossible command ends with."""
        done = self.run(*arguments)
        assert (done.exit_code, done.stdout) == (code, "")
        (line,) = done.stderr.splitlines()
        return line.removeprefix("veza: ")

    def act(self, work: Callable[[Stage], Any]) -> None:
        """Something happens on the stage, outside the command line."""

        async def acted() -> None:
            stage = self._stage()
            await work(stage)
            await stage.close()

        asyncio.run(acted())

    def _build(self, settings: Settings, _http: bool) -> Application:
        """As much of an application as these commands use: a database and the money module."""
        return self._stage()  # type: ignore[return-value]

    def _stage(self) -> Stage:
        database = Database.open(self.url, clock=self.clock)
        gateway = Gateway(Line("sk_test_stage", InProcessClient(self.sandbox)), Unpaced())
        return Stage(self.clock, random.Random(1), self.sandbox, database, Money(database, gateway, RULES))


async def _history(url: str) -> Commands:
    """Three sales: one untouched, one refunded and reversed, one whose reversal was given up."""
    async with balanced_stage(url, create_tables=False) as stage:
        await stage.seller("anna")
        await stage.seller("ben")
        kept = await stage.sold([("anna", 700), ("ben", 300)])
        reversed_ = await refunded(stage, 2000, [("anna", 2000)])
        await stage.settle()
        lost = await stage.sold([("ben", 1500)])
        stage.sandbox.add_fault("refused", path=REVERSING, times=1)
        await stage.refund(lost, 1500)
        await stage.settle()
        ids = {
            "kept": str(kept),
            "reversed": str(reversed_),
            "lost": str(lost),
            "lost transfer": str((await transfer(stage, payment_id=lost)).id),
            "lost tr": str((await transfer(stage, payment_id=lost)).stripe_transfer_id),
            "reversed transfer": str((await transfer(stage, payment_id=reversed_)).id),
        }
        return Commands(url, stage.clock, stage.sandbox, ids)


@pytest.fixture(scope="module")
def history(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """What happened before, on a database of its own; made once, because it takes half a second."""
    path = tmp_path_factory.mktemp("history") / "veza.db"
    shutil.copy(sqlite_template, path)
    return asyncio.run(_history(f"sqlite+aiosqlite:///{path}"))


@pytest.fixture
def commands(history: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """After that history: a copy of its database, its clock and its provider."""
    monkeypatch.chdir(tmp_path)
    # Not the sandbox inside a `veza serve`: that one is looked for in VAR_DIR.
    monkeypatch.setenv("STRIPE_API_BASE", "http://sandbox.invalid")
    shutil.copy(history.url.partition("///")[2], tmp_path / "veza.db")
    return replace(copy.deepcopy(history), url=f"sqlite+aiosqlite:///{tmp_path / 'veza.db'}")


def test_transfers_are_listed_newest_first_and_by_state_and_seller(commands: Commands) -> None:
    everything = commands.json("list")["items"]
    assert [row["status"] for row in everything] == ["permanently_failed", "reversed", "completed", "completed"]
    (lost,) = commands.json("list", "--state", "permanently_failed")["items"]
    assert (lost["id"], lost["sent_minor"], lost["currency"]) == (commands.ids["lost transfer"], 1350, "EUR")
    assert {row["seller_id"] for row in commands.json("list", "--seller", "anna")["items"]} == {"anna"}
    assert len(commands.json("list", "--limit", "2")["items"]) == 2


@pytest.mark.parametrize(
    ("what", "count"), [("payments", 3), ("refunds", 2), ("sellers", 2), ("findings", 1), ("transfers", 4)]
)
def test_everything_an_operator_asks_for_is_listed(commands: Commands, what: str, count: int) -> None:
    assert len(commands.json("list", what)["items"]) == count
    shown = commands.run("list", what)
    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) > count


def test_ids_are_shown_whole_so_that_they_can_be_copied(commands: Commands) -> None:
    assert commands.ids["lost transfer"] in commands.run("list").stdout
    for said in (commands.run("list", "findings"), commands.run("show", commands.ids["lost"])):
        assert f"veza money retry {commands.ids['lost transfer']} --reason" in said.stdout


def test_a_payment_is_shown_by_any_of_its_ids(commands: Commands) -> None:
    for wanted in ("lost", "lost transfer", "lost tr"):
        shown = commands.json("show", commands.ids[wanted])
        assert shown["payment"]["id"] == commands.ids["lost"]
        assert shown["ledger"]["seller_debt"] == 1350
        assert [row["status"] for row in shown["reversals"]] == ["permanently_failed"]
        assert [row["kind"] for row in shown["findings"]] == ["seller_debt"]
    said = commands.run("show", commands.ids["lost"]).stdout
    assert "Transfer to ben  permanently_failed  13.50 EUR" in said
    assert "13.50 EUR could not be taken back" in said


def test_the_timeline_tells_everything_in_order(commands: Commands) -> None:
    entries = commands.json("timeline", commands.ids["reversed"])["entries"]
    assert {"move", "attempt", "webhook", "posting"} == {entry["kind"] for entry in entries}
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    said = commands.run("timeline", commands.ids["reversed transfer"]).stdout
    assert "reversal_pending → reversed" in said


def test_a_given_up_transfer_is_retried_once_with_a_reason(commands: Commands) -> None:
    lost = commands.ids["lost tr"]
    assert commands.refusal("retry", lost, "--reason", " ", code=2).startswith("a retry needs a reason")
    row = commands.json("retry", lost, "--reason", "the account is open again")
    assert row["status"] == "reversal_pending"
    again = commands.refusal("retry", lost, "--reason", "the account is open again")
    assert "there is nothing to retry; last: permanently_failed → reversal_pending, retried by" in again
    commands.act(lambda stage: stage.settle())
    (done,) = [row for row in commands.json("list")["items"] if row["id"] == commands.ids["lost transfer"]]
    assert done["status"] == "reversed"
    assert "the account is open again" in json.dumps(commands.json("timeline", lost), ensure_ascii=False)


def test_a_final_transfer_is_not_retried(commands: Commands) -> None:
    said = commands.refusal("retry", commands.ids["reversed transfer"], "--reason", "to be sure")
    assert "is reversed: there is nothing to retry" in said


def test_the_law_is_checked_and_a_breach_ends_with_1(commands: Commands) -> None:
    assert commands.json("check") == {"ok": True, "checked": 3, "balanced": True, "violations": []}
    assert "The law holds for 3 payments." in commands.run("check").stdout

    async def cook_the_books(stage: Stage) -> None:
        async with stage.database.write() as session:
            mine = update(LedgerEntry).where(LedgerEntry.payment_id == uuid.UUID(commands.ids["kept"]))
            await session.execute(mine.values(amount_minor=LedgerEntry.amount_minor + 1))

    commands.act(cook_the_books)
    said = commands.json("check", code=1)
    assert (said["ok"], said["balanced"]) == (False, False)
    assert {one["payment_id"] for one in said["violations"]} == {commands.ids["kept"]}
    assert commands.run("check").exit_code == 1
    assert "law_broken" in {row["kind"] for row in commands.json("list", "findings")["items"]}


def test_reconciliation_finds_and_applies_what_was_done_elsewhere(commands: Commands) -> None:
    clean = commands.json("reconcile", "--since", "1d")
    assert (clean["ok"], clean["differences"]) == (True, [])
    charge = commands.json("show", commands.ids["kept"])["payment"]["stripe_charge_id"]
    commands.sandbox.refund_in_dashboard(charge, 500)
    found = commands.json("reconcile", code=1)
    assert [one["kind"] for one in found["differences"]] == ["missing_here"]
    told = commands.run("reconcile")
    assert told.exit_code == 1
    assert "1 difference in 3 charges, 3 refunds" in told.stdout
    mended = commands.json("reconcile", "--apply")
    assert (mended["ok"], mended["applied"]) == (True, 1)
    assert commands.json("reconcile")["differences"] == []


def test_events_that_never_arrived_are_caught_up(commands: Commands) -> None:
    charge = commands.json("show", commands.ids["kept"])["payment"]["stripe_charge_id"]
    commands.sandbox.refund_in_dashboard(charge, 500)
    told = commands.json("catch-up")
    assert told["ok"] is True
    assert told["missed"] >= 1
    assert len(commands.json("list", "refunds")["items"]) == 3
    assert commands.json("catch-up")["missed"] == 0


def test_a_provider_that_does_not_answer_is_one_sentence(commands: Commands) -> None:
    commands.sandbox.add_fault("error_503", times=None)
    said = commands.refusal("reconcile")
    assert said.startswith("the provider's account could not be read: 503")
    assert commands.refusal("catch-up").startswith("the provider's events could not be listed")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("show", "nonsense"), 1, "nothing here has the id “nonsense”"),
        (("timeline", "tr_unknown"), 1, "nothing here has the id “tr_unknown”"),
        (("show", str(uuid.UUID(int=7))), 1, f"nothing here has the id “{uuid.UUID(int=7)}”"),
        (("retry", "tr_unknown", "--reason", "why not"), 1, "there is no transfer tr_unknown"),
        (("list", "--state", "lost"), 2, "transfers have no state “lost”; there are: pending, completed, failed,"),
        (("list", "sellers", "--state", "lost"), 2, "sellers have no state “lost”; there are: none"),
        (("reconcile", "--since", "soon"), 2, "--since is a time above zero and at most 90d"),
        (("catch-up", "--since", "0d"), 2, "--since is a time above zero and at most 90d"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_one_sentence(
    commands: Commands, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    assert commands.refusal(*arguments, code=code).startswith(sentence)


def test_a_database_without_tables_is_one_sentence(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    commands.url = f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    assert commands.refusal("list") == "the database has no tables yet: run `veza migrate`"


def test_sending_is_resumed_for_a_day_and_for_a_reason(commands: Commands) -> None:
    done = commands.run("resume-sending", "--reason", "the list of events fails for days")
    assert done.exit_code == 0
    assert re.fullmatch(r"Sending goes on without a comparison until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.\n", done.stdout)
    until = json.loads(commands.run("resume-sending", "--reason", "again", "--json").stdout)["until"]
    assert datetime.fromisoformat(until) > commands.clock.now()
    without = commands.run("resume-sending", "--reason", " ")
    assert (without.exit_code, without.stdout) == (2, "")
    assert without.stderr == (
        "veza: a decision to resume sending needs a reason, 3 to 500 characters: the next person will want to know\n"
    )


def test_another_account_is_used_from_now_on_and_the_old_one_is_told(commands: Commands) -> None:
    first = json.loads(commands.run("use-account", "acct_new", "--reason", "the company changed", "--json").stdout)
    assert first["account"] == "acct_new"
    done = commands.run("use-account", "acct_newer", "--reason", "it changed again")
    assert (done.exit_code, done.stdout) == (
        0, "This database sells with account acct_newer now; before: acct_new.\n",
    )  # fmt: skip
    refused = commands.run("reconcile")
    assert refused.exit_code == 1
    assert "this database has sold with acct_newer: nothing of it was stored" in refused.stderr


@pytest.mark.parametrize("account", ["nonsense", "acct_", "acct_1;--", ""])
def test_what_is_no_accounts_id_is_refused(commands: Commands, account: str) -> None:
    done = commands.run("use-account", account, "--reason", "the company changed")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"an account's id is like acct_1Abc, not “{account}”" in done.stderr


def test_a_waiting_reversal_shows_why_and_when_it_is_tried_next(commands: Commands) -> None:
    async def refund_after_payout(stage: Stage) -> None:
        kept = uuid.UUID(commands.ids["kept"])
        sent = await transfer(stage, payment_id=kept, seller_id="anna")
        stage.sandbox.set_balance(str(sent.stripe_account_id), 0, "eur")
        await stage.refund(kept, 1000)
        await stage.settle()

    commands.act(refund_after_payout)
    said = " ".join(commands.run("show", commands.ids["kept"]).stdout.split())
    assert "balance_insufficient" in said
    assert f"next try {commands.clock.now() + timedelta(hours=6):%Y-%m-%d %H:%M}" in said
