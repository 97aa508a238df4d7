"""The objects of Stripe's API as the official SDK declares them, nested, and whether a JSON object fits."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import stripe

FOLDER = Path(stripe.__file__).parent
ALWAYS_PRESENT: dict[str, list[str]] = json.loads((Path(__file__).parent / "always_present.json").read_text())
"""Per class the fields that stripe-node 23.1 declares without a question mark: null perhaps, but never left out."""
SOURCES = {
    "account": ("_account", "Account"),
    "account_link": ("_account_link", "AccountLink"),
    "balance": ("_balance", "Balance"),
    "balance_transaction": ("_balance_transaction", "BalanceTransaction"),
    "charge": ("_charge", "Charge"),
    "checkout.session": ("checkout/_session", "Session"),
    "customer": ("_customer", "Customer"),
    "dispute": ("_dispute", "Dispute"),
    "event": ("_event", "Event"),
    "item": ("_line_item", "LineItem"),
    "payment_intent": ("_payment_intent", "PaymentIntent"),
    "payment_method": ("_payment_method", "PaymentMethod"),
    "price": ("_price", "Price"),
    "product": ("_product", "Product"),
    "refund": ("_refund", "Refund"),
    "transfer": ("_transfer", "Transfer"),
    "transfer_reversal": ("_transfer_reversal", "TransferReversal"),
    "webhook_endpoint": ("_webhook_endpoint", "WebhookEndpoint"),
}
# Still sent by Stripe though the SDK no longer declares them.
UNDECLARED = {"Charge": {"destination", "dispute", "order"}, "Event": {"account"}, "Account.Controller": set[str]()}
FREE_FORM = ("UntypedStripeObject", "Dict[")


@dataclass
class Declared:
    """One class of the SDK: its fields with their annotations, and the classes inside it."""

    name: str
    fields: dict[str, str] = field(default_factory=dict)
    inside: dict[str, Declared] = field(default_factory=dict)


@cache
def declared(kind: str) -> Declared:
    file, name = SOURCES[kind]
    tree = ast.parse((FOLDER / f"{file}.py").read_text())
    (node,) = (one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == name)
    return _read(node, name)


def _read(node: ast.ClassDef, name: str) -> Declared:
    found = Declared(name)
    for line in node.body:
        if isinstance(line, ast.ClassDef):
            found.inside[line.name] = _read(line, f"{name}.{line.name}")
        elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            annotation = ast.unparse(line.annotation)
            if "ClassVar" not in annotation:
                found.fields[line.target.id] = annotation
    return found


def misfits(value: dict[str, Any]) -> Iterator[str]:
    """What of an object, and of the objects inside it, is not as the SDK declares it."""
    yield from _misfits(value, declared(value["object"]), value["object"])


def _misfits(value: dict[str, Any], shape: Declared, where: str) -> Iterator[str]:
    for name in ALWAYS_PRESENT.get(shape.name, []):
        if name not in value:
            yield f"{where} lacks {name}"
    for name, annotation in shape.fields.items():
        if "Optional[" not in annotation and "None" not in annotation and value.get(name) is None:
            yield f"{where}.{name} is missing or null, which {annotation} is not"
    for name, inner in value.items():
        annotation = shape.fields.get(name)
        here = f"{where}.{name}"
        if annotation is None:
            if name not in UNDECLARED.get(shape.name, ()):
                yield f"{here} is nothing Stripe shows"
        elif isinstance(inner, str):
            values = re.findall(r"'([^']*)'", "".join(re.findall(r"Literal\[([^\]]*)\]", annotation)))
            if values and inner not in values and "ExpandableField" not in annotation:
                yield f"{here} is {inner}, Stripe has {', '.join(values)}"
        elif isinstance(inner, bool) != ("bool" in annotation) and isinstance(inner, bool | int):
            yield f"{here} is {inner!r}, Stripe has {annotation}"
        else:
            yield from _inner_misfits(inner, annotation, shape, here)


def _inner_misfits(inner: Any, annotation: str, shape: Declared, here: str) -> Iterator[str]:
    for at, item in enumerate(inner if isinstance(inner, list) else [inner]):
        if not isinstance(item, dict):
            continue
        place = f"{here}[{at}]" if isinstance(inner, list) else here
        if item.get("object") == "list":
            for one in item["data"]:
                yield from misfits(one)
        elif isinstance(item.get("object"), str) and item["object"] in SOURCES:
            yield from misfits(item)
        elif not any(word in annotation for word in FREE_FORM):
            nested = next((shape.inside[word] for word in re.findall(r"\w+", annotation) if word in shape.inside), None)
            if nested is not None:
                yield from _misfits(item, nested, place)
            elif "Address" not in annotation:
                yield f"{place} is an object, Stripe has {annotation}"
