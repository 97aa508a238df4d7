"""Webhook endpoints, the events they are sent, and how each delivery went."""

from __future__ import annotations

from veza.lab.sandbox import webhooks
from veza.lab.sandbox.steps import Steps
from veza.lab.sandbox.webhooks import Delivery
from veza.lab.sandbox.wire import Obj


class DeliveryControls(Steps):
    """The control methods of webhooks."""

    def add_webhook(self, url: str, events: list[str] | None = None, *, secret: str | None = None) -> Obj:
        """Register an endpoint; returns it with its secret. The same url again only replaces its choices."""
        with self._step():
            return webhooks.register(self.world, url, events or ["*"], secret)

    def keep_only_webhook(self, url: str, secret: str) -> None:
        """Every event goes to `url` and nowhere else; other endpoints are removed."""
        with self._step():
            webhooks.keep_only(self.world, url, secret)

    def pending_events(self, after: str | None = None) -> list[Obj]:
        """All events after the one with this id, oldest first, whether or not an endpoint listens."""
        with self._step():
            return webhooks.events_after(self.world, after)

    def due_deliveries(self, limit: int | None = None) -> list[Delivery]:
        """Webhook deliveries to make now; tell `record_delivery` how each went."""
        with self._step():
            return webhooks.due_deliveries(self.world, limit)

    def next_delivery_due(self) -> float | None:
        """Sandbox time of the next delivery or task, None when nothing waits."""
        return self.world.next_due()

    def record_delivery(self, delivery: str, status_code: int | None) -> Obj | None:
        """Note how a delivery went; None for one that a reset has forgotten meanwhile."""
        with self._step():
            if self.world.deliveries.get(delivery) is None:
                return None
            return webhooks.record_delivery(self.world, delivery, status_code)

    def list_deliveries(self, limit: int = 100) -> list[Obj]:
        """The newest deliveries and their attempts."""
        ids = self.world.deliveries.ids()[-limit:]
        return [self.world.deliveries.rows[id] for id in reversed(ids)]

    def pause_webhooks(self, paused: bool = True) -> None:
        with self._step():
            self.world.webhooks_paused = paused
            self.world.set_fact("webhooks_paused", paused)

    def redeliver(self, event: str, times: int = 1) -> list[Obj]:
        """Deliver an event again, now, to every endpoint that wants it."""
        with self._step():
            return webhooks.redeliver(self.world, event, times)

    def reverse_waiting_deliveries(self) -> int:
        """Turn the order of the deliveries that wait; returns how many."""
        with self._step():
            return webhooks.reverse_waiting(self.world)
