"""The outcome of a request for a person who waits: it is done, it was refused, or the answer is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veza.kit.messages import Message, gettext
from veza.money.stripe.answers import Answer

UNSETTLED = frozenset({401, 403, 409, 424, 429})
"""Refusals that say nothing of the request itself: the key is wrong, a twin still runs, there is no space now."""


class ProviderRefused(Exception):
    """The provider said no, in its own words; asking the same again would be answered the same."""


class ProviderUnavailable(Exception):
    """No usable answer: it may have happened or not, and the same request with the same key will tell."""


def told(answer: Answer, sentence: Message) -> ProviderRefused | ProviderUnavailable:
    """The error `sentence` is, judged by the answer it is about."""
    refused = answer.status is not None and 400 <= answer.status < 500 and answer.status not in UNSETTLED
    # A replayed 5xx is what this key will be answered from now on: only a new intent can go on.
    stuck = answer.replayed and answer.status is not None and answer.status >= 500
    return ProviderRefused(sentence) if refused or stuck else ProviderUnavailable(sentence)


def definite(answer: Answer, what: Message) -> Mapping[str, Any]:
    """The object the provider made; raises ProviderRefused or ProviderUnavailable, both saying `what` failed."""
    if answer.is_ok:
        return answer.object
    raise told(answer, gettext("{what}: {answer}", what=what, answer=answer.said))
