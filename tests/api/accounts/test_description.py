"""The description is valid and complete, every example fits its shape, every error is translated."""

from __future__ import annotations

import inspect

from veza.accounts import links, password_strength, passwords, people, roles, second_factor, sessions, sign_in, tokens
from veza.http.errors import accounts as errors
from veza.http.errors.table import ERRORS, KINDS
from veza.kit import limits


def test_every_error_of_the_room_is_translated() -> None:
    modules = (links, password_strength, passwords, people, roles, second_factor, sessions, sign_in, tokens, limits)
    for module in modules:
        for _, error in inspect.getmembers(module, inspect.isclass):
            if issubclass(error, Exception) and error.__module__ == module.__name__:
                assert any(issubclass(error, one) for one in ERRORS), error


def test_no_two_kinds_share_a_type() -> None:
    kinds = [kind.uri for kind in KINDS]
    assert len(kinds) == len(set(kinds))
    assert all(kind.example for kind in errors.KINDS)
