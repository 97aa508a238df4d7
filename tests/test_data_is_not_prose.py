"""What code reads back is a column or a field: no sentence, actor or subject is taken apart (decision 0041)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import veza

ROOT = Path(veza.__file__).parent
APART = frozenset(
    "startswith endswith removeprefix removesuffix partition rpartition split rsplit splitlines find rfind index rindex"
    " match fullmatch search findall".split()
)
"""Methods that read a part of a text, of the text itself or of their argument."""
ANOTHER_SUBJECT = {"kit/mail.py": "the subject line of a mail, freed of line breaks"}
ACTORS_HOME = "accounts/identity.py"


def taken_apart(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) where an actor or a subject, or money that was printed, is read in parts."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=method, value=text)) if method in APART:
                if any(_is_a_key(one) for one in (text, *node.args)):
                    yield node.lineno, "an actor or a subject"
                elif _is_printed(text) and "currency" in ast.unparse(node):
                    yield node.lineno, "printed money"
            case ast.Subscript(value=text, slice=ast.Slice()) if _is_a_key(text):
                yield node.lineno, "an actor or a subject"
            case ast.Compare(left=ast.Constant(value=str()), ops=[ast.In() | ast.NotIn()], comparators=[text]):
                if _is_a_key(text):
                    yield node.lineno, "an actor or a subject"


def _is_a_key(text: ast.expr) -> bool:
    """A name, attribute or field of a row that histories use as a key."""
    match text:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name in ("actor", "by", "subject") or name.endswith(("_by", "_actor", "_subject"))
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _is_a_key(inner)
    return False


def _is_printed(text: ast.expr) -> bool:
    return isinstance(text, ast.Call) and isinstance(text.func, ast.Name) and text.func.id == "str"


def made_by_hand(source: str) -> Iterator[int]:
    """Lines that write a person's actor themselves."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.JoinedStr(values=[ast.Constant(value="person "), *_]):
                yield node.lineno


def _sources() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield str(path.relative_to(ROOT)), path.read_text()


def test_no_code_takes_an_actor_a_subject_or_printed_money_apart() -> None:
    found = {name: lines for name, source in _sources() if (lines := list(taken_apart(source)))}
    assert found.keys() == ANOTHER_SUBJECT.keys(), found


def test_a_persons_actor_is_written_in_one_place() -> None:
    assert {name for name, source in _sources() if list(made_by_hand(source))} == {ACTORS_HOME}


PLANTED = {
    "a prefix": 'if actor.startswith("person "): pass',
    "what follows it": 'UUID(entry.by.removeprefix("person "))',
    "two parts": 'kind, _, row_id = finding.subject.partition(" ")',
    "a pattern": "re.match(r'person (.+)', row.claimed_by)",
    "a slice": "entry.actor[7:]",
    "a field of an answer": 'one["subject"].startswith(kind)',
    "a part that is looked for": 'if "worker" in change.by: pass',
    "by its text": 'str(row.given_by).split(" ")',
    "money by its currency": 'Decimal(str(value).removesuffix(f" {value.currency}"))',
    "money by its space": 'written, _, _ = str(Amount(minor, currency)).partition(" ")',
}
COMPARED = {
    "an actor": "if session.actor == actor_of(person_id): pass",
    "one of several": "known.get(entry.by, entry.by)",
    "a field": 'subject["kind"]',
    "the digits": "Amount(minor, currency).major",
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_reading_is_found(planted: str) -> None:
    assert list(taken_apart(planted)) != []


@pytest.mark.parametrize("compared", COMPARED.values(), ids=COMPARED.keys())
def test_what_is_compared_whole_is_left_alone(compared: str) -> None:
    assert list(taken_apart(compared)) == []
