"""Older versions of Stripe's API: which are answered, in which shape, and which are refused.

Objects are kept in the shape of `API_VERSION`. An answer in an older version passes through every change made since,
newest first. Source: https://docs.stripe.com/changelog, and the typings of the SDKs of those versions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from veza.lab.sandbox.errors import ApiError
from veza.lab.sandbox.offers.check import not_offered
from veza.lab.sandbox.offers.typings import api_versions
from veza.lab.sandbox.settings import API_VERSION
from veza.lab.sandbox.wire import Form, Obj

OLDEST = "2024-04-10"
"""Since this version payment intents capture asynchronously by default, as they do here."""


@dataclass(frozen=True, slots=True)
class Change:
    """A breaking change of Stripe's that what is offered here shows; `older` restores one object, `newer` a form.

    `before` is the version that made it, `kind` the object it concerns.
    """

    before: str
    what: str
    kind: str
    older: Callable[[Obj], Obj]
    newer: Callable[[Form], None] | None = None


def _hosted_page(session: Obj) -> Obj:
    return {**session, "ui_mode": "hosted"}


def _hosted(form: Form) -> None:
    if form.get("ui_mode") == "hosted":
        form["ui_mode"] = "hosted_page"


CHANGES = (
    Change(
        "2026-03-25.dahlia",
        "a checkout session's `ui_mode` is `hosted`, in requests and answers, where it is `hosted_page` now",
        "checkout.session",
        _hosted_page,
        _hosted,
    ),
    Change(
        "2025-03-31.basil",
        "a checkout session has `shipping_details` (always null)",
        "checkout.session",
        lambda session: {**session, "shipping_details": None},
    ),
    Change(
        "2025-03-31.basil",
        "a charge has `invoice` (always null)",
        "charge",
        lambda charge: {**charge, "invoice": None},
    ),
    Change(
        "2025-03-31.basil",
        "a payment intent has `invoice` (always null)",
        "payment_intent",
        lambda intent: {**intent, "invoice": None},
    ),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What separates one version from the current one."""

    changes: tuple[Change, ...]

    def read(self, path: str, form: Form) -> None:
        """Put a request's parameters into the current version's words."""
        for change in self.changes:
            if change.newer is not None and path.startswith("/v1/" + change.kind.replace(".", "/")):
                change.newer(form)

    def show(self, value: object) -> object:
        """An answer, with the objects inside it, as this version has it."""
        if isinstance(value, list):
            return [self.show(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("object") == "event":  # a snapshot in the version it was made in
            return value
        shown: Obj = {name: self.show(inner) for name, inner in value.items()}
        for change in self.changes:
            if shown.get("object") == change.kind:
                shown = change.older(shown)
        return shown


CURRENT = Shape(())
_shapes: dict[str, Shape] = {API_VERSION: CURRENT}


def shape_of(version: str) -> Shape:
    """How a version is answered; raises ApiError 400 for one that never was or is not offered."""
    shape = _shapes.get(version)
    if shape is None:
        known = list(api_versions())
        if version not in known:
            raise ApiError(
                400,
                f"Invalid Stripe API version: {version}. This sandbox speaks {OLDEST} to {API_VERSION}.",
                kept=False,
            )
        if known.index(version) < known.index(OLDEST):
            refusal = not_offered(f"Stripe-Version={version}")
            refusal.message += f" It answers {OLDEST} to {API_VERSION}, each in its own shape."
            raise refusal
        shape = Shape(tuple(change for change in CHANGES if known.index(version) < known.index(change.before)))
        _shapes[version] = shape
    return shape
