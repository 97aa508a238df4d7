"""Is the process alive, may it be sent work, and how is it doing: for load balancers and monitoring."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

Check = Callable[[], Awaitable[str | None]]
"""None when all is well, else one sentence."""

CHECK_BOUND_SECONDS = 2.0
"""A load balancer gives up after a few seconds; a check that takes longer counts as failed."""


class Liveness(Struct, frozen=True):
    """The process answers."""

    status: str = "alive"


class Readiness(Struct, frozen=True):
    """Whether to send work here; `checks` holds “ok” or a sentence for each."""

    ready: bool
    checks: dict[str, str]


def health_routes(
    checks: Mapping[str, Check], stop: asyncio.Event, metrics: Callable[[], Awaitable[tuple[bytes, str]]]
) -> list[HTTPRouteHandler]:
    """`/health/live`, `/health/ready` and `/metrics`; none of them needs a token, none shows business data by name."""

    @get("/health/live", tags=["health"], summary="Is the process alive", sync_to_thread=False)
    def live() -> Liveness:
        """Answers as long as the event loop turns; a supervisor restarts the process when this fails."""
        return Liveness()

    @get(
        "/health/ready",
        tags=["health"],
        summary="May it be sent work",
        responses={503: ResponseSpec(Readiness, description="Not now; `checks` says why.", generate_examples=False)},
    )
    async def ready() -> Response[Readiness]:
        """200 when the database answers, its schema is current and no stop was asked for; 503 otherwise."""
        results = await asyncio.gather(*(_bounded(check) for check in checks.values()))
        said = {name: sentence or "ok" for name, sentence in zip(checks, results, strict=True)}
        said["stopping"] = "a stop was asked for" if stop.is_set() else "ok"
        is_ready = all(sentence == "ok" for sentence in said.values())
        return Response(Readiness(is_ready, said), status_code=200 if is_ready else 503, headers=_UNCACHED)

    @get("/metrics", include_in_schema=False)
    async def show_metrics() -> Response[Any]:
        body, content_type = await metrics()
        # As a header: the framework would add a second charset to a media type.
        return Response(body, headers={**_UNCACHED, "Content-Type": content_type})

    return [live, ready, show_metrics]


_UNCACHED = {"Cache-Control": "no-store"}


async def _bounded(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), CHECK_BOUND_SECONDS)
    except TimeoutError:
        return f"no answer within {CHECK_BOUND_SECONDS:.0f} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
