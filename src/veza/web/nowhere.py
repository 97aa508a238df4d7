"""The page at an address where nothing is, for who came there with a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response

from veza.kit.clock import Clock
from veza.web.pages import Pages

PageRequest = Request[Any, Any, Any]


def nowhere_page(clock: Clock) -> Callable[[PageRequest], Response[bytes] | None]:
    """What answers for an address that is not there: a page, or None for a program, which is told as programs are."""
    pages = Pages(clock)

    def page(request: PageRequest) -> Response[bytes] | None:
        wants_page = request.accept.best_match(["application/json", "text/html"]) == "text/html"
        if not wants_page or request.url.path.startswith("/api/"):
            return None
        sentence = f"There is no page at {request.url.path[:80]}."
        return pages.show(request, "plain/refused.html", status=404, title="Nothing here", sentence=sentence)

    return page
