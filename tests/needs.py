"""What a test needs besides this process, found by its fixtures, its parameters and what its file imports.

`make check` runs those that need nothing (`--quick`), and imports no file of which that is known before; no test is
marked by hand: `-m "not service and not browser"` chooses among them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

import pytest

NEEDS = {
    "service": "PostgreSQL, Redis or RabbitMQ",
    "browser": "Chromium, Firefox or WebKitGTK",
    "process": "processes of its own",
    "long": "time: simulated days, chance, a shop or pages made anew, a world with something of everything",
}
OF_FIXTURES = {
    "database_url": "service", "postgres_url": "service", "postgres_template": "service",
    "postgres_databases": "service", "empty_postgres_url": "service", "redis_url": "service", "rabbitmq_url": "service",
    "chromium": "browser", "one_chromium": "browser", "firefox": "browser", "webkit": "browser",
    "world": "long", "walk": "long", "on_both": "long", "s3_server": "process",
}  # fmt: skip
"""`database_url` stands for both databases: what is about the two of them is run where both are."""
OF_PARAMETERS = {"postgresql": "service", "redis": "service", "sandbox over HTTP": "process"}
OF_IMPORTS = {
    "subprocess": "process", "multiprocessing": "process", "pty": "process", "veza.lab.probe.processes": "process",
    "veza.kit.elsewhere": "process", "tests.api.world": "long",
}  # fmt: skip
OF_WORLDS = {
    "tests/contracts": "long", "tests/web": "long", "tests/api/market": "long", "tests/streaming": "process",
    "tests/api/streaming": "process", "tests/grpc": "process",
}  # fmt: skip
"""Folders whose fixtures make a whole world: a test that takes none of them needs nothing of it."""
OF_PYTEST = {"request", "tmp_path", "tmp_path_factory", "monkeypatch", "capsys", "caplog"}
OF_FOLDERS = {
    "tests/lab/simulator": "long", "tests/lab/test_scenarios.py": "long",
    "tests/money/test_delayed_debits.py": "long", "tests/money/test_random_facts.py": "long",
    "tests/money/test_restore.py": "long", "tests/api/market/test_random_buyers.py": "long",
    "tests/audio/test_rendering.py": "long", "tests/audio/test_gapless.py": "long",
    "tests/audio/test_downloads.py": "long", "tests/journeys": "process",
    "tests/ops/test_doctor.py": "process", "tests/ops/test_documented_password.py": "process",
    "tests/ingest/test_reading_apart.py": "process",
}  # fmt: skip
ROOT = Path(__file__).parents[1]


def pytest_configure(config: pytest.Config) -> None:
    for name, what in NEEDS.items():
        config.addinivalue_line("markers", f"{name}: needs {what} (applied by tests/needs.py)")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `--quick`, a file or folder all of whose tests are known to need something is not even imported."""
    if not config.getoption("--quick"):
        return None  # pytest decides
    if collection_path.is_dir():
        return _needs_of_folder(collection_path.relative_to(ROOT)) != set() or None
    if collection_path.suffix != ".py":
        return None
    return _needs_of_place(collection_path) != set() or not _has_a_test_without_a_world(collection_path) or None


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the tests that need something out of `items`."""
    left_out = [item for item in items if needs_of(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not needs_of(item)]


def mark(items: list[pytest.Item]) -> None:
    for item in items:
        for name in needs_of(item):
            item.add_marker(name)


def needs_of(item: pytest.Item) -> set[str]:
    """Which of NEEDS hold for the test."""
    found = set(_needs_of_place(item.path))
    if _takes_a_fixture(getattr(item, "function", None), getattr(item, "callspec", None)):
        found |= _needs_of_world(item.path)
    found |= {OF_FIXTURES[name] for name in getattr(item, "fixturenames", ()) if name in OF_FIXTURES}
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return found | {OF_PARAMETERS[one] for one in parameters if isinstance(one, str) and one in OF_PARAMETERS}


def _takes_a_fixture(function: Any, callspec: Any) -> bool:
    """Whether a test takes what neither pytest nor its own parameters give."""
    if function is None:
        return True
    given = OF_PYTEST | set(() if callspec is None else callspec.params)
    return not set(inspect.signature(function).parameters) <= given


def _needs_of_world(absolute: Path) -> set[str]:
    path = absolute.relative_to(ROOT)
    return {need for folder, need in OF_WORLDS.items() if path.is_relative_to(folder)}


def _has_a_test_without_a_world(absolute: Path) -> bool:
    """Whether a file outside of such folders, or with a test that takes no fixture as far as its text says."""
    if not _needs_of_world(absolute):
        return True
    tests = (one for one in ast.parse(absolute.read_text(encoding="utf-8")).body if _is_test(one))
    return any(_names(one.args) - _parametrized(one) <= OF_PYTEST for one in tests)


def _is_test(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def _names(arguments: ast.arguments) -> set[str]:
    return {one.arg for one in (*arguments.args, *arguments.kwonlyargs)}


def _parametrized(test: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The texts in its decorators: names of parameters are among them."""
    inside = (node for decorator in test.decorator_list for node in ast.walk(decorator))
    texts = (node.value for node in inside if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {name.strip() for text in texts for name in text.split(",")}


@cache
def _needs_of_place(absolute: Path) -> frozenset[str]:
    """By the folders that the file lies in, and by what it imports."""
    path = absolute.relative_to(ROOT)
    return _needs_of_file(path) | _needs_of_folder(path)


def _needs_of_folder(path: Path) -> set[str]:
    return {need for folder, need in OF_FOLDERS.items() if path.is_relative_to(folder)}


@cache
def _needs_of_file(path: Path) -> frozenset[str]:
    """By what the file imports, and what the files of the tests that it imports do."""
    found: set[str] = set()
    for name in _imported(path):
        found |= {need for module, need in OF_IMPORTS.items() if name == module or name.startswith(f"{module}.")}
        file = Path(*name.split(".")).with_suffix(".py")
        if file.parts[0] == "tests" and file.name != "conftest.py" and (ROOT / file).exists():
            found |= _needs_of_file(file)
    return frozenset(found)


def _imported(path: Path) -> set[str]:
    """Modules, and names out of modules, which may be modules too."""
    names: set[str] = set()
    for node in _statements(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return names


def _statements(block: ast.AST) -> Iterator[ast.AST]:
    """The statements in a block, at any depth; expressions, which are most of a tree, are not looked through."""
    for inner in ("body", "orelse", "finalbody", "handlers"):
        for node in getattr(block, inner, ()):
            yield node
            yield from _statements(node)
