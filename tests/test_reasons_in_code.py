"""Reasons, faults and errors are messages: none of them is a text made in the code.

mypy sees it where a parameter is a `Message`; here is what it cannot see: the first argument of an exception.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from veza.http.errors.table import ERRORS

SOURCES = Path(__file__).parents[1] / "src" / "veza"
REASONS = {"because", "reason"}
MOVES = {"move", "create", "cancel", "lower", "request", "withdraw", "succeed", "refund_line"}
FAULTS = {"Fault": 2, "one_fault": 2}
"""The function → which of its arguments is the message."""


def is_text(node: ast.expr) -> bool:
    """Whether the value is a text made on the spot: written out, an f-string, `str(…)`, `.format(…)`, `.join(…)`."""
    match node:
        case ast.JoinedStr() | ast.Constant(value=str()):
            return True
        case ast.Call(func=ast.Name(id="str" | "repr")):
            return True
        case ast.Call(func=ast.Attribute(attr="format" | "join")):
            return True
        case ast.IfExp(body=body, orelse=orelse):
            return is_text(body) or is_text(orelse)
        case ast.BoolOp(values=values):
            return any(is_text(one) for one in values)
        case ast.BinOp(left=left, right=right):
            return is_text(left) or is_text(right)
    return False


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def texts_in(code: str, errors: frozenset[str]) -> Iterator[str]:
    """What of a module is a text where a message belongs, each with its line; `errors` are classes of errors."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in errors:
            for inner in ast.walk(node):
                is_init = isinstance(inner, ast.Call) and _name(inner.func) == "__init__"
                if is_init and inner.args and is_text(inner.args[0]):
                    yield f"line {inner.lineno}: {node.name} is made of a text"
        if not isinstance(node, ast.Call):
            continue
        called = _name(node.func)
        if called in MOVES:
            for keyword in node.keywords:
                if keyword.arg in REASONS and is_text(keyword.value):
                    yield f"line {node.lineno}: {keyword.arg} of {called} is a text"
        at = FAULTS.get(called, 0 if called in errors else None)
        if at is not None and len(node.args) > at and is_text(node.args[at]):
            yield f"line {node.lineno}: {called} is given a text"


def _own_sentence() -> frozenset[str]:
    """The errors that are given their message; one whose `__init__` makes it takes what the message tells of."""
    return frozenset(error.__name__ for error in ERRORS if "__init__" not in vars(error))


def test_no_reason_fault_or_error_is_a_text() -> None:
    every = frozenset(error.__name__ for error in ERRORS)
    own = _own_sentence()
    found = {}
    for path in SOURCES.rglob("*.py"):
        if "lab" in path.parts:
            continue  # the look-alike of the provider and the simulator speak to developers
        code = path.read_text(encoding="utf-8")
        faults = list(texts_in(code, own))
        faults += [one for one in texts_in(code, every) if one.endswith("is made of a text")]
        if faults:
            found[str(path.relative_to(SOURCES))] = faults
    assert found == {}


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ('await machine.move(session, row, "failed", because="it failed")', "line 1: because of move is a text"),
        ('await machine.create(session, [row], because=f"gave up after {n}")', "line 1: because of create is a text"),
        ("await orders.cancel(session, order, because=str(answer))", "line 1: because of cancel is a text"),
        ('await refunding.request(session, reason="{}".format(n))', "line 1: reason of request is a text"),
        ('raise Refused(f"no {what}")', "line 1: Refused is given a text"),
        ('raise Refused("late" if late else said)', "line 1: Refused is given a text"),
        ("raise module.Refused(str(error))", "line 1: Refused is given a text"),
        (
            'class Refused(Exception):\n    def __init__(self): super().__init__(f"{self}")',
            "line 2: Refused is made of a text",
        ),
        ('Fault("query", ("text",), "is empty")', "line 1: Fault is given a text"),
        ('one_fault("query", "text", "; ".join(said))', "line 1: one_fault is given a text"),
    ],
)
def test_a_planted_text_is_found(planted: str, said: str) -> None:
    assert list(texts_in(planted, frozenset({"Refused"}))) == [said]


def test_words_of_others_and_messages_are_none() -> None:
    code = 'raise Refused(verbatim(str(answer)))\nawait machine.move(session, row, "sent", because=gettext("done"))'
    assert list(texts_in(code, frozenset({"Refused"}))) == []
