"""What the provider tells about a buyer and no rule of ours needs: it is not kept, so nobody has to forget it later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

PERSONAL = frozenset(
    {
        "billing_details", "collected_information", "customer_address", "customer_details", "customer_email",
        "customer_name", "customer_phone", "customer_shipping", "individual", "receipt_email", "shipping",
        "shipping_details",
    }
)  # fmt: skip
"""Fields of the provider's objects that say who somebody is and where they live."""

_SIGNS = tuple(f'"{name}"' for name in PERSONAL)


def without(payload: str, event: Mapping[str, Any]) -> str:
    """The payload of `event` as it is kept: personal fields empty. Most have none and stay as they came."""
    if not any(sign in payload for sign in _SIGNS):
        return payload
    return json.dumps(_blank(event), ensure_ascii=False, separators=(",", ":"))


def _blank(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: None if name in PERSONAL else _blank(one) for name, one in value.items()}
    return [_blank(one) for one in value] if isinstance(value, list) else value
