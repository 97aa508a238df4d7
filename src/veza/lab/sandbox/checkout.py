"""Checkout sessions: what the hosted pay page sells, and paying there."""

from __future__ import annotations

from veza.lab.sandbox.cards import Card
from veza.lab.sandbox.changes import change
from veza.lab.sandbox.checkout_object import new_line, new_product, new_session
from veza.lab.sandbox.customers import customer_named, new_customer, shipping_of
from veza.lab.sandbox.errors import ApiError, bad_param, missing_param, no_such
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.paying import authenticate, pay_intent
from veza.lab.sandbox.payment_methods import new_method
from veza.lab.sandbox.payments import CAPTURE_METHOD, check_charge_amount, new_intent
from veza.lab.sandbox.views import page_of
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

LIFETIME_SECONDS = 86_400
SHORTEST_SECONDS, LONGEST_SECONDS = 1_800, 86_400
MAX_LINE_ITEMS = 100
DEFAULT_PAGE, LONGEST_PAGE = 10, 100
INTENT_TEXTS = ("description", "receipt_email", "setup_future_usage", "statement_descriptor",
                "statement_descriptor_suffix", "transfer_group")  # fmt: skip
BUYER_FIELDS = ("name", "phone", "country", "postal_code")


def create_session(world: World, params: Params, base_url: str) -> Obj:
    """A session with ad-hoc prices (`line_items[][price_data]`), to be paid at `url`."""
    success_url = params.required_url("success_url")
    items, currency = _line_items(world, params)
    if params.text("currency") is not None and params.currency() != currency:
        raise bad_param("currency", f"The line items are in {currency}, not {params.text('currency')}.")
    total = sum(item["amount_total"] for item in items)
    check_charge_amount(total, currency, "line_items")
    expires_at = params.integer("expires_at")
    if expires_at is None:
        expires_at = world.seconds + LIFETIME_SECONDS
    elif not SHORTEST_SECONDS <= expires_at - world.seconds <= LONGEST_SECONDS:
        raise bad_param("expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.")
    customer, email = customer_named(world, params), params.text("customer_email")
    if customer is not None and email is not None:
        raise bad_param("customer_email", "You may only specify one of these parameters: customer, customer_email.")
    if customer is not None and params.text("customer_creation") is not None:
        raise bad_param("customer_creation", "`customer_creation` cannot be used when `customer` is set.")
    intent_data = params.part("payment_intent_data") or Params({}, "payment_intent_data")
    id = world.new_id("cs_test")
    session = new_session(
        world,
        id,
        total,
        currency,
        allowed_payment_method_types=params.texts("allowed_payment_method_types") or None,
        billing_address_collection=params.text("billing_address_collection"),
        cancel_url=params.url("cancel_url"),
        client_reference_id=params.text("client_reference_id"),
        custom_text=_custom_text(params),
        customer=customer["id"] if customer is not None else None,
        customer_creation=None if customer is not None else params.text("customer_creation") or "if_required",
        customer_email=email,
        expires_at=expires_at,
        locale=params.text("locale"),
        metadata=params.metadata(),
        payment_method_collection=params.text("payment_method_collection") or "if_required",
        payment_method_options={"card": {"request_three_d_secure": _secure(params)}},
        phone_number_collection={"enabled": _is_on(params, "phone_number_collection")},
        submit_type=params.text("submit_type"),
        success_url=success_url,
        url=f"{base_url}/pay/{id}",
        _intent=_intent_wanted(intent_data),
        _base_url=base_url,
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


def update_session(world: World, params: Params, id: str) -> Obj:
    session = get_session(world, id)
    change(session, metadata=params.metadata(session["metadata"]))
    world.sessions.touch(id)
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
    items: list[Obj] = world.session_items.rows[id]["items"]
    limit = params.integer("limit", at_least=1) or DEFAULT_PAGE
    if limit > LONGEST_PAGE:
        raise bad_param("limit", f"This value must be less than or equal to {LONGEST_PAGE}.")
    ids = [item["id"] for item in items]
    after, before = params.text("starting_after"), params.text("ending_before")
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor is not None and cursor not in ids:
            raise bad_param(name, f"No such line item: '{cursor}'", "resource_missing")
    first = ids.index(after) + 1 if after is not None else 0
    last = ids.index(before) if before is not None else len(items)
    if before is not None and after is None:
        first = max(0, last - limit)
    page = items[first : min(last, first + limit)]
    has_more = first > 0 if before is not None and after is None else first + limit < last
    return page_of(f"/v1/checkout/sessions/{id}/line_items", page, has_more=has_more)


def pay_session(
    world: World, id: str, card: Card, email: str | None = None, buyer: dict[str, str] | None = None
) -> Obj | None:
    """What the pay page does: charge the card and complete the session; returns the charge.

    None when the card asks for authentication first: `authenticate_session` goes on. `buyer` may have name, phone,
    country and postal_code. Raises ApiError 402 when the card is declined (the session stays open), 400 when it is
    no longer open.
    """
    session = get_session(world, id)
    if session["status"] != "open":
        raise ApiError(400, f"This Checkout Session is {session['status']}, it cannot be paid.")
    intent = attempt_of(world, session, email, buyer)
    email = session["_buyer"]["email"]
    method = new_method(world, card, email)
    charge = pay_intent(world, intent, method, email=email)
    if charge is not None:
        complete(world, session, intent)
    return charge


def attempt_of(world: World, session: Obj, email: str | None, buyer: dict[str, str] | None = None) -> Obj:
    """The payment intent of a session, made at the buyer's first attempt; what the buyer wrote is kept with it."""
    customer = world.customers.get(session["customer"] or "")
    email = session["customer_email"] or email or (customer["email"] if customer else None)
    session["_buyer"] = {"email": email, **{name: (buyer or {}).get(name) for name in BUYER_FIELDS}}
    return world.payment_intents.get(session["_attempt"] or "") or _new_attempt(world, session)


def authenticate_session(world: World, intent: Obj, *, succeeds: bool) -> Obj:
    """The buyer came back from the bank's page; returns the charge. Raises ApiError 402 as paying does."""
    charge = authenticate(world, intent, succeeds=succeeds)
    session = world.sessions.get(intent.get("_session") or "")
    if session is not None and session["status"] == "open":
        complete(world, session, intent)
    return charge


def _new_attempt(world: World, session: Obj) -> Obj:
    wanted = session["_intent"]
    intent = new_intent(
        world,
        session["amount_total"],
        session["currency"],
        transfer_group=wanted["transfer_group"],
        description=wanted["description"],
        metadata=dict(wanted["metadata"]),
    )
    intent.update((name, value) for name, value in wanted.items() if name != "metadata")
    intent.update(
        customer=session["customer"],
        payment_method_options={"card": {**NO_CARD_OPTIONS, **session["payment_method_options"]["card"]}},
        _session=session["id"],
        _return_url=session["success_url"],
        _uses_sdk=False,
        _base_url=session.get("_base_url", ""),
    )
    if intent["customer"] is None and (session["customer_creation"] == "always" or intent["setup_future_usage"]):
        customer = new_customer(world, email=session["_buyer"]["email"], name=session["_buyer"]["name"])
        emit(world, "customer.created", customer)
        intent["customer"] = session["customer"] = customer["id"]
    emit(world, "payment_intent.created", intent)
    session["_attempt"] = intent["id"]
    world.sessions.touch(session["id"])
    return intent


def complete(world: World, session: Obj, intent: Obj) -> None:
    """The buyer is done at the pay page."""
    buyer = session["_buyer"]
    address = None
    if buyer["country"] or buyer["postal_code"]:
        address = {"city": None, "country": buyer["country"], "line1": None, "line2": None,
                   "postal_code": buyer["postal_code"], "state": None}  # fmt: skip
    session.update(
        status="complete",
        # What is only held, or under way at a bank, is not paid yet, as at Stripe.
        payment_status="paid" if intent["status"] == "succeeded" else "unpaid",
        payment_intent=intent["id"],
        customer=intent["customer"],
        url=None,
        customer_details={
            "address": address,
            "business_name": None,
            "email": buyer["email"],
            "individual_name": None,
            "name": buyer["name"],
            "phone": buyer["phone"],
            "tax_exempt": "none",
            "tax_ids": [],
        },
    )
    world.sessions.reindex("payment_intent", session["id"])
    emit(world, "checkout.session.completed", session)


NO_CARD_OPTIONS: Obj = {"installments": None, "mandate_options": None, "network": None}


def _intent_wanted(params: Params) -> Obj:
    wanted: Obj = {name: params.text(name) for name in INTENT_TEXTS}
    shipping = params.part("shipping")
    return {
        **wanted,
        "capture_method": params.text("capture_method") or CAPTURE_METHOD,
        "metadata": params.metadata(),
        "shipping": shipping_of(shipping) if shipping is not None else None,
    }


def _custom_text(params: Params) -> Obj:
    given = params.part("custom_text")
    shown: Obj = dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"))
    for name in given.values if given is not None else ():
        words = given.part(name) if given is not None else None
        shown[name] = {"message": words.required_text("message")} if words is not None else None
    return shown


def _secure(params: Params) -> str:
    options = params.part("payment_method_options")
    card = options.part("card") if options is not None else None
    return (card.text("request_three_d_secure") if card is not None else None) or "automatic"


def _is_on(params: Params, name: str) -> bool:
    inside = params.part(name)
    return bool(inside is not None and inside.flag("enabled"))


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
        details: Obj = {
            "description": product.text("description"),
            "images": product.texts("images"),
            "metadata": product.metadata(),
        }
        sold = new_product(world, name, **details)
        items.append(new_line(world, sold, unit, quantity, currency, part.metadata()))
    return items, currency
