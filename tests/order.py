"""In which order tests run when they run side by side: the longest first, so that none is alone at the end.

pytest-xdist gives each worker a block of tests, of equal size, and takes some from its end when another has none left
(`--dist worksteal`). The longest stand at the beginning of the blocks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import cycle

import pytest

LONGEST = (
    "tests/api/test_whole_description.py",
    "tests/ops/test_database_restarts.py",
    "tests/lab/test_demo.py",
    "tests/audio/test_mutants.py",
    "tests/ingest/test_workers_apart.py",
    "tests/ops/test_running.py",
    "tests/ops/test_restore_under_processes.py",
    "tests/money/test_processes.py",
    "tests/lab/test_probe.py",
)
"""Files with a test of half a minute and more, the longest first; the tests of a file stay together."""


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The same tests, each block beginning with its share of LONGEST; unchanged where there is one worker."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers == 1:
        return list(items)
    rest = [item for item in items if _file(item) not in LONGEST]
    first: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for file, block in zip(LONGEST, cycle(first), strict=False):
        block += [item for item in items if _file(item) == file]
    ordered: list[pytest.Item] = []
    for number, block in enumerate(first, 1):
        end = len(items) * number // workers - len(ordered)
        ordered += block + rest[: max(end - len(block), 0)]
        del rest[: max(end - len(block), 0)]
    return ordered + rest


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
