"""Connected accounts (express, v1) and their onboarding."""

from __future__ import annotations

from veza.kit.codes import is_country
from veza.lab.sandbox.account_object import new_account, requirements
from veza.lab.sandbox.changes import change
from veza.lab.sandbox.errors import ApiError, bad_param, no_such, no_such_reference
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.payment_methods import address_of
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

LINK_LIFETIME_SECONDS = 300
KINDS = {"full": "standard", "express": "express", "none": "none"}
"""The account's `type`, by the dashboard its `controller` gives it."""


def create_account(world: World, params: Params) -> Obj:
    controller = params.part("controller")
    kind = params.choice("type", ("express", "standard", "custom")) or "none"
    if controller is not None and "type" in params.values:
        raise bad_param("controller", "You may only specify one of these parameters: type, controller.")
    country = (params.text("country") or world.settings.platform_country).upper()
    if not is_country(country):
        raise bad_param("country", f"Country '{country}' is unknown. Try using a 2-character alphanumeric code.")
    account = new_account(world, world.new_id("acct"), kind, country, {})
    if controller is not None:
        account.update(_controlled(account["controller"], controller))
    account.update(_wanted(params, account))
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
    account = get_account(world, id)
    previous = change(account, **_wanted(params, account))
    world.accounts.touch(id)
    emit(world, "account.updated", account, account=id, previous=previous)
    return account


def create_link(world: World, params: Params, base_url: str) -> Obj:
    """An onboarding link; the page it leads to completes the account and redirects to `return_url`."""
    id = params.required_text("account")
    if world.accounts.get(id) is None:
        raise no_such_reference("account", id, param="account")
    params.choice("type", ("account_onboarding", "account_update"))
    params.required_text("type")
    account = world.accounts.rows[id]
    return_url, refresh_url = params.required_url("return_url"), params.required_url("refresh_url")
    expires_at = world.seconds + LINK_LIFETIME_SECONDS
    account.update(_return_url=return_url, _refresh_url=refresh_url, _link_expires_at=expires_at)
    world.accounts.touch(id)
    return {
        "object": "account_link",
        "created": world.seconds,
        "expires_at": expires_at,
        "url": f"{base_url}/onboard/{id}",
    }


def complete_onboarding(world: World, id: str, *, name: str = "") -> Obj:
    """The seller filled in the form: details are submitted, requested capabilities become active."""
    account = world.accounts.get(id)
    if account is None:
        raise no_such("account", id)
    profile = {**account["business_profile"], "name": name} if name else account["business_profile"]
    previous = change(
        account,
        details_submitted=True,
        payouts_enabled=True,
        charges_enabled="card_payments" in account["capabilities"],
        capabilities=dict.fromkeys(account["capabilities"], "active"),
        requirements=requirements([]),
        tos_acceptance={**account["tos_acceptance"], "date": world.seconds},
        business_profile=profile,
    )
    world.accounts.touch(id)
    emit(world, "account.updated", account, account=id, previous=previous)
    return account


def set_capability(world: World, id: str, name: str, status: str) -> Obj:
    """Give or take a capability, as Stripe's risk review would."""
    if status not in ("active", "inactive", "pending"):
        raise ValueError(f"a capability is active, inactive or pending, not “{status}”")
    account = world.accounts.get(id)
    if account is None:
        raise no_such("account", id)
    previous = change(account, capabilities={**account["capabilities"], name: status})
    world.accounts.touch(id)
    emit(world, "account.updated", account, account=id, previous=previous)
    return account


def platform_account(world: World) -> Obj:
    """The platform's own account, made on first sight."""
    id = world.settings.platform_account
    found = world.platform
    if found is None:
        capabilities = {"card_payments": "active", "transfers": "active"}
        found = world.platform = new_account(world, id, "standard", world.settings.platform_country, capabilities)
        found.update(details_submitted=True, payouts_enabled=True, charges_enabled=True)
        found["requirements"] = requirements([])
    return found


def _wanted(params: Params, account: Obj) -> Obj:
    """The values a request gives an account's fields."""
    values = params.values
    wanted: Obj = {"metadata": params.metadata(account["metadata"])}
    wanted.update((name, params.text(name)) for name in ("email", "business_type") if name in values)
    if params.text("default_currency"):
        wanted["default_currency"] = params.currency("default_currency")
    if (profile := params.part("business_profile")) is not None:
        wanted["business_profile"] = {**account["business_profile"], **_profile(profile)}
    if (asked := params.part("capabilities")) is not None:
        wanted["capabilities"] = _capabilities(asked, account)
    settings = params.part("settings")
    payouts = settings.part("payouts") if settings is not None else None
    if payouts is not None:
        wanted["settings"] = {**account["settings"], "payouts": _payouts(payouts, account["settings"]["payouts"])}
    return wanted


def _profile(profile: Params) -> Obj:
    given: Obj = {name: profile.text(name) for name in profile.values if name != "support_address"}
    address = profile.part("support_address")
    return {**given, "support_address": address_of(address)} if address is not None else given


def _capabilities(asked: Params, account: Obj) -> dict[str, str]:
    """Asking makes a capability active once the account has said everything; giving it back takes it away."""
    capabilities = dict(account["capabilities"])
    for name in asked.values:
        wanted = asked.part(name)
        requested = None if wanted is None else wanted.flag("requested")
        if requested:
            capabilities.setdefault(name, "active" if account["details_submitted"] else "inactive")
        elif requested is False:
            capabilities.pop(name, None)
    return capabilities


def _payouts(params: Params, current: Obj) -> Obj:
    changed: Obj = {}
    if (debits := params.flag("debit_negative_balances")) is not None:
        changed["debit_negative_balances"] = debits
    if "statement_descriptor" in params.values:
        changed["statement_descriptor"] = params.text("statement_descriptor")
    return {**current, **changed}


def _controlled(current: Obj, given: Params) -> Obj:
    """Controller and type of an account that is made with `controller`, with Stripe's defaults."""
    dashboard = _inner(given, "stripe_dashboard", "type") or "full"
    return {
        "controller": {
            **current,
            "fees": {"payer": _inner(given, "fees", "payer") or "account"},
            "losses": {"payments": _inner(given, "losses", "payments") or "stripe"},
            "requirement_collection": given.text("requirement_collection") or "stripe",
            "stripe_dashboard": {"type": dashboard},
        },
        "type": KINDS[dashboard],
    }


def _inner(params: Params, part: str, name: str) -> str | None:
    inside = params.part(part)
    return None if inside is None else inside.text(name)
