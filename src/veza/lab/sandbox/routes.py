"""Which endpoint answers which path: one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from veza.lab.sandbox import (
    accounts,
    balances,
    charges,
    checkout,
    customers,
    disputes,
    payment_methods,
    payments,
    refunds,
    reversals,
    seller_objects,
    transfers,
    webhooks,
)
from veza.lab.sandbox.errors import bad_param, missing_param, no_such
from veza.lab.sandbox.listing import list_page
from veza.lab.sandbox.offers.table import OFFERS, Offer
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.tables import Table
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World


@dataclass(slots=True)
class Call:
    """One request on its way to its endpoint; `ids` are the variable parts of the path."""

    world: World
    params: Params
    ids: list[str]
    account: str
    base_url: str

    @property
    def is_platform(self) -> bool:
        return self.account == self.world.settings.platform_account


Endpoint = Callable[[Call], Obj]
# A key of the route tree that no part of a path can be.
ENDPOINT = "/"
EVENTS_KEPT_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint and what is offered of it."""

    endpoint: Endpoint
    offer: Offer


def _read(get: Callable[[World, str], Obj]) -> Endpoint:
    return lambda call: get(call.world, call.ids[0])


def _write(change: Callable[[World, Params, str], Obj]) -> Endpoint:
    return lambda call: change(call.world, call.params, call.ids[0])


def _create(make: Callable[[World, Params], Obj]) -> Endpoint:
    return lambda call: make(call.world, call.params)


def _listed(table: Callable[[World], Table], url: str, noun: str, *filters: str) -> Endpoint:
    """A list; the first of `filters` that is given is looked up in the table's index of that name, if it has one."""

    def endpoint(call: Call) -> Obj:
        rows = table(call.world)
        wanted = {name: value for name in filters if (value := call.params.text(name)) is not None}
        index = next((name for name in wanted if rows.has_index(name)), None)
        value = wanted.pop(index) if index else ""
        keep = (lambda obj: all(obj[name] == value for name, value in wanted.items())) if wanted else None
        return list_page(call.world, call.params, rows, url, noun, index=index, value=value, keep=keep)

    return endpoint


def _sessions(call: Call) -> Obj:
    params = call.params
    buyer = params.part("customer_details")
    email = buyer.required_text("email") if buyer is not None else None
    wanted = {name: value for name in ("customer", "status") if (value := params.text(name)) is not None}
    intent = params.text("payment_intent")

    def keep(session: Obj) -> bool:
        if email is not None and (session["customer_details"] or {}).get("email") != email:
            return False
        return all(session[name] == value for name, value in wanted.items())

    return list_page(
        call.world,
        params,
        call.world.sessions,
        "/v1/checkout/sessions",
        "checkout.session",
        index="payment_intent" if intent else None,
        value=intent or "",
        keep=keep,
    )


def _reversals_of(call: Call) -> Obj:
    id = transfers.get_transfer(call.world, call.ids[0])["id"]
    url = f"/v1/transfers/{id}/reversals"
    return list_page(
        call.world, call.params, call.world.reversals, url, "transfer reversal", index="transfer", value=id
    )


def _refunds_of_charge(call: Call) -> Obj:
    id = charges.get_charge(call.world, call.ids[0])["id"]
    url = f"/v1/charges/{id}/refunds"
    return list_page(call.world, call.params, call.world.refunds, url, "refund", index="charge", value=id)


def _methods(call: Call) -> Obj:
    customer = call.params.text("customer")
    if customer is None:
        raise missing_param("customer")
    return _methods_of(call, customer, "/v1/payment_methods")


def _methods_of(call: Call, customer: str, url: str) -> Obj:
    customers.get_customer(call.world, customer)
    return list_page(
        call.world,
        call.params,
        call.world.payment_methods,
        url,
        "PaymentMethod",
        keep=lambda method: bool(method["customer"] == customer),
    )


def _events(call: Call) -> Obj:
    kinds = call.params.texts("types")
    kind = call.params.text("type")
    if kind and kinds:
        raise bad_param("types", "You may only specify one of these parameters: type, types.")
    wanted = {kind} if kind else set(kinds)
    delivered = call.params.flag("delivery_success")
    oldest = call.world.now - EVENTS_KEPT_SECONDS

    def keep(event: Obj) -> bool:
        if event["created"] < oldest or (wanted and not any(fnmatchcase(event["type"], kind) for kind in wanted)):
            return False
        return delivered is None or webhooks.all_delivered(call.world, event) == delivered

    return list_page(
        call.world,
        call.params,
        call.world.events,
        "/v1/events",
        "event",
        index="account",
        value="" if call.is_platform else call.account,
        keep=keep,
    )


