"""The providers a gateway is tried on."""

from __future__ import annotations

import os
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.lab.sandbox.conftest import serve
from veza.kit.clock import SystemClock
from veza.lab.sandbox.client import InProcessClient
from veza.lab.sandbox.core import Sandbox, SandboxSettings
from veza.money.pace import Unpaced
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.live import BoundedAiohttpClient, Line

TIMEOUT_SECONDS = 0.5


@dataclass
class Provider:
    """A provider under contract; `sandbox` is None for the real one."""

    line: Line
    gateway: Gateway
    account: str
    sandbox: Sandbox | None

    async def charge(self, amount: int = 2000) -> str:
        """A charge of euros that are available at once."""
        body = {
            "amount": amount,
            "currency": "eur",
            "payment_method": "pm_card_bypassPending",
            "payment_method_types": ["card"],
            "confirm": "true",
        }
        intent = await self.line.send("post", "/v1/payment_intents", body, key=new_key())
        assert intent.is_ok, str(intent)
        return str(intent.object["latest_charge"])

    async def transfer(self, amount: int = 1000, group: str | None = None) -> Any:
        body = {
            "amount": amount,
            "currency": "eur",
            "destination": self.account,
            "source_transaction": await self.charge(),
            "metadata": {"veza_transfer": "t"},
        }
        made = await self.gateway.create_transfer(
            {**body, **({"transfer_group": group} if group else {})}, key=new_key()
        )
        assert made.is_ok, str(made)
        return made.object


def new_key() -> str:
    return f"veza-contract-{uuid4()}"


async def open_provider(stack: AsyncExitStack, name: str) -> Provider:
    if name == "Stripe test mode":
        key, account = os.environ.get("STRIPE_TEST_SECRET_KEY"), os.environ.get("STRIPE_TEST_ACCOUNT")
        if not key or not account:
            pytest.skip("STRIPE_TEST_SECRET_KEY and STRIPE_TEST_ACCOUNT are not set: Stripe's test mode was not asked")
        assert key.startswith(("sk_test_", "rk_test_")), "never with a live key"
        line = Line(key, BoundedAiohttpClient(30, 10))
        sandbox = None
    else:
        sandbox = Sandbox(SystemClock(), random.Random(1), settings=SandboxSettings(rate_limit_per_second=None))
        account = str(sandbox.new_account()["id"])
        if name == "sandbox in process":
            line = Line("sk_test_contract", InProcessClient(sandbox))
        else:
            url = (await stack.enter_async_context(serve(sandbox))).url
            line = Line("sk_test_contract", BoundedAiohttpClient(TIMEOUT_SECONDS, 10), url)
    stack.push_async_callback(line.close)
    return Provider(line, Gateway(line, Unpaced()), account, sandbox)
