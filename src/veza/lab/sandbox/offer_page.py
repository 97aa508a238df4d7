"""The page of what is offered: one text for the sandbox's own page and for docs/sandbox-offer.md."""

from __future__ import annotations

from collections.abc import Iterator

from veza.lab.sandbox.cards import CARDS
from veza.lab.sandbox.offers import fields as f
from veza.lab.sandbox.offers.fields import Field, Fields
from veza.lab.sandbox.offers.table import OFFERS, Offer
from veza.lab.sandbox.settings import API_VERSION
from veza.lab.sandbox.versions import CHANGES, OLDEST
from veza.lab.sandbox.wire import Obj

INTRODUCTION = (
    "What the sandbox takes has the effect named here. What else Stripe has is refused with 400 and a sentence such as "
    "“This sandbox does not offer capture_method=manual.” and `param` naming it; what Stripe does not know either is "
    "`parameter_unknown`, as there. Nothing is taken and forgotten. The tables below are the ones requests are held "
    "against, so that they cannot disagree.",
    "An endpoint of Stripe's that is missing below is answered with 404 and the same sentence. Booleans are `true` and "
    "`false`, and `True` and `False` as stripe-python before 12.3 writes them. On behalf of a connected account "
    "(`Stripe-Account`) the endpoints marked so are offered.",
)
VERSIONS = (
    f"Objects are kept in the shape of `{API_VERSION}`. A request may name any version from `{OLDEST}` on and is "
    "answered in that version's shape; an older one is refused with 400 in plain words, and what never was a version "
    "is an `Invalid Stripe API version`. Events keep the shape they were made in. What the shapes differ in:"
)


def contents() -> Obj:
    """The parts of the page, as its template names them."""
    return {
        "introduction": INTRODUCTION,
        "versions_intro": VERSIONS,
        "changes": [(change.before, change.what) for change in CHANGES],
        "cards": CARDS,
        "endpoints": [_endpoint(method, path, offer) for (method, path), offer in OFFERS.items()],
    }


def offer_markdown() -> str:
    """docs/sandbox-offer.md; it also names what Stripe has and the sandbox refuses."""
    lines = [
        "# What the sandbox offers of Stripe's API",
        "",
        "Generated from `src/veza/lab/sandbox/offers` by `make format`; a running sandbox shows it at `/offered`.",
        "",
        *(line for paragraph in INTRODUCTION for line in (paragraph, "")),
        "## API versions",
        "",
        VERSIONS,
        "",
        *(f"- before `{change.before}` {change.what}" for change in CHANGES),
        "",
        "## Test cards",
        "",
        "| number | payment method | what it does |",
        "|---|---|---|",
        *(f"| {card.number} | `{card.method}` | {card.what} |" for card in CARDS),
        "",
    ]
    for (method, path), offer in OFFERS.items():
        endpoint = _endpoint(method, path, offer)
        lines += [f"## {method} {endpoint['path']}", "", f"{endpoint['does']}", ""]
        if endpoint["rows"]:
            lines += ["| parameter | takes | effect |", "|---|---|---|"]
            lines += [f"| `{name}` | {takes} | {effect} |" for name, takes, effect in endpoint["rows"]]
            lines.append("")
        refused = sorted(set(offer.known.inside("")) - set(offer.fields))
        if refused:
            lines += ["Refused: " + ", ".join(f"`{name}`" for name in refused) + ".", ""]
    return "\n".join(lines)


def _endpoint(method: str, path: str, offer: Offer) -> Obj:
    shown = path.replace("*", "{id}")
    sentence = offer.does[0].upper() + offer.does[1:] + "."
    return {
        "method": method,
        "path": shown,
        "anchor": f"{method}{path}".lower().replace("/", "-").replace("*", "id"),
        "does": sentence + (" Also on behalf of a connected account." if offer.seller else ""),
        "rows": list(_rows(offer.fields)),
    }


def _rows(fields: Fields, inside: str = "") -> Iterator[tuple[str, str, str]]:
    for name, field in fields.items():
        here = f"{inside}[{name}]" if inside else name
        effect = field.effect + (f" ({field.old_name})" if field.old_name else "")
        yield here, _takes(field), effect
        if field.fields:
            yield from _rows(field.fields, f"{here}[]" if field.kind == f.OBJECTS else here)


def _takes(field: Field) -> str:
    values = ", ".join(f"`{value}`" for value in field.values)
    if field.kind == f.CHOICE:
        takes = values
    elif field.kind == f.FLAG and field.values:
        takes = f"only {values}"
    elif values:
        takes = f"{field.kind}: {values}"
    else:
        takes = field.kind
    return f"{takes}, required" if field.required else takes
