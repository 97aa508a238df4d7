"""docs/webhook-events.md: which events the provider must send, written from the table of their handlers."""

from __future__ import annotations

from veza.money.webhook_events import HANDLERS

CONNECTED = frozenset({"account.updated", "account.application.deauthorized", "balance.available"})
"""Events that come from connected accounts: an endpoint hears them only when it was made to listen to those."""


def webhook_events_page() -> str:
    """The page: two endpoints, each with its events, and the same as one line to paste."""
    own = [name for name in sorted(HANDLERS) if name not in CONNECTED]
    connected = [name for name in sorted(HANDLERS) if name in CONNECTED]
    return (
        "# Webhook events Stripe must send\n\n"
        "Make two endpoints in Stripe's dashboard (Developers, Webhooks), both with the address\n"
        "`PUBLIC_URL/webhooks/stripe`; the signing secret of each goes into `STRIPE_WEBHOOK_SECRETS`, with a comma\n"
        "between them. `veza doctor` compares their events with this page.\n\n"
        "This page is generated from `HANDLERS` in `src/veza/money/webhook_events.py`.\n"
        + _section("Events on your account", own)
        + _section("Events on connected accounts", connected)
    )


def _section(title: str, names: list[str]) -> str:
    rows = "".join(f"- `{name}`\n" for name in names)
    return f"\n## {title}\n\n{rows}\nAs one line:\n\n```\n{','.join(names)}\n```\n"
