"""What Litestar has read of a function stays known when a test makes an application of its own.

It reads the types of every handler and makes a model of its parameters, 700 in a whole application, of which 320 are
the same answer to OPTIONS. Most handlers are functions of a module, the same in
every application: the first that a process makes is read, the others find what was read. Kept is what depends on the
function, the names it may use and the names of its dependencies; it goes with the function.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from litestar._signature import SignatureModel
from litestar.routes import HTTPRoute
from litestar.utils.helpers import unwrap_partial
from litestar.utils.signature import ParsedSignature

Known = WeakKeyDictionary[Any, dict[Hashable, Any]]
OPTIONS = f"{HTTPRoute.create_options_handler.__qualname__}.<locals>.options_handler"
"""One function for each path, all of the same code."""


def read_once(patch: pytest.MonkeyPatch) -> None:
    """As long as the patch holds."""
    patch.setattr(ParsedSignature, "from_fn", partial(_from_fn, ParsedSignature.from_fn, WeakKeyDictionary()))
    patch.setattr(SignatureModel, "create", partial(_create, SignatureModel.create, WeakKeyDictionary()))


def _from_fn(read: Callable[..., Any], known: Known, fn: Any, signature_namespace: dict[str, Any]) -> Any:
    of_function = known.setdefault(_read_of(fn), {})
    names = tuple(sorted(signature_namespace))
    if names not in of_function:
        of_function[names] = read(fn, signature_namespace)
    return of_function[names]


def _create(
    create: Callable[..., Any],
    known: Known,
    *,
    dependency_name_set: Collection[str],
    fn: Any,
    parsed_signature: Any,
    type_decoders: Sequence[Any],
    **more: Hashable,
) -> Any:
    of_function = known.setdefault(_read_of(fn), {})
    decoders = tuple(unwrap_partial(one).__qualname__ for pair in type_decoders for one in pair)
    key = frozenset(dependency_name_set), id(parsed_signature), decoders, tuple(more.items())
    if key not in of_function:
        of_function[key] = parsed_signature, create(  # which keeps its id
            dependency_name_set=dependency_name_set, fn=fn, parsed_signature=parsed_signature,
            type_decoders=type_decoders, **more,
        )  # fmt: skip
    return of_function[key][1]


def _read_of(fn: Any) -> Any:
    """What the reading of a function is kept by."""
    return fn.__code__ if getattr(fn, "__qualname__", "") == OPTIONS else fn
