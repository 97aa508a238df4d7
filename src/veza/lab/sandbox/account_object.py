"""A connected account as it is made: every field Stripe shows, before anything is known of the seller."""

from __future__ import annotations

from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

CURRENCIES = {
    "US": "usd", "GB": "gbp", "CH": "chf", "SE": "sek", "NO": "nok", "DK": "dkk", "PL": "pln", "CZ": "czk",
    "JP": "jpy", "CA": "cad", "AU": "aud", "NZ": "nzd", "HU": "huf", "RO": "ron", "SG": "sgd", "BR": "brl",
}  # fmt: skip
DUE = ["business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]
DASHBOARDS = {"standard": "full", "express": "express", "custom": "none", "none": "none"}
PAYERS = {"express": "application_express", "custom": "application_custom", "standard": "account", "none": "account"}
DELAY_DAYS = 7


def new_account(world: World, id: str, kind: str, country: str, capabilities: dict[str, str]) -> Obj:
    """An account of `kind` (standard, express, custom, none) that has everything still to say."""
    return {
        "id": id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "minority_owned_business_designation": None,
            "name": None,
            "product_description": None,
            "specified_commercial_transactions_act_url": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": None,
        "capabilities": capabilities,
        "charges_enabled": False,
        "controller": {
            "fees": {"payer": PAYERS[kind]},
            "is_controller": True,
            "losses": {"payments": "stripe" if kind == "standard" else "application"},
            "requirement_collection": "application" if kind == "custom" else "stripe",
            "stripe_dashboard": {"type": DASHBOARDS[kind]},
            "type": "application",
        },
        "country": country,
        "created": world.seconds,
        "default_currency": CURRENCIES.get(country, "eur"),
        "details_submitted": False,
        "email": None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "total_count": 0,
            "url": f"/v1/accounts/{id}/external_accounts",
        },
        "future_requirements": requirements([]),
        "groups": {"payments_pricing": None},
        "metadata": {},
        "payouts_enabled": False,
        "requirements": requirements(DUE),
        "settings": _settings(kind),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
    }


def requirements(due: list[str]) -> Obj:
    """What an account has still to say before it may be paid."""
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": "requirements.past_due" if due else None,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def _settings(kind: str) -> Obj:
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "offer"},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": kind != "custom",
            "schedule": {"delay_days": DELAY_DAYS, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }
