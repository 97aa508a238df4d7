"""Personal data in the provider's objects: no rule of ours needs it, so it is not stored and need not be
deleted later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

PERSONAL = frozenset(
    {
        "address", "billing_details", "business_profile", "collected_information", "company", "customer_address",
        "customer_details", "customer_email", "customer_name", "customer_phone", "customer_shipping", "dob", "email",
        "evidence", "external_accounts", "first_name", "individual", "last_name", "payer_details", "payer_email",
        "payer_name", "phone", "receipt_email", "shipping", "shipping_details", "support_email", "tos_acceptance",
    }
)  # fmt: skip
"""Fields of the provider's objects with names and addresses of people."""

_SIGNS = tuple(f'"{name}"' for name in PERSONAL)


def without(payload: str, event: Mapping[str, Any]) -> str:
    """The payload of `event` as it is stored: personal fields empty. Most payloads have none and stay as they are."""
    if not any(sign in payload for sign in _SIGNS):
        return payload
    # In ASCII: what no database stores as it is (half a surrogate pair, NUL) stays written as an escape.
    return json.dumps(_blank(event), separators=(",", ":"))


def _blank(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: None if name in PERSONAL else _blank(one) for name, one in value.items()}
    return [_blank(one) for one in value] if isinstance(value, list) else value
