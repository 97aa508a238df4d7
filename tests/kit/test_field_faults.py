"""Faults of several fields are one error, of the type of the first."""

from __future__ import annotations

import pytest

from veza.kit.field_faults import MAX_FAULTS, FieldChecks, FieldFault


class Short(FieldFault):
    """Too short."""


class Long(FieldFault):
    """Too long."""


def test_without_a_fault_nothing_is_raised() -> None:
    checks = FieldChecks()
    with checks.field("a"):
        pass
    checks.demand()


def test_every_fault_is_told_with_its_place_inside_of_others_too() -> None:
    checks, inner = FieldChecks(), FieldChecks()
    with checks.field("title"):
        raise Short("the title is too short")
    with checks.field("tags"):
        for number in (0, 2):
            with inner.field(number):
                raise Long(f"tag {number} is too long")
        inner.demand()
    with pytest.raises(Short) as told:
        checks.demand()
    assert [(place, str(said)) for place, said in told.value.faults] == [
        (("title",), "the title is too short"),
        (("tags", 0), "tag 0 is too long"),
        (("tags", 2), "tag 2 is too long"),
    ]
    assert str(told.value) == "the title is too short; tag 0 is too long; tag 2 is too long"


def test_what_is_no_fault_of_a_field_passes_through() -> None:
    checks = FieldChecks()
    with pytest.raises(ZeroDivisionError), checks.field("a"):
        raise ZeroDivisionError
    assert str(Short("alone")) == "alone"


def test_of_a_thousand_faults_as_many_are_told_as_are_read() -> None:
    checks = FieldChecks()
    for number in range(1000):
        with checks.field("lines", number):
            raise Short("too short")
    with pytest.raises(Short) as told:
        checks.demand()
    assert len(told.value.faults) == MAX_FAULTS
