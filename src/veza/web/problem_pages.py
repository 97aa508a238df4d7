"""What a person's browser gets where a program is told a problem: at an address where nothing is, for a request that
cannot be read, and when something breaks."""

from __future__ import annotations

from litestar import Response

from veza.http.problem_answers import ProblemPage
from veza.http.requests import DoorRequest
from veza.kit.clock import Clock
from veza.web.pages import Pages


def problem_page(clock: Clock) -> ProblemPage:
    """Makes a page of a problem; None for a program, and for every request under /api."""
    pages = Pages(clock)

    def page(request: DoorRequest, status: int, title: str, detail: str) -> Response[bytes] | None:
        wants_page = request.accept.best_match(["application/json", "text/html"]) == "text/html"
        if not wants_page or request.url.path.startswith("/api/"):
            return None
        sentence = f"{detail[:1].upper()}{detail[1:]}."
        return pages.show(request, "plain/refused.html", status=status, title=title, sentence=sentence)

    return page
