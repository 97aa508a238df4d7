"""The request every door works with: one way to its JSON, one to its form, and a client that leaves is no error."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.types.empty import Empty

from veza.http.forms import parse_form
from veza.http.json_bodies import demand_plain_utf8, read_json
from veza.http.problems import UNSUPPORTED_MEDIA_TYPE, Problem
from veza.kit.messages import gettext

FORM = "application/x-www-form-urlencoded"


class ClientLeft(Exception):
    """The connection ended before the body did: no client is left to be answered."""


class DoorRequest(Request[Any, Any, Any]):
    """A request of any door."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body in parts; raises ClientLeft where it ends before it is whole."""
        try:
            async for part in super().stream():
                yield part
        except InternalServerException as error:
            # Litestar's word for http.disconnect, and for a body that ended so before.
            raise ClientLeft(gettext("the client left before its request was whole")) from error

    async def json(self) -> Any:
        """The body, read once and strictly. Raises Malformed, UnsupportedEncoding and ClientLeft."""
        state = self._connection_state
        if state.json is Empty:
            self.demand_plain_utf8()
            state.json = await read_json(await self.body() or b"null")
        return state.json

    async def form_fields(self) -> Mapping[str, str]:
        """The fields of a page's form, each name once; empty without a body. Raises Malformed, Problem (415)."""
        body = await self.body()
        if not body:
            return {}
        self.demand_plain_utf8()
        sent = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent != FORM:
            raise Problem(
                UNSUPPORTED_MEDIA_TYPE,
                gettext("a form is sent as {form}, not as {sent}", form=FORM, sent=sent[:60] or "a nameless type"),
            )
        return parse_form(body)

    def demand_plain_utf8(self) -> None:
        """Raises UnsupportedEncoding for a body announced in another character set, or compressed."""
        demand_plain_utf8(self.headers.get("content-type", ""), self.headers.get("content-encoding", ""))


async def form_fields(request: Request[Any, Any, Any]) -> Mapping[str, str]:
    """The fields of the form in `request`, which the application made a DoorRequest."""
    if not isinstance(request, DoorRequest):
        raise TypeError(f"a {type(request).__name__} reads no forms: the application's requests are DoorRequests")
    return await request.form_fields()
