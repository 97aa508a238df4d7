"""The contracts of imports in `pyproject.toml` leave out no module."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CONTRACTS = {
    one["name"]: one
    for one in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
DOORS = {"api", "grpc", "web", "ops"}
GROUND = {"kit", "settings"}
SANDBOX = {"sandbox", "sandbox_remote", "fresh_database"}
"""What of the lab stands on the ground alone."""


def layers() -> Sequence[set[str]]:
    """The steps, from the highest to the lowest, with the modules on each."""
    return [{one.strip() for one in step.split("|")} for step in CONTRACTS["Who may import whom"]["layers"]]


def below(module: str) -> set[str]:
    """The modules that lie lower than this one."""
    steps = layers()
    at = next(number for number, step in enumerate(steps) if module in step)
    return set().union(*steps[at + 1 :])


def named(contract: str, side: str) -> set[str]:
    names: Any = CONTRACTS[contract][side]
    return {one.removeprefix("veza.") for one in names}


def test_the_sandbox_is_kept_from_all_that_lies_below_the_lab_but_the_ground() -> None:
    contract = "The sandbox stands on kit and settings alone"
    parts = {path.stem for path in (ROOT / "src/veza/lab").iterdir() if not path.name.startswith("_")}
    assert named(contract, "source_modules") == {f"lab.{one}" for one in SANDBOX}
    others = {f"lab.{one}" for one in parts - SANDBOX}
    assert named(contract, "forbidden_modules") == (below("lab") - GROUND) | others


def test_every_module_is_kept_from_the_words_of_every_door() -> None:
    contract = "HTTP and terminal words stay in the doors"
    assert named(contract, "source_modules") == below("http")
    assert named(contract, "forbidden_modules") >= {"litestar", "typer", "jinja2", "grpc", "google"}


def test_every_door_but_the_operators_knows_nothing_of_the_lab() -> None:
    assert named("Machines and people know nothing of the lab", "source_modules") == DOORS - {"ops"}
    assert DOORS in layers()
