"""A new database beside an old sandbox, or a new sandbox beside an old database, is told before anything starts."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.commands import serving, veza


def sell(folder: Path, address: str) -> None:
    """One order whose buyer has paid."""
    token = (folder / "var" / "operator-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    with httpx.Client(base_url=address, headers=headers, timeout=30) as http:
        seller = {"seller_id": "anna", "name": "Anna", "country": "DE", "return_url": f"{address}/"}
        assert http.post("/api/v1/sellers", json=seller).status_code < 300
        order = {
            "order_ref": "order-1", "currency": "EUR", "success_url": f"{address}/", "cancel_url": f"{address}/",
            "lines": [{"seller_id": "anna", "product_ref": "song", "gross_minor": 500}],
        }  # fmt: skip
        payment = http.post("/api/v1/payments", json=order, headers={"Idempotency-Key": "two"}).json()
        page = payment["stripe_checkout_session_id"]
        paid = http.post(f"/sandbox/_sandbox/checkouts/{page}/pay", json={"card": "4242424242424242"})
        assert paid.status_code == 200, paid.text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a shop that has sold and was stopped."""
    with serving(tmp_path) as (process, address, _):
        sell(tmp_path, address)
        process.terminate()
        process.wait()
    return tmp_path


def gone(folder: Path, name: str) -> None:
    for end in ("", "-wal", "-shm"):
        (folder / "var" / f"{name}{end}").unlink(missing_ok=True)


def start(folder: Path) -> str:
    """Try to start; the one sentence it ends with."""
    done = veza("serve", "--migrate", "--port", "0", cwd=folder)
    assert done.returncode == 1
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("veza: ")
    return sentence


def test_a_new_database_beside_an_old_sandbox_is_refused_until_the_sandbox_begins_anew(folder: Path) -> None:
    gone(folder, "veza.db")
    said = start(folder)
    assert "sandbox.db has 1 sale, and the database" in said
    assert "veza.db has none: it is new." in said
    assert not (folder / "var" / "veza.db").exists(), "a refused start has made the database it refused"
    assert "`veza sandbox reset`" in said
    assert veza("sandbox", "reset", cwd=folder).returncode == 0
    with serving(folder) as (_, address, _):
        assert httpx.get(f"{address}/health/ready").status_code == 200


def test_a_new_sandbox_beside_an_old_database_is_refused_until_an_operator_wants_it_so(folder: Path) -> None:
    gone(folder, "sandbox.db")
    said = start(folder)
    assert "veza.db has 1 sale that the provider was asked for, and the sandbox in" in said
    assert "Put the sandbox.db back" in said
    assert veza("sandbox", "reset", cwd=folder).returncode == 0
    for _ in range(2):
        with serving(folder) as (process, _, _):
            process.terminate()
            process.wait()
    gone(folder, "sandbox.db")
    assert "Put the sandbox.db back" in start(folder), "what was wanted once is not wanted for ever"
