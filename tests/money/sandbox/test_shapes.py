"""Objects have the fields the official SDK declares, and no form makes an endpoint stumble."""

from __future__ import annotations

import json
import random
from typing import Any

import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from veza.kit.clock import ManualClock
from veza.money.sandbox.core import Request, Sandbox
from veza.money.sandbox.routes import ROUTES

from .conftest import client_in_process, make_sale
from .test_payments import session_params

# Still sent by Stripe though the SDK no longer declares them.
UNDECLARED = {"destination", "dispute", "order", "application_fee", "account"}


async def specimens(sandbox: Sandbox) -> dict[str, Any]:
    client = client_in_process(sandbox)
    v1 = client.v1
    sale = make_sale(sandbox)
    reversal = await v1.transfers.reversals.create_async(sale.transfer, {"amount": 100})
    refund = await v1.refunds.create_async({"charge": sale.charge, "amount": 100})
    dispute = sandbox.open_dispute(sale.charge)["id"]
    charge = await v1.charges.retrieve_async(sale.charge)
    link = {
        "account": sale.seller,
        "type": "account_onboarding",
        "return_url": "https://a.example",
        "refresh_url": "https://b.example",
    }
    return {
        "Account": await v1.accounts.retrieve_async(sale.seller),
        "AccountLink": await v1.account_links.create_async(link),  # type: ignore[arg-type]
        "Balance": await v1.balance.retrieve_async(),
        "BalanceTransaction": (await v1.balance_transactions.list_async()).data[0],
        "Charge": charge,
        "Dispute": await v1.disputes.retrieve_async(dispute),
        "Event": (await v1.events.list_async()).data[0],
        "PaymentIntent": await v1.payment_intents.retrieve_async(str(charge.payment_intent)),
        "Refund": refund,
        "Transfer": await v1.transfers.retrieve_async(sale.transfer),
        "TransferReversal": reversal,
        "WebhookEndpoint": await v1.webhook_endpoints.create_async(
            {"url": "https://veza.example", "enabled_events": ["*"]}
        ),
        "checkout.Session": await v1.checkout.sessions.create_async(session_params()),  # type: ignore[arg-type]
    }


async def test_objects_have_the_fields_the_sdk_declares(sandbox: Sandbox) -> None:
    for name, specimen in (await specimens(sandbox)).items():
        declared: Any = stripe
        for part in name.split("."):
            declared = getattr(declared, part)
        fields = {field: str(kind) for field, kind in declared.__annotations__.items() if "ClassVar" not in str(kind)}
        required = {field for field, kind in fields.items() if "Optional[" not in kind and "NoneType" not in kind}
        shown = set(specimen.to_dict())
        assert required <= shown, f"{name} lacks {required - shown}"
        assert shown <= set(fields) | UNDECLARED, f"{name} has {shown - set(fields)} which Stripe does not"


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
