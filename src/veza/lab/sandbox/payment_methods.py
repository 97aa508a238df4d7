"""Payment methods: test cards, made from Stripe's names for them and kept under an id of their own."""

from __future__ import annotations

from veza.lab.sandbox.cards import BY_METHOD, BY_TOKEN, Card
from veza.lab.sandbox.changes import change
from veza.lab.sandbox.errors import missing_param, no_such, no_such_reference
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.offers.check import not_offered
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

EXPIRY_MONTH, EXPIRY_YEAR = 12, 2034
ADDRESS_PARTS = ("city", "country", "line1", "line2", "postal_code", "state")
CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}


def create_method(world: World, params: Params) -> Obj:
    """A card from a test token (`tok_visa`)."""
    params.required_text("type")
    card = params.part("card")
    if card is None:
        raise missing_param("card")
    token = card.required_text("token")
    if token not in BY_TOKEN:
        if is_test_name(token):
            raise not_offered(f"card[token]={token}", "card[token]")
        raise no_such_reference("token", token, param="card[token]")
    method = new_method(world, BY_TOKEN[token])
    method.update(billing_details=_billing(params, method["billing_details"]), metadata=params.metadata())
    return method


def get_method(world: World, id: str) -> Obj:
    method = find_method(world, id)
    if method is None and is_test_name(id):
        raise not_offered(id, "payment_method")
    if method is None:
        raise no_such("PaymentMethod", id, param="payment_method")
    return method


def update_method(world: World, params: Params, id: str) -> Obj:
    method = get_method(world, id)
    previous = change(
        method,
        billing_details=_billing(params, method["billing_details"]),
        metadata=params.metadata(method["metadata"]),
    )
    world.payment_methods.touch(method["id"])
    emit(world, "payment_method.updated", method, previous=previous)
    return method


def method_named(world: World, params: Params) -> Obj | None:
    """The payment method a request names in `payment_method`, None when it names none."""
    id = params.text("payment_method")
    if id is None:
        return None
    method = find_method(world, id)
    if method is None and is_test_name(id):
        raise not_offered(f"{params.path('payment_method')}={id}", params.path("payment_method"))
    if method is None:
        raise no_such_reference("PaymentMethod", id, param=params.path("payment_method"))
    return method


def is_test_name(id: str) -> bool:
    """Whether an id has the form of Stripe's names for test cards and accounts, such as `pm_card_visa`.

    Ids of what was made have 24 letters and digits after their first underscore.
    """
    kind, _, name = id.partition("_")
    return (kind == "pm" and ("_" in name or name.isalpha())) or (kind == "tok" and len(name) < 24)


def find_method(world: World, id: str) -> Obj | None:
    """A kept payment method; one of Stripe's test names (`pm_card_visa`) makes a new one, as there."""
    card = BY_METHOD.get(id)
    return world.payment_methods.get(id) if card is None else new_method(world, card)


def card_of(method: Obj) -> Card:
    return BY_METHOD[method["_card"]]


def new_method(world: World, card: Card, email: str | None = None) -> Obj:
    """A payment method of this card that belongs to no customer."""
    return world.payment_methods.add(
        {
            "id": world.new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": billing_details(email),
            "card": {
                "brand": card.brand,
                "checks": CHECKS,
                "country": "US",
                "display_brand": card.brand,
                "exp_month": EXPIRY_MONTH,
                "exp_year": EXPIRY_YEAR,
                "fingerprint": fingerprint(card),
                "funding": card.funding,
                "generated_from": None,
                "last4": card.number[-4:],
                "networks": {"available": [card.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "created": world.seconds,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": "card",
            "_card": card.method,
        }
    )


def charged_card(card: Card, amount: int, *, authenticated: bool) -> Obj:
    """A charge's `payment_method_details`."""
    secure = None
    if authenticated:
        secure = {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": None,
            "version": "2.2.0",
        }
    return {
        "card": {
            "amount_authorized": amount,
            "authorization_code": None,
            "brand": card.brand,
            "checks": CHECKS,
            "country": "US",
            "electronic_commerce_indicator": "05" if authenticated else None,
            "exp_month": EXPIRY_MONTH,
            "exp_year": EXPIRY_YEAR,
            "fingerprint": fingerprint(card),
            "funding": card.funding,
            "installments": None,
            "last4": card.number[-4:],
            "mandate": None,
            "network": card.brand,
            "network_transaction_id": None,
            "regulated_status": "unregulated",
            "three_d_secure": secure,
            "transaction_link_id": None,
            "wallet": None,
        },
        "type": "card",
    }


def fingerprint(card: Card) -> str:
    """The same for the same number, wherever it is used."""
    return f"{int(card.number):x}".rjust(16, "F")[:16]


def billing_details(email: str | None = None, name: str | None = None, phone: str | None = None) -> Obj:
    address = dict.fromkeys(ADDRESS_PARTS)
    return {"address": address, "email": email, "name": name, "phone": phone, "tax_id": None}


def address_of(params: Params, current: Obj | None = None) -> Obj:
    """An address with all its parts; what the request does not name stays."""
    kept = current or dict.fromkeys(ADDRESS_PARTS)
    return {part: params.text(part) if part in params.values else kept.get(part) for part in ADDRESS_PARTS}


def _billing(params: Params, current: Obj) -> Obj:
    given = params.part("billing_details")
    if given is None:
        return current
    changed: Obj = {name: given.text(name) for name in ("email", "name", "phone") if name in given.values}
    address = given.part("address")
    if address is not None:
        changed["address"] = address_of(address, current["address"])
    return {**current, **changed}
