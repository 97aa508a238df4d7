"""What is offered of balances, events and webhook endpoints."""

from __future__ import annotations

from dataclasses import replace

from veza.lab.sandbox.offers.fields import (
    CREATED,
    EXPAND,
    METADATA_FIELD,
    PAGE,
    Fields,
    choice,
    flag,
    required,
    text,
    texts,
)
from veza.lab.sandbox.settings import API_VERSION

LIST_BALANCE_TRANSACTIONS: Fields = {
    "created": CREATED,
    "currency": text("only in this currency"),
    "source": text("only of this charge, refund, transfer, reversal or dispute"),
    "type": text("only of this type, such as `charge`"),
    **PAGE,
}
LIST_EVENTS: Fields = {
    "created": CREATED,
    "delivery_success": flag("true: only those every endpoint has taken; false: the others"),
    "type": text("only of this type; `*` stands for anything"),
    "types": texts("only of these types"),
    **PAGE,
}
ENDPOINT: Fields = {
    "description": text("kept and shown"),
    "enabled_events": replace(
        texts("which events are delivered; `*` is every one, and one that nothing here causes is never delivered"),
        any_known=True,
    ),
    "metadata": METADATA_FIELD,
    "url": text("where events are delivered"),
    "expand": EXPAND,
}
CREATE_ENDPOINT: Fields = {
    **ENDPOINT,
    "api_version": choice(API_VERSION, effect="nothing: events come in this version's shape"),
    "connect": flag("events of connected accounts instead of the platform's own"),
    "enabled_events": required(ENDPOINT["enabled_events"]),
    "url": required(ENDPOINT["url"]),
}
UPDATE_ENDPOINT: Fields = {**ENDPOINT, "disabled": flag("nothing is delivered while true")}
