"""Connected accounts (express, v1) and their onboarding."""

from __future__ import annotations

from veza.money.sandbox.errors import ApiError, bad_param, no_such, no_such_reference
from veza.money.sandbox.events import emit
from veza.money.sandbox.params import Params
from veza.money.sandbox.wire import Obj
from veza.money.sandbox.world import World

LINK_LIFETIME_SECONDS = 300
CURRENCIES = {
    "US": "usd", "GB": "gbp", "CH": "chf", "SE": "sek", "NO": "nok", "DK": "dkk", "PL": "pln", "CZ": "czk",
    "JP": "jpy", "CA": "cad", "AU": "aud", "NZ": "nzd", "HU": "huf", "RO": "ron", "SG": "sgd", "BR": "brl",
}  # fmt: skip
CREATE_PARAMS = frozenset(
    "account_token business_profile business_type capabilities company controller country default_currency "
    "documents email expand external_account groups individual metadata settings tos_acceptance type".split()
)
LINK_PARAMS = frozenset("account collect collection_options expand refresh_url return_url type".split())
DUE = ["business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]


def create_account(world: World, params: Params) -> Obj:
    params.allow(CREATE_PARAMS)
    kind = params.choice("type", ("express", "standard", "custom")) or "none"
    country = (params.text("country") or world.settings.platform_country).upper()
    if len(country) != 2 or not country.isalpha():
        raise bad_param("country", f"Country '{country}' is unknown. Try using a 2-character alphanumeric code.")
    requested = params.part("capabilities")
    capabilities = {}
    for name in requested.values if requested else ():
        wanted = requested.part(name) if requested else None
        if wanted is not None and wanted.flag("requested"):
            capabilities[name] = "inactive"
    account = _account(world, world.new_id("acct"), kind, country, capabilities)
    account["email"] = params.text("email")
    account["business_type"] = params.text("business_type")
    account["metadata"] = params.metadata()
    account["default_currency"] = (params.text("default_currency") or account["default_currency"]).lower()
    profile = params.part("business_profile")
    if profile is not None:
        account["business_profile"].update({name: profile.text(name) for name in profile.values})
    return world.accounts.add(account)


def get_account(world: World, id: str) -> Obj:
    account = world.accounts.get(id)
    if account is None:
        raise ApiError(
            403,
            f"The provided key does not have access to account '{id}' (or that account does not exist). "
            "Application access may have been revoked.",
            code="account_invalid",
        )
    return account


def update_account(world: World, params: Params, id: str) -> Obj:
    params.allow(CREATE_PARAMS)
    account = get_account(world, id)
    account["metadata"] = params.metadata(account["metadata"])
    if "email" in params.values:
        account["email"] = params.text("email")
    world.accounts.touch(id)
    emit(world, "account.updated", account, account=id)
    return account


def create_link(world: World, params: Params, base_url: str) -> Obj:
    """An onboarding link; the page it leads to completes the account and redirects to `return_url`."""
    params.allow(LINK_PARAMS)
    id = params.required_text("account")
    if world.accounts.get(id) is None:
        raise no_such_reference("account", id, param="account")
    params.choice("type", ("account_onboarding", "account_update"))
    params.required_text("type")
    account = world.accounts.rows[id]
    return_url, refresh_url = params.required_url("return_url"), params.required_url("refresh_url")
    account.update(_return_url=return_url, _refresh_url=refresh_url)
    world.accounts.touch(id)
    return {
        "object": "account_link",
        "created": world.seconds,
        "expires_at": world.seconds + LINK_LIFETIME_SECONDS,
        "url": f"{base_url}/onboard/{id}",
    }


def complete_onboarding(world: World, id: str, *, name: str = "") -> Obj:
    """The seller filled in the form: details are submitted, requested capabilities become active."""
    account = world.accounts.get(id)
    if account is None:
        raise no_such("account", id)
    account["details_submitted"] = account["payouts_enabled"] = True
    account["charges_enabled"] = "card_payments" in account["capabilities"]
    account["capabilities"] = dict.fromkeys(account["capabilities"], "active")
    account["requirements"] = _requirements([])
    if name:
        account["business_profile"]["name"] = name
    world.accounts.touch(id)
    emit(world, "account.updated", account, account=id)
    return account


def set_capability(world: World, id: str, name: str, status: str) -> Obj:
    """Give or take a capability, as Stripe's risk review would."""
    if status not in ("active", "inactive", "pending"):
        raise ValueError(f"a capability is active, inactive or pending, not “{status}”")
    account = world.accounts.get(id)
    if account is None:
        raise no_such("account", id)
    account["capabilities"] = {**account["capabilities"], name: status}
    world.accounts.touch(id)
    emit(world, "account.updated", account, account=id)
    return account


def platform_account(world: World) -> Obj:
    """The platform's own account, made on first sight."""
    id = world.settings.platform_account
    found = world.platform
    if found is None:
        capabilities = {"card_payments": "active", "transfers": "active"}
        found = world.platform = _account(world, id, "standard", world.settings.platform_country, capabilities)
        found.update(details_submitted=True, payouts_enabled=True, charges_enabled=True)
        found["requirements"] = _requirements([])
    return found


def _account(world: World, id: str, kind: str, country: str, capabilities: dict[str, str]) -> Obj:
    return {
        "id": id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "name": None,
            "product_description": None,
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
            "fees": {"payer": "application_express"},
            "is_controller": True,
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": kind},
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
        "future_requirements": _requirements([]),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": _requirements(DUE),
        "settings": {"payouts": {"debit_negative_balances": True}},
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
    }


def _requirements(due: list[str]) -> Obj:
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
