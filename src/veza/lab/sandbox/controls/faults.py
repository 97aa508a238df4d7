"""How the sandbox misbehaves: fault rules, and the switches of what is only inferred of Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from veza.lab.sandbox import faults
from veza.lab.sandbox.errors import no_such
from veza.lab.sandbox.settings import SandboxSettings, check_switch
from veza.lab.sandbox.steps import Steps
from veza.lab.sandbox.wire import Obj

FIXED_SWITCHES = frozenset(
    {"api_keys", "api_version", "only_webhook", "public_url", "platform_account", "platform_country"}
)


class FaultControls(Steps):
    """The control methods of fault rules and switches."""

    def add_fault(self, kind: str, **rule: Any) -> Obj:
        """Add a fault rule; the arguments are those of `faults.add_rule`."""
        with self._step():
            return faults.add_rule(self.world, kind, **rule)

    def list_faults(self) -> list[Obj]:
        return list(self.world.rules.rows.values())

    def clear_faults(self, id: str | None = None) -> int:
        """Remove one fault rule or all; returns how many."""
        with self._step():
            ids = [id] if id is not None else list(self.world.rules.rows)
            for rule in ids:
                if self.world.rules.get(rule) is None:
                    raise no_such("fault rule", rule)
                self.world.rules.remove(rule)
            return len(ids)

    def switches(self) -> Obj:
        """The settings that may be changed while running."""
        return {
            field.name: getattr(self.settings, field.name)
            for field in fields(SandboxSettings)
            if field.name not in FIXED_SWITCHES
        }

    def set_switches(self, changes: Mapping[str, Any]) -> Obj:
        """Change settings while running; they are kept by the store."""
        current = self.switches()
        for name, value in changes.items():
            if name not in current:
                raise ValueError(f"there is no switch “{name}”; there are {', '.join(current)}")
            check_switch(name, value)
        with self._step():
            self.world.set_fact("switches", {**self.world.fact("switches", {}), **changes})
            self._apply_switches()
        return self.switches()
