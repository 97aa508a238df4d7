"""A simulated run without what others do for people and servers: log lines, telemetry, garbage collection.

None of it decides what the module does. Each part is measured: what it costs of a run stands beside it.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, NoReturn

import msgspec
import stripe._api_requestor
import stripe._stripe_response
import stripe._util
import structlog


@asynccontextmanager
async def lean() -> AsyncIterator[None]:
    """The module logs what it stumbles over, and here that is everything: a run says what matters itself.

    The SDK formats four lines for each request and asks only then whether they are wanted (3 %), looks through the
    environment (1 %), and reads each answer into ordered dictionaries (4 %).
    """
    processors = structlog.get_config()["processors"]
    before = list(processors)
    processors[:] = [_drop]
    instead: tuple[tuple[Any, str, Any], ...] = (
        (stripe._util, "logfmt", lambda props: ""),
        (stripe._api_requestor._APIRequestor, "_detect_ai_agent", staticmethod(lambda environ: "")),
        (stripe._stripe_response, "json", SimpleNamespace(loads=_read)),
    )
    originals = [vars(owner)[name] for owner, name, _ in instead]
    for owner, name, ours in instead:
        setattr(owner, name, ours)
    try:
        yield
    finally:
        processors[:] = before
        for (owner, name, _), original in zip(instead, originals, strict=True):
            setattr(owner, name, original)


def collect_less() -> None:
    """Modules and statements stay for good: leave them out of garbage collection, and collect less often (15 %)."""
    if gc.get_freeze_count() == 0:  # once: what is garbage by the next time would stay for good, too
        gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _read(body: str, **_: Any) -> Any:
    return msgspec.json.decode(body)


def _drop(_logger: Any, _method: str, _event: Any) -> NoReturn:
    raise structlog.DropEvent
