"""How far a seller's account at the provider is, as the provider says now: for people who look at it.

Whether a seller can be paid is `Seller.transfers_active`, which webhooks keep; what is still missing is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from veza.money.sellers import Seller
from veza.money.stripe.gateway import Gateway


class OnboardingState(StrEnum):
    """`begun`: the form was opened, not sent. `restricted`: the provider wants more. `pending`: it is looking at what
    was sent. `closed`: it refused the account for good. `unknown`: it could not be asked just now."""

    NOT_BEGUN = "not_begun"
    BEGUN = "begun"
    RESTRICTED = "restricted"
    PENDING = "pending"
    READY = "ready"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Onboarding:
    """The state; `due` names what the provider wants, in its words, and `faults` says what was wrong with it."""

    state: OnboardingState
    due: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


async def of_seller(gateway: Gateway, seller: Seller | None) -> Onboarding:
    """Ask the provider, where our own row does not say it all; no transaction may be open."""
    if seller is None or seller.stripe_account_id is None:
        return Onboarding(OnboardingState.NOT_BEGUN)
    if seller.transfers_active:
        return Onboarding(OnboardingState.READY)
    answer = await gateway.account(seller.stripe_account_id)
    return read(answer.object) if answer.is_ok else Onboarding(OnboardingState.UNKNOWN)


def read(account: Mapping[str, Any]) -> Onboarding:
    """What an account's object says (https://docs.stripe.com/connect/handling-api-verification)."""
    needs = account.get("requirements") or {}
    due = tuple(dict.fromkeys(str(one) for name in ("past_due", "currently_due") for one in needs.get(name) or ()))
    faults = tuple(str(one.get("reason") or one.get("code")) for one in needs.get("errors") or ())
    if str(needs.get("disabled_reason") or "").startswith("rejected."):
        return Onboarding(OnboardingState.CLOSED, due, faults)
    if (account.get("capabilities") or {}).get("transfers") == "active":
        return Onboarding(OnboardingState.READY, due, faults)
    if not account.get("details_submitted"):
        return Onboarding(OnboardingState.BEGUN, due, faults)
    return Onboarding(OnboardingState.RESTRICTED if due else OnboardingState.PENDING, due, faults)
