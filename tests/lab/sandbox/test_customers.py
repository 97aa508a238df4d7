"""Customers and their cards, as far as checkout needs them, and filters of lists."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from veza.lab.sandbox.core import Sandbox

from .conftest import client_in_process, make_sale, types_of
from .test_payments import session_params


async def test_a_customer_keeps_a_card_and_pays_with_it(stripe_client: stripe.StripeClient, sandbox: Sandbox) -> None:
    v1 = stripe_client.v1
    customer = await v1.customers.create_async(
        {"email": "anna@example.org", "name": "Anna", "address": {"country": "DE"}, "metadata": {"a": "1"}}
    )
    assert (customer.email, customer.address and customer.address.country) == ("anna@example.org", "DE")
    method = await v1.payment_methods.create_async({"type": "card", "card": {"token": "tok_visa"}})  # type: ignore[typeddict-item]
    attached = await v1.payment_methods.attach_async(method.id, {"customer": customer.id})
    assert attached.customer == customer.id
    assert [one.id for one in (await v1.customers.payment_methods.list_async(customer.id)).data] == [method.id]
    assert [one.id for one in (await v1.payment_methods.list_async({"customer": customer.id})).data] == [method.id]
    intent = await v1.payment_intents.create_async(
        {"amount": 900, "currency": "eur", "customer": customer.id, "payment_method": method.id, "confirm": True}
    )
    assert (intent.status, intent.payment_method, intent.customer) == ("succeeded", method.id, customer.id)
    with pytest.raises(stripe.InvalidRequestError, match="belongs to the customer"):
        await v1.payment_intents.create_async({"amount": 900, "currency": "eur", "payment_method": method.id})
    assert (await v1.payment_methods.detach_async(method.id)).customer is None
    changed = await v1.customers.update_async(customer.id, {"name": "Anna Berg", "metadata": {"a": ""}})
    assert (changed.name, changed.metadata and changed.metadata.to_dict()) == ("Anna Berg", {})
    assert (await v1.customers.delete_async(customer.id)).deleted is True
    gone: Any = await v1.customers.retrieve_async(customer.id)
    assert gone.deleted is True
    assert (await v1.customers.list_async()).data == []
    assert [one for one in types_of(sandbox) if one.startswith(("customer", "payment_method"))] == [
        "customer.created",
        "payment_method.attached",
        "payment_method.detached",
        "customer.updated",
        "customer.deleted",
    ]


async def test_a_customer_is_made_with_a_test_card_as_the_default(
    stripe_client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    v1, card = stripe_client.v1, "pm_card_visa"
    settings: Any = {"default_payment_method": card}
    customer = await v1.customers.create_async({"payment_method": card, "invoice_settings": settings})
    (kept,) = (await v1.customers.payment_methods.list_async(customer.id)).data
    assert customer.invoice_settings is not None
    assert customer.invoice_settings.default_payment_method == kept.id
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod"):
        await v1.customers.create_async({"invoice_settings": settings})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        await v1.customers.create_async({"payment_method": kept.id})
    assert [one.id for one in (await v1.customers.list_async()).data] == [customer.id]
    assert types_of(sandbox) == ["payment_method.attached", "customer.created"]


@pytest.mark.parametrize(
    ("wanted", "has_customer", "is_kept"),
    [
        ({}, False, False),
        ({"customer_creation": "always"}, True, False),
        ({"payment_intent_data": {"setup_future_usage": "off_session"}}, True, True),
    ],
)
async def test_checkout_makes_a_customer_when_it_is_asked_to(
    sandbox: Sandbox, wanted: dict[str, Any], has_customer: bool, is_kept: bool
) -> None:
    v1 = client_in_process(sandbox).v1
    session = await v1.checkout.sessions.create_async(session_params() | wanted)  # type: ignore[arg-type]
    sandbox.pay_checkout(session.id, email="buyer@example.org")
    paid: Any = await v1.checkout.sessions.retrieve_async(session.id, {"expand": ["customer", "payment_intent"]})
    assert (paid.customer is not None) is has_customer
    if has_customer:
        assert paid.customer.email == "buyer@example.org"
        cards = await v1.customers.payment_methods.list_async(paid.customer.id)
        assert [one.id for one in cards.data] == ([paid.payment_intent.payment_method] if is_kept else [])


async def test_a_customers_session_is_filled_in_and_found(sandbox: Sandbox) -> None:
    v1 = client_in_process(sandbox).v1
    anna = await v1.customers.create_async({"email": "anna@example.org"})
    sessions = v1.checkout.sessions
    hers = await sessions.create_async({**session_params(), "customer": anna.id})  # type: ignore[typeddict-item]
    other = await sessions.create_async(session_params())  # type: ignore[arg-type]
    sandbox.pay_checkout(hers.id)
    sandbox.pay_checkout(other.id, email="ben@example.org")
    open_one = await sessions.create_async(session_params())  # type: ignore[arg-type]

    async def found(**wanted: Any) -> list[str]:
        return [one.id for one in (await sessions.list_async(wanted)).data]  # type: ignore[arg-type]

    assert await found(customer=anna.id) == [hers.id]
    assert await found(status="open") == [open_one.id]
    assert await found(customer_details={"email": "ben@example.org"}) == [other.id]
    assert await found(status="complete", customer=anna.id) == [hers.id]
    charges = (await v1.charges.list_async({"customer": anna.id})).data
    assert [one.customer for one in charges] == [anna.id]
    assert len((await v1.payment_intents.list_async({"customer": anna.id})).data) == 1
    assert (await v1.customers.list_async({"email": "nobody@example.org"})).data == []


async def test_events_are_filtered_by_their_delivery(sandbox: Sandbox) -> None:
    v1 = client_in_process(sandbox).v1
    sandbox.add_webhook("https://veza.example/hook", ["charge.succeeded", "transfer.created"])
    make_sale(sandbox)
    (first, second) = sandbox.due_deliveries()
    sandbox.record_delivery(first.id, 200)
    sandbox.record_delivery(second.id, 500)
    failed = [one.id for one in (await v1.events.list_async({"delivery_success": False})).data]
    assert failed == [second.event]
    taken = [one.id for one in (await v1.events.list_async({"delivery_success": True, "limit": 100})).data]
    assert first.event in taken
    assert second.event not in taken


async def test_a_disabled_endpoint_gets_nothing(sandbox: Sandbox) -> None:
    v1 = client_in_process(sandbox).v1
    endpoint = await v1.webhook_endpoints.create_async({"url": "https://veza.example", "enabled_events": ["*"]})
    await v1.webhook_endpoints.update_async(endpoint.id, {"disabled": True, "description": "off"})
    sandbox.take_payment(900, "eur")
    assert sandbox.due_deliveries() == []
    enabled = await v1.webhook_endpoints.update_async(endpoint.id, {"disabled": False})
    assert (enabled.status, enabled.description) == ("enabled", "off")
    sandbox.take_payment(900, "eur")
    assert sandbox.due_deliveries() != []


async def test_an_account_shows_what_it_was_made_with(sandbox: Sandbox) -> None:
    accounts = client_in_process(sandbox).v1.accounts
    made: Any = await accounts.create_async(
        {
            "controller": {
                "stripe_dashboard": {"type": "none"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "application",
            },
            "country": "FR",
            "business_type": "individual",
            "capabilities": {"transfers": {"requested": True}},
            "settings": {"payouts": {"debit_negative_balances": False, "statement_descriptor": "VEZA"}},
        }
    )
    assert (made.type, made.controller.fees.payer, made.controller.requirement_collection) == (
        "none",
        "application",
        "application",
    )
    assert (made.settings.payouts.debit_negative_balances, made.settings.payouts.statement_descriptor) == (
        False,
        "VEZA",
    )
    assert (made.business_type, made.capabilities.transfers) == ("individual", "inactive")
    sandbox.complete_onboarding(made.id)
    changed: Any = await accounts.update_async(
        made.id, {"capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": False}}}
    )
    assert changed.capabilities.to_dict() == {"card_payments": "active"}
    for refused in (
        {"type": "express", "controller": {"fees": {"payer": "account"}}},
        {"settings": {"payouts": {"schedule": {"interval": "manual"}}}},
        {"capabilities": {"klarna_payments": {"requested": True}}},
    ):
        with pytest.raises(stripe.InvalidRequestError, match=r"You may only specify one|does not offer"):
            await accounts.create_async(refused)  # type: ignore[arg-type]


async def test_lines_are_paged_and_their_products_expanded(sandbox: Sandbox) -> None:
    params: Any = session_params()
    line = params["line_items"][0]
    line["price_data"]["product_data"] |= {"description": "Live", "images": ["https://a.example/1.png"]}
    params["line_items"] = [line] * 12
    sessions = client_in_process(sandbox).v1.checkout.sessions
    session = await sessions.create_async({**params, "expand": ["line_items.data.price.product"]})
    assert session.line_items is not None
    assert (len(session.line_items.data), session.line_items.has_more) == (10, True)
    product: Any = session.line_items.data[0].price.product  # type: ignore[union-attr]
    assert (product.name, product.description, product.images) == ("Night Bus", "Live", ["https://a.example/1.png"])
    all_of_them = [
        one.id async for one in (await sessions.line_items.list_async(session.id, {"limit": 5})).auto_paging_iter()
    ]
    assert len(set(all_of_them)) == 12
    last = await sessions.line_items.list_async(session.id, {"limit": 5, "ending_before": all_of_them[-1]})
    assert ([one.id for one in last.data], last.has_more) == (all_of_them[6:11], True)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("colour", "cannot be expanded"),
        ("data", "cannot be expanded"),
        ("payment_intent.latest_charge.customer.invoice_settings.x", "more than 4 levels"),
        ("customer.tax_ids", "This sandbox does not offer expand=customer.tax_ids."),
    ],
)
async def test_what_leads_nowhere_is_not_expanded(sandbox: Sandbox, path: str, said: str) -> None:
    charge = sandbox.take_payment(900, "eur")["id"]
    with pytest.raises(stripe.InvalidRequestError, match=said):
        await client_in_process(sandbox).v1.charges.retrieve_async(charge, {"expand": [path]})
