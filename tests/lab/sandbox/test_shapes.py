"""Objects have the fields the official SDKs declare, and no form makes an endpoint stumble."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veza.kit.clock import ManualClock
from veza.lab.sandbox.core import Request, Sandbox
from veza.lab.sandbox.expansion import EXPANDS
from veza.lab.sandbox.routes import ROUTES

from .conftest import make_sale
from .sdk_objects import SOURCES, declared, misfits

KEY = {"authorization": "Bearer sk_test_veza"}
LINE = "line_items[0][price_data]"
SALE = (
    f"success_url=https://a.example&line_items[0][quantity]=1&{LINE}[currency]=eur&{LINE}[unit_amount]=500&"
    f"{LINE}[product_data][name]=Night Bus&expand[]=line_items.data.price.product"
)


def ask(sandbox: Sandbox, method: str, path: str, form: str = "") -> dict[str, Any]:
    body = form.encode() if method == "POST" else b""
    reply = sandbox.handle(Request(method, path, "" if method == "POST" else form, KEY, body))
    answer: dict[str, Any] = json.loads(reply.body)
    return answer


def specimens(sandbox: Sandbox) -> Iterator[dict[str, Any]]:
    """Every kind of object, in the states that change its fields, with what can be expanded expanded."""
    sale = make_sale(sandbox)
    yield ask(sandbox, "GET", f"/v1/charges/{sale.charge}", "expand[]=payment_intent&expand[]=balance_transaction")
    yield ask(sandbox, "POST", "/v1/refunds", f"charge={sale.charge}&amount=100&expand[]=charge.refunds")
    yield ask(sandbox, "GET", f"/v1/accounts/{sale.seller}")
    yield ask(sandbox, "POST", "/v1/accounts", "controller[stripe_dashboard][type]=none&country=FR")
    link = f"account={sale.seller}&type=account_onboarding&return_url=https://a.example&refresh_url=https://b.example"
    yield ask(sandbox, "POST", "/v1/account_links", link)
    yield ask(sandbox, "GET", f"/v1/transfers/{sale.transfer}", "expand[]=destination_payment&expand[]=destination")
    reversal = "amount=10&expand[]=destination_payment_refund&expand[]=transfer"
    yield ask(sandbox, "POST", f"/v1/transfers/{sale.transfer}/reversals", reversal)
    yield ask(sandbox, "GET", f"/v1/disputes/{sandbox.open_dispute(sale.charge)['id']}")
    yield ask(sandbox, "GET", "/v1/balance")
    session = ask(sandbox, "POST", "/v1/checkout/sessions", SALE)
    yield session
    sandbox.pay_checkout(session["id"], "4000002760003184", "buyer@example.org")
    paid = "expand[]=payment_intent.latest_charge&expand[]=payment_intent.payment_method"
    yield ask(sandbox, "GET", f"/v1/checkout/sessions/{session['id']}", paid)
    yield ask(sandbox, "POST", "/v1/customers", "email=buyer@example.org&payment_method=pm_card_visa")
    intent = "amount=500&currency=eur&confirm=true&return_url=https://a.example&"
    yield ask(sandbox, "POST", "/v1/payment_intents", intent + "payment_method=pm_card_authenticationRequired")
    declined = ask(sandbox, "POST", "/v1/payment_intents", intent + "payment_method=pm_card_chargeDeclined")
    yield declined["error"]["payment_intent"]
    secured = "payment_method=pm_card_visa&capture_method=manual&payment_method_options[card][request_three_d_secure]="
    yield ask(sandbox, "POST", "/v1/payment_intents", intent + secured + "any")
    yield ask(sandbox, "POST", "/v1/webhook_endpoints", "url=https://veza.example&enabled_events[]=*")
    yield from ask(sandbox, "GET", "/v1/balance_transactions", "limit=100")["data"]
    yield from ask(sandbox, "GET", "/v1/events", "limit=100")["data"]


def test_objects_are_what_the_sdks_declare_to_any_depth(sandbox: Sandbox) -> None:
    shown = list(specimens(sandbox))
    assert [misfit for one in shown for misfit in misfits(one)] == []
    kinds = {one["object"] for one in shown}
    assert kinds == set(SOURCES) - {"item", "price", "product", "payment_method", "transfer_reversal"} | {
        "transfer_reversal"
    }


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("payment_method_details.card.checks", ..., "charge.payment_method_details.card lacks checks"),
        ("outcome.advice_code", ..., "charge.outcome lacks advice_code"),
        ("outcome.colour", "red", "charge.outcome.colour is nothing Stripe shows"),
        ("status", "fine", "charge.status is fine, Stripe has failed, pending, succeeded"),
        ("amount", None, "charge.amount is missing or null, which int is not"),
        ("captured", 1, "charge.captured is 1, Stripe has bool"),
        ("payment_intent.status", "paid", "payment_intent.status is paid, Stripe has canceled"),
    ],
)
def test_a_planted_misfit_is_found(sandbox: Sandbox, path: str, value: object, said: str) -> None:
    charge = next(specimens(sandbox))
    *outer, name = path.split(".")
    inside = charge
    for part in outer:
        inside = inside[part]
    if value is ...:
        del inside[name]
    else:
        inside[name] = value
    (found,) = misfits(charge)
    assert found.startswith(said)


@pytest.mark.parametrize("kind", sorted(EXPANDS))
def test_what_can_be_expanded_is_what_the_sdk_declares(kind: str) -> None:
    if kind not in SOURCES:
        return
    fields = declared(kind).fields
    expandable = {name for name, annotation in fields.items() if "ExpandableField" in annotation}
    lists = {name for name, leads_to in EXPANDS[kind].items() if leads_to.startswith("[")}
    assert lists <= set(fields)
    assert expandable <= set(EXPANDS[kind]), f"{kind} cannot expand {expandable - set(EXPANDS[kind])}"


def crowded() -> Sandbox:
    """The same at every call: what is drawn may depend on it."""
    sandbox = Sandbox(ManualClock(), random.Random(3))
    sandbox.set_switches({"rate_limit_per_second": None})
    make_sale(sandbox)
    return sandbox


def ids_of(sandbox: Sandbox) -> list[str]:
    return [next(iter(table.rows)) for table in sandbox.world.tables.values() if table.rows]


NAMES = st.sampled_from(
    "amount currency destination charge payment_intent metadata metadata[a] expand[] expand limit created "
    "created[gte] starting_after ending_before source_transaction transfer_group url enabled_events[] enabled_events "
    "line_items line_items[0] line_items[0][price_data] line_items[0][price_data][currency] "
    "line_items[0][price_data][unit_amount] line_items[0][price_data][product_data][name] line_items[0][quantity] "
    "success_url capabilities capabilities[transfers][requested] type types[] evidence submit mode confirm "
    "payment_method account return_url refresh_url country source reason a[b a]b[] [] [x]".split()
)
VALUES = st.sampled_from(["", "1", "-1", "500", "eur", "true", "x", "9" * 30, "payment", "%00", "%ff", "%zz", "²"])


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_form_makes_an_endpoint_stumble(data: st.DataObject) -> None:
    sandbox = crowded()
    method, pattern = data.draw(st.sampled_from(sorted(ROUTES)))
    ids = st.sampled_from([*ids_of(sandbox), "tr_no"])
    path = "/".join(data.draw(ids) if part == "*" else part for part in pattern.split("/"))
    value = st.one_of(VALUES, ids)
    form = "&".join(f"{name}={chosen}" for name, chosen in data.draw(st.lists(st.tuples(NAMES, value), max_size=6)))
    headers = {"authorization": "Bearer sk_test_veza"}
    if method == "GET":
        reply = sandbox.handle(Request(method, path, form, headers))
    else:
        reply = sandbox.handle(Request(method, path, "", headers, form.encode()))
    answer = json.loads(reply.body)
    assert reply.status < 500
    assert (reply.status == 200) == ("error" not in answer)
