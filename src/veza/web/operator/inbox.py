"""The webhook inbox: what the provider told us, what became of it, and having it handled again."""

from __future__ import annotations

import json
from urllib.parse import quote

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select

from veza.http.requests import DoorRequest
from veza.kit.messages import gettext
from veza.money.listings import EVENT_SORTS
from veza.money.webhook_inbox import EventStatus, WebhookEvent, lag_seconds
from veza.web.operator.office import ACTOR, Office, go_to, unknown
from veza.web.operator.paging import page_of

ALL = ("/operator/inbox", gettext("See the webhook inbox"))
EVENT = gettext("event")


def inbox_handlers(office: Office) -> list[HTTPRouteHandler]:
    """The list, one event, and handling it again (a POST to the event's own address)."""

    @get("/inbox")
    async def listed(request: DoorRequest) -> Response[bytes]:
        """Events by state, the latest received first."""
        state = request.query_params.get("state", "")
        state = state if state in [one.value for one in EventStatus] else ""
        query = select(WebhookEvent).where(WebhookEvent.state == state) if state else select(WebhookEvent)
        async with office.database.read() as session:
            page = await page_of(session, query, EVENT_SORTS, request, {"state": state})
            lag = await lag_seconds(session)
        return office.show(request, "inbox.html", live=page.here, page=page, state_wanted=state, lag=lag)

    @get("/inbox/{event_id:str}")
    async def one(request: DoorRequest, event_id: FromPath[str]) -> Response[bytes]:
        """One event: what became of it, and its payload as it came."""
        async with office.database.read() as session:
            row = await session.get(WebhookEvent, _askable(event_id))
        if row is None:
            raise unknown(EVENT, event_id, ALL)
        handled = request.query_params.get("handled", "")
        return office.show(
            request, "event.html", live=_event_address(row.id), event=row, payload=_pretty(row.payload),
            handled=handled if handled in [one.value for one in EventStatus] else "",
        )  # fmt: skip

    @post("/inbox/{event_id:str}")
    async def handle_again(event_id: FromPath[str]) -> Redirect:
        """Have the event handled now; repeats change nothing that is known already."""
        state = await office.inbox.handle_again(_askable(event_id), ACTOR)
        if state is None:
            raise unknown(EVENT, event_id, ALL)
        return go_to(f"{_event_address(event_id)}?handled={state}")

    return [listed, one, handle_again]


def _askable(event_id: str) -> str:
    """PostgreSQL knows no text with a zero byte in it, and so no such event."""
    if "\0" in event_id:
        raise unknown(EVENT, event_id, ALL)
    return event_id


def _pretty(payload: str) -> str:
    try:
        return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
    except ValueError:
        return payload


def _event_address(event_id: str) -> str:
    return f"/operator/inbox/{quote(event_id, safe='')}"
