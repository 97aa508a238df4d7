"""Passwords are judged and hashed off the event loop, few at once, and one network never keeps another out."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import pytest
from argon2 import PasswordHasher

from tests.factories import QUICK
from veza.accounts import password_strength, passwords
from veza.accounts.password_strength import BadPassword
from veza.accounts.passwords import Passwords, TooBusy

OWN = ("anna@example.org", "Anna Berg", "Basement Records")


async def test_the_parameters_are_owasps() -> None:
    hashed = await Passwords().hash("a tram full of cellos", "192.0.2.1")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_same_characters_fit_however_they_are_composed() -> None:
    hasher = Passwords(QUICK)
    hashed = await hasher.hash("caf\u00e9 full of cellos", "192.0.2.1")
    assert (await hasher.verify(hashed, "cafe\u0301 full of cellos", "192.0.2.1")).fits


async def test_no_hash_and_a_damaged_one_fit_nothing() -> None:
    hasher = Passwords(QUICK)
    for stored in (None, "", "$argon2id$nonsense"):
        assert not (await hasher.verify(stored, "nobody's password", "192.0.2.1")).fits


async def test_who_comes_when_too_many_wait_is_told_to_come_back() -> None:
    hasher = Passwords(QUICK)
    most = passwords.AT_ONCE + passwords.MOST_WAITING
    sent = (hasher.hash(f"password {number}", "192.0.2.1") for number in range(most + 3))
    answers = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(answer) for answer in answers if not isinstance(answer, str)] == [TooBusy] * 3
    await hasher.hash("there is space again", "192.0.2.1")


class Slow(PasswordHasher):
    """Waits for `gate` before it hashes, so that a test decides when."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.gate = threading.Event()
        self.done: list[str] = []

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        if password != "nobody's password":
            self.gate.wait(10)
            self.done.append(str(password).split()[0])
        return super().hash(password, salt=salt)


async def test_a_network_that_asks_a_thousand_times_does_not_keep_another_out() -> None:
    slow = Slow()
    hasher = Passwords(slow)
    flood = [asyncio.create_task(hasher.hash(f"flood {number}", "198.51.100.1")) for number in range(1000)]
    await asyncio.sleep(0)
    guests = [asyncio.create_task(hasher.hash(f"guest{number} x", f"192.0.2.{number}")) for number in range(3)]
    await asyncio.sleep(0)
    slow.gate.set()
    hashed = await asyncio.gather(*guests)
    assert all(one.startswith("$argon2id$") for one in hashed)
    refused = [one for one in await asyncio.gather(*flood, return_exceptions=True) if isinstance(one, TooBusy)]
    assert len(refused) == 1000 - passwords.AT_ONCE - passwords.MOST_WAITING + len(guests)
    # Those that ran already, then one of each network in turn.
    last = max(slow.done.index(f"guest{number}") for number in range(3))
    assert last < passwords.AT_ONCE + 2 * 4, slow.done[:20]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Password123!", "this is similar to a commonly used password"),
        ("correcthorsebatterystaple", "a guesser knows"),
        ("Summer2024!!", "too easy to guess: take more words"),
        ("abababababab", "repeats"),
        ("abcdefghijkl", "sequences"),
        ("qwertyuiop[]", "keys"),
        ("ANNA@example.org", "a guesser knows"),
        ("Anna-Berg-1984!!", "a guesser knows"),
        ("BasementRecords", "a guesser knows"),
        ("Basement Records 2026", "a guesser knows"),
        ("vezavezaveza", "repeats"),
        ("x" * 190 + "abcd", "repeats"),
        ("elevenchars", "12 to 200 characters, this one has 11"),
        ("a" * 201, "12 to 200 characters, this one has 201"),
        ("e\u0301" * 11, "this one has 11"),
    ],
)
def test_what_is_guessed_first_is_refused_with_a_reason(password: str, reason: str) -> None:
    with pytest.raises(BadPassword, match=reason):
        password_strength.demand(password, OWN)


@pytest.mark.parametrize(
    "password",
    [
        "a tram full of cellos",
        "a song for anna in may",
        "ελληνικός κωδικός",
        "🎻🎺🥁🎷 band of four",
        "Tr0ub4dor&3xx",
        "8392017465920174",
        "4x8@z3{q1!m7|0$p5+",
        "a ferry, " * 15 + "and at last a harp of uncommon size",
        "kV9#mQ2$xL7!" * 16,
    ],
)
def test_what_is_hard_to_guess_is_taken_at_every_length_and_in_every_script(password: str) -> None:
    password_strength.demand(password, OWN)


@pytest.mark.parametrize("password", ["4({6<310!1|7$5+%2@" * 11, "a@[[s(s<|07+[0[i|7(l17|a" * 8, "0123456789" * 20])
def test_a_hostile_password_costs_less_than_a_second(password: str) -> None:
    password_strength.demand("something else to load the lists", ())
    before = time.process_time()
    with contextlib.suppress(BadPassword):
        password_strength.demand(password, OWN)
    assert time.process_time() - before < 1.0
