"""The one client of tests: requests to an application's API, what they must be answered, lists read to their end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any, ClassVar
from uuid import UUID, uuid4

import httpx

from tests.api.visitors import visiting

API = "/api/v1"
DEFAULT_URL = "http://127.0.0.1:8000"
"""Where a whole Veza says it is, unless a setting says otherwise."""
UNKNOWN_ID = "01890000-0000-7000-8000-000000000000"
"""An id that no row has."""
MOST_PAGES = 200
EXPECTED = {"GET": 200, "POST": 201}
"""Other methods are answered 200, unless a test says otherwise."""


def http_client(
    asgi: Any,
    headers: dict[str, str] | None = None,
    address: str = "127.0.0.1",
    *,
    base_url: str = "http://veza.test",
    cookies: dict[str, str] | None = None,
) -> httpx.AsyncClient:
    """A browser's worth of HTTP; an unhandled error comes back as a problem, as it does from a real server."""
    transport = httpx.ASGITransport(app=asgi, raise_app_exceptions=False, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers, cookies=cookies)


def hidden_fields(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's forms, as a browser sends them back."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))


def text_of(page: str) -> str:
    """A page as one reads it."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


@dataclass
class Client:
    """Requests by `by`: a person (with `roles`), headers, or a visitor; every write has a key of its own."""

    client: httpx.AsyncClient
    roles_of_a_person: ClassVar[tuple[str, ...]] = ()
    """What a person is who comes without `roles`."""

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: UUID | dict[str, str] | None = None,
        roles: tuple[str, ...] = (),
        key: str | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        content: bytes | None = None,
        **query: Any,
    ) -> httpx.Response:
        """Any request under /api/v1, with any answer; a write without a body sends `{}`."""
        said = await self.headers_of(by, roles, method, path)
        if method != "GET":
            said["Idempotency-Key"] = key or str(uuid4())
        json = {} if body is None and method in ("POST", "PUT", "PATCH") else body
        sent = {"json": json} if json is not None and content is None else {"content": content}
        query = {**(params or {}), **query}
        return await self.client.request(
            method, f"{API}{path}", headers={**said, **(headers or {})}, params=query or None, **sent
        )

    async def headers_of(
        self, by: UUID | dict[str, str] | None, roles: tuple[str, ...], method: str, path: str
    ) -> dict[str, str]:
        """Who asks, as headers."""
        if isinstance(by, dict):
            return dict(by)
        return visiting(by, *(roles or self.roles_of_a_person)) if by or roles else {}

    async def call(self, method: str, path: str, body: Any = None, *, expect: int | None = None, **how: Any) -> Any:
        """A request that must be answered with `expect`; the decoded answer."""
        answer = await self.send(method, path, body, **how)
        assert answer.status_code == (expect or EXPECTED.get(method, 200)), answer.text
        return answer.json() if answer.content else None

    async def get(self, path: str, expect: int = 200, **how: Any) -> Any:
        return await self.call("GET", path, expect=expect, **how)

    async def post(self, path: str, body: Any = None, **how: Any) -> Any:
        return await self.call("POST", path, body, **how)

    async def refused(
        self, method: str, path: str, body: Any = None, status: int = 0, kind: str = "", **how: Any
    ) -> str:
        """A request that must be refused as this kind of problem; its sentence."""
        answer = await self.send(method, path, body, **how)
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (status, f"urn:veza:problem:{kind}"), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return str(problem["detail"])

    async def walk(self, path: str, limit: int = 2, **how: Any) -> list[Any]:
        """Every item of a list, page by page."""
        items: list[Any] = []
        cursor: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = await self.get(path, limit=limit, **how, **cursor)
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}
        raise AssertionError(f"the pages of {path} do not end")
