"""What holds of the tests themselves: they wait for conditions, and none of them is part of the product."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest

TESTS = Path(__file__).parent
HELPERS = {
    "client.py", "commands.py", "ingest/pictures.py", "money/acts.py", "working.py",
    "kit/test_limits.py", "web/pages/test_suspension.py",
}  # fmt: skip
"""Where what several files need is defined once; in the last two `tried` is about a limit and about signing in."""
SIGNED_IN = {"factories.py", "accounts/test_sweep.py", "api/world.py"}
"""Beside the factories, where what a session or token is made with is the fact, and where there are hundreds."""
TIME_ITSELF = {
    "waiting.py": "looks again after a moment",
    "contracts/test_hostile_lines.py": "a provider that sends a byte now and then",
    "kit/test_worker.py": "a clock that skips",
    "money/test_pace.py": "slots are instants, and a process that is not given the machine misses one",
    "ops/test_slow_clients.py": "a client that sends its body in parts",
}
"""Where the time that passes is what the test is about."""


def _sleeps(file: Path) -> Iterator[int]:
    """The lines that sleep, also in disguise, and loops that wait by hand; `sleep(0)` only lets others run."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(attr="sleep") | ast.Name(id="sleep")):
                first = node.args[0] if node.args else None
                if not (isinstance(first, ast.Constant) and first.value == 0):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="wait")):
                if any(one.arg == "timeout" and isinstance(one.value, ast.Constant) for one in node.keywords):
                    yield node.lineno
            case ast.While() if _is_a_wait_by_hand(node):
                yield node.lineno


def _is_a_wait_by_hand(loop: ast.While) -> bool:
    """Whether it looks again and again until a time has come, as `waiting.py` does for all."""
    return isinstance(loop.test, ast.Compare) and "monotonic()" in ast.unparse(loop.test)


@pytest.mark.parametrize(
    "planted",
    [
        "time.sleep(0.2)",
        "await asyncio.sleep(1)",
        "await asyncio.wait({task}, timeout=0.2)",
        "while time.monotonic() < until:\n    httpx.get(url)",
    ],
)
def test_a_planted_wait_is_found(planted: str, tmp_path: Path) -> None:
    file = tmp_path / "planted.py"
    file.write_text(f"async def planted():\n{indent(planted, '    ')}")
    assert list(_sleeps(file)) == [2]


def test_tests_wait_for_conditions_and_not_for_a_time() -> None:
    found = {
        str(file.relative_to(TESTS)): lines for file in sorted(TESTS.rglob("*.py")) if (lines := list(_sleeps(file)))
    }
    assert {name: lines for name, lines in found.items() if name not in TIME_ITSELF} == {}
    assert set(TIME_ITSELF) <= set(found), "no longer needed"


@pytest.mark.parametrize(
    ("written", "kept_in"),
    [
        (r"\bASGITransport\(", {"client.py"}),
        (r"\binsert\((Person|Artist|ArtistMember|Release|Track)\)", set()),
        (r"\badd\((Person|Artist|ArtistMember|Release|Track)\(", {"factories.py"}),
        (r"\bAsyncTestClient\(|\bTestClient\(", set()),
        (r"\b(sessions\.begin|tokens\.make)\(", SIGNED_IN),
        (r"^class Walk\b", {"api/walk.py"}),
        (r"\bdef (text_of|picture|open_findings|tried|working|children_of|is_running|is_alive)\(", HELPERS),
        (r"\[\"paths\"\]\.(items|values)\(", {"api/walk.py"}),
        (r"\binsert\(Seller\)", {"factories.py", "lab/simulator/test_driver.py"}),  # the driver is tried on any table
    ],
)
def test_clients_rows_of_people_and_walks_over_the_api_are_made_by_the_kit_alone(
    written: str, kept_in: set[str]
) -> None:
    found = {str(file.relative_to(TESTS)) for file in TESTS.rglob("*.py") if re.search(written, file.read_text(), re.M)}
    assert found == kept_in


def test_the_wheel_holds_the_product_and_its_migrations_alone() -> None:
    wheel = tomllib.loads((TESTS.parent / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {
        "packages": ["src/veza"],
        "artifacts": ["src/veza/web/vendor/*", "src/veza/api/vendor/*"],
        "force-include": {"migrations": "veza/migrations"},
    }
    assert [
        str(file) for file in (TESTS.parent / "src").rglob("*") if "test" in file.name or "fixture" in file.name
    ] == []
