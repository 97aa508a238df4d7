"""What a fresh checkout installs: two lock files that agree, hashed, and silent about where they came from."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = {name: (ROOT / "requirements" / name).read_text() for name in ("run.lock", "dev.lock")}


def _pins(lock: str) -> set[tuple[str, str]]:
    """Names and versions: one name has two where older Pythons get an older version."""
    return set(re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", lock, flags=re.MULTILINE))


def test_tests_run_on_the_same_versions_as_production() -> None:
    run, dev = _pins(LOCKS["run.lock"]), _pins(LOCKS["dev.lock"])
    assert run <= dev
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


ONLY_TO_GENERATE = {"grpc_tools"}
"""Of the development tools: `veza pages` needs it, in a checkout, and no site does."""


def test_every_library_that_is_imported_is_declared() -> None:
    """One that comes along with another goes when the other does without it."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[><=; ]", one)[0].lower() for one in declared}
    of = packages_distributions()
    undeclared = {
        name for name in _imported() if not {one.lower().replace("_", "-") for one in of.get(name, [])} & names
    }
    assert undeclared == ONLY_TO_GENERATE


def _imported() -> set[str]:
    """Top-level names of what the product imports from outside."""
    found: set[str] = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"veza"}
