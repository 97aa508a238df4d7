"""Connections that a test left open name that test.

Python notices them when it collects garbage, in the middle of a later test, which then fails for another's fault.
"""

from __future__ import annotations

import os
from asyncio import selector_events
from typing import Any

import pytest

_Transport: Any = selector_events._SelectorTransport  # type: ignore[attr-defined]  # its warning names what repr() says


def name_their_tests(patch: pytest.MonkeyPatch) -> None:
    """From now on the text of each transport of asyncio ends with the test that opened it."""
    opened, told = _Transport.__init__, _Transport.__repr__

    def open_transport(self: Any, *args: Any, **named: Any) -> None:
        self.opened_by = os.environ.get("PYTEST_CURRENT_TEST", "no test")
        opened(self, *args, **named)

    patch.setattr(_Transport, "__init__", open_transport)
    patch.setattr(_Transport, "__repr__", lambda self: f"{told(self)}, opened by {self.opened_by}")
