"""The web application: routes, errors, the description, and what every request passes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.bodies import ApiRequest
from veza.api.head import HeadAsGet
from veza.api.idempotency import key_required
from veza.api.openapi import openapi_config
from veza.api.parameters import known_parameters
from veza.api.problems import Kind, Nowhere, exception_handlers
from veza.api.request_log import RequestLog
from veza.api.security import describe_callers
from veza.api.visitors import VISITOR_DEPENDENCY, Recognise, json_only, permitted
from veza.kit.database import Database

BODY_MAX_BYTES = 1_048_576
"""For every address that does not say otherwise: a thousand refund lines fit, and it cannot fill the memory."""


def api_v1(recognise: Recognise, handlers: Sequence[ControllerRouterHandler]) -> Router:
    """Everything under /api/v1: who has the route's permission, JSON, known parameters, no write without a key."""
    return Router(
        path="/api/v1",
        request_class=ApiRequest,
        route_handlers=handlers,
        guards=[permitted(recognise, json_only, known_parameters(), key_required)],
        dependencies=VISITOR_DEPENDENCY,
    )


def web_application(
    database: Database,
    routes: Sequence[ControllerRouterHandler],
    translations: Mapping[type[Exception], Kind],
    tags: Sequence[Tag] = (),
    plugins: Sequence[Any] = (),
    *,
    session_cookie: str = "veza",
    nowhere: Nowhere | None = None,
) -> tuple[RequestLog, Litestar]:
    """The ASGI application to serve, and the Litestar inside it (for tests and the description).

    `session_cookie` is what the description says the session's cookie is called; `nowhere` may answer, instead of a
    problem, for an address where nothing is.
    """

    def provide_database() -> Database:
        return database

    litestar = Litestar(
        route_handlers=routes,
        dependencies={"database": Provide(provide_database, sync_to_thread=False)},
        exception_handlers=exception_handlers(translations, nowhere),
        openapi_config=openapi_config(
            [Tag(name="health", description="For supervisors and monitoring."), *tags], session_cookie
        ),
        request_max_body_size=BODY_MAX_BYTES,
        logging_config=None,
        plugins=plugins,
        debug=False,  # said here: Litestar would ask the environment
    )
    describe_callers(litestar)
    return RequestLog(HeadAsGet(litestar)), litestar
