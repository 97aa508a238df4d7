"""Everything about the sandbox that may be chosen, including what is only inferred of Stripe."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

DAY_SECONDS = 86_400
API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API whose shapes the sandbox keeps: that of the installed SDK."""


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How the look-alike behaves; the fields marked *inferred* are not documented by Stripe.

    api_keys                        accepted secret keys; empty accepts every `sk_test_…` and `rk_test_…`
    api_version                     answered when a request names none
    only_webhook                    the one address that webhooks may go to; empty: any
    public_url                      where browsers reach the sandbox; empty: taken from each request
    platform_account                id of the platform's own account
    platform_country                its country
    rate_limit_per_second           for the whole platform; None or 0 switches the limit off
    key_lifetime_seconds            how long an idempotency key is remembered (Stripe: at least 24 h)
    asynchronous_capture_seconds    a charge is booked this long after it succeeded: `balance_transaction` is null until
                                    `charge.updated`; None books it at once (Stripe: seconds, an hour at most)
    charge_fee_basis_points         provider's fee on a charge
    charge_fee_fixed_minor          plus this much, in minor units
    dispute_fee_minor               provider's fee on a dispute
    funds_delay_seconds             a charge's funds become available after this
    seller_funds_available_at_once  a transfer is available to the seller at once, even while the charge it
                                    comes from is pending (Stripe waits; on here so that a newcomer sees the flow)
    pending_covers_reversals        *inferred*: a reversal may also draw on the seller's pending funds
    reversals_need_balance          *inferred*: a reversal beyond the seller's funds is refused (400
                                    `balance_insufficient`); off lets the seller's balance go negative
    refunded_charge_feeds_transfers *inferred*: a wholly refunded charge may still be a `source_transaction`
    refunds_need_balance            a refund beyond the platform's funds is refused (Stripe debits the bank)
    already_reversed_status         *inferred*: HTTP status of “is already fully reversed”
    transfer_not_found_code         *inferred*: error code of an unknown transfer
    reversal_status                 None: reversals have no `status` (today); else this value is shown, and one
                                    that is failed or canceled moves no money
    connect_events_everywhere       events of connected accounts also reach endpoints made without `connect`
                                    (as `stripe listen` does); off: only endpoints made with `connect=true`
    settlement_currency             None settles every charge in its own currency; else everything in this one
    exchange_rates                  rate into the settlement currency by charge currency, 1.1 when absent
    pending_refund_seconds          refunds of card 7726 succeed after this
    failing_refund_seconds          refunds of card 5126 fail after this
    dispute_delay_seconds           charges of card 0259 are disputed after this
    webhook_lifetime_seconds        a delivery is retried for this long (Stripe: up to 3 days)
    """

    api_keys: tuple[str, ...] = ()
    api_version: str = API_VERSION
    only_webhook: str = ""
    public_url: str = ""
    platform_account: str = "acct_1VezaPlatform000"
    platform_country: str = "DE"
    rate_limit_per_second: int | None = 100
    key_lifetime_seconds: float = DAY_SECONDS
    asynchronous_capture_seconds: float | None = 1.0
    charge_fee_basis_points: int = 150
    charge_fee_fixed_minor: int = 25
    dispute_fee_minor: int = 1500
    funds_delay_seconds: float = 2 * DAY_SECONDS
    seller_funds_available_at_once: bool = True
    pending_covers_reversals: bool = False
    reversals_need_balance: bool = True
    refunded_charge_feeds_transfers: bool = True
    refunds_need_balance: bool = False
    already_reversed_status: int = 400
    transfer_not_found_code: str = "resource_missing"
    reversal_status: str | None = None
    connect_events_everywhere: bool = True
    settlement_currency: str | None = None
    exchange_rates: dict[str, float] = field(default_factory=dict)
    pending_refund_seconds: float = 60
    failing_refund_seconds: float = 3 * DAY_SECONDS
    dispute_delay_seconds: float = 5
    webhook_lifetime_seconds: float = 3 * DAY_SECONDS


_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "bool": ((bool,), "true or false"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "float | None": ((int, float, type(None)), "a number or null"),
    "int | None": ((int, type(None)), "a whole number or null"),
    "str": ((str,), "a text"),
    "str | None": ((str, type(None)), "a text or null"),
    "dict[str, float]": ((dict,), "an object of numbers"),
}


def check_switch(name: str, value: object) -> None:
    """Refuse, with a ValueError of one sentence, a value this setting cannot have."""
    (kind,) = (str(setting.type) for setting in fields(SandboxSettings) if setting.name == name)
    types, words = _KINDS[kind]
    if type(value) not in types:
        raise ValueError(f"{name} must be {words}, not {value!r}")
    if isinstance(value, int | float) and value < 0:
        raise ValueError(f"{name} must not be negative, got {value}")
    if isinstance(value, dict) and not all(type(rate) in (int, float) and rate > 0 for rate in value.values()):
        raise ValueError(f"{name} must be {words} above zero, not {value!r}")
