"""What is taken has its effect, what is not offered is refused in plain words, what Stripe does not know is unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from veza.lab.sandbox.core import Request, Sandbox
from veza.lab.sandbox.offers import fields as f
from veza.lab.sandbox.offers.fields import Field, Fields
from veza.lab.sandbox.offers.table import OFFERS, Offer
from veza.lab.sandbox.offers.typings import Parameters, addresses
from veza.lab.sandbox.routes import ROUTES, find_route
from veza.lab.sandbox.settings import API_VERSION

from .conftest import client_in_process, make_sale

BEARER = {"authorization": "Bearer sk_test_veza"}


def every_field(fields: Fields, path: str = "") -> Iterator[tuple[str, Field]]:
    for name, field in fields.items():
        here = f"{path}[{name}]" if path else name
        yield here, field
        inside = f"{here}[0]" if field.kind == f.OBJECTS else here
        yield from every_field(field.fields or {}, inside)


def send(sandbox: Sandbox, method: str, path: str, form: str) -> tuple[int, dict[str, Any]]:
    query, body = ("", form.encode()) if method == "POST" else (form, b"")
    reply = sandbox.handle(Request(method, path, query, BEARER, body))
    return reply.status, json.loads(reply.body)


def path_of(sandbox: Sandbox, pattern: str) -> str:
    """A path of the pattern with ids of objects that exist."""
    sale = make_sale(sandbox)
    reversal = sandbox.reverse_in_dashboard(sale.transfer, 100)["id"]
    ids = {
        "charges": sale.charge,
        "refunds": sandbox.refund_in_dashboard(sale.charge, 100)["id"],
        "transfers": sale.transfer,
        "reversals": reversal,
        "accounts": sale.seller,
        "disputes": sandbox.open_dispute(sandbox.take_payment(900, "eur")["id"])["id"],
    }
    parts = pattern.split("/")
    return "/".join(ids.get(parts[at - 1], "x") if part == "*" else part for at, part in enumerate(parts))


def test_every_route_has_its_table_and_every_table_its_route() -> None:
    assert set(ROUTES) == set(OFFERS)
    assert stripe.api_version == API_VERSION


@pytest.mark.parametrize("offer", OFFERS.values(), ids=[f"{method} {path}" for method, path in OFFERS])
def test_the_tables_use_the_names_and_values_of_stripes_own_typings(offer: Offer) -> None:
    for path, field in every_field(offer.fields):
        if field.old_name:
            continue
        outer, _, name = path.rpartition("[")
        name = name.rstrip("]")
        assert name in offer.known.inside(outer), f"Stripe knows no {path}"
        if field.kind in (f.CHOICE, f.TEXTS) and field.values:
            assert set(field.values) <= set(offer.known.values_of(path)), path
        assert field.effect, f"{path} has no effect in words"


@pytest.mark.parametrize(("method", "pattern"), [key for key, offer in OFFERS.items() if offer.fields])
def test_every_endpoint_tells_the_unknown_from_what_it_does_not_offer(
    sandbox: Sandbox, method: str, pattern: str
) -> None:
    offer, path = OFFERS[method, pattern], path_of(sandbox, pattern)
    status, answer = send(sandbox, method, path, "colour=red")
    assert (status, answer["error"]["code"], answer["error"]["param"]) == (400, "parameter_unknown", "colour")
    for name in sorted(set(offer.known.inside("")) - set(offer.fields)):
        status, answer = send(sandbox, method, path, f"{name}=x")
        assert answer["error"]["message"] == f"This sandbox does not offer {name}=x."
        assert (status, answer["error"]["param"], answer["error"].get("code")) == (400, name, None)


def nested() -> Iterator[tuple[str, str, str, Offer]]:
    """Every object inside a table, as (method, pattern, path of the object, offer)."""
    for (method, pattern), offer in OFFERS.items():
        for path, field in every_field(offer.fields):
            if field.kind in (f.OBJECT, f.OBJECTS):
                yield method, pattern, f"{path}[0]" if field.kind == f.OBJECTS else path, offer


@pytest.mark.parametrize(
    ("method", "pattern", "inside", "offer"), [pytest.param(*one, id=" ".join(one[:3])) for one in nested()]
)
def test_nested_parameters_are_refused_by_their_whole_name(
    sandbox: Sandbox, method: str, pattern: str, inside: str, offer: Offer
) -> None:
    path = path_of(sandbox, pattern)
    status, answer = send(sandbox, method, path, f"{inside}[colour]=red")
    assert status == 400
    assert (answer["error"]["code"], answer["error"]["param"]) == ("parameter_unknown", f"{inside}[colour]")
    offered = {name.rstrip("]") for name, _ in every_field(offer.fields) if name.startswith(inside)}
    strange = [name for name in offer.known.inside(inside) if f"{inside}[{name}" not in offered]
    for name in strange:
        status, answer = send(sandbox, method, path, f"{inside}[{name}]=x")
        assert answer["error"]["message"] == f"This sandbox does not offer {inside}[{name}]=x."
        assert (status, answer["error"]["param"]) == (400, f"{inside}[{name}]")


@pytest.mark.parametrize(("method", "pattern"), list(OFFERS))
def test_values_are_told_apart_the_same_way(sandbox: Sandbox, method: str, pattern: str) -> None:
    offer, path = OFFERS[method, pattern], path_of(sandbox, pattern)
    for name, field in every_field(offer.fields):
        if field.kind != f.CHOICE:
            continue
        _, answer = send(sandbox, method, path, f"{name}=colour")
        assert answer["error"]["message"].startswith(f"Invalid {name}: must be one of "), answer
        for known in set(offer.known.values_of(name)) - set(field.values):
            status, answer = send(sandbox, method, path, f"{name}={known}")
            assert answer["error"]["message"] == f"This sandbox does not offer {name}={known}."
            assert (status, answer["error"]["param"]) == (400, name)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"capture_method": "manuell"}, "Invalid capture_method: must be one of automatic, automatic_async, or manual"),
        ({"confirmation_method": "manual"}, "This sandbox does not offer confirmation_method=manual."),
        ({"transfer_data": {"destination": "acct_1"}}, "This sandbox does not offer transfer_data."),
        ({"off_session": "one_off"}, "This sandbox does not offer off_session=one_off."),
        ({"payment_method_types": ["card", "klarna"]}, "This sandbox does not offer payment_method_types[1]=klarna."),
        ({"payment_method": "pm_card_jcb"}, "This sandbox does not offer payment_method=pm_card_jcb."),
        ({"payment_method": "pm_0123456789abcdefghijklmn"}, "No such PaymentMethod: 'pm_0123456789abcdefghijklmn'"),
        ({"receipt_email": "anna at example.org"}, "Invalid email address: anna at example.org"),
        ({"metdata": {"a": "b"}}, "Received unknown parameter: metdata. Did you mean metadata?"),
        ({"colour": "red", "shape": "round"}, "Received unknown parameters: colour, shape"),
        ({"shipping": "here"}, "Invalid object"),
        ({"metadata": "here"}, "Invalid object"),
        ({"confirm": "yes"}, "Invalid boolean: yes"),
        ({"customer": {"id": "cus_1"}}, "Invalid string: {'id': 'cus_1'}"),
    ],
)
async def test_a_refusal_says_what_is_wrong(sandbox: Sandbox, params: dict[str, Any], said: str) -> None:
    whole = {"amount": 500, "currency": "eur", **params}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client_in_process(sandbox).v1.payment_intents.create_async(whole)  # type: ignore[arg-type]
    assert refusal.value.user_message == said
    assert (await client_in_process(sandbox).v1.payment_intents.list_async()).data == []


@pytest.mark.parametrize("flag", ["True", "true"])
def test_booleans_of_older_sdks_are_taken(sandbox: Sandbox, flag: str) -> None:
    status, intent = send(
        sandbox, "POST", "/v1/payment_intents", f"amount=500&currency=eur&payment_method=pm_card_visa&confirm={flag}"
    )
    assert (status, intent["status"]) == (200, "succeeded")
    status, made = send(sandbox, "POST", "/v1/payment_intents", "amount=500&currency=eur&confirm=False")
    assert (status, made["status"]) == (200, "requires_payment_method")
    status, refused = send(sandbox, "POST", "/v1/refunds", f"charge={intent['latest_charge']}&reverse_transfer={flag}")
    assert (status, refused["error"]["message"]) == (400, "This sandbox does not offer reverse_transfer=true.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/payouts"),
        ("POST", "/v1/invoices/in_1/finalize"),
        ("DELETE", "/v1/accounts/acct_1"),
        ("GET", "/v2/core/events"),
    ],
)
def test_an_endpoint_that_is_not_offered_is_not_called_unknown(sandbox: Sandbox, method: str, path: str) -> None:
    status, answer = send(sandbox, method, path, "")
    assert (status, answer["error"]["message"]) == (404, f"This sandbox does not offer {method} {path}.")
    status, answer = send(sandbox, method, "/v1/unicorns", "")
    assert (status, "Unrecognized request URL" in answer["error"]["message"]) == (404, True)


def test_events_that_stripe_does_not_know_cannot_be_enabled(sandbox: Sandbox) -> None:
    path, url = "/v1/webhook_endpoints", "url=https://veza.example"
    events = "&enabled_events[]=charge.succeeded&enabled_events[]=charge.lost"
    status, answer = send(sandbox, "POST", path, url + events)
    assert (status, answer["error"]["param"]) == (400, "enabled_events[1]")
    assert answer["error"]["message"].startswith("Invalid enabled_events[1]: must be one of ")
    every = "".join(f"&enabled_events[]={event}" for event in OFFERS["POST", path].known.values_of("enabled_events"))
    assert send(sandbox, "POST", path, url + every)[0] == 200


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_what_is_no_form_is_told_so(sandbox: Sandbox, content_type: str) -> None:
    request = Request("POST", "/v1/customers", "", BEARER | {"content-type": content_type}, b'{"name": "Anna"}')
    reply = sandbox.handle(request)
    assert reply.status == 400
    assert b"check that your POST content type is application/x-www-form-urlencoded" in reply.body


def test_no_endpoint_of_stripes_is_taken_for_an_object_of_its_name(sandbox: Sandbox) -> None:
    alike = [
        (method, path)
        for method, path in addresses() - set(ROUTES)
        if find_route(method, path.replace("*", "x_1")) is not None
    ]
    assert alike == []
    for kind in ("charges", "customers", "payment_intents"):
        status, answer = send(sandbox, "GET", f"/v1/{kind}/search", "query=a")
        assert (status, answer["error"]["message"]) == (404, f"This sandbox does not offer GET /v1/{kind}/search.")


def test_the_typings_are_read_to_any_depth() -> None:
    known = Parameters("checkout/session_create")
    assert "unit_amount" in known.inside("line_items[0][price_data]")
    assert list(known.values_of("submit_type")) == ["auto", "book", "donate", "pay", "subscribe"]
    assert known.inside("line_items[0][colour]") == {}
    assert known.values_of("success_url") == []
