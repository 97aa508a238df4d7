"""Moving a sandbox on, one step at a time: take the time, run what is due, write what changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from veza.kit.clock import Clock
from veza.lab.sandbox import balances, charges, checkout, delayed, disputes, idempotency, payments, refunds
from veza.lab.sandbox.limits import RequestLog
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox.store import Store
from veza.lab.sandbox.wire import Obj, Reply, Request
from veza.lab.sandbox.world import World


class Steps(ABC):
    """What every request and every control method is wrapped in."""

    clock: Clock
    settings: SandboxSettings
    world: World
    log: RequestLog
    _store: Store | None

    def now(self) -> float:
        """Sandbox time: the clock's, plus what it was moved by."""
        return self.clock.now().timestamp() + float(self.world.fact("offset", 0.0))

    def close(self) -> None:
        """Write what is left and let go of the store."""
        self._flush()
        if self._store is not None:
            self._store.close()

    @contextmanager
    def _step(self) -> Iterator[None]:
        self._tick()
        try:
            yield
        finally:
            self._flush()

    def _tick(self) -> None:
        """Take the time and run what is due by now, each task at its own time."""
        world = self.world
        now = self.now()
        while (task := world.next_task(now)) is not None:
            world.now = max(world.now, task["due"])
            self._actions()[task["action"]](task)
        world.now = now
        idempotency.prune(world)

    def _actions(self) -> dict[str, Callable[[Obj], object]]:
        world = self.world
        return {
            "mature": lambda t: balances.mature(world, t["account"], t["currency"], t["amount"]),
            "succeed_refund": lambda t: refunds.succeed_refund(world, t["refund"]),
            "fail_refund": lambda t: refunds.fail_refund(world, t["refund"]),
            "finish_capture": lambda t: charges.finish_capture(world, t["charge"]),
            "release_hold": partial(_release_hold, world),
            "dispute": partial(_dispute, world),
            "close_dispute": partial(_close_dispute, world),
            "expire_session": partial(_expire, world),
            "end_debit": lambda t: delayed.end(world, t["session"], pays=t["pays"]),
            "late_effect": self._late_effect,
        }

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """Answer one API request."""

    @abstractmethod
    def _late_effect(self, task: Obj) -> None:
        """Carry out a request that was accepted earlier."""

    def _flush(self) -> None:
        if self._store is not None:
            if self.world.effects != self.world.fact("effects", {}):
                self.world.set_fact("effects", dict(self.world.effects))
            self._store.flush(self.world)

    def _apply_switches(self) -> None:
        self.settings = replace(self.settings, **self.world.fact("switches", {}))
        self.world.settings = self.settings
        self.world.webhooks_paused = self.world.fact("webhooks_paused", False)


def _expire(world: World, task: Obj) -> None:
    if world.sessions.rows[task["session"]]["status"] == "open":
        checkout.expire_session(world, task["session"])


def _release_hold(world: World, task: Obj) -> None:
    intent = world.payment_intents.rows[task["intent"]]
    if intent["status"] == "requires_capture":
        payments.end_intent(world, intent, "automatic")


def _dispute(world: World, task: Obj) -> None:
    reason = task.get("reason", "fraudulent")
    inquiry = reason == "inquiry"
    disputes.open_dispute(world, task["charge"], reason="fraudulent" if inquiry else reason, inquiry=inquiry)


def _close_dispute(world: World, task: Obj) -> None:
    if world.disputes.rows[task["dispute"]]["status"] in (*disputes.OPEN, *disputes.INQUIRY):
        disputes.close_dispute(world, task["dispute"], task["outcome"])
