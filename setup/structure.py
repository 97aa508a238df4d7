"""What `make lint` holds of the structure and the prose.

    .venv/bin/python setup/structure.py

No two files import each other; no file of code, styles or templates is longer than MOST_LINES, unless LONGER says why;
no comment, docstring or document has a word of VAGUE.
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 350
LONGER = {
    "migrations/versions/0001_money_and_its_ground.py": "one revision is one file, and this one creates a table each",
    "src/veza/web/scripts/player/player.js": "its joints and its queue are being parted",
}
"""Path → why it is one file all the same."""
COUNTED = ("*.py", "*.js", "*.css", "*.html")
FETCHED = "vendor"
"""The folder of files that `setup/assets.py` fetches."""
FOLDERS = ("src", "tests", "bench", "setup", "migrations")
VAGUE = re.compile(r"\b(nobody|somebody|someone|anybody|whoever|whomever|whatever|everybody|everyone)\b", re.IGNORECASE)
"""A sentence names the buyer, the reader, the request instead."""


def main() -> int:
    found = [*circles(), *long_files(), *vague_words()]
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
    for path in _files(*COUNTED):
        name, lines = str(path.relative_to(ROOT)), len(path.read_text(encoding="utf-8").splitlines())
        if lines > MOST_LINES and name not in LONGER:
            found.append(f"{name} has {lines} lines, at most {MOST_LINES}: split it by subject")
    return found


def vague_words() -> list[str]:
    documents = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").rglob("*.md"))
    texts = [(path, line, text) for path in _python_files() for line, text in _prose(path)]
    texts += [(path, 1, path.read_text(encoding="utf-8")) for path in sorted(documents)]
    return [
        f"{path.relative_to(ROOT)}:{first + text.count(chr(10), 0, word.start())} says “{word[0]}”: name who or what"
        for path, first, text in texts
        for word in VAGUE.finditer(text)
    ]


def _prose(path: Path) -> Iterator[tuple[int, str]]:
    """Comments and docstrings, those of constants included, each with the line it begins on.

    A file without a word of VAGUE anywhere is not parsed: parsing all of them takes five seconds.
    """
    if not VAGUE.search(path.read_text(encoding="utf-8")):
        return
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def _python_files() -> list[Path]:
    return _files("*.py")


def _files(*patterns: str) -> list[Path]:
    found = (path for folder in FOLDERS for pattern in patterns for path in (ROOT / folder).rglob(pattern))
    return sorted(path for path in found if FETCHED not in path.parts)


if __name__ == "__main__":
    sys.exit(main())
