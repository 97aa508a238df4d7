"""Every message in the code can be found by `babel extract`, and has the fields that its template names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

SOURCES = Path(__file__).parents[1] / "src" / "veza"
TEMPLATES = {"gettext": 1, "ngettext": 2}
"""The function → how many of its arguments are templates."""


def faults_of(code: str) -> Iterator[str]:
    """What is wrong with the messages of a module, each with its line."""
    for node in ast.walk(ast.parse(code)):
        name = getattr(getattr(node, "func", None), "id", "")
        if not isinstance(node, ast.Call) or name not in TEMPLATES:
            continue
        given = {keyword.arg for keyword in node.keywords} | ({"n"} if name == "ngettext" else set())
        for template in node.args[: TEMPLATES[name]]:
            if not isinstance(template, ast.Constant) or not isinstance(template.value, str):
                yield f"line {node.lineno}: the template is computed"
                continue
            named = {
                field.partition(".")[0] for _, field, _, _ in Formatter().parse(template.value) if field is not None
            }
            if named - given:
                yield f"line {node.lineno}: nothing is given for {sorted(named - given)}"
            if name == "gettext" and given - named:
                yield f"line {node.lineno}: the template does not name {sorted(map(str, given - named))}"


def test_every_template_is_written_out_and_names_its_fields() -> None:
    found = {
        str(path.relative_to(SOURCES)): faults
        for path in SOURCES.rglob("*.py")
        if path.name != "messages.py" and (faults := list(faults_of(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ('gettext(f"there is no {what}")', "line 1: the template is computed"),
        ('gettext("a" if late else "b")', "line 1: the template is computed"),
        ('gettext("there is no {what}")', "line 1: nothing is given for ['what']"),
        ('gettext("there is none", what=what)', "line 1: the template does not name ['what']"),
        ('ngettext("{n} track of {of}", "{n} tracks", n)', "line 1: nothing is given for ['of']"),
    ],
)
def test_a_message_that_cannot_be_translated_is_found(planted: str, said: str) -> None:
    assert list(faults_of(planted)) == [said]
