"""What a handler returns when an ASGI application is to answer: the framework sends nothing of its own."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.types import ASGIApp


class ServedResponse(Response[bytes]):
    """The answer that `served` gives to the request. What it raises before it begins is answered as a problem."""

    def __init__(self, served: ASGIApp) -> None:
        super().__init__(b"")
        self._served = served

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **given: Any) -> Any:
        """What Litestar asks for; it calls what it gets."""
        return self._served
