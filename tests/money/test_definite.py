"""A person who waits is told no only when it is a no; anything else may still have happened."""

from __future__ import annotations

import pytest

from veza.kit.messages import verbatim
from veza.money.stripe.answers import Answer
from veza.money.stripe.definite import ProviderRefused, ProviderUnavailable, definite


@pytest.mark.parametrize("status", [400, 402, 404, 410, 422])
def test_a_refusal_is_a_no(status: int) -> None:
    with pytest.raises(ProviderRefused, match=f"no checkout: {status} amount_too_small"):
        definite(Answer(status, error_code="amount_too_small"), verbatim("no checkout"))


@pytest.mark.parametrize("status", [None, 302, 401, 403, 409, 424, 429, 500, 502, 503])
def test_silence_a_busy_provider_and_a_wrong_key_say_nothing_of_the_request(status: int | None) -> None:
    with pytest.raises(ProviderUnavailable):
        definite(Answer(status, silence=verbatim("timed out")), verbatim("no checkout"))


def test_a_200_that_cannot_be_read_says_nothing() -> None:
    with pytest.raises(ProviderUnavailable):
        definite(Answer(200, body=None), verbatim("no checkout"))


def test_a_replayed_server_error_is_a_no_because_its_key_is_stuck() -> None:
    with pytest.raises(ProviderRefused):
        definite(Answer(500, replayed=True), verbatim("no checkout"))


def test_a_readable_answer_is_the_object() -> None:
    assert definite(Answer(200, body={"id": "cs_1"}), verbatim("no checkout")) == {"id": "cs_1"}
