"""A real server on SQLite is stopped, its database restored from a backup, and started again; its sandbox goes on."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tests.commands import Process, veza
from tests.waiting import until


def a_free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def money_of(folder: Path, sql: str, *values: object) -> list[Any]:
    with sqlite3.connect(folder / "veza.db") as database:
        return database.execute(sql, values).fetchall()


class Served:
    """`veza serve` in its own folder, and requests to it and to the sandbox in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, a_free_port()
        self.settings = {"VAR_DIR": str(folder / "var"), "PORT": self.port, "LOG_LEVEL": "warning"}
        self.back = f"http://127.0.0.1:{self.port}/"
        self.process = self._process()

    def _process(self) -> Process:
        return Process("serve", ("serve", "--migrate"), self.folder, self.settings)

    async def start(self) -> None:
        self.process = self._process()
        await self.process.start("ready|http://")

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        token = (self.folder / "var" / "operator-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": os.urandom(8).hex()}
        async with httpx.AsyncClient(base_url=self.back, headers=headers, timeout=20) as http:
            answer = await http.request(method, path, json=body)
            assert answer.is_success, answer.text
            return answer.json()

    async def seller(self, name: str) -> str:
        wanted = {"seller_id": name, "name": name, "country": "DE", "return_url": self.back}
        account = (await self.ask("POST", "/api/v1/sellers", wanted))["stripe_account_id"]
        await self.ask("POST", f"/sandbox/_sandbox/accounts/{account}/onboard", {})
        return str(account)

    async def order(self, name: str, lines: dict[str, int]) -> Any:
        wanted = {"order_ref": name, "currency": "EUR", "success_url": self.back, "cancel_url": self.back}
        goods = [{"seller_id": seller, "product_ref": "song", "gross_minor": gross} for seller, gross in lines.items()]
        return await self.ask("POST", "/api/v1/payments", {**wanted, "lines": goods})

    async def pay(self, payment: Any) -> None:
        page = payment["stripe_checkout_session_id"]
        await self.ask("POST", f"/sandbox/_sandbox/checkouts/{page}/pay", {"card": "4242424242424242"})

    def sent(self) -> list[tuple[str, int]]:
        """What the provider sent, by account: from the sandbox's own file."""
        with sqlite3.connect(self.folder / "var" / "sandbox.db") as sandbox:
            rows = sandbox.execute(
                "SELECT json_extract(json, '$.destination'), json_extract(json, '$.amount') FROM objects"
                " WHERE kind = 'transfers'"
            ).fetchall()
        return sorted((str(account), int(amount)) for account, amount in rows)

    def completed(self) -> int:
        query = "SELECT count(*) FROM seller_transfers WHERE status = 'completed'"
        return int(money_of(self.folder / "var", query)[0][0])


async def test_a_documented_restore_pays_no_seller_twice_and_names_what_was_lost(tmp_path: Path) -> None:
    served = Served(tmp_path)
    try:
        await served.start()
        await served.seller("anna")
        await served.seller("ben")
        before = await served.order("order-1", {"anna": 80, "ben": 1000})
        (tmp_path / "backup").mkdir()
        with sqlite3.connect(tmp_path / "var" / "veza.db") as live, sqlite3.connect(tmp_path / "backup" / "db") as kept:
            live.backup(kept)
        await served.pay(before)
        lost = await served.order("order-2", {"anna": 500})
        await served.pay(lost)

        await until(lambda: served.completed() == 3, "every share to be sent", every=0.2, within=90)
        sent = served.sent()
        assert len(sent) == 3
        charge = (await served.ask("GET", f"/api/v1/payments/{lost['id']}"))["stripe_charge_id"]
        assert await served.process.stop() == 0

        for name in ("veza.db", "veza.db-wal", "veza.db-shm"):
            (tmp_path / "var" / name).unlink(missing_ok=True)
        (tmp_path / "var" / "veza.db").write_bytes((tmp_path / "backup" / "db").read_bytes())
        await served.start()

        await until(lambda: served.completed() == 2, "both shares of the first order to be known", every=0.2, within=90)
        # A share that would be sent again is due before a share of a later sale is.
        await served.pay(await served.order("order-3", {"anna": 700}))
        await until(lambda: served.completed() == 3, "a later sale's share to be sent", every=0.2, within=90)
        (later,) = (Counter(served.sent()) - Counter(sent)).elements()
        assert later[1] == 630
        assert len(served.sent()) == len(sent) + 1
        found = (await served.ask("GET", "/api/v1/findings?state=open"))["items"]
        named = {one["subject"]: one for one in found if one["kind"] == "missing_here"}
        assert charge in named
        assert lost["id"] in named[charge]["message"]
        assert "veza_order order-2" in named[charge]["message"]
        returning = ("money", "return-charge", charge, "--reason", "lost order")
        done = veza(*returning, cwd=tmp_path, **served.settings)
        assert done.returncode == 0, done.stderr
        assert "5.00 EUR of charge" in done.stdout
        assert "reverse them at the provider" in done.stdout
        done = veza("money", "check", cwd=tmp_path, **served.settings)
        assert done.returncode == 0, done.stderr
    finally:
        await served.process.end()
