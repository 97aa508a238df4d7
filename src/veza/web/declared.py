"""How a page and a form are declared: `page` and `form`, in the manner of the API's `read` and `write`.

A page's handler reads in one transaction and returns what is `Shown`; one that takes no `session` works outside of any,
and may ask the provider. A form's handler writes, and returns an address to `See`, or what is `Shown` this once. Where
the writing is refused, the form's page is shown again with what was typed and what is wrong: its handler takes
`form: Form`, which is empty at first. Both take what they name, as `http.endpoints` finds it.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from litestar import Response
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler, get, post

from veza.accounts.permissions import Permission
from veza.http.endpoints import Endpoint, Handler, for_litestar
from veza.http.errors.accounts import CROSS_SITE
from veza.http.errors.table import kind_of
from veza.http.forms import MAX_BYTES
from veza.http.idempotency import Idempotent, Reply, owner_of
from veza.http.identity import identity_of, needs
from veza.http.language import language_of, told
from veza.http.limits import retry_headers
from veza.http.problems import CONFLICT, NOT_FOUND, UNAUTHORIZED, Kind
from veza.http.requests import DoorRequest, form_fields
from veza.http.whole_request import STREAMED
from veza.kit.database import Database, Session
from veza.kit.field_faults import faults_of
from veza.kit.messages import render
from veza.web.answers import Form, See, Shown
from veza.web.page_addresses import address_of, read_at
from veza.web.rendering import form_status
from veza.web.site import Site
from veza.web.visits import Visit, visit_of

Declare: TypeAlias = Callable[[Handler], HTTPRouteHandler]

KEY_FIELD = "key"
"""The hidden field that makes a second click the same request."""
NOT_MENDED = frozenset({NOT_FOUND, UNAUTHORIZED, CROSS_SITE})
"""Kinds of problem that no change of the form mends: a page of their own says them."""
PAGE = "web_page"
"""What a route of a page keeps its handler under."""
SHOWS = "web_form_shows"
"""What a route of a form keeps the route of its page under."""
_HANDED = frozenset({Session, Form})


def page(path: str, *, permission: Permission, **opt: Any) -> Declare:
    """GET of a page."""

    def declare(handler: Handler) -> HTTPRouteHandler:
        endpoint = Endpoint(handler, path, _HANDED)

        async def answer(request: DoorRequest, **found: Any) -> Any:
            site: Site = found["site"]
            return await site.together.answer(request, lambda: _shown(endpoint, request, found, Form()))

        shown = for_litestar(answer, endpoint, Response[bytes], **_OURS)
        return get(path, include_in_schema=False, opt={**needs(permission), PAGE: endpoint, **opt})(shown)

    return declare


def form(
    path: str, *, permission: Permission, shows: HTTPRouteHandler, keyed: bool = False, has_file: bool = False
) -> Declare:
    """POST of a form, which the page `shows` shows again where it is refused.

    The handler takes `session`, which writes; one without it works outside of any transaction. It returns an address,
    or the form once more with a question (`Form.asking`); one that makes a secret returns the page on which it is
    `Shown` once. With `keyed` the form has a hidden field `key`, and its work is done once for each: its handler takes
    `session`. A form that `has_file` is read by its handler, while it arrives.
    """
    its_page: Endpoint = shows.opt[PAGE]

    def declare(handler: Handler) -> HTTPRouteHandler:
        endpoint = Endpoint(handler, path, _HANDED)

        async def answer(request: DoorRequest, **found: Any) -> Any:
            read_at(request, address_of(shows, request))
            given = {} if has_file else await form_fields(request)
            try:
                done = await _done(endpoint, request, found, given, keyed=keyed)
            except Exception as error:
                kind = kind_of(error)
                if kind in NOT_MENDED or kind.status >= 500:
                    raise
                again = await _shown(its_page, request, found, _as_sent(request, given, error, kind))
                if again.status_code != 303:  # a page that leads elsewhere, such as signing in once more, still does
                    again.status_code = form_status(kind)
                again.headers.update(retry_headers(error))
                return again
            if isinstance(done, Form):
                return await _shown(its_page, request, found, done)
            return await _answer(request, found, done, Form())

        both = {**its_page.parameters, **endpoint.parameters}
        more = {name: one for name, one in both.items() if name not in {*endpoint.parameters, *_OURS}}
        shown = for_litestar(answer, endpoint, Response[bytes], **_OURS, **more)
        more_opt = {STREAMED: True} if has_file else {}
        most_bytes = None if has_file else MAX_BYTES
        return post(
            path, include_in_schema=False, opt={**needs(permission), **more_opt, SHOWS: shows}, status_code=200,
            request_max_body_size=most_bytes,
        )(shown)  # fmt: skip

    return declare


_OURS = {"database": NamedDependency[Database], "site": NamedDependency[Site]}


async def _shown(endpoint: Endpoint, request: DoorRequest, found: Mapping[str, Any], sent: Form) -> Response[bytes]:
    database: Database = found["database"]
    async with endpoint.opened(request, found) as values:
        if Session not in endpoint.handed:
            return await _answer(request, found, await _called(endpoint, values, None, sent), sent)
        async with database.read() as session:
            shown = await _called(endpoint, values, session, sent)
            visit = await _visit(request, found, session) if isinstance(shown, Shown) else None
    return await _answer(request, found, shown, sent, visit)


async def _answer(
    request: DoorRequest, found: Mapping[str, Any], shown: Any, sent: Form, visit: Visit | None = None
) -> Response[Any]:
    """What a handler returned, as an answer."""
    site: Site = found["site"]
    if isinstance(shown, Response):
        return shown
    if not isinstance(shown, Shown):
        return site.redirect(request, shown)
    if visit is None:
        async with found["database"].read() as session:
            visit = await _visit(request, found, session)
    shown.values.setdefault("form", sent)
    return site.answer(request, shown, visit)


async def _visit(request: DoorRequest, found: Mapping[str, Any], session: Session) -> Visit:
    await found["site"].footing.look(session)
    return await visit_of(session, request, identity_of(request), found["site"].base_url)


async def _done(
    endpoint: Endpoint, request: DoorRequest, found: Mapping[str, Any], given: Mapping[str, str], *, keyed: bool
) -> See | Shown | Form | Response[Any]:
    identity, database = identity_of(request), found["database"]
    sent = Form(given)
    done: See | Shown | Form | Response[Any]
    async with endpoint.opened(request, found) as values:
        if Session not in endpoint.handed:
            done = await _called(endpoint, values, None, sent)
        elif not keyed:
            async with database.write(identity.actor) as session:
                done = await _called(endpoint, values, session, sent)
        else:
            seen: list[See] = []

            async def work(session: Session) -> Reply:
                seen.append(await _called(endpoint, values, session, sent))
                return Reply(303, None, seen[-1].address)

            answer = await idempotent_of_form(database, request, given).run(work)
            # A second click leads to the same place, and is told nothing new.
            done = seen[-1] if seen else See(answer.headers["Location"])
    return done


def idempotent_of_form(database: Database, request: DoorRequest, given: Mapping[str, str]) -> Idempotent:
    """What a form asks for, done once for each hidden key: for a handler that works in steps, without `session`."""
    identity = identity_of(request)
    rest = sorted((name, value) for name, value in given.items() if name != KEY_FIELD)
    fingerprint = hashlib.sha256(repr((request.url.path, rest)).encode()).hexdigest()
    key = given.get(KEY_FIELD) or f"form {fingerprint[:32]}"
    return Idempotent(database, identity.actor, key[:255], fingerprint, owner=owner_of(identity))


async def _called(endpoint: Endpoint, values: Mapping[str, Any], session: Session | None, sent: Form) -> Any:
    handed: dict[str, Any] = {}
    if (name := endpoint.handed.get(Session)) is not None:
        handed[name] = session
    if (name := endpoint.handed.get(Form)) is not None:
        handed[name] = sent
    answer = endpoint.handler(**values, **handed)
    return await answer if inspect.isawaitable(answer) else answer


def _as_sent(request: DoorRequest, given: Mapping[str, str], error: Exception, kind: Kind) -> Form:
    language = language_of(request)
    found = {str(place[0]): render(said, language) for place, said in faults_of(error) if place}
    return Form(given, told(request, error), found, is_conflict=kind.status == CONFLICT.status)
