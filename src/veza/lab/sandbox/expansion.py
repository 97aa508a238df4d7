"""`expand`: ids in an answer replaced by their objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from veza.lab.sandbox.errors import bad_param
from veza.lab.sandbox.offers.check import not_offered
from veza.lab.sandbox.seller_objects import seller_object
from veza.lab.sandbox.views import page_of, show
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

MAX_DEPTH = 4
SELLER_IDS = ("py_", "pyr_")
EMBEDDED = 10
"""So many items a list inside an object shows."""
NOTHING, ANYTHING, REFUSED = "", "*", "refused"
"""What a property leads to when it is always null; when it may be of any kind; when Stripe has it and we do not."""

# Per kind of object, its properties that can be expanded and the kind each leads to; `[…]` is a list of that kind.
EXPANDS: dict[str, Mapping[str, str]] = {
    "account": {},
    "account_link": {},
    "balance": {},
    "balance_transaction": {"source": ANYTHING},
    "charge": {
        "application": NOTHING, "application_fee": NOTHING, "balance_transaction": "balance_transaction",
        "customer": "customer", "failure_balance_transaction": "balance_transaction", "on_behalf_of": NOTHING,
        "payment_intent": "payment_intent", "refunds": "[refund]", "review": NOTHING, "source_transfer": "transfer",
        "transfer": NOTHING,
        "dispute": "dispute",
    },
    "checkout.session": {
        "customer": "customer", "invoice": NOTHING, "line_items": "[item]", "payment_intent": "payment_intent",
        "payment_link": NOTHING, "setup_intent": NOTHING, "subscription": NOTHING,
    },
    "customer": {
        "default_source": NOTHING, "invoice_settings": "customer.invoice_settings", "cash_balance": REFUSED,
        "sources": REFUSED, "subscriptions": REFUSED, "tax": REFUSED, "tax_ids": REFUSED, "test_clock": NOTHING,
    },
    "customer.invoice_settings": {"default_payment_method": "payment_method"},
    "dispute": {
        "charge": "charge", "payment_intent": "payment_intent", "balance_transactions": "[balance_transaction]",
    },
    "event": {},
    "item": {"price": "price"},
    "payment_intent": {
        "application": NOTHING, "customer": "customer", "latest_charge": "charge", "on_behalf_of": NOTHING,
        "payment_method": "payment_method", "payment_record": NOTHING, "review": NOTHING, "source": NOTHING,
    },
    "payment_method": {"customer": "customer"},
    "price": {"product": "product"},
    "product": {"default_price": NOTHING, "tax_code": NOTHING},
    "refund": {
        "balance_transaction": "balance_transaction", "charge": "charge", "customer": "customer",
        "failure_balance_transaction": "balance_transaction", "payment_intent": "payment_intent",
        "payment_method": "payment_method", "source_transfer_reversal": "transfer_reversal",
        "transfer_reversal": "transfer_reversal",
    },
    "transfer": {
        "balance_transaction": "balance_transaction", "destination": "account", "destination_payment": "charge",
        "reversals": "[transfer_reversal]", "source_transaction": "charge",
    },
    "transfer_reversal": {
        "balance_transaction": "balance_transaction", "destination_payment_refund": "refund",
        "source_refund": "refund", "transfer": "transfer",
    },
    "webhook_endpoint": {},
}  # fmt: skip
EVERY_PROPERTY = {name: kind for properties in EXPANDS.values() for name, kind in properties.items()}


def check_expand(paths: list[str], shows: str, *, is_list: bool) -> None:
    """Refuse, before anything happens, paths that lead nowhere from an object of the kind `shows`, or a list of it."""
    for path in paths:
        names = path.split(".")
        if len(names) > MAX_DEPTH:
            raise bad_param("expand", f"You cannot expand more than {MAX_DEPTH} levels of a property.")
        kind = f"[{shows}]" if is_list else shows
        for name in names:
            if kind.startswith("["):
                if name != "data":
                    raise _leads_nowhere(path)
                kind = kind[1:-1]
                continue
            properties = EVERY_PROPERTY if kind == ANYTHING else EXPANDS.get(kind, {})
            if name not in properties:
                raise _leads_nowhere(path)
            kind = properties[name]
            if kind == REFUSED:
                raise not_offered(f"expand={path}", "expand")


def expand(world: World, shown: Obj, paths: list[str]) -> Obj:
    """Replace ids named by `paths` (`charge.balance_transaction`, in lists `data.charge`) by their objects."""
    for path in paths:
        shown = _expanded(world, shown, path.split("."))
    return shown


def _expanded(world: World, shown: Obj, names: list[str]) -> Obj:
    name, *rest = names
    included = INCLUDABLE.get((shown.get("object", ""), name))
    value = included(world, shown) if included is not None else shown.get(name)
    if isinstance(value, str):
        target = seller_object(world, value) if value.startswith(SELLER_IDS) else world.by_id(value)
        value = value if target is None else show(world, target)
    if rest and isinstance(value, dict):
        value = _expanded(world, value, rest)
    elif rest and isinstance(value, list):
        value = [_expanded(world, item, rest) for item in value]
    return shown if value is None else {**shown, name: value}


def _refunds_of(world: World, charge: Obj) -> Obj:
    refunds = [show(world, refund) for refund in world.refunds.find("charge", charge["id"])]
    url = f"/v1/charges/{charge['id']}/refunds"
    return page_of(url, refunds[: -EMBEDDED - 1 : -1], has_more=len(refunds) > EMBEDDED)


def _line_items_of(world: World, session: Obj) -> Obj:
    items = world.session_items.rows[session["id"]]["items"]
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return page_of(url, items[:EMBEDDED], has_more=len(items) > EMBEDDED)


def _leads_nowhere(path: str) -> Exception:
    return bad_param("expand", f"This property cannot be expanded ({path}).")


INCLUDABLE: dict[tuple[str, str], Callable[[World, Obj], object]] = {
    ("charge", "refunds"): _refunds_of,
    ("checkout.session", "line_items"): _line_items_of,
}
