"""Findings: what a person should know; read them, resolve them, and compare with the provider for more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.operations import listing, write
from veza.api.shapes import PLAIN, duration, show
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.money import ALREADY_RESOLVED, PROVIDER_UNAVAILABLE
from veza.http.idempotency import Idempotent, Reply
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session
from veza.kit.messages import render
from veza.money import findings, listings
from veza.money.facade import Money
from veza.money.findings import FindingKind
from veza.money.reconciliation import Reconciled, reconcile

TAG = "findings"
LONGEST_STRETCH = timedelta(days=90)
"""A comparison lists everything the provider has of that time, a hundred objects per request."""


class FindingResponse(Struct, frozen=True):
    """One thing found, in a sentence, and what would mend it; `detail.resolution` says who resolved it by hand."""

    id: UUID
    kind: FindingKind
    subject: str
    payment_id: UUID | None
    message: str
    mend: str
    detail: dict[str, Any]
    opened_at: datetime
    resolved_at: datetime | None


class Resolution(Struct, forbid_unknown_fields=True):
    """What was done about it."""

    note: Annotated[str, Meta(min_length=3, max_length=500, pattern=PLAIN)]


class ReconciliationRequest(Struct, forbid_unknown_fields=True):
    """How far back to compare, and whether to record the facts found."""

    since: Annotated[str, Meta(description="Such as `7d`, `12h` or `30m`; at most `90d`.")] = "7d"
    apply: Annotated[bool, Meta(description="Record what the provider has and rebalance; else only look.")] = False


class DifferenceResponse(Struct, frozen=True):
    """One difference between our rows and the provider's, and what applying does about it."""

    kind: FindingKind
    subject: str
    message: str
    mend: str
    payment_id: UUID | None


class Reconciliation(Struct, frozen=True):
    """How many objects of the provider were compared, what differed, and how much of it was applied."""

    compared: dict[str, int]
    differences: list[DifferenceResponse]
    applied: int


FINDING_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000006",
    "kind": "seller_debt",
    "subject": "reversal 01890000-0000-7000-8000-000000000005",
    "payment_id": "01890000-0000-7000-8000-000000000001",
    "message": "6.30 EUR could not be taken back from seller anna: the balance stayed too low for 30 days",
    "mend": "veza money retry 01890000-0000-7000-8000-000000000004 --reason …, or settle it with the seller",
    "detail": {},
    "opened_at": "2026-02-01T10:30:00Z",
    "resolved_at": None,
}
RESOLVED_EXAMPLE = {
    **FINDING_EXAMPLE,
    "detail": {"resolution": {"by": "operator", "note": "settled by bank transfer"}},
    "resolved_at": "2026-02-02T09:00:00Z",
}
RECONCILIATION_EXAMPLE = {
    "compared": {"charges": 12, "refunds": 3, "transfers": 14, "disputes": 0},
    "differences": [
        {
            "kind": "missing_here",
            "subject": "re_9",
            "message": "refund re_9 of 5.00 EUR is succeeded there and unknown here",
            "mend": "adopt the refund",
            "payment_id": "01890000-0000-7000-8000-000000000001",
        }
    ],
    "applied": 0,
}


@listing(
    "/findings",
    operation="listFindings",
    summary="List findings",
    permission=Permission.MONEY,
    sorts=listings.FINDING_SORTS,
    gives=(FindingResponse, "A page, newest first.", FINDING_EXAMPLE),
)
async def list_findings(
    session: Session,
    page_request: PageRequest,
    in_state: Annotated[
        Literal["open", "resolved"] | None, QueryParameter(name="state", description="Only open or resolved.")
    ] = None,
    kind: Annotated[FindingKind | None, QueryParameter(description="Only of this kind.")] = None,
    payment: Annotated[UUID | None, QueryParameter(description="Only about this payment.")] = None,
    *,
    language: AnswerLanguage,
) -> Page[FindingResponse]:
    """All findings, newest first: what reconciliation, the workers and the law check want a person to know."""
    filters = {"state": in_state, "kind": kind, "payment_id": payment}
    page = page_request.of("findings", filters)
    is_open = None if in_state is None else in_state == "open"
    rows = await listings.findings(session, page.slice, kind=kind, is_open=is_open, payment_id=payment)
    return page.filled(rows, lambda row: _shown(row, language))


@write.post(
    "/findings/{finding_id:uuid}/resolve",
    operation="resolveFinding",
    summary="Resolve a finding",
    permission=Permission.MONEY,
    body={"note": "settled by bank transfer"},
    gives=(200, FindingResponse, "The finding, resolved.", RESOLVED_EXAMPLE),
    problems=(NOT_FOUND, ALREADY_RESOLVED),
)
async def resolve_finding(
    session: Session, finding_id: UUID, data: Resolution, language: AnswerLanguage
) -> FindingResponse:
    """Notes what was done and closes the finding. Findings whose cause goes away close by themselves; one whose cause
    is still there is opened again by the next check."""
    return _shown(await findings.resolve_by_hand(session, finding_id, data.note.strip()), language)


@write.post(
    "/reconciliations",
    operation="reconcile",
    summary="Compare with the provider",
    permission=Permission.MONEY,
    body={"since": "7d", "apply": False},
    gives=(200, Reconciliation, "What was compared and what differed.", RECONCILIATION_EXAMPLE),
    problems=(PROVIDER_UNAVAILABLE,),
)
async def create_reconciliation(
    data: ReconciliationRequest, idempotent: Idempotent, money: Money, language: AnswerLanguage
) -> Response[Reconciliation]:
    """Lists the provider's charges, refunds, transfers, reversals and disputes and compares them with ours. With
    `apply`, facts found there are recorded and rebalanced, and what needs a person becomes a finding."""
    since = duration(data.since, "body", "since", most=LONGEST_STRETCH)

    async def intend(_: Session) -> None: ...

    async def ask(_: None) -> Reconciled:
        return await reconcile(money.database, money.gateway, since=since, apply=data.apply)

    async def record(_: Session, __: None, found: Reconciled) -> Reply:
        differences = [
            show(DifferenceResponse, one, message=render(one.message, language), mend=render(one.mend, language))
            for one in found.differences
        ]
        return Reply(200, Reconciliation(dict(found.compared), differences, found.applied))

    return await idempotent.run_in_steps(intend, ask, record)


def _shown(row: findings.Finding, language: str) -> FindingResponse:
    said, advice = render(row.said, language), render(row.advice, language)
    return show(FindingResponse, row, kind=FindingKind(row.kind), message=said, mend=advice)
