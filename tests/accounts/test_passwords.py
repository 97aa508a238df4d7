"""Passwords are hashed as OWASP asks, off the event loop, and never too many at once."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from veza.accounts import passwords
from veza.accounts.passwords import BadPassword, Passwords, TooBusy

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_the_parameters_are_owasps() -> None:
    hashed = await Passwords().hash("a tram full of cellos")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_same_characters_fit_however_they_are_composed() -> None:
    hasher = Passwords(QUICK)
    hashed = await hasher.hash("caf\u00e9 full of cellos")
    assert (await hasher.verify(hashed, "cafe\u0301 full of cellos")).fits


async def test_no_hash_and_a_damaged_one_fit_nothing() -> None:
    hasher = Passwords(QUICK)
    for stored in (None, "", "$argon2id$nonsense"):
        assert not (await hasher.verify(stored, "nobody's password")).fits


async def test_who_comes_when_too_many_wait_is_told_to_come_back() -> None:
    hasher = Passwords(QUICK)
    sent = (hasher.hash(f"password {number}") for number in range(passwords.MOST_WAITING + 3))
    answers = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(answer) for answer in answers if not isinstance(answer, str)] == [TooBusy] * 3
    await hasher.hash("there is room again")


@pytest.mark.parametrize("password", ["correcthorsebatterystaple", "1234567890", "abababababab", "ANNA@example.org"])
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(BadPassword):
        passwords.check(password, "anna@example.org")


@pytest.mark.parametrize(
    "password", ["a tram full of cellos", "ελληνικός κωδικός", "🎻🎺🥁🎷 band of four", "x" * 190 + "abcd"]
)
def test_long_ones_of_any_script_are_fine(password: str) -> None:
    passwords.check(password, "anna@example.org")
