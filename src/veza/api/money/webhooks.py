"""The provider's webhooks: the address they come in at, and the inbox as operators see it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.operations import listing, read, write
from veza.api.shapes import PLAIN, show
from veza.http.errors.money import BAD_WEBHOOK
from veza.http.idempotency import Idempotent, Reply
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND, TOO_LARGE, Problem, problem_responses
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.money import listings
from veza.money.facade import Money
from veza.money.webhook_inbox import EventStatus, Inbox, WebhookEvent

TAG = "webhooks"
EventId = Annotated[str, PathParameter(max_length=200, pattern=PLAIN, description="As the provider gave it.")]
SIGNATURE = "Stripe-Signature"


class Received(Struct, frozen=True):
    """The event is stored; `received` and not `handled` means the inbox worker will handle it."""

    received: bool
    state: EventStatus


class EventResponse(Struct, frozen=True):
    """One event of the provider and what became of it."""

    id: str
    type: str
    state: EventStatus
    account: str | None
    payment_id: UUID | None
    source: str
    provider_created_at: datetime
    received_at: datetime
    handled_at: datetime | None
    attempts: int
    next_retry_at: datetime | None
    error: str | None


class EventDetail(EventResponse, frozen=True):
    """An event with what the provider sent."""

    payload: dict[str, Any]


class Handled(Struct, frozen=True):
    """What became of an event that was handled again."""

    id: str
    state: EventStatus


EVENT_EXAMPLE: dict[str, Any] = {
    "id": "evt_1",
    "type": "refund.created",
    "state": "handled",
    "account": None,
    "payment_id": "01890000-0000-7000-8000-000000000001",
    "source": "webhook",
    "provider_created_at": "2026-01-02T10:30:01Z",
    "received_at": "2026-01-02T10:30:02Z",
    "handled_at": "2026-01-02T10:30:02Z",
    "attempts": 0,
    "next_retry_at": None,
    "error": None,
}
DETAIL_EXAMPLE = {**EVENT_EXAMPLE, "payload": {"id": "evt_1", "object": "event", "type": "refund.created"}}


def webhook_route(inbox: Inbox, max_bytes: int) -> HTTPRouteHandler:
    """`POST /webhooks/stripe`, also under /api/v1: no token, the signature decides; at most `max_bytes`."""

    @post(
        ["/webhooks/stripe", "/api/v1/webhooks/stripe"],
        status_code=200,
        operation_id=_operation_id,
        tags=[TAG],
        summary="Take in a webhook",
        request_max_body_size=max_bytes,
        responses={
            200: ResponseSpec(
                Received,
                generate_examples=False,
                description="The event is stored.",
                examples=[Example(value={"received": True, "state": "handled"})],
            ),
            **_problems(),
        },
        dependencies={"inbox": Provide(lambda: inbox, sync_to_thread=False)},
    )
    async def receive_webhook(request: Request[Any, Any, Any], inbox: NamedDependency[Inbox]) -> Received:
        """For Stripe: the raw body is checked against `Stripe-Signature`, stored by its event's id, then handled.
        200 once it is stored, whether or not handling succeeded: what fails is handled again here, not sent again."""
        await request.json()  # refused here, as at every other address, where it cannot be read or kept
        body = await request.body()
        return Received(received=True, state=await inbox.receive(body, request.headers.get(SIGNATURE)))

    return receive_webhook


@listing(
    "/webhook-events",
    operation="listWebhookEvents",
    summary="List webhook events",
    permission=Permission.MONEY,
    sorts=listings.EVENT_SORTS,
    gives=(EventResponse, "A page, last arrived first.", EVENT_EXAMPLE),
)
async def list_events(
    session: Session,
    page_request: PageRequest,
    in_state: Annotated[EventStatus | None, QueryParameter(name="state", description="Only in this state.")] = None,
    type: Annotated[str | None, QueryParameter(max_length=100, pattern=PLAIN, description="Only of this type.")] = None,
) -> Page[EventResponse]:
    """Every event that came in, last arrived first."""
    filters = {"state": in_state, "type": type}
    page = page_request.of("webhook-events", filters)
    rows = await listings.webhook_events(session, page.slice, state=in_state, type=type)
    return page.filled(rows, _shown)


@read(
    "/webhook-events/{event_id:str}",
    operation="showWebhookEvent",
    summary="Show a webhook event",
    permission=Permission.MONEY,
    gives=(EventDetail, "The event with its payload.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_event(session: Session, event_id: EventId) -> EventDetail:
    """One event with what the provider sent and what became of it."""
    row = await session.get(WebhookEvent, event_id)
    if row is None:
        raise _no_event(event_id)
    return show(EventDetail, row, state=EventStatus(row.state), payload=json.loads(row.payload))


@write.post(
    "/webhook-events/{event_id:str}/handle",
    operation="handleWebhookEvent",
    summary="Handle a webhook event again",
    permission=Permission.MONEY,
    gives=(200, Handled, "What became of it.", {"id": "evt_1", "state": "handled"}),
    problems=(NOT_FOUND,),
)
async def handle_event(event_id: EventId, idempotent: Idempotent, money: Money) -> Response[Handled]:
    """Handles a stored event now. Facts are merged, so handling one again that was handled changes nothing."""

    async def intend(_: Session) -> None: ...

    async def ask(_: None) -> EventStatus:
        state = await money.inbox.handle_again(event_id, "operator")
        if state is None:
            raise _no_event(event_id)
        return state

    async def record(_: Session, __: None, state: EventStatus) -> Reply:
        return Reply(200, Handled(event_id, state))

    return await idempotent.run_in_steps(intend, ask, record)


def _shown(row: WebhookEvent) -> EventResponse:
    return show(EventResponse, row, state=EventStatus(row.state))


def _no_event(event_id: str) -> Problem:
    return Problem(NOT_FOUND, gettext("there is no webhook event {event_id}", event_id=event_id))


def _operation_id(_handler: HTTPRouteHandler, _method: Any, path: list[Any]) -> str:
    return "receiveStripeWebhook" if path[0] == "webhooks" else "receiveStripeWebhookUnderApi"


def _problems() -> dict[int, ResponseSpec]:
    """Those of an address without a token."""
    described = problem_responses(BAD_WEBHOOK, TOO_LARGE)
    return {status: spec for status, spec in described.items() if status != 401}
