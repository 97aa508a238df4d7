"""One sandbox's whole state: its tables, its time, its ids and what is due later."""

from __future__ import annotations

import heapq
import random
from binascii import b2a_base64
from collections import deque
from typing import Any

from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox.tables import Changes, Table
from veza.lab.sandbox.wire import Obj, Request

CHECKOUT_ID_LENGTH = 58
ID_LENGTHS = {"acct": 16, "req": 14, "cs_test": CHECKOUT_ID_LENGTH, "whsec": 32}

ONLY_LETTERS = bytes.maketrans(b"+/", b"Qz")


class World:
    """State and time, without rules. `now` is in seconds since 1970 and is set by the core before each step."""

    def __init__(self, rng: random.Random, settings: SandboxSettings, *, tracked: bool) -> None:
        self.rng = rng
        self.settings = settings
        self.now = 0.0
        self.changed: Changes | None = {} if tracked else None
        self.fault_random = random.Random(rng.getrandbits(64))  # noqa: S311
        self.agenda: list[tuple[float, int, str]] = []
        self.outgoing: list[tuple[float, int, str]] = []
        self._enqueued = 0
        self.key_ages: deque[tuple[float, str]] = deque()
        self.held_deliveries: list[str] = []
        self.webhooks_paused = False
        self.platform: Obj | None = None
        self.request_id: str | None = None
        self.idempotency_key: str | None = None
        self.effects = {"transfers": 0, "reversals": 0, "refunds": 0, "charges": 0}
        self.tables: dict[str, Table] = {}
        self.accounts = self._table("accounts")
        self.sessions = self._table("sessions", payment_intent=lambda o: o["payment_intent"])
        self.session_items = self._table("session_items")
        self.products = self._table("products")
        self.customers = self._table("customers")
        self.deleted_customers = self._table("deleted_customers")
        self.payment_methods = self._table("payment_methods")
        self.payment_intents = self._table("payment_intents")
        self.charges = self._table(
            "charges", payment_intent=lambda o: o["payment_intent"], transfer_group=lambda o: o["transfer_group"]
        )
        self.refunds = self._table(
            "refunds", charge=lambda o: o["charge"], payment_intent=lambda o: o["payment_intent"]
        )
        self.transfers = self._table(
            "transfers",
            destination=lambda o: o["destination"],
            transfer_group=lambda o: o["transfer_group"],
            source_transaction=lambda o: o["source_transaction"],
            destination_payment=lambda o: o["destination_payment"],
        )
        self.reversals = self._table(
            "reversals",
            transfer=lambda o: o["transfer"],
            destination_payment_refund=lambda o: o["destination_payment_refund"],
        )
        self.disputes = self._table(
            "disputes", charge=lambda o: o["charge"], payment_intent=lambda o: o["payment_intent"]
        )
        self.balance_transactions = self._table(
            "balance_transactions", account=lambda o: o["_account"], source=lambda o: o["source"]
        )
        self.events = self._table("events", account=lambda o: o.get("account", ""))
        self.webhook_endpoints = self._table("webhook_endpoints")
        self.deliveries = self._table("deliveries", event=lambda o: o["event"])
        self.balances = self._table("balances", account=lambda o: o["account"])
        self.kept_keys = self._table("kept_keys")
        self.tasks = self._table("tasks")
        self.rules = self._table("rules")
        self.facts = self._table("facts")
        self._by_prefix = {
            "acct_": self.accounts,
            "cs_": self.sessions,
            "pi_": self.payment_intents,
            "ch_": self.charges,
            "re_": self.refunds,
            "tr_": self.transfers,
            "trr_": self.reversals,
            "du_": self.disputes,
            "txn_": self.balance_transactions,
            "evt_": self.events,
            "prod_": self.products,
            "cus_": self.customers,
            "pm_": self.payment_methods,
        }

    def _table(self, name: str, **indexes: Any) -> Table:
        table = Table(name, self.changed, **indexes)
        self.tables[name] = table
        return table

    @property
    def seconds(self) -> int:
        return int(self.now)

    def new_id(self, prefix: str) -> str:
        """A fresh id in Stripe's style, from the seeded random source alone."""
        length = ID_LENGTHS.get(prefix, 24)
        drawn = self.rng.getrandbits(8 * length).to_bytes(length, "little")
        return f"{prefix}_{b2a_base64(drawn)[:length].translate(ONLY_LETTERS).decode()}"

    def later(self, seconds: float, action: str, **details: Any) -> Obj:
        """Put something on the agenda; the core runs it once its time has come."""
        task = {"id": self.new_id("task"), "due": self.now + seconds, "action": action, **details}
        self.tasks.add(task)
        heapq.heappush(self.agenda, (task["due"], self.tasks.position(task["id"]), task["id"]))
        return task

    def next_task(self, now: float) -> Obj | None:
        """Take the earliest task due by `now` off the agenda."""
        while self.agenda and self.agenda[0][0] <= now:
            _, _, id = heapq.heappop(self.agenda)
            task = self.tasks.get(id)
            if task is not None:
                self.tasks.remove(id)
                return task
        return None

    def enqueue(self, delivery: Obj) -> None:
        """Put a webhook delivery where `next_delivery` finds it once it is due, after those put there before."""
        if delivery["held"] and delivery["id"] not in self.held_deliveries:
            self.held_deliveries.append(delivery["id"])
        self._enqueued += 1
        delivery["rank"] = self._enqueued
        heapq.heappush(self.outgoing, (delivery["due"], self._enqueued, delivery["id"]))

    def next_delivery(self) -> Obj | None:
        """Take the earliest delivery due now."""
        while not self.webhooks_paused and self.outgoing and self.outgoing[0][0] <= self.now:
            _, rank, id = heapq.heappop(self.outgoing)
            delivery = self.deliveries.rows[id]
            # An entry of a delivery that was put in again since is outdated.
            if delivery["status"] == "pending" and delivery["rank"] == rank:
                delivery["held"] = False
                return delivery
        return None

    def next_due(self) -> float | None:
        """When the next task or delivery is due."""
        dues = [queue[0][0] for queue in (self.agenda, self.outgoing) if queue]
        return min(dues) if dues else None

    def refill_queues(self) -> None:
        """Rebuild agenda and outgoing deliveries from their tables, after those were loaded from the store."""
        self.agenda = [(task["due"], self.tasks.position(id), id) for id, task in self.tasks.rows.items()]
        heapq.heapify(self.agenda)
        waiting = [delivery for delivery in self.deliveries.rows.values() if delivery["status"] == "pending"]
        for delivery in sorted(waiting, key=lambda delivery: delivery["rank"]):
            self.enqueue(delivery)

    def resume(self) -> None:
        """Go on after the tables were loaded from the store."""
        self.refill_queues()
        self.effects.update(self.fact("effects", {}))
        self.key_ages.extend((kept["created"], id) for id, kept in self.kept_keys.rows.items())
        # A seed used again must not give ids that were already given.
        starts = self.fact("starts", 0) + 1
        self.set_fact("starts", starts)
        self.rng = random.Random(f"{self.rng.getrandbits(64)}/{starts}")  # noqa: S311

    def may_fail(self, request: Request) -> bool:
        """Whether looking for a fault is worth it, which it seldom is."""
        return bool(self.rules.rows) or b"sandbox_fault" in request.body

    def by_id(self, id: str) -> Obj | None:
        """Any object, found by its id's prefix."""
        table = self._by_prefix.get(id[: id.find("_") + 1])
        if table is self.customers:
            return table.get(id) or self.deleted_customers.get(id)
        return None if table is None else table.get(id)

    def fact(self, name: str, default: Any) -> Any:
        """A single stored value, such as the clock's offset."""
        row = self.facts.get(name)
        return default if row is None else row["value"]

    def set_fact(self, name: str, value: Any) -> None:
        row = self.facts.get(name)
        if row is None:
            self.facts.add({"id": name, "value": value})
        else:
            row["value"] = value
            self.facts.touch(name)


def table_names() -> list[str]:
    """The names of a sandbox's tables."""
    return list(World(random.Random(0), SandboxSettings(), tracked=False).tables)  # noqa: S311
