"""The webhook inbox: what the provider told us, what became of it, and having it handled again."""

from __future__ import annotations

import json
from urllib.parse import quote

from litestar.di import NamedDependency
from sqlalchemy import select

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.money.facade import Money
from veza.money.listings import EVENT_SORTS
from veza.money.webhook_inbox import EventStatus, WebhookEvent, lag_seconds
from veza.web.answers import See, Shown
from veza.web.declared import form, page
from veza.web.operator.office import unknown
from veza.web.operator.paging import page_of

ALL = ("/operator/inbox", gettext("See the webhook inbox"))
EVENT = gettext("event")
_STATES = frozenset(one.value for one in EventStatus)


@page("/operator/inbox", permission=Permission.MONEY)
async def inbox_page(session: Session, request: DoorRequest) -> Shown:
    """Events by state, the latest received first."""
    state = request.query_params.get("state", "")
    state = state if state in _STATES else ""
    query = select(WebhookEvent).where(WebhookEvent.state == state) if state else select(WebhookEvent)
    shown = await page_of(session, query, EVENT_SORTS, request, {"state": state})
    lag = await lag_seconds(session)
    return Shown("operator/inbox.html", live=shown.here, page=shown, state_wanted=state, lag=lag)


@page("/operator/inbox/{event_id:str}", permission=Permission.MONEY)
async def event_page(session: Session, request: DoorRequest, event_id: str) -> Shown:
    """One event: what became of it, and its payload as it came."""
    row = await session.get(WebhookEvent, _askable(event_id))
    if row is None:
        raise unknown(EVENT, event_id, ALL)
    handled = request.query_params.get("handled", "")
    return Shown(
        "operator/event.html",
        live=_event_address(row.id),
        event=row,
        payload=_pretty(row.payload),
        handled=handled if handled in _STATES else "",
    )


@form("/operator/inbox/{event_id:str}", permission=Permission.MONEY, shows=event_page)
async def handle_again(event_id: str, identity: Identity, money: NamedDependency[Money]) -> See:
    """Have the event handled now; repeats change nothing that is known already."""
    state = await money.inbox.handle_again(_askable(event_id), identity.actor)
    if state is None:
        raise unknown(EVENT, event_id, ALL)
    return See(f"{_event_address(event_id)}?handled={state}")


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
