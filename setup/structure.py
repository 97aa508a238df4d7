"""What `make lint` holds of the structure: no two files import each other, and no file is longer than MOST_LINES.

    .venv/bin/python setup/structure.py

A longer file needs its reason in LONGER.
"""

from __future__ import annotations

import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 350
LONGER: dict[str, str] = {}
"""Path → why it is one file all the same."""


def main() -> int:
    found = [*circles(), *long_files()]
    for sentence in found:
        print(f"structure: {sentence}", file=sys.stderr)
    return 1 if found else 0


def circles(package: str = "veza") -> list[str]:
    """One circle of files that import each other, where there is one."""
    graph = grimp.build_graph(package, cache_dir=None)
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return [f"these import each other: {' ← '.join(error.args[1])}"]
    return []


def long_files() -> list[str]:
    found = []
    for path in sorted(path for folder in ("src", "tests", "bench", "setup") for path in (ROOT / folder).rglob("*.py")):
        name, lines = str(path.relative_to(ROOT)), len(path.read_text(encoding="utf-8").splitlines())
        if lines > MOST_LINES and name not in LONGER:
            found.append(f"{name} has {lines} lines, at most {MOST_LINES}: split it by subject")
    return found


if __name__ == "__main__":
    sys.exit(main())
