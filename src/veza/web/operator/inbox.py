"""The webhook inbox: what the provider told us, what became of it, and having it handled again."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import quote, urlencode

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import and_, or_, select

from veza.http.requests import DoorRequest
from veza.kit.messages import gettext
from veza.money.webhook_inbox import EventStatus, WebhookEvent, lag_seconds
from veza.web.operator.office import ACTOR, Office, go_to, unknown
from veza.web.operator.paging import BEFORE, PAGE

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
        cursor = request.query_params.get(BEFORE, "")
        before = _place(cursor)
        if before is not None:
            at, event_id = before
            same_instant = and_(WebhookEvent.received_at == at, WebhookEvent.id < event_id)
            query = query.where(or_(WebhookEvent.received_at < at, same_instant))
        newest = query.order_by(WebhookEvent.received_at.desc(), WebhookEvent.id.desc()).limit(PAGE + 1)
        async with office.database.read() as session:
            rows = (await session.scalars(newest)).all()
            lag = await lag_seconds(session)
        older = _address(state, _cursor(rows[PAGE - 1])) if len(rows) > PAGE else None
        return office.show(
            request, "inbox.html", live=_address(state, cursor if before else ""), events=rows[:PAGE], older=older,
            first=_address(state) if before else None, state_wanted=state, lag=lag,
        )  # fmt: skip

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


def _address(state: str, cursor: str = "") -> str:
    asked = {name: value for name, value in (("state", state), (BEFORE, cursor)) if value}
    return f"/operator/inbox?{urlencode(asked)}" if asked else "/operator/inbox"


def _cursor(row: WebhookEvent) -> str:
    return f"{row.received_at.isoformat()}~{row.id}"


def _place(cursor: str) -> tuple[datetime, str] | None:
    """When and which event a page begins before; None for a cursor that is none of ours."""
    at, _, event_id = cursor.partition("~")
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (when, event_id) if when.tzinfo and event_id and "\0" not in event_id else None
