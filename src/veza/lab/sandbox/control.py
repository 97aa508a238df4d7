"""What the real Stripe has no API for: time, faults, balances, cards, the dashboard, and looking inside."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from veza.lab.sandbox.controls.accounts import AccountControls
from veza.lab.sandbox.controls.buyers import BuyerControls
from veza.lab.sandbox.controls.dashboard import DashboardControls
from veza.lab.sandbox.controls.deliveries import DeliveryControls
from veza.lab.sandbox.controls.faults import FaultControls
from veza.lab.sandbox.errors import no_such
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

MOST_PLATFORMS = 100
"""Platforms made for tests at one time; each keeps its objects in memory."""
PLATFORM_KEY = "sk_test_platform"
"""How their keys begin: a key whose platform is gone is refused, and never taken for one of the sandbox's own."""


class Controls(BuyerControls, AccountControls, DashboardControls, FaultControls, DeliveryControls):
    """The control methods of a `Sandbox`; each is one step: time moves on, it acts, the store is written.

    They raise `ApiError` for unknown ids and what the API would refuse, `ValueError` for senseless arguments.
    """

    platforms: dict[str, Controls]

    def advance(self, seconds: float) -> float:
        """Move sandbox time forward and let everything happen that was due meanwhile; returns the new time."""
        if seconds < 0:
            raise ValueError(f"time only moves forward, not by {seconds} seconds")
        with self._step():
            self.world.set_fact("offset", self.world.fact("offset", 0.0) + seconds)
            self._tick()
            return self.world.now

    def reset(self) -> Obj:
        """Forget every object, event, delivery, fault, idempotency key and the moved time; answers the summary.

        Switches and webhook endpoints stay, and so do the platforms made for tests.
        """
        with self._step():
            endpoints = list(self.world.webhook_endpoints.rows.values())
            switches, paused = self.world.fact("switches", {}), self.world.webhooks_paused
            if self._store is not None:
                self._store.clear()
            self.world = World(self.world.rng, self.settings, tracked=self._store is not None)
            self.world.set_fact("switches", switches)
            self.world.set_fact("webhooks_paused", paused)
            self.world.webhooks_paused = paused
            for endpoint in endpoints:
                self.world.webhook_endpoints.add(endpoint)
            self.log.clear()
            self._tick()
        return self.summary()

    def new_platform(self) -> Obj:
        """A platform of its own for one test, empty and in memory: its account, its key, and the path it lives under.

        Requests with its key reach it, pages and control API are under `path`. Raises ValueError when there are
        `MOST_PLATFORMS` already.
        """
        if len(self.platforms) >= MOST_PLATFORMS:
            raise ValueError(
                f"there are {MOST_PLATFORMS} platforms already; remove one with DELETE /platforms/ID first"
            )
        account, key = self.world.new_id("acct"), f"{PLATFORM_KEY}{self.world.new_id('x')[2:]}"
        platform = self._beside(account, key)
        self.platforms[account] = platform
        return {"account": account, "secret_key": key, "path": f"/{account}"}

    def list_platforms(self) -> list[Obj]:
        """The platforms made for tests, oldest first."""
        return [
            {"account": account, "secret_key": one.settings.api_keys[0], "path": f"/{account}"}
            for account, one in self.platforms.items()
        ]

    def remove_platform(self, account: str) -> None:
        """Forget a platform that was made for a test."""
        if self.platforms.pop(account, None) is None:
            raise no_such("platform", account)

    @abstractmethod
    def _beside(self, account: str, key: str) -> Controls:
        """An empty sandbox with the same clock and switches, for this platform and key alone."""

    def summary(self) -> Obj:
        """Counts of everything, the time, the switches, the request log and the effects."""
        with self._step():
            return {
                "now": self.world.now,
                "offset": self.world.fact("offset", 0.0),
                "objects": {name: len(table) for name, table in self.world.tables.items()},
                "effects": dict(self.world.effects),
                "requests": self.log.summary(),
                "switches": self.switches(),
                "webhooks_paused": self.world.webhooks_paused,
            }

    def request_log(self) -> Obj:
        """The request log's summary, with when each accepted request arrived (monotonic seconds)."""
        return {**self.log.summary(), "arrivals": list(self.log.arrivals), "effects": dict(self.world.effects)}

    def clear_log(self) -> None:
        self.log.clear()

    def keep_fact(self, name: str, value: Any) -> None:
        """Keep a single value with the state."""
        with self._step():
            self.world.set_fact(name, value)