def _event(world: World, id: str) -> Obj:
    event = world.events.get(id)
    if event is None or event["created"] < world.now - EVENTS_KEPT_SECONDS:
        raise no_such("event", id)
    return event


def _balance_transactions(call: Call) -> Obj:
    params = call.params
    source = params.text("source")
    same = {name: params.text(name) for name in ("type", "currency") if params.text(name)}

    def keep(txn: Obj) -> bool:
        return txn["_account"] == call.account and all(txn[name] == value for name, value in same.items())

    return list_page(
        call.world,
        params,
        call.world.balance_transactions,
        "/v1/balance_transactions",
        "balance transaction",
        index="source" if source else "account",
        value=source or call.account,
        keep=keep,
    )


def _balance_transaction(call: Call) -> Obj:
    txn = call.world.balance_transactions.get(call.ids[0])
    if txn is None or txn["_account"] != call.account:
        raise no_such("balance transaction", call.ids[0])
    return txn


def _charge(call: Call) -> Obj:
    if call.is_platform:
        return charges.get_charge(call.world, call.ids[0])
    return seller_objects.get_payment(call.world, call.account, call.ids[0])


def _refund(call: Call) -> Obj:
    if call.is_platform:
        return refunds.get_refund(call.world, call.ids[0])
    return seller_objects.get_payment_refund(call.world, call.account, call.ids[0])


def _account(call: Call) -> Obj:
    id = call.ids[0] if call.ids else call.account
    if id == call.world.settings.platform_account:
        return accounts.platform_account(call.world)
    return accounts.get_account(call.world, id)


