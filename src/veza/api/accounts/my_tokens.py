"""One's own API tokens: make, list, revoke."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts import audit, reauthentication, tokens, warnings
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission, Scope
from veza.api.accounts.shapes import PROOF_EXAMPLE, Name, ProofGiven, Reauthenticated
from veza.api.operations import listing, one_shot, write
from veza.api.shapes import show
from veza.http.endpoints import Address
from veza.http.errors.accounts import BAD_NAME, NOT_CONFIRMED, TOO_MANY_TOKENS
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
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


@one_shot.post(
    "/me/tokens",
    operation="makeToken",
    summary="Make an API token",
    permission=Permission.CREDENTIALS,
    body=WANTED_EXAMPLE,
    gives=(201, TokenMade, "The token; its text is shown this once.", {**TOKEN_EXAMPLE, "token": "veza_nTq3…x7Qa"}),
    problems=(BAD_NAME, NOT_CONFIRMED, TOO_MANY_TOKENS),
)
async def make_token(
    session: Session, data: TokenDraft, identity: Identity, proof: Reauthenticated, accounts: Accounts, address: Address
) -> TokenMade:
    """A token to send as bearer. It may do what you may and its scopes allow, and never change your credentials. It
    ends after 90 days unless you say otherwise; a mail tells you of it."""
    lasts = timedelta(days=data.expires_in_days) if data.expires_in_days is not None else None
    row, text = await tokens.make(session, identity.person, data.name, data.scopes, lasts)
    await reauthentication.demand(session, proof)
    audit.note(session, Act.TOKEN_MADE, identity.person, address=address, detail=" ".join(row.scopes))
    await warnings.token_made(session, accounts, row)
    return show(TokenMade, row, token=text, scopes=[Scope(scope) for scope in row.scopes])


@listing(
    "/me/tokens",
    operation="listTokens",
    summary="List one's API tokens",
    permission=Permission.CREDENTIALS,
    sorts=tokens.SORTS,
    gives=(TokenResponse, "A page, newest first.", TOKEN_EXAMPLE),
)
async def list_tokens(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    has_ended: Annotated[
        bool | None, QueryParameter(name="ended", description="Only those that have ended, or only those that work.")
    ] = None,
) -> Page[TokenResponse]:
    """Your tokens with their last use; those that have ended stay in the list for 30 days."""
    page = page_request.of("tokens", {"person": identity.person, "ended": has_ended})
    rows = await tokens.listed(session, identity.person, page.slice, has_ended=has_ended)
    return page.filled(rows, lambda row: show(TokenResponse, row, scopes=[Scope(scope) for scope in row.scopes]))


@write.delete(
    "/me/tokens/{token_id:uuid}",
    operation="revokeToken",
    summary="Revoke an API token",
    permission=Permission.CREDENTIALS,
    gives=(204, None, "The token is good for nothing any more."),
    problems=(NOT_FOUND,),
)
async def revoke_token(session: Session, token_id: UUID, identity: Identity, address: Address) -> None:
    """The token stops working at once."""
    await tokens.revoke(session, identity.person, token_id)
    audit.note(session, Act.TOKEN_REVOKED, identity.person, address=address)
