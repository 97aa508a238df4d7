"""The web application: routes, errors, the description, and what every request passes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from litestar import Litestar, Response
from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ASGIApp, ControllerRouterHandler

from veza.api.openapi import openapi_config
from veza.api.security import describe_callers
from veza.http.addresses import ReadableAddresses
from veza.http.entity_tags import EntityTags
from veza.http.faults import Fault
from veza.http.head import HeadAsGet
from veza.http.headers import SafeHeaders
from veza.http.idempotency import usable_key
from veza.http.identity import Authenticate, permitted
from veza.http.problem_answers import ProblemPage, exception_handlers, unreadable_address
from veza.http.problems import Kind
from veza.http.request_log import RequestLog
from veza.http.requests import DoorRequest
from veza.http.return_addresses import ReturnAddresses
from veza.http.routers import FreshRouter
from veza.http.tus import Tus, demand_version
from veza.http.unread_bodies import EndsUnread
from veza.http.whole_request import whole_request
from veza.kit.database import Database
from veza.settings import SANDBOX_PATH

API = "/api/v1"
UPLOADS = f"{API}/uploads"
BODY_MAX_BYTES = 1_048_576
"""For every address that does not say otherwise: a thousand refund lines fit, and it cannot fill the memory."""


def takes_files(path: str) -> bool:
    """Whether what is sent to this path may be as large as a file."""
    is_form = path.startswith(f"{API}/tracks/") and path.endswith("/audio")
    is_page = path.startswith("/studio/tracks/") and path.endswith("/sound")
    return path.startswith(UPLOADS) or is_form or is_page


def api_v1(
    authenticate: Authenticate,
    handlers: Sequence[ControllerRouterHandler],
    return_addresses: ReturnAddresses | None = None,
) -> FreshRouter:
    """Everything under /api/v1: who has the route's permission, and whose request has nothing wrong in it.

    With `return_addresses` a provider's page sends people back to those alone.
    """
    of_bodies = [return_addresses.faults] if return_addresses else []
    return FreshRouter(
        path=API,
        route_handlers=handlers,
        guards=[permitted(authenticate, demand_version, whole_request(usable_key, of_bodies=of_bodies))],
    )


def web_application(
    database: Database,
    routes: Sequence[ControllerRouterHandler],
    tags: Sequence[Tag] = (),
    plugins: Sequence[Any] = (),
    *,
    session_cookie: str = "veza",
    problem_page: ProblemPage | None = None,
    names_callers: bool = True,
    always_tls: bool = False,
    more_errors: Mapping[type[Exception], Kind] | None = None,
    in_front: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> tuple[RequestLog, Litestar]:
    """The ASGI application to serve, and the Litestar inside it (for tests and the description).

    `session_cookie` is what the description says the session's cookie is called; `problem_page` makes
    of a problem what a person's browser shows; `names_callers`: request lines say who asked and from where;
    `always_tls`: people reach Veza by HTTPS alone; `more_errors` are such as
    the one table has not (http/errors); `in_front` wraps what answers, and answers some requests itself.
    """

    def provide_database() -> Database:
        return database

    litestar = Litestar(
        route_handlers=routes,
        dependencies={"database": Provide(provide_database, sync_to_thread=False)},
        exception_handlers=exception_handlers(problem_page, more=more_errors),
        openapi_config=openapi_config(
            [Tag(name="health", description="For supervisors and monitoring."), *tags], session_cookie
        ),
        request_class=DoorRequest,
        request_max_body_size=BODY_MAX_BYTES,
        logging_config=None,
        plugins=plugins,
        debug=False,  # said here: Litestar would ask the environment
    )
    describe_callers(litestar)

    def unreadable(request: DoorRequest, faults: list[Fault]) -> Response[Any]:
        return unreadable_address(request, faults, problem_page)

    api = EndsUnread(Tus(HeadAsGet(EntityTags(litestar, API)), UPLOADS), takes_files)
    readable = ReadableAddresses(api, unreadable, beside=(SANDBOX_PATH,))
    return RequestLog(SafeHeaders(in_front(readable), always_tls=always_tls), names_callers=names_callers), litestar
