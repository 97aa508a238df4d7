"""A status is written in one place: every module's syntax tree is read for any other way to write one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import veza
from veza.kit.database import Base

ROOT = Path(veza.__file__).parent
WRITER = ROOT / "kit" / "moves.py"
# The sandbox plays the provider: the statuses there are Stripe's, in objects that are no rows of ours.
ELSEWHERE = ROOT / "lab" / "sandbox"
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != WRITER and ELSEWHERE not in path.parents)

HTTP_STATUSES = {"IdempotentAnswer"}
"""Tables whose `status` is that of an HTTP answer: a number, and no state of anything."""

_SQL_UPDATE = re.compile(r"\bupdate\b.+\bset\b.*\bstatus\b\s*=", re.IGNORECASE | re.DOTALL)
_SQL_UPSERT = re.compile(r"\bdo\s+update\b.*\bstatus\b\s*=", re.IGNORECASE | re.DOTALL)
_SETTERS = ("setattr", "set_attribute", "set_committed_value", "__setattr__")
_UPDATES = ("values", "update", "on_conflict_do_update", "ordered_values", "bulk_update_mappings")


def violations(source: str) -> list[int]:
    """The lines on which a status is written without `move`: what a row is born with, and `move` itself, are not."""
    found: set[int] = set()
    tree = ast.parse(source)
    updates = _names_of_updates(tree)
    tables = _dicts_with_a_status(tree)
    created = _what_plain_objects_are_born_with(tree)
    for node in ast.walk(tree):
        if node not in created and (
            (isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and _assigns(node))
            or (isinstance(node, ast.For | ast.AsyncFor) and _writes_status(node.target))
            or (isinstance(node, ast.NamedExpr) and _writes_status(node.target))
            or (isinstance(node, ast.Call) and _calls(node, updates, tables))
            or (isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_sql(node.value))
            or (isinstance(node, ast.JoinedStr) and _is_sql(_text_of(node)))
        ):
            found.add(node.lineno)
    return sorted(found)


def _what_plain_objects_are_born_with(tree: ast.AST) -> set[ast.AST]:
    """Assignments to `self` in `__init__` of classes that are no tables: an error that carries a status, say."""
    return {
        assignment
        for table in ast.walk(tree)
        if isinstance(table, ast.ClassDef) and "__tablename__" not in ast.dump(table)
        for function in table.body
        if isinstance(function, ast.FunctionDef) and function.name == "__init__"
        for assignment in ast.walk(function)
        if isinstance(assignment, ast.Assign)
        and all(
            getattr(part.value, "id", "") == "self"
            for target in assignment.targets
            for part in ast.walk(target)
            if isinstance(part, ast.Attribute) and part.attr == "status"
        )
    }


def _assigns(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    # A class attribute's annotation (`status: Mapped[str]`) is a Name; an instance's is an Attribute.
    return any(_writes_status(target) for target in targets)


def _writes_status(target: ast.expr) -> bool:
    return any(
        (isinstance(part, ast.Attribute) and part.attr == "status" and isinstance(part.ctx, ast.Store))
        or (
            isinstance(part, ast.Subscript)
            and isinstance(part.ctx, ast.Store)
            and isinstance(part.value, ast.Attribute)
            and part.value.attr == "__dict__"
            and _is_status(part.slice)
        )
        for part in ast.walk(target)
    )


def _calls(node: ast.Call, updates: set[str], tables: set[str]) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in _SETTERS:
        return any(_is_status(argument) for argument in node.args)
    if name == "execute" and len(node.args) > 1 and _is_update(node.args[0], updates):
        return any(_has_status(argument, tables) for argument in node.args[1:])
    if name not in _UPDATES or not isinstance(node.func, ast.Attribute):
        return False
    if name == "values" and not _is_update(node.func.value, updates):
        return False
    if name == "update" and not node.args and not node.keywords:
        return False
    if name == "update" and _is_machine(node.func.value):  # which refuses a status by itself (kit/moves.py)
        return False
    return (
        any(keyword.arg == "status" for keyword in node.keywords)
        or any(_has_status(keyword.value, tables) for keyword in node.keywords if keyword.arg in (None, "set_"))
        or any(_has_status(argument, tables) for argument in node.args)
    )


def _is_machine(node: ast.expr) -> bool:
    return getattr(node, "attr", getattr(node, "id", "")) == "machine"


def _is_update(node: ast.expr, updates: set[str]) -> bool:
    """Whether this expression builds an UPDATE: it begins with update(...), or with a name that does."""
    return any(
        (isinstance(part, ast.Call) and getattr(part.func, "id", "") in ("update", "sa_update") and _of_a_state(part))
        or (isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "update")
        or (isinstance(part, ast.Name) and part.id in updates)
        for part in ast.walk(node)
    )


def _of_a_state(update: ast.Call) -> bool:
    return not any(isinstance(table, ast.Name) and table.id in HTTP_STATUSES for table in update.args)


def _names_of_updates(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for _ in range(3):  # an update built from an update built from an update
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and _is_update(node.value, names):
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _dicts_with_a_status(tree: ast.AST) -> set[str]:
    """Names that at some point hold a dict with the key `status`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _has_status(node.value, set()):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if (
                    isinstance(target, ast.Subscript)
                    and _is_status(target.slice)
                    and isinstance(target.value, ast.Name)
                ):
                    names.add(target.value.id)
    return names


