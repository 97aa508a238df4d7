"""Download codes: an artist makes a batch, a person redeems one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts.identity import Identity
from veza.accounts.people import clean_email
from veza.accounts.permissions import Permission
from veza.api.accounts.shapes import Email
from veza.api.market.filters import OfKind
from veza.api.operations import listing, write
from veza.api.shapes import PLAIN, show
from veza.catalog import acting
from veza.http.endpoints import Language
from veza.http.errors.accounts import BAD_EMAIL
from veza.http.errors.kit import BAD_TEXT
from veza.http.errors.market import ADDRESS_NEEDED, BAD_CODE, NOT_OUT, OWNED_ALREADY
from veza.http.idempotency import REPLAYED, Idempotent, Reply
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND, RATE_LIMITED
from veza.kit.database import Session
from veza.kit.field_faults import FieldChecks
from veza.kit.secret import digest
from veza.library.grants import ItemKind
from veza.market import code_claims, codes, listings
from veza.market.checkout import AddressNeeded
from veza.market.codes import MOST_IN_BATCH, NOTE_MOST, CodeBatch
from veza.market.rules import MarketRules

TAG = "download codes"


class BatchDraft(Struct, forbid_unknown_fields=True):
    """How many codes, for which release or track; `note` is for the artist's own people."""

    kind: ItemKind
    item_id: UUID
    count: Annotated[int, Meta(ge=1, le=MOST_IN_BATCH)]
    note: Annotated[str, Meta(min_length=1, max_length=NOTE_MOST, pattern=PLAIN)]


class BatchResponse(Struct, frozen=True):
    """A batch: `size` codes, of which `redeemed` were used."""

    id: UUID
    kind: ItemKind
    item_id: UUID
    note: str
    size: int
    redeemed: int
    created_at: datetime
    revoked_at: datetime | None


class BatchMade(BatchResponse, frozen=True):
    """A new batch with its codes, shown this once: an answer replayed under the same key has none."""

    codes: list[str]


class CodeSaid(Struct, forbid_unknown_fields=True):
    """The code as one has it; small or full-width letters, spaces and dashes of any kind make no difference. Who is not
    signed in gives `email`."""

    code: Annotated[str, Meta(min_length=1, max_length=100)]
    email: Email | None = None


class Redeemed(Struct, frozen=True):
    """What the code gave: into the library, or (`is_mailed`) behind a link that is on its way to the address."""

    kind: ItemKind
    item_id: UUID
    release_id: UUID
    is_mailed: bool


BATCH_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000041",
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "note": "for the record fair",
    "size": 2,
    "redeemed": 0,
    "created_at": "2026-01-02T10:30:00Z",
    "revoked_at": None,
}
MADE_EXAMPLE = {**BATCH_EXAMPLE, "codes": ["7KQ2M-9XWPB-H4TRD-ZC6NE", "F3VYA-UJ8GS-2LQXM-5RKTW"]}
REDEEMED_EXAMPLE = {
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "release_id": "01890000-0000-7000-8000-000000000021",
    "is_mailed": False,
}
WANTED_EXAMPLE = {
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "count": 2,
    "note": "for the record fair",
}


def _shown(batch: CodeBatch, redeemed: int) -> BatchResponse:
    return show(BatchResponse, batch, kind=ItemKind(batch.kind), redeemed=redeemed)


@write.post(
    "/artists/{artist_id:uuid}/download-codes",
    operation="makeDownloadCodes",
    summary="Make a batch of download codes",
    permission=Permission.SELL,
    body=WANTED_EXAMPLE,
    gives=(201, BatchMade, "The codes, shown this once.", MADE_EXAMPLE),
    problems=(BAD_TEXT, NOT_FOUND),
)
async def make_codes(artist_id: UUID, data: BatchDraft, idempotent: Idempotent, identity: Identity) -> Response[Any]:
    """Each code gives the release or track to one person, once. Only hashes are kept: who lost the answer revokes the
    batch and makes another; repeating the request with its key shows the batch without codes."""
    made: list[str] = []

    async def work(session: Session) -> Reply:
        artist = await acting.artist_for(session, artist_id, identity)
        batch, new = await codes.make(session, artist, data.kind, data.item_id, data.count, data.note)
        made.extend(new)
        # What is stored for repeats has no codes in it.
        return Reply(201, show(BatchMade, batch, kind=ItemKind(batch.kind), redeemed=0, codes=[]))

    answer = await idempotent.run(work)
    if REPLAYED in answer.headers:
        return answer
    batch = msgspec.json.decode(answer.content, type=BatchMade)
    return Response(msgspec.structs.replace(batch, codes=made), status_code=201)


