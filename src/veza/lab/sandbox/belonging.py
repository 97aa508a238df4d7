"""How a hosted sandbox and its shop know each other: what follows from the operator's secret, which both hold.

Another Veza on this machine, or another program on its port, has another secret. A challenge is answered only to a
caller that answered it first: the answers are HMACs, and a stranger shall collect none to guess a short secret from.
"""

from __future__ import annotations

import hashlib
import hmac

PATH = "/_sandbox/belonging"


def sandbox_key(secret: str) -> str:
    """The one API key that the sandbox of this secret takes."""
    return f"sk_test_{_derived(secret, 'sandbox key')[:48]}"


def webhook_secret(secret: str) -> str:
    """What the sandbox signs its webhooks with."""
    return "whsec_" + hashlib.sha256(f"sandbox webhooks {secret}".encode()).hexdigest()


def account_id(secret: str) -> str:
    """The platform's account in a sandbox that is made with this secret; it keeps it from then on."""
    return f"acct_{_derived(secret, 'sandbox account')[:16]}"


def proof(who: str, secret: str, challenge: str) -> str:
    """What `who`, “shop” or “sandbox”, answers to a challenge."""
    return _derived(secret, f"proof of the {who} {challenge}")


def is_proof(given: str, who: str, secret: str, challenge: str) -> bool:
    return hmac.compare_digest(given.encode(), proof(who, secret, challenge).encode())


def _derived(secret: str, purpose: str) -> str:
    return hmac.digest(secret.encode(), f"veza {purpose}".encode(), hashlib.sha256).hex()
