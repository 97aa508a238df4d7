"""Changing an object in place, and what `previous_attributes` says about it."""

from __future__ import annotations

from typing import Any

from veza.lab.sandbox.wire import Obj


def change(obj: Obj, **new: Any) -> Obj:
    """Set `new` on the object; returns what an event's `previous_attributes` names: the old values of what changed.

    Inside a nested object only its changed keys are named, null for those that are new; an array is named whole.
    """
    previous = _differences(obj, {**obj, **new}, list(new))
    obj.update(new)
    return previous


def changed_since(before: Obj, obj: Obj) -> Obj:
    """The `previous_attributes` of an object that was changed elsewhere: of the old values, those that changed."""
    return {name: old for name, old in before.items() if obj[name] != old}


def _differences(before: Obj, after: Obj, names: list[str]) -> Obj:
    found: Obj = {}
    for name in names:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found[name] = _differences(old, new, [*old, *(key for key in new if key not in old)])
        else:
            found[name] = old
    return found
