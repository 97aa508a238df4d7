"""`make lint` holds the structure: what is planted against it is found."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "setup" / "structure.py"


@pytest.fixture
def structure() -> ModuleType:
    spec = importlib.util.spec_from_file_location("structure", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("suffix", ["py", "js", "css", "html"])
def test_a_file_that_is_too_long_is_named_with_its_lines(
    structure: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    (tmp_path / "src" / "vendor").mkdir(parents=True)
    for name, lines in {f"long.{suffix}": 351, f"short.{suffix}": 350, f"vendor/fetched.{suffix}": 351}.items():
        (tmp_path / "src" / name).write_text("\n" * lines)
    monkeypatch.setattr(structure, "ROOT", tmp_path)
    assert structure.long_files() == [f"src/long.{suffix} has 351 lines, at most 350: split it by subject"]


def test_files_that_import_each_other_are_named(
    structure: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "planted"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("from planted import two\n")
    (package / "two.py").write_text("def late() -> None:\n    from planted import one\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (said,) = structure.circles("planted")
    assert "planted.one" in said
    assert "planted.two" in said
    assert structure.circles() == []
