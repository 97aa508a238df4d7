"""What a fresh checkout installs: two lock files that agree, hashed, and silent about where they came from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = {name: (ROOT / "requirements" / name).read_text() for name in ("run.lock", "dev.lock")}


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", lock, flags=re.MULTILINE))


def test_tests_run_on_the_same_versions_as_production() -> None:
    run, dev = _pins(LOCKS["run.lock"]), _pins(LOCKS["dev.lock"])
    assert run.items() <= dev.items()
    assert len(run) > 20


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    lock = LOCKS[name]
    assert not re.search(r"https?://|--index|--find-links|file:", lock)
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert len(blocks) == len(_pins(lock))
    assert all("--hash=sha256:" in block for block in blocks)


def test_every_target_explains_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run", "test", "lint", "bench", "probe", "doctor", "setup", "simulate", "help"):
        assert re.search(rf"^{target}:.*## \S", makefile, flags=re.MULTILINE), target