def _has_status(node: ast.expr, tables: set[str]) -> bool:
    return any(
        (isinstance(part, ast.Dict) and any(key is not None and _is_status(key) for key in part.keys))
        or (isinstance(part, ast.Name) and part.id in tables)
        or (
            isinstance(part, ast.Call)
            and getattr(part.func, "id", "") == "dict"
            and any(keyword.arg == "status" for keyword in part.keywords)
        )
        for part in ast.walk(node)
    )


def _is_status(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "status"
    return isinstance(node, ast.Constant) and node.value == "status"


def _is_sql(text: str) -> bool:
    return bool(_SQL_UPDATE.search(text) or _SQL_UPSERT.search(text))


def _text_of(node: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else " x " for part in node.values)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_but_the_machine_writes_a_status(path: Path) -> None:
    lines = path.read_text().splitlines()
    found = [f"{path}:{number}: {lines[number - 1].strip()}" for number in violations(path.read_text())]
    assert found == [], "only Machine.move writes a status"


def test_the_machine_itself_would_be_found() -> None:
    assert len(MODULES) > 50
    assert violations('class M:\n    async def w(self, s, values):\n        row.status = values["status"]\n') == [3]


def test_the_tables_left_out_keep_http_statuses() -> None:
    tables = {mapper.class_.__name__: mapper.local_table for mapper in Base.registry.mappers}
    assert {tables[name].c.status.type.python_type for name in HTTP_STATUSES} == {int}


PLANTED = {
    "attribute": 'row.status = "reversed"',
    "annotated attribute": 'row.status: str = "reversed"',
    "augmented attribute": 'row.status += "x"',
    "unpacking": 'row.status, row.attempt = "reversed", 2',
    "loop target": "for row.status in rows:\n    pass",
    "with a star": "row.status, *rest = rows",
    "table's own init": 'class T:\n    __tablename__ = "t"\n    def __init__(self):\n        self.status = "x"',
    "another object's in an init": "class E:\n    def __init__(self, row):\n        row.status = 1",
    "setattr": 'setattr(row, "status", "reversed")',
    "object.__setattr__": 'object.__setattr__(row, "status", "reversed")',
    "committed value": 'set_committed_value(row, "status", "reversed")',
    "instance dict": 'row.__dict__["status"] = "reversed"',
    "update keyword": 'session.execute(update(T).where(T.id == 1).values(status="reversed"))',
    "update dict": 'session.execute(update(T).values({"status": "reversed"}))',
    "update column key": 'session.execute(update(T).values({T.status: "reversed"}))',
    "update unpacked dict": 'session.execute(update(T).values(**{"status": "reversed"}))',
    "update named dict": 'facts = {"status": "reversed"}\nsession.execute(update(T).values(**facts))',
    "update filled dict": 'facts = {}\nfacts["status"] = "x"\nsession.execute(update(T).values(**facts))',
    "update dict call": 'session.execute(update(T).values(**dict(status="reversed")))',
    "named update": 'mine = update(T).where(T.id == 1)\nsession.execute(mine.values(status="reversed"))',
    "update of an update": 'a = update(T)\nb = a.where(T.id == 1)\nb.values(status="reversed")',
    "table update": 'session.execute(T.__table__.update().values(status="reversed"))',
    "update with parameters": 'session.execute(update(T), [{"id": 1, "status": "reversed"}])',
    "query update": 'session.query(T).update({"status": "reversed"})',
    "ordered values": 'update(T).ordered_values({"status": "reversed"})',
    "bulk update": 'session.bulk_update_mappings(T, [{"id": 1, "status": "reversed"}])',
    "upsert": 'insert(T).on_conflict_do_update(set_={"status": "reversed"})',
    "raw sql": "session.execute(text(\"UPDATE seller_transfers SET status = 'reversed' WHERE id = 1\"))",
    "raw sql, other column first": 'text("update seller_transfers set attempt = 2, status = :to")',
    "raw sql over lines": 'text("""\nUPDATE seller_transfers\n   SET status = :to\n""")',
    "raw sql in pieces": 'text("UPDATE seller_transfers " "SET status = :to")',
    "formatted sql": 'text(f"UPDATE {table} SET status = {to!r}")',
    "raw upsert": 'text("INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET status = excluded.status")',
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_violation_is_found(planted: str) -> None:
    assert violations(planted) != []


HARMLESS = {
    "reading": 'if row.status == "reversed": pass',
    "declaring": "class T:\n    status: Mapped[str]",
    "moving": 'move(session, row, "reversed", because="x")',
    "another column": "session.execute(update(T).values(attempt=2))",
    "filtering an update": 'update(T).where(T.status == "pending").values(attempt=2)',
    "an answer's status": "answer = Answer(status=200)",
    "a new row": 'insert(T).values(status="pending")',
    "an error that carries one": "class Gone(Exception):\n    def __init__(self, r):\n        self.status = r.status",
    "a local name": 'status = derived_status(row)',
    "selecting": 'text("SELECT status FROM seller_transfers WHERE status = :s FOR UPDATE")',
}  # fmt: skip


@pytest.mark.parametrize("harmless", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_writes_no_status_is_left_alone(harmless: str) -> None:
    assert violations(harmless) == []