ROUTES: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v1/account"): _account,
    ("POST", "/v1/accounts"): _create(accounts.create_account),
    ("GET", "/v1/accounts"): _listed(lambda w: w.accounts, "/v1/accounts", "account"),
    ("GET", "/v1/accounts/*"): _account,
    ("POST", "/v1/accounts/*"): _write(accounts.update_account),
    ("POST", "/v1/account_links"): lambda c: accounts.create_link(c.world, c.params, c.base_url),
    ("GET", "/v1/balance"): lambda c: balances.balance_of(c.world, c.account),
    ("GET", "/v1/balance_transactions"): _balance_transactions,
    ("GET", "/v1/balance_transactions/*"): _balance_transaction,
    ("GET", "/v1/balance/history"): _balance_transactions,
    ("POST", "/v1/checkout/sessions"): lambda c: checkout.create_session(c.world, c.params, c.base_url),
    ("GET", "/v1/checkout/sessions"): _sessions,
    ("GET", "/v1/checkout/sessions/*"): _read(checkout.get_session),
    ("POST", "/v1/checkout/sessions/*"): _write(checkout.update_session),
    ("POST", "/v1/checkout/sessions/*/expire"): _read(checkout.expire_session),
    ("GET", "/v1/checkout/sessions/*/line_items"): _write(checkout.list_line_items),
    ("POST", "/v1/payment_intents"): lambda c: payments.create_intent(c.world, c.params, c.base_url),
    ("GET", "/v1/payment_intents"): _listed(
        lambda w: w.payment_intents, "/v1/payment_intents", "payment_intent", "customer"
    ),
    ("GET", "/v1/payment_intents/*"): _read(payments.get_intent),
    ("POST", "/v1/payment_intents/*"): _write(payments.update_intent),
    ("POST", "/v1/payment_intents/*/confirm"): lambda c: payments.confirm_intent(
        c.world, c.params, c.ids[0], c.base_url
    ),
    ("POST", "/v1/payment_intents/*/capture"): _write(payments.capture_intent),
    ("POST", "/v1/payment_intents/*/cancel"): _write(payments.cancel_intent),
    ("GET", "/v1/charges"): _listed(
        lambda w: w.charges, "/v1/charges", "charge", "payment_intent", "transfer_group", "customer"
    ),
    ("GET", "/v1/charges/*"): _charge,
    ("POST", "/v1/charges/*"): _write(charges.update_charge),
    ("GET", "/v1/charges/*/refunds"): _refunds_of_charge,
    ("POST", "/v1/customers"): _create(customers.create_customer),
    ("GET", "/v1/customers"): _listed(lambda w: w.customers, "/v1/customers", "customer", "email"),
    ("GET", "/v1/customers/*"): _read(customers.get_customer),
    ("POST", "/v1/customers/*"): _write(customers.update_customer),
    ("DELETE", "/v1/customers/*"): _read(customers.delete_customer),
    ("GET", "/v1/customers/*/payment_methods"): lambda c: _methods_of(
        c, c.ids[0], f"/v1/customers/{c.ids[0]}/payment_methods"
    ),
    ("GET", "/v1/customers/*/payment_methods/*"): lambda c: customers.method_of(c.world, c.ids[0], c.ids[1]),
    ("POST", "/v1/payment_methods"): _create(payment_methods.create_method),
    ("GET", "/v1/payment_methods"): _methods,
    ("GET", "/v1/payment_methods/*"): _read(payment_methods.get_method),
    ("POST", "/v1/payment_methods/*"): _write(payment_methods.update_method),
    ("POST", "/v1/payment_methods/*/attach"): _write(customers.attach_method),
    ("POST", "/v1/payment_methods/*/detach"): _read(customers.detach_method),
    ("POST", "/v1/refunds"): _create(refunds.create_refund),
    ("GET", "/v1/refunds"): _listed(lambda w: w.refunds, "/v1/refunds", "refund", "charge", "payment_intent"),
    ("GET", "/v1/refunds/*"): _refund,
    ("POST", "/v1/refunds/*"): _write(refunds.update_refund),
    ("POST", "/v1/refunds/*/cancel"): _read(refunds.cancel_refund),
    ("POST", "/v1/transfers"): _create(transfers.create_transfer),
    ("GET", "/v1/transfers"): _listed(
        lambda w: w.transfers, "/v1/transfers", "transfer", "transfer_group", "destination"
    ),
    ("GET", "/v1/transfers/*"): _read(transfers.get_transfer),
    ("POST", "/v1/transfers/*"): _write(transfers.update_transfer),
    ("POST", "/v1/transfers/*/reversals"): _write(reversals.create_reversal),
    ("GET", "/v1/transfers/*/reversals"): _reversals_of,
    ("GET", "/v1/transfers/*/reversals/*"): lambda c: reversals.get_reversal(c.world, c.ids[0], c.ids[1]),
    ("POST", "/v1/transfers/*/reversals/*"): lambda c: reversals.update_reversal(c.world, c.params, c.ids[0], c.ids[1]),
    ("GET", "/v1/disputes"): _listed(lambda w: w.disputes, "/v1/disputes", "dispute", "charge", "payment_intent"),
    ("GET", "/v1/disputes/*"): _read(disputes.get_dispute),
    ("POST", "/v1/disputes/*"): _write(disputes.update_dispute),
    ("POST", "/v1/disputes/*/close"): lambda c: disputes.close_dispute(c.world, c.ids[0], "lost"),
    ("GET", "/v1/events"): _events,
    ("GET", "/v1/events/*"): _read(_event),
    ("POST", "/v1/webhook_endpoints"): _create(webhooks.create_endpoint),
    ("GET", "/v1/webhook_endpoints"): _listed(
        lambda w: w.webhook_endpoints, "/v1/webhook_endpoints", "webhook endpoint"
    ),
    ("GET", "/v1/webhook_endpoints/*"): _read(webhooks.get_endpoint),
    ("POST", "/v1/webhook_endpoints/*"): _write(webhooks.update_endpoint),
    ("DELETE", "/v1/webhook_endpoints/*"): _read(webhooks.delete_endpoint),
}


def find_route(method: str, path: str) -> tuple[Route, list[str]] | None:
    """The endpoint for a path, and its ids; `search` is none of those: Stripe has endpoints of that name."""
    ids: list[str] = []
    node: Any = _TREE.get(method)
    for part in path.split("/")[1:]:
        if node is None or part == "search":
            return None
        below = node.get(part)
        if below is None:
            ids.append(part)
            below = node.get("*") if part else None
        node = below
    route = None if node is None else node.get(ENDPOINT)
    return None if route is None else (route, ids)


def _grow() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for (method, path), endpoint in ROUTES.items():
        node = tree.setdefault(method, {})
        for part in path.split("/")[1:]:
            node = node.setdefault(part, {})
        node[ENDPOINT] = Route(endpoint, OFFERS[method, path])
    return tree


_TREE = _grow()
