"""What the contract suites share with the tests of money."""

from tests.money.conftest import any_stage, open_stage

__all__ = ["any_stage", "open_stage"]
