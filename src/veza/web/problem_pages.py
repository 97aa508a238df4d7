"""What a person's browser gets where a program is told a problem: at an address where nothing is, for a request that
cannot be read or done, and when something breaks."""

from __future__ import annotations

from litestar import Response

from veza.http.problem_answers import ProblemPage
from veza.http.problems import Problem
from veza.http.requests import DoorRequest
from veza.kit.messages import gettext
from veza.web.page_addresses import pushed_back
from veza.web.rendering import Pages, Refused, words_of
from veza.web.site import Site


def problem_page(site: Site) -> ProblemPage:
    """Makes a page of a problem; None for a program, and for every request under /api."""
    pages = Pages(site)

    def page(request: DoorRequest, problem: Problem, title: str, detail: str) -> Response[bytes] | None:
        if not isinstance(problem, Refused) and not wants_page(request):
            return None
        status, sentence = problem.kind.status, words_of(request, problem, detail)
        way_on = problem.way_on if isinstance(problem, Refused) else None
        if way_on is None and status >= 500 and request.method == "GET":
            way_on = request.url.path, gettext("Try again")
        return pages.show(
            request, "plain/refused.html", status=status, headers=pushed_back(request),
            title=title, sentence=sentence, way_on=way_on,
        )  # fmt: skip

    return page


def wants_page(request: DoorRequest) -> bool:
    """Whether a person's browser asks, and not a program. htmx, which puts the answer in the page's place, says that it
    accepts anything."""
    best = request.accept.best_match(["application/json", "text/html"])
    return (best == "text/html" or "hx-request" in request.headers) and not request.url.path.startswith("/api/")
