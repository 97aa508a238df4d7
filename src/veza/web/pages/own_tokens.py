"""One's API tokens: made for some scopes, shown once, revoked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts import audit, reauthentication, second_factor, tokens, warnings
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission, Scope
from veza.http.limits import address_of
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.field_faults import FieldFault
from veza.kit.listing import start_of
from veza.kit.messages import Message, gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.proving import proof_of

_HERE = "/account/tokens"
SCOPES: dict[Scope, Message] = {
    Scope.READ: gettext("read what you may read"),
    Scope.WRITE: gettext("write: playlists, comments, releases, reports"),
    Scope.SHOP: gettext("buy, and read orders and sales"),
    Scope.ADMIN: gettext("what your roles let you do to other people's things"),
}
"""What each scope is for, in words."""
LASTS: dict[str, tuple[timedelta | None, Message]] = {
    "30": (timedelta(days=30), gettext("30 days")),
    "90": (timedelta(days=90), gettext("90 days")),
    "365": (timedelta(days=365), gettext("a year")),
    "": (None, gettext("until it is revoked")),
}


class NoScope(FieldFault):
    """A token without a scope may do nothing."""

    def __init__(self) -> None:
        super().__init__(gettext("choose at least one thing that the token may do"))


@page(_HERE, permission=Permission.CREDENTIALS)
async def tokens_page(session: Session, identity: Identity, form: Form) -> Shown:
    """One's tokens, and a form for another."""
    return await _shown(session, identity)


@form(_HERE, permission=Permission.CREDENTIALS, shows=tokens_page)
async def make_token(
    request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts]
) -> Shown:
    """A new token, whose text this answer alone shows."""
    lasts, _ = LASTS.get(form.value("lasts"), LASTS["90"])
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        scopes = [one for one in Scope if form.value(f"scope_{one.value}") == "yes"]
        if not scopes:
            raise NoScope
        row, text = await tokens.make(session, identity.person, form.value("name"), scopes, lasts)
        await reauthentication.demand(session, proof)
        audit.note(session, Act.TOKEN_MADE, identity.person, address=address_of(request), detail=" ".join(row.scopes))
        await warnings.token_made(session, accounts, row)
        return await _shown(session, identity, made=row.id, text=text)


@form(f"{_HERE}/{{token_id:uuid}}/revoke", permission=Permission.CREDENTIALS, shows=tokens_page)
async def revoke_token(session: Session, request: DoorRequest, token_id: UUID, identity: Identity) -> See:
    """The token stops working at once."""
    await tokens.revoke(session, identity.person, token_id)
    audit.note(session, Act.TOKEN_REVOKED, identity.person, address=address_of(request))
    return See(_HERE, gettext("The token works no more."))


async def _shown(session: Session, identity: Identity, made: UUID | None = None, text: str | None = None) -> Shown:
    return Shown(
        "settings/tokens.html",
        tokens=await tokens.listed(session, identity.person, start_of(tokens.SORTS, tokens.MOST_PER_PERSON)),
        scopes=SCOPES,
        lasts=LASTS,
        made=made,
        text=text,
        has_code=await second_factor.is_on(session, identity.person),
    )
