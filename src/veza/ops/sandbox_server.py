"""The sandbox as a process of its own: `veza sandbox serve`."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from veza.http.serving import listen, serving
from veza.kit.clock import SystemClock
from veza.kit.messages import gettext
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.delivery import deliver_webhooks
from veza.lab.sandbox.server import create_app
from veza.lab.sandbox.state import DamagedState
from veza.lab.sandbox.store import Store
from veza.settings import SANDBOX_KEY


class BadState(Exception):
    """The state file cannot be used; says why."""


def switches_of(
    seller_funds_pending: bool | None,
    connect_events: bool | None,
    rate_limit: int | None,
    async_capture: float | None,
    no_async_capture: bool,
) -> dict[str, Any]:
    """The switches of `SandboxSettings` that the command line's flags name; raises ValueError for a contradiction."""
    if no_async_capture and async_capture is not None:
        raise ValueError("--async-capture and --no-async-capture contradict each other: give one of them")
    chosen: dict[str, Any] = {}
    if seller_funds_pending is not None:
        chosen["seller_funds_available_at_once"] = not seller_funds_pending
    if connect_events is not None:
        chosen["connect_events_everywhere"] = connect_events
    if rate_limit is not None:
        chosen["rate_limit_per_second"] = rate_limit or None
    if no_async_capture or async_capture is not None:
        chosen["asynchronous_capture_seconds"] = async_capture
    return chosen


async def run(
    port: int, state: Path | None, webhook: str | None, switches: Mapping[str, Any], say: Callable[[str], object]
) -> int:
    """Serve until a signal; `say` is told where, and with which settings Veza would use it. Returns the exit code."""
    listener = listen("127.0.0.1", port)
    try:
        sandbox = _sandbox(state)
    except BadState:
        listener.close()
        raise
    if switches:
        sandbox.set_switches(switches)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with serving(create_app(sandbox), listener) as url:
            secret = sandbox.add_webhook(webhook)["secret"] if webhook else None
            delivering = asyncio.create_task(deliver_webhooks(sandbox, stop))
            say(_welcome(url, state, webhook, secret))
            await stop.wait()
            await delivering
    finally:
        sandbox.close()
    return 0


def _sandbox(state: Path | None) -> Sandbox:
    try:
        store = Store(state) if state else None
        return Sandbox(SystemClock(), random.SystemRandom(), store)
    except DamagedState as damaged:
        raise BadState(
            gettext("{damaged}; --repair saves what can be saved, or name another file", damaged=damaged)
        ) from None
    except (sqlite3.Error, OSError) as error:
        raise BadState(gettext("{state} cannot hold the sandbox's state: {error}", state=state, error=error)) from None


def _welcome(url: str, state: Path | None, webhook: str | None, secret: str | None) -> str:
    lines = [
        f"The sandbox is ready on {url}",
        f"  control API  {url}/_sandbox",
        f"  offered      {url}/offered",
        f"  state        {state or 'in memory, gone when it stops'}",
        "  use it with  "
        + " ".join(
            [
                f"STRIPE_API_BASE={url}",
                f"STRIPE_SECRET_KEY={SANDBOX_KEY}",
                *([f"STRIPE_WEBHOOK_SECRETS={secret}"] if secret else []),
            ]
        ),
    ]
    if webhook:
        lines.insert(4, f"  webhooks     every event goes to {webhook}")
    return "\n".join(lines)
