"""What settings cannot be together: each in a sentence that names them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from veza.settings.addresses import host_of, is_loopback
from veza.settings.durations import show_duration

LEASE_MARGIN = timedelta(seconds=45)
"""A claimed row is only sent while this much of its lease is left, so that two workers never send it at once."""


def contradictions(given: Any) -> list[tuple[bool, str]]:
    """Each with whether it holds of the `Settings`, which import this file."""
    key = given.stripe_secret_key.get_secret_value()
    live = key.startswith(("sk_live_", "rk_live_"))
    base = urlsplit(given.stripe_api_base)
    lease, least = given.claim_lease, given.stripe_request_timeout + LEASE_MARGIN
    token = given.operator_token.get_secret_value()
    return [
        *(
            (
                getattr(given, f"{worker}_backoff_max") < getattr(given, f"{worker}_backoff_base"),
                f"{worker.upper()}_BACKOFF_MAX ({show_duration(getattr(given, f'{worker}_backoff_max'))}) is below "
                f"{worker.upper()}_BACKOFF_BASE ({show_duration(getattr(given, f'{worker}_backoff_base'))})",
            )
            for worker in ("reversal", "transfer_retry", "refund", "inbox")
        ),
        (
            given.reversal_balance_max < given.reversal_balance_retry,
            f"REVERSAL_BALANCE_MAX ({show_duration(given.reversal_balance_max)}) is below "
            f"REVERSAL_BALANCE_RETRY ({show_duration(given.reversal_balance_retry)})",
        ),
        (
            lease <= least,
            f"CLAIM_LEASE ({show_duration(lease)}) must be longer than STRIPE_REQUEST_TIMEOUT plus "
            f"{show_duration(LEASE_MARGIN)} ({show_duration(least)}), or two workers may hold the same row",
        ),
        (
            bool(key) and not re.match(r"(sk|rk)_(test|live)_.", key),
            "STRIPE_SECRET_KEY must start with sk_test_, sk_live_, rk_test_ or rk_live_; a pk_ key is the public one",
        ),
        (
            live and not given.stripe_webhook_secrets,
            "STRIPE_SECRET_KEY is a live key but STRIPE_WEBHOOK_SECRETS is empty: no webhook could be trusted",
        ),
        (
            live and bool(given.stripe_api_base) and base.hostname != "api.stripe.com",
            f"STRIPE_SECRET_KEY is a live key but STRIPE_API_BASE points to {base.hostname}: "
            "a live key goes to Stripe only",
        ),
        (
            given.demo_data and bool(key),
            "DEMO_DATA works with the built-in sandbox only: leave STRIPE_SECRET_KEY empty or set DEMO_DATA=false",
        ),
        (
            given.demo_data and given.is_public,
            "DEMO_DATA makes accounts whose password stands in the README, and HOST or PUBLIC_URL lets others in: "
            "set DEMO_DATA=false, or leave HOST on 127.0.0.1 and PUBLIC_URL empty",
        ),
        (
            given.session_max < given.session_idle,
            f"SESSION_MAX ({show_duration(given.session_max)}) is below "
            f"SESSION_IDLE ({show_duration(given.session_idle)})",
        ),
        (bool(token) and len(token) < 16, "OPERATOR_TOKEN must be at least 16 characters long"),
        (0 < len(given.grpc_token.get_secret_value()) < 16, "GRPC_TOKEN must be at least 16 characters long"),
        (
            bool(given.grpc_tls_cert) != bool(given.grpc_tls_key),
            "GRPC_TLS_CERT and GRPC_TLS_KEY go together: set both",
        ),
        (
            bool(given.grpc_listen) and not given.grpc_tls_cert and not is_loopback(host_of(given.grpc_listen)),
            "GRPC_LISTEN lets other machines in, and the token would go unencrypted: "
            "set GRPC_TLS_CERT and GRPC_TLS_KEY",
        ),
    ]
