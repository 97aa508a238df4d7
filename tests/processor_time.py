"""Processor seconds of a run, by file: what tests cost, of which the time they take says little on a busy machine.

Counted are the workers, what their tests have started and waited for, and the commands of tests/commands.py. Services
are not, nor what outlived the process that started it.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.commands import Warm

HERE = os.environ.get("PYTEST_XDIST_WORKER", "")
KEY = "processor seconds"
"""Under which a worker hands its own to the run."""
TOLD_SECONDS, MOST_TOLD = 5, 25
"""Files from so many seconds on are named, and at most so many of them."""

_of_files: Counter[str] = Counter()
_of_beginning: Counter[str] = Counter()
"""Importing and collecting, by process."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A fixture of a module or of the session is counted with the first test that asks for it."""
    before = _used()
    result = yield
    _of_files[item.nodeid.partition("::")[0]] += _used() - before
    return result


def begin() -> None:
    """The tests are collected: what was taken so far is the beginning's."""
    _of_beginning[HERE] = _used()


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[KEY] = dict(_of_files), dict(_of_beginning)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended; one that broke down has said nothing."""
    of_files, of_beginning = getattr(node, "workeroutput", {}).get(KEY, ({}, {}))
    _of_files.update(of_files)
    _of_beginning.update(of_beginning)


def tell(terminalreporter: Any) -> None:
    if HERE not in _of_beginning:  # this process only deals the tests out to others
        _of_beginning[HERE] = time.process_time()
    beginning = _of_beginning.total()
    terminalreporter.section(f"{beginning + _of_files.total():,.0f} processor seconds")
    terminalreporter.write_line(f"{beginning:6,.0f} s  importing and collecting tests")
    for file, seconds in _of_files.most_common(MOST_TOLD):
        if seconds >= TOLD_SECONDS:
            terminalreporter.write_line(f"{seconds:6,.0f} s  {file}")


def _used() -> float:
    times = os.times()
    own = times.user + times.system
    return own + times.children_user + times.children_system + Warm.seconds_of_ended
