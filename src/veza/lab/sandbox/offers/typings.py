"""What Stripe itself knows: parameter names and values, read from the typings of the official SDK.

The files are parsed, not imported, and only when a request is about to be refused or a page is written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

Names = Collection[str]
TYPE_NAME = re.compile(r"[A-Z]\w*")


FORMER: dict[str, tuple[str, ...]] = {
    "customer_create": ("coupon", "promotion_code"),
    "customer_update": ("coupon", "promotion_code"),
    "payment_method_update": ("link", "naver_pay", "pay_by_bank", "payto"),
}
"""Parameters that older versions answered here still have and the installed SDK's typings do not."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one endpoint; `source` names the SDK's file, such as `checkout/session_create`."""

    source: str

    def inside(self, path: str) -> Names:
        """Names Stripe knows within `path` (`line_items[0][price_data]`; empty: at the top)."""
        names = _members(self.source, self._class_at(path))
        return names if path or self.source not in FORMER else [*names, *FORMER[self.source]]

    def values_of(self, path: str) -> Names:
        """The values of an enumeration, in Stripe's order; empty for what is none."""
        outer, _, name = _trail(path).rpartition("/")
        annotation = _members(self.source, self._class_at(outer)).get(name, "")
        return [value for value in _literals(annotation) if value]

    def _class_at(self, path: str) -> str:
        here = _top(self.source)
        for name in filter(None, _trail(path).split("/")):
            annotation = _members(self.source, here).get(name, "")
            known = _classes(self.source)
            here = next((word for word in TYPE_NAME.findall(annotation) if word in known), "")
        return here


@cache
def api_versions() -> Names:
    """Every version of Stripe's API there ever was, oldest first."""
    return Parameters("webhook_endpoint_create").values_of("api_version")


@cache
def addresses() -> frozenset[tuple[str, str]]:
    """Every endpoint of the SDK's two APIs as (method, path), `*` for each id."""
    found = set()
    call = re.compile(r'"(get|post|delete)",\s*(?:f?"(/v[12]/[^"]*)"|)')
    for file in _folder().rglob("*_service.py"):
        for method, path in call.findall(file.read_text()):
            if path:
                found.add((method.upper(), re.sub(r"\{[^}]*\}", "*", path)))
    return frozenset(found)


def _trail(path: str) -> str:
    """`line_items[0][price_data]` → `line_items/price_data`."""
    return "/".join(name for name in path.replace("]", "").split("[") if not name.isdecimal())


def _folder() -> Path:
    spec = find_spec("stripe")
    if spec is None or spec.origin is None:
        raise RuntimeError("the stripe SDK is not installed")
    return Path(spec.origin).parent


@cache
def _classes(source: str) -> dict[str, dict[str, str]]:
    """Every class of a file with its members and their annotations as text."""
    folder, _, name = source.rpartition("/")
    text = (_folder() / "params" / folder / f"_{name}_params.py").read_text()
    return {
        node.name: {
            line.target.id: ast.unparse(line.annotation)
            for line in node.body
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        }
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    }


def _members(source: str, name: str) -> dict[str, str]:
    return _classes(source).get(name, {})


def _top(source: str) -> str:
    return next(iter(_classes(source)), "")


def _literals(annotation: str) -> list[str]:
    """The values of every `Literal[…]` in an annotation."""
    values: list[str] = []
    for inner in re.findall(r"Literal\[([^\]]*)\]", annotation):
        values += re.findall(r"""\\?['"](.*?)\\?['"]""", inner)
    return values
