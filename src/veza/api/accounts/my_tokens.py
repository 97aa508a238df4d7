"""One's own API tokens: make, list, revoke."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Meta, Struct

from veza.accounts import audit, reauthentication, tokens, warnings
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.permissions import Scope
from veza.api.accounts.problems import BAD_NAME, NOT_CONFIRMED, PROOF_PROBLEMS, TOO_MANY_TOKENS
from veza.api.accounts.shapes import PROOF_EXAMPLE, Name, ProofGiven, nothing
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import NOT_FOUND, RATE_LIMITED
from veza.api.shapes import LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor
from veza.http.limits import address_of
from veza.kit.database import Session

TAG = "tokens"


class TokenDraft(ProofGiven, forbid_unknown_fields=True, kw_only=True):
    """What a new token is called and for, with one's password once more, and `code` where one's account has a second
    factor; `expires_in_days` null: until it is revoked."""

    name: Name
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4)]
    expires_in_days: Annotated[int, Meta(ge=1, le=365)] | None = 90


class TokenResponse(Struct, frozen=True):
    """A token without its text, of which `hint` is the end. `last_used_at` is right to a minute."""

    id: UUID
    name: str
    hint: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class TokenMade(TokenResponse, frozen=True):
    """A new token with its text, which is shown this once and kept nowhere."""

    token: str


WANTED_EXAMPLE = {**PROOF_EXAMPLE, "name": "backup script", "scopes": ["read"], "expires_in_days": 90}
TOKEN_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-00000000000c",
    "name": "backup script",
    "hint": "x7Qa",
    "scopes": ["read"],
    "created_at": "2026-01-02T10:30:00Z",
    "last_used_at": None,
    "expires_at": "2026-04-02T10:30:00Z",
}


@post(
    "/me/tokens",
    operation_id="makeToken",
    tags=[TAG],
    summary="Make an API token",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        201, TokenMade, "The token; its text is shown this once.", {**TOKEN_EXAMPLE, "token": "veza_nTq3…x7Qa"},
        BAD_NAME, NOT_CONFIRMED, *PROOF_PROBLEMS, TOO_MANY_TOKENS, NOT_FOUND, RATE_LIMITED, DONE_ALREADY,
        *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def make_token(
    data: Annotated[TokenDraft, BodyKwarg(examples=[Example(value=WANTED_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Response[TokenMade]:
    """A token to send as bearer. It may do what you may and its scopes allow, and never change your credentials. It
    ends after 90 days unless you say otherwise; a mail tells you of it."""
    lasts = timedelta(days=data.expires_in_days) if data.expires_in_days is not None else None
    address = address_of(request)
    async with reauthentication.given(accounts, visitor.person, data.password, data.code, address) as proof:

        async def work(session: Session) -> TokenMade:
            row, text = await tokens.make(session, visitor.person, data.name, data.scopes, lasts)
            await reauthentication.demand(session, proof)
            audit.note(session, Act.TOKEN_MADE, visitor.person, address=address, detail=" ".join(row.scopes))
            await warnings.token_made(session, accounts, row)
            return show(TokenMade, row, token=text, scopes=[Scope(scope) for scope in row.scopes])

        made = await one_shot.run(work)
    return Response(made, status_code=201, headers={"Cache-Control": "no-store"})


@get(
    "/me/tokens",
    operation_id="listTokens",
    tags=[TAG],
    summary="List one's API tokens",
    dependencies=paged(tokens.SORTS),
    responses=answers(200, Page[TokenResponse], "A page, newest first.", page_of(TOKEN_EXAMPLE), *LIST_PROBLEMS),
)
async def list_tokens(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    has_ended: Annotated[
        bool | None, QueryParameter(name="ended", description="Only those that have ended, or only those that work.")
    ] = None,
) -> Page[TokenResponse]:
    """Your tokens with their last use; those that have ended stay in the list for 30 days."""
    part = page_request.of("tokens", {"person": visitor.person, "ended": has_ended})
    async with accounts.database.read() as session:
        rows = await tokens.listed(session, visitor.person, part.slice, has_ended=has_ended)
    return part.page(rows, lambda row: show(TokenResponse, row, scopes=[Scope(scope) for scope in row.scopes]))


@delete(
    "/me/tokens/{token_id:uuid}",
    operation_id="revokeToken",
    tags=[TAG],
    summary="Revoke an API token",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=nothing("The token is good for nothing any more.", NOT_FOUND, *WRITE_PROBLEMS),
)
async def revoke_token(
    token_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    idempotent: NamedDependency[Idempotent],
) -> Response[None]:
    """The token stops working at once."""

    async def work(session: Session) -> Reply:
        await tokens.revoke(session, visitor.person, token_id)
        audit.note(session, Act.TOKEN_REVOKED, visitor.person, address=address_of(request))
        return Reply(204, None)

    return await idempotent.run(work)
