"""`veza sandbox` from outside: what it prints, what it answers, and its exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.commands import serving, start, veza
from tests.ops import in_process
from veza.lab.scenarios.player import SCENARIOS

BOUND_SECONDS = 30


def test_play_tells_programs_every_fact_and_the_timeline(tmp_path: Path) -> None:
    done = veza("sandbox", "play", "sale-and-refund", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    (played,) = said["scenarios"]
    assert said["ok"] is True
    assert played["name"] == "sale-and-refund"
    assert {fact["ok"] for fact in played["facts"]} == {True}
    moves = [entry["what"] for entry in played["timeline"] if entry["kind"] == "move"]
    assert "reversal_pending → reversed" in moves
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_scenario_ends_with_2_and_the_names_there_are(tmp_path: Path) -> None:
    done = in_process.veza("sandbox", "play", "sale-and-fraud", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("veza: there is no scenario “sale-and-fraud”; there are sale-and-refund, ")


def test_play_wants_to_know_what(tmp_path: Path) -> None:
    done = in_process.veza("sandbox", "play", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "veza: say which scenario to play, or --all; `veza sandbox list` has them\n"


def test_a_database_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    url = "postgresql://veza@127.0.0.1:1/veza"
    done = in_process.veza("sandbox", "play", "sale-and-refund", "--json", "--database-url", url, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("veza: the database does not answer")
    assert len(done.stderr.splitlines()) == 1


def test_list_names_every_scenario(tmp_path: Path) -> None:
    done = in_process.veza("sandbox", "list", "--json", cwd=tmp_path)
    assert [one["name"] for one in json.loads(done.stdout)] == [one.name for one in SCENARIOS]


def test_the_sandbox_alone_remembers_what_it_did(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    with Sandbox(tmp_path, "--state", str(state)) as url:
        paid = httpx.post(f"{url}/_sandbox/payments", json={"amount": 1000, "currency": "eur"})
        assert paid.status_code == 200
    with Sandbox(tmp_path, "--state", str(state)) as url:
        headers = {"Authorization": "Bearer sk_test_anybody"}
        charge = httpx.get(f"{url}/v1/charges/{paid.json()['id']}", headers=headers).json()
        assert charge["amount"] == 1000


def test_webhooks_to_an_address_that_leads_nowhere_are_refused_before_it_listens(tmp_path: Path) -> None:
    done = in_process.veza("sandbox", "serve", "--port", "0", "--webhook", "http://127.0.0.1:99999", cwd=tmp_path)
    assert done.returncode != 0
    assert done.stderr.startswith("veza: --webhook: its port must be a whole number from 1 to 65535; write it like ")
    assert done.stdout == ""


def test_a_state_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database but a text\n" * 100)
    done = in_process.veza("sandbox", "serve", "--port", "0", "--state", "notes.txt", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("veza: the sandbox's file notes.txt is damaged: file is not a database; --repair ")


def test_a_file_in_use_is_one_sentence_with_the_process_that_has_it(tmp_path: Path) -> None:
    with Sandbox(tmp_path, "--state", "kept.db") as url:
        paid = httpx.post(f"{url}/_sandbox/payments", json={"amount": 1000, "currency": "eur"})
        held = (tmp_path / "kept.db.lock").read_text().strip()
        for command in (("serve", "--port", "0", "--state", "kept.db"), ("reset", "--state", "kept.db")):
            done = veza("sandbox", *command, cwd=tmp_path)
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr == (
                f"veza: the sandbox's file kept.db is in use by another `veza sandbox` (process {held}):"
                f" stop that one (kill {held}), or use another file\n"
            )
    with Sandbox(tmp_path, "--state", "kept.db") as url:
        headers = {"Authorization": "Bearer sk_test_anybody"}
        assert httpx.get(f"{url}/v1/charges/{paid.json()['id']}", headers=headers).status_code == 200


def test_the_file_of_a_running_shop_is_in_use_and_the_shop_does_not_start_on_one_that_is(tmp_path: Path) -> None:
    with serving(tmp_path):
        done = veza("sandbox", "serve", "--port", "0", "--state", "var/sandbox.db", cwd=tmp_path)
        assert done.returncode == 1
        assert "var/sandbox.db is in use by the `veza serve` of its folder (process " in done.stderr
    with Sandbox(tmp_path, "--state", "var/sandbox.db"):
        done = veza("serve", "--migrate", "--port", "0", cwd=tmp_path)
        assert done.returncode == 1
        assert "sandbox.db is in use by another `veza sandbox` (process " in done.stderr


def test_without_async_capture_a_charge_is_booked_at_once(tmp_path: Path) -> None:
    with Sandbox(tmp_path, "--no-async-capture") as url:
        charge = httpx.post(f"{url}/_sandbox/payments", json={"amount": 1000, "currency": "eur"}).json()
        assert charge["balance_transaction"].startswith("txn_")
        assert "charge.updated" not in _events(url)
    with Sandbox(tmp_path) as url:
        charge = httpx.post(f"{url}/_sandbox/payments", json={"amount": 1000, "currency": "eur"}).json()
        assert charge["balance_transaction"] is None
        httpx.post(f"{url}/_sandbox/clock/advance", json={"seconds": 2})
        assert "charge.updated" in _events(url)


def test_without_connect_events_an_accounts_events_go_to_endpoints_made_for_them_alone(tmp_path: Path) -> None:
    for flags, both in (((), True), (("--no-connect-events",), False)):
        with Sandbox(tmp_path, *flags) as url:
            endpoints = {}
            for connect in ("false", "true"):
                form = {
                    "url": f"http://127.0.0.1:9/{connect}",
                    "enabled_events[]": "account.updated",
                    "connect": connect,
                }
                headers = {"Authorization": "Bearer sk_test_anybody"}
                made = httpx.post(f"{url}/v1/webhook_endpoints", data=form, headers=headers)
                assert made.status_code == 200, made.text
                endpoints[made.json()["id"]] = connect
            httpx.post(f"{url}/_sandbox/accounts", json={})
            sent = {endpoints[one["endpoint"]] for one in httpx.get(f"{url}/_sandbox/deliveries").json()}
            assert sent == ({"false", "true"} if both else {"true"})


def _events(url: str) -> list[str]:
    return [one["type"] for one in httpx.get(f"{url}/_sandbox/events").json()]


class Sandbox:
    """`veza sandbox serve` while the block runs; it must end with 0 when it is told to."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._process = start(
            "sandbox", "serve", "--port", "0", *options, cwd=folder, stdout=subprocess.PIPE, stderr=sys.__stderr__
        )

    def __enter__(self) -> str:
        assert self._process.stdout
        for line in self._process.stdout:
            if ready := re.search(r"ready on (http://\S+)", line):
                return ready[1]
        raise AssertionError("the sandbox ended before it was ready")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        code = self._process.wait(timeout=BOUND_SECONDS)
        assert self._process.stdout
        self._process.stdout.close()
        assert code == 0
