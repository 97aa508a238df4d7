"""How an artist gets paid: the provider's form, begun and gone on with, and what it still wants."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts import reauthentication, second_factor
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting
from veza.http.requests import DoorRequest
from veza.kit.database import Database
from veza.kit.messages import Message, gettext, verbatim
from veza.market.rules import MarketRules
from veza.money import onboarding, sellers
from veza.money.facade import Money
from veza.money.onboarding import OnboardingState
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.proving import proof_of

_ONBOARDING = "/studio/{artist_id:uuid}/onboarding"
FROM = "from"
"""Of the address that the provider leads back to: its `form` was filled in, or the `link` to it was used up."""
LOOK_SECONDS = 5
_WANTED: dict[str, Message] = {
    "external_account": gettext("a bank account to pay out to"),
    "tos_acceptance": gettext("your consent to the provider’s terms"),
    "business_profile": gettext("what you sell, and where it can be seen"),
    "business_type": gettext("whether you are a person or a company"),
    "individual": gettext("who you are"),
    "company": gettext("about your company"),
    "representative": gettext("who speaks for your company"),
    "owners": gettext("who owns your company"),
    "directors": gettext("who directs your company"),
    "settings": gettext("how payments are named on statements"),
}
"""First part of what the provider calls a requirement → what it is about."""


@page(_ONBOARDING, permission=Permission.SELL)
async def onboarding_page(
    request: DoorRequest, artist_id: UUID, identity: Identity, form: Form, database: NamedDependency[Database],
    money: NamedDependency[Money],
) -> Shown:  # fmt: skip
    """How far it is. The provider is asked what is missing, with no transaction open."""
    async with database.read() as session:
        artist = await acting.artist_for(session, artist_id, identity)
        may_begin = await acting.acts_as_owner(session, artist, identity)
        has_code = await second_factor.is_on(session, identity.person)
        seller = await sellers.seller(session, str(artist_id))
    found = await onboarding.of_seller(money.gateway.for_people(), seller)
    came_from = request.query_params.get(FROM, "")
    return Shown(
        "onboarding.html",
        artist=artist,
        found=found,
        wanted=_wanted(found.due),
        may_begin=may_begin,
        has_code=has_code,
        came_from=came_from,
        looks_again=LOOK_SECONDS if came_from == "form" and found.state is OnboardingState.PENDING else None,
    )


@form(_ONBOARDING, permission=Permission.SELL, shows=onboarding_page)
async def begin_onboarding(
    request: DoorRequest, artist_id: UUID, identity: Identity, form: Form, accounts: NamedDependency[Accounts],
    money: NamedDependency[Money], rules: NamedDependency[MarketRules],
) -> See:  # fmt: skip
    """An owner, who shows afresh that it is them, goes on to the provider's form: it says where the money goes."""
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        artist = await acting.artist_for(session, artist_id, identity, as_owner=True)
        await reauthentication.demand(session, proof)
        row = await sellers.register(session, str(artist.id), artist.name, artist.country)
        to_open = row.id, row.name, row.country
    back = f"{rules.base_url}/studio/{artist_id}/onboarding?{FROM}="
    _, link = await sellers.onboard(
        money.database, money.gateway.for_people(), *to_open, return_url=f"{back}form",
        refresh_url=f"{back}link", actor=identity.actor,
    )  # fmt: skip
    return See(link)


def _wanted(due: Sequence[str]) -> list[Message]:
    """What is wanted, in words, each once; the provider's own name for what is new to us."""
    parts = {one.partition(".")[0]: one for one in due}
    return [_WANTED.get(part) or verbatim(one) for part, one in parts.items()]
