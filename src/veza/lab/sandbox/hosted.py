"""The sandbox inside `veza serve`: kept on disk under VAR_DIR, its webhooks delivered to Veza itself."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

from veza.kit.clock import Clock
from veza.lab.sandbox import belonging
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.delivery import deliver_webhooks
from veza.lab.sandbox.server import AsgiApp, create_app
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox.store import Store
from veza.settings import Settings

ACCOUNT_FACT = "platform_account"


@dataclass
class HostedSandbox:
    """The sandbox's application to mount, and the service that delivers its webhooks."""

    sandbox: Sandbox
    app: AsgiApp
    webhook_secret: str
    endpoint: str
    name: str = "sandbox webhooks"

    async def run(self, stop: asyncio.Event) -> None:
        self.sandbox.keep_only_webhook(self.endpoint, self.webhook_secret)
        await deliver_webhooks(self.sandbox, stop)


def hosted_sandbox(settings: Settings, clock: Clock, operator_token: str) -> HostedSandbox:
    """A sandbox whose state outlives the process. Whom it serves, and its secrets, follow from the operator's token.

    It takes one API key, delivers webhooks to Veza alone, and its control API wants the token: what reaches this port
    may come from this machine or through a proxy from anywhere, and nothing in a request tells which.
    Raises DamagedState.
    """
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(state_file(settings))
    endpoint = f"{settings.local_url}/webhooks/stripe"
    chosen = SandboxSettings(
        api_keys=(belonging.sandbox_key(operator_token),),
        only_webhook=endpoint,
        platform_account=_account(store, operator_token),
    )
    sandbox = Sandbox(clock, random.SystemRandom(), store, settings=chosen)
    sandbox.keep_fact(ACCOUNT_FACT, chosen.platform_account)
    app = create_app(sandbox, control_token=operator_token)
    return HostedSandbox(sandbox, app, belonging.webhook_secret(operator_token), endpoint)


def state_file(settings: Settings) -> Path:
    """Where `veza serve` keeps its sandbox."""
    return settings.var_dir / "sandbox.db"


def _account(store: Store, secret: str) -> str:
    """The account of a state that has one, so that a new operator token changes nothing in it."""
    if store.is_empty:
        return belonging.account_id(secret)
    return str(store.fact(ACCOUNT_FACT) or SandboxSettings().platform_account)
