"""Routers that Litestar takes as they are."""

from __future__ import annotations

import pytest
from litestar import Litestar, get

from veza.http.routers import FreshRouter


@get("/here", sync_to_thread=False)
def here() -> str:
    return "here"


def test_a_router_serves_the_application_it_was_made_for_and_no_second_one() -> None:
    inner = FreshRouter("/in", route_handlers=[here])
    outer = FreshRouter("/out", route_handlers=[inner])
    app = Litestar([outer], openapi_config=None)
    assert [route.path for route in app.routes] == ["/out/in/here"]
    assert (inner.owner, outer.owner) == (outer, app)
    with pytest.raises(RuntimeError, match="registered once"):
        Litestar([outer], openapi_config=None)


def test_handlers_serve_as_many_applications_as_one_likes() -> None:
    apps = [Litestar([FreshRouter(path, route_handlers=[here])], openapi_config=None) for path in ("/a", "/b")]
    assert [[route.path for route in app.routes] for app in apps] == [["/a/here"], ["/b/here"]]
