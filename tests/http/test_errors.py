"""The one table of errors: which kind of problem each error of a module is, at every door."""

from __future__ import annotations

import pytest

from veza.http.errors.table import ERRORS, KINDS, kind_of
from veza.http.problems import BAD_AMOUNT, NOT_FOUND
from veza.kit.money import BadAmount
from veza.money.payments import UnknownPayment
from veza.money.refunds import RefundExceedsPayment


class OddAmount(BadAmount):
    """An error of a module that the table does not name."""


def test_every_kind_in_the_table_is_on_the_page_of_problems() -> None:
    assert {kind.slug for kind in ERRORS.values()} <= {kind.slug for kind in KINDS}


def test_an_error_has_the_kind_of_its_nearest_listed_base() -> None:
    assert kind_of(UnknownPayment.__new__(UnknownPayment)) is NOT_FOUND
    assert kind_of(OddAmount.__new__(OddAmount)) is BAD_AMOUNT
    assert kind_of(RefundExceedsPayment.__new__(RefundExceedsPayment)).slug == "refund-exceeds-payment"


def test_an_error_that_is_not_listed_is_raised_on() -> None:
    with pytest.raises(RuntimeError, match="unforeseen"):
        kind_of(RuntimeError("unforeseen"))
