"""What a handler takes, and where each of it comes from.

A handler is a plain function that names what it needs. Litestar reads from a function's signature what to take from a
request; the signature it is shown for a handler is written here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, KwargDefinition

from veza.accounts.identity import Identity
from veza.http.identity import identity_of
from veza.http.language import language_of, language_to_keep
from veza.http.limits import address_of
from veza.http.problems import Kind
from veza.http.requests import DoorRequest

Handler: TypeAlias = Callable[..., Any]
"""A coroutine function; of what is opened around one, a context manager."""
_IN_PATH = re.compile(r"\{(\w+):")


@dataclass(frozen=True)
class FromRequest:
    """`Annotated[T, FromRequest(read)]`: the parameter is what `read` finds in the request."""

    read: Callable[[DoorRequest], Any]


@dataclass(frozen=True)
class Around:
    """`Annotated[T, Around(opened)]`: the parameter is what the context manager `opened` gives. It is entered before
    the transaction begins and left after it has ended. `opened` takes parameters as a handler does; `problems` are what
    it may answer."""

    opened: Callable[..., AbstractAsyncContextManager[Any]]
    problems: tuple[Kind, ...] = ()


_BY_TYPE: Mapping[Any, Callable[[DoorRequest], Any]] = {Identity: identity_of, DoorRequest: lambda request: request}


Address: TypeAlias = Annotated[str, FromRequest(address_of)]
"""The network address that the request comes from."""

Language: TypeAlias = Annotated[str, FromRequest(language_to_keep)]
"""The language of mails that the request causes (BCP 47)."""

AnswerLanguage: TypeAlias = Annotated[str, FromRequest(language_of)]
"""The language to put stored messages into words in (BCP 47)."""


class Endpoint:
    """A handler, and how its parameters are found.

    A parameter is, in this order: of a type in `handed`, which the declaration hands over; `FromRequest` or `Around`;
    the identity or the request; what a `QueryParameter`, `HeaderParameter` or `PathParameter` says; a part of the path
    by its name; the body, by the name `data`; else what the router provides under that name.
    """

    def __init__(self, handler: Handler, path: str, handed: frozenset[type], body: Any = None) -> None:
        """`body` is an example of `data`."""
        self.handler = handler
        self.handed: dict[type, str] = {}
        """Type of what the declaration hands over → the parameter's name."""
        self.found: dict[str, inspect.Parameter] = {}
        """What Litestar finds, by name."""
        self._around: dict[str, tuple[Around, Endpoint]] = {}
        self._from_request: dict[str, Callable[[DoorRequest], Any]] = {}
        self._path, self._body = path, body
        hints = get_type_hints(handler, include_extras=True)
        self.returns = hints.pop("return", None)
        for name, parameter in inspect.signature(handler).parameters.items():
            self._sort(name, hints[name], parameter.default, handed)

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """What Litestar finds for the handler and for what is opened around it."""
        of_others = {name: one for _, opener in self._around.values() for name, one in opener.found.items()}
        return {**of_others, **self.found}

    @property
    def problems(self) -> tuple[Kind, ...]:
        """What may be answered before the handler runs."""
        return tuple(kind for around, _ in self._around.values() for kind in around.problems)

    def values(self, request: DoorRequest, found: Mapping[str, Any]) -> dict[str, Any]:
        """The handler's parameters by name, but for what is handed over and what stands around."""
        values = {name: found[name] for name in self.found}
        for name, read in self._from_request.items():
            values[name] = read(request)
        return values

    @asynccontextmanager
    async def opened(self, request: DoorRequest, found: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The same with what stands around, which ends with the block."""
        values = self.values(request, found)
        if not self._around:
            yield values
            return
        async with AsyncExitStack() as stack:
            for name, (around, opener) in self._around.items():
                values[name] = await stack.enter_async_context(around.opened(**opener.values(request, found)))
            yield values

    def _sort(self, name: str, hint: Any, default: Any, handed: frozenset[type]) -> None:
        kind, *remarks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        remark = next((one for one in remarks if isinstance(one, (FromRequest, Around, KwargDefinition))), None)
        if kind in handed:
            self.handed[kind] = name
        elif isinstance(remark, Around):
            self._around[name] = remark, Endpoint(remark.opened, self._path, frozenset(), self._body)
        elif isinstance(remark, FromRequest):
            self._from_request[name] = remark.read
        elif kind in _BY_TYPE:
            self._from_request[name] = _BY_TYPE[kind]
        else:
            self.found[name] = _parameter(name, hint if remark else self._for_litestar(name, hint), default)

    def _for_litestar(self, name: str, hint: Any) -> Any:
        if name in _IN_PATH.findall(self._path):
            return of_shape(FromPath, hint)
        if name == "data":
            return Annotated[hint, BodyKwarg(examples=[Example(value=self._body)])]
        return of_shape(NamedDependency, hint)


def for_litestar(answer: Handler, endpoint: Endpoint, returns: Any, **more: Any) -> Handler:
    """`answer`, which takes the request and by name what Litestar finds, with the name and docstring of the endpoint's
    handler and a signature that says so. `more` are parameters that the declaration itself takes, each an annotation,
    an annotation and a default, or a Parameter."""
    parameters = {"request": _parameter("request", DoorRequest), **endpoint.parameters}
    for name, one in more.items():
        annotation, default = one if isinstance(one, tuple) else (one, inspect.Parameter.empty)
        own = one if isinstance(one, inspect.Parameter) else _parameter(name, annotation, default)
        parameters.setdefault(name, own)
    for attribute in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(answer, attribute, getattr(endpoint.handler, attribute))
    answer.__annotations__ = {name: one.annotation for name, one in parameters.items()} | {"return": returns}
    answer.__signature__ = inspect.Signature([*parameters.values()], return_annotation=returns)  # type: ignore[attr-defined]  # Litestar reads it
    return answer


def of_shape(kind: Any, shape: Any) -> Any:
    """`kind[shape]`, where the shape is known only when a declaration runs."""
    return kind[shape]


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