@listing(
    "/artists/{artist_id:uuid}/download-codes",
    operation="listDownloadCodes",
    summary="List an artist's batches of codes",
    permission=Permission.SELL,
    sorts=listings.BATCH_SORTS,
    gives=(BatchResponse, "A page, newest first.", BATCH_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_codes(
    session: Session,
    artist_id: UUID,
    page_request: PageRequest,
    identity: Identity,
    kind: OfKind = None,
    item: Annotated[UUID | None, QueryParameter(description="Only for this release or track.")] = None,
    is_revoked: Annotated[
        bool | None, QueryParameter(name="revoked", description="Only revoked ones, or those that are good.")
    ] = None,
) -> Page[BatchResponse]:
    """For an artist's people: every batch with how many of its codes were used."""
    filters: dict[str, Any] = {"kind": kind, "item_id": item, "is_revoked": is_revoked}
    page = page_request.of(f"codes of {artist_id}", filters)
    await acting.artist_for(session, artist_id, identity)
    rows = await listings.batches(session, page.slice, artist_id, **filters)
    return page.filled(rows, lambda row: _shown(row.batch, row.redeemed))


@write.post(
    "/artists/{artist_id:uuid}/download-codes/{batch_id:uuid}/revoke",
    operation="revokeDownloadCodes",
    summary="Revoke a batch of codes",
    permission=Permission.SELL,
    gives=(200, BatchResponse, "The batch.", {**BATCH_EXAMPLE, "revoked_at": "2026-02-01T09:00:00Z"}),
    problems=(NOT_FOUND,),
)
async def revoke_codes(session: Session, artist_id: UUID, batch_id: UUID, identity: Identity) -> BatchResponse:
    """Unused codes give nothing from now on; a person who redeemed one keeps what it gave."""
    await acting.artist_for(session, artist_id, identity)
    batch = await codes.find(session, batch_id)
    if batch.artist_id != artist_id:
        raise codes.UnknownBatch(batch_id)
    unused = await codes.revoke(session, batch)
    return _shown(batch, batch.size - unused)


@write.post(
    "/download-codes/redeem",
    operation="redeemDownloadCode",
    summary="Redeem a download code",
    permission=Permission.BUY,
    body={"code": "7KQ2M-9XWPB-H4TRD-ZC6NE"},
    gives=(200, Redeemed, "What the code gave.", REDEEMED_EXAMPLE),
    problems=(ADDRESS_NEEDED, BAD_EMAIL, RATE_LIMITED, BAD_CODE, NOT_OUT, OWNED_ALREADY),
)
async def redeem_code(
    data: CodeSaid, idempotent: Idempotent, identity: Identity, rules: MarketRules, language: Language
) -> Response[Redeemed]:
    """Gives the signed-in person what the code is for; without an account, a link to it is mailed to `email`. Of two
    with the same code one gets it; what one owns already does not use the code up."""
    person_id = identity.person_id
    email, checks = data.email, FieldChecks()
    with checks.field("email"):
        email = clean_email(email) if email is not None else None
    checks.demand()
    if person_id is None:
        if email is None:
            raise AddressNeeded
        idempotent = idempotent.within(f"code {digest(codes.plain(data.code))[:16]}")

    async def work(session: Session) -> Reply:
        if person_id is not None:
            batch = await codes.redeem(session, person_id, data.code)
        else:
            batch = await code_claims.redeem_for(session, str(email), data.code, rules, language)
        return Reply(200, Redeemed(ItemKind(batch.kind), batch.item_id, batch.release_id, person_id is None))

    spends = [code_claims.REDEEMING.of(email)] if person_id is None else []
    return await idempotent.run(work, *spends)
