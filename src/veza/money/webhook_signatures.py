"""Whether a delivery is the provider's: its signature is checked on the raw body, before anything else is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import stripe

from veza.kit.messages import gettext

LAST_SECOND = 253_402_300_800
"""The year 10000: no instant from there on can be stored."""
TOLERANCE_SECONDS = 300
"""How old a signature may be (Stripe's own default)."""


class BadWebhook(ValueError):
    """A delivery we refuse: unsigned, stale, malformed or of the other mode; nothing was stored."""


def verified(
    payload: bytes, signature: str | None, secrets: Sequence[str], *, livemode: bool, now: int
) -> Mapping[str, Any]:
    """The event, when one of `secrets` signed exactly these bytes about `now` (seconds since 1970).

    Raises BadWebhook for anything else, and for an event of the other mode.
    """
    if not signature:
        # Refused like a wrong one: a check that is skipped when the header is missing is no check.
        raise BadWebhook(gettext("the delivery has no Stripe-Signature header"))
    if not any(_signed_by(secret, payload, signature, now) for secret in secrets):
        raise BadWebhook(gettext("the Stripe-Signature does not fit this body, our secret or the time (300 s)"))
    try:
        event = json.loads(payload)
    except (ValueError, RecursionError):
        raise BadWebhook(gettext("the delivery is signed but is not JSON")) from None
    if not isinstance(event, dict) or event.get("object") != "event" or not is_event(event):
        raise BadWebhook(gettext("the delivery is signed but is not a Stripe event"))
    if bool(event.get("livemode")) != livemode:
        ours, theirs = ("live", "test") if livemode else ("test", "live")
        raise BadWebhook(
            gettext("the event is of {theirs} mode, this deployment of {ours} mode", theirs=theirs, ours=ours)
        )
    return event


def _signed_by(secret: str, payload: bytes, signature: str, now: int) -> bool:
    if not signature.isascii():
        return False  # no signature has such a letter, and hmac compares no text with one
    try:
        text = payload.decode()
        # The SDK compares with the machine's clock; ours is an argument, so the age is judged below.
        stripe.WebhookSignature.verify_header(text, signature, secret, tolerance=None)
        stamp = int(dict(part.split("=", 1) for part in signature.split(","))["t"])
    except (stripe.SignatureVerificationError, ValueError, KeyError):
        return False
    return abs(now - stamp) <= TOLERANCE_SECONDS


def is_event(event: Mapping[str, Any]) -> bool:
    """Whether an object has what every event has, in a form that can be stored."""
    data, created = event.get("data"), event.get("created")
    return (
        is_word(event.get("id"))
        and is_word(event.get("type"))
        and (event.get("account") is None or is_word(event.get("account")))
        and type(created) is int
        and 0 <= created < LAST_SECOND
        and isinstance(data, dict)
        and isinstance(data.get("object"), dict)
    )


def is_word(value: Any) -> TypeGuard[str]:
    """An id or a name of Stripe's: what every database stores as it is."""
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isascii() and value.isprintable()
