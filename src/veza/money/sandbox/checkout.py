"""Checkout sessions: what the hosted pay page sells, and paying there."""

from __future__ import annotations

from veza.money.sandbox.cards import Card
from veza.money.sandbox.errors import ApiError, bad_param, missing_param, no_such
from veza.money.sandbox.events import emit
from veza.money.sandbox.params import Params
from veza.money.sandbox.payments import check_charge_amount, new_intent, pay_intent
from veza.money.sandbox.views import page_of
from veza.money.sandbox.wire import Obj
from veza.money.sandbox.world import World

LIFETIME_SECONDS = 86_400
SHORTEST_SECONDS, LONGEST_SECONDS = 1_800, 86_400
MAX_LINE_ITEMS = 100
CREATE_PARAMS = frozenset(
    "adaptive_pricing after_expiration allow_promotion_codes automatic_tax billing_address_collection cancel_url "
    "client_reference_id consent_collection currency custom_fields custom_text customer customer_creation "
    "customer_email customer_update expand expires_at invoice_creation line_items locale metadata mode "
    "payment_intent_data payment_method_collection payment_method_options payment_method_types "
    "phone_number_collection redirect_on_completion return_url shipping_address_collection shipping_options "
    "submit_type success_url tax_id_collection ui_mode".split()
)
UNOFFERED = ("subscription", "setup")


def create_session(world: World, params: Params, base_url: str) -> Obj:
    """A session with ad-hoc prices (`line_items[][price_data]`), to be paid at `url`."""
    params.allow(CREATE_PARAMS)
    mode = params.choice("mode", ("payment", *UNOFFERED)) or "payment"
    if mode in UNOFFERED:
        raise bad_param("mode", f"This sandbox takes one-off payments only, not mode {mode}.")
    success_url = params.required_url("success_url")
    items, currency = _line_items(world, params)
    total = sum(item["amount_total"] for item in items)
    check_charge_amount(total, currency, "line_items")
    expires_at = params.integer("expires_at")
    if expires_at is None:
        expires_at = world.seconds + LIFETIME_SECONDS
    elif not SHORTEST_SECONDS <= expires_at - world.seconds <= LONGEST_SECONDS:
        raise bad_param("expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.")
    intent_data = params.part("payment_intent_data") or Params({}, "payment_intent_data")
    id = world.new_id("cs_test")
    session = _session(
        world,
        id,
        total,
        currency,
        cancel_url=params.url("cancel_url"),
        client_reference_id=params.text("client_reference_id"),
        customer_email=params.text("customer_email"),
        expires_at=expires_at,
        metadata=params.metadata(),
        success_url=success_url,
        url=f"{base_url}/pay/{id}",
        _intent={
            "transfer_group": intent_data.text("transfer_group"),
            "description": intent_data.text("description"),
            "metadata": intent_data.metadata(),
        },
    )
    world.sessions.add(session)
    world.session_items.add({"id": id, "items": items})
    world.later(expires_at - world.now, "expire_session", session=id)
    return session


def get_session(world: World, id: str) -> Obj:
    session = world.sessions.get(id)
    if session is None:
        raise no_such("checkout.session", id)
    return session


def expire_session(world: World, id: str) -> Obj:
    """Close an open session unpaid."""
    session = get_session(world, id)
    if session["status"] != "open":
        raise ApiError(
            400,
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
            f"status of {session['status']}.",
        )
    session.update(status="expired", url=None)
    world.sessions.touch(id)
    emit(world, "checkout.session.expired", session)
    return session


def list_line_items(world: World, params: Params, id: str) -> Obj:
    get_session(world, id)
    params.allow({"limit", "starting_after", "ending_before", "expand"})
    items: list[Obj] = world.session_items.rows[id]["items"]
    return page_of(f"/v1/checkout/sessions/{id}/line_items", items[: params.integer("limit") or MAX_LINE_ITEMS])


def pay_session(world: World, id: str, card: Card, email: str | None = None) -> Obj:
    """What the pay page does: charge the card and complete the session; returns the charge.

    Raises ApiError 402 when the card is declined (the session stays open), 400 when it is no longer open.
    """
    session = get_session(world, id)
    if session["status"] != "open":
        raise ApiError(400, f"This Checkout Session is {session['status']}, it cannot be paid.")
    wanted = session["_intent"]
    intent = world.payment_intents.get(session["_attempt"] or "")
    if intent is None:
        intent = new_intent(
            world,
            session["amount_total"],
            session["currency"],
            transfer_group=wanted["transfer_group"],
            description=wanted["description"],
            metadata=dict(wanted["metadata"]),
        )
        emit(world, "payment_intent.created", intent)
        session["_attempt"] = intent["id"]
        world.sessions.touch(id)
    email = email or session["customer_email"]
    charge = pay_intent(world, intent, card, email=email)
    session.update(
        status="complete",
        payment_status="paid",
        payment_intent=intent["id"],
        url=None,
        customer_details={"email": email, "name": None, "phone": None, "address": None, "tax_exempt": "none"},
    )
    world.sessions.reindex("payment_intent", id)
    emit(world, "checkout.session.completed", session)
    return charge


def _line_items(world: World, params: Params) -> tuple[list[Obj], str]:
    items: list[Obj] = []
    currency = ""
    parts = params.parts("line_items")
    if not parts:
        raise missing_param("line_items")
    if len(parts) > MAX_LINE_ITEMS:
        raise bad_param("line_items", f"You can have at most {MAX_LINE_ITEMS} line items.")
    for part in parts:
        price = part.part("price_data")
        if price is None:
            raise missing_param(part.path("price_data"))
        product = price.part("product_data")
        if product is None:
            raise missing_param(price.path("product_data"))
        name = product.required_text("name")
        item_currency = price.currency()
        if currency and item_currency != currency:
            raise bad_param(
                "line_items", "All line items in a Checkout Session must have the same currency.", "currency_mismatch"
            )
        currency = item_currency
        unit = price.amount("unit_amount", currency, at_least=0)
        quantity = part.required_integer("quantity", at_least=1)
        items.append(_line_item(world, name, unit, quantity, currency))
    return items, currency


def _line_item(world: World, name: str, unit: int, quantity: int, currency: str) -> Obj:
    return {
        "id": world.new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": currency,
        "description": name,
        "metadata": {},
        "price": {
            "id": world.new_id("price"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": world.seconds,
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": None,
            "metadata": {},
            "nickname": None,
            "product": world.new_id("prod"),
            "recurring": None,
            "tax_behavior": "unspecified",
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": unit,
            "unit_amount_decimal": str(unit),
        },
        "quantity": quantity,
    }


def _session(world: World, id: str, total: int, currency: str, **chosen: object) -> Obj:
    return {
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": world.seconds,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "discounts": [],
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": None,
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "wallet_options": None,
        "_attempt": None,
        **chosen,
    }
