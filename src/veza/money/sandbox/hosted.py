"""The sandbox inside `veza serve`: kept on disk under VAR_DIR, its webhooks delivered to Veza itself."""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import dataclass

from veza.kit.clock import Clock
from veza.money.sandbox.core import Sandbox
from veza.money.sandbox.delivery import deliver_webhooks
from veza.money.sandbox.server import AsgiApp, create_app
from veza.money.sandbox.settings import SandboxSettings
from veza.money.sandbox.store import Store
from veza.settings import Settings, is_loopback


@dataclass
class HostedSandbox:
    """The sandbox's application to mount, and the service that delivers its webhooks."""

    sandbox: Sandbox
    app: AsgiApp
    webhook_secret: str
    endpoint: str
    name: str = "sandbox webhooks"

    async def run(self, stop: asyncio.Event) -> None:
        self.sandbox.add_webhook(self.endpoint, secret=self.webhook_secret)
        await deliver_webhooks(self.sandbox, stop)


def hosted_sandbox(settings: Settings, clock: Clock, operator_token: str) -> HostedSandbox:
    """A sandbox whose state outlives the process. Its webhook secret follows from the operator's token."""
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(settings.var_dir / "sandbox.db")
    sandbox = Sandbox(clock, random.SystemRandom(), store, settings=SandboxSettings())
    secret = "whsec_" + hashlib.sha256(f"sandbox webhooks {operator_token}".encode()).hexdigest()
    # Whoever is on this machine may play the bank; a stranger may not.
    app = create_app(sandbox, control_token=operator_token if _strangers_come(settings) else None)
    return HostedSandbox(sandbox, app, secret, f"{settings.local_url}/webhooks/stripe")


def _strangers_come(settings: Settings) -> bool:
    return not is_loopback(settings.host) or bool(settings.public_url)
