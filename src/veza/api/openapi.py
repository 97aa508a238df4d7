"""The OpenAPI 3.1 description at /api/openapi.json, and a page that shows it without asking any other server."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, License, Tag
from markupsafe import Markup, escape
from msgspec import Struct

from veza.api.security import SESSION, TOKEN, schemes

_DESCRIPTION = """Veza sells music for artists and, when a buyer is refunded, really takes the seller's share back.

Amounts are whole minor units with a currency. Every write takes an `Idempotency-Key`; a write with `If-Match` is done
only to what its sender has read; lists are paged with cursors,
sorted and filtered (docs/api-lists.md); every error is `application/problem+json` with a stable `type`
(docs/api-problems.md)."""

_METHODS = ("get", "post", "put", "patch", "delete")


def openapi_config(tags: list[Tag], session_cookie: str) -> OpenAPIConfig:
    """The description's frame; the operations come from the handlers."""
    return OpenAPIConfig(
        title="Veza",
        version=version("veza"),
        description=_DESCRIPTION,
        license=License(name="AGPL-3.0-or-later", identifier="AGPL-3.0-or-later"),
        tags=tags,
        path="/api",
        components=Components(security_schemes=schemes(session_cookie)),
        render_plugins=[DocsPage(path="/docs"), Document(path="/openapi.json")],
        use_handler_docstrings=True,
    )


class Document(JsonRenderPlugin):
    """The description as JSON, written once: it is a megabyte and stays the same while the process runs."""

    _written: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document for `openapi_schema`, which the framework hands over already built."""
        if self._written is None:
            self._written = super().render(request, _explained(openapi_schema))
        return self._written


class DocsPage(OpenAPIRenderPlugin):
    """The description as one plain HTML page: no script, no font, no address outside this server.

    Written once: it takes a second, in which no other request is answered.
    """

    _written: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page for `openapi_schema`, which the framework hands over already built."""
        if self._written is None:
            self._written = self._write(request, openapi_schema)
        return self._written

    def _write(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        from jinja2 import Environment, PackageLoader  # a tenth of a second that only readers of this page pay

        environment = Environment(loader=PackageLoader("veza.api", "templates"), autoescape=True)
        environment.filters |= {"prose": _prose, "code": _code, "linked": _linked}
        # A round trip through JSON: the schema holds enums and objects that only its own encoder knows.
        schema = json.loads(self.render_json(request, _explained(openapi_schema)))
        shapes = [(name, _written(shape)) for name, shape in sorted(schema["components"]["schemas"].items())]
        page = environment.get_template("docs.html")
        return page.render(api=schema, operations=_operations(schema), shapes=shapes).encode()


def _prose(text: str) -> Markup:
    """Paragraphs as HTML: a docstring's line ends are where its source was full, not where a reader's window is."""
    return Markup("\n").join(Markup("<p>{}</p>").format(_code(" ".join(part.split()))) for part in text.split("\n\n"))


def _code(text: str) -> Markup:
    """What stands between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped first)


def _linked(text: str) -> Markup:
    """JSON whose references lead to where the page shows them: a browser opens what is folded around it."""
    named = re.compile(r"#/components/schemas/([\w.-]+)")
    return Markup(named.sub(r'<a href="#shape-\1">\1</a>', str(escape(text))))  # noqa: S704  (escaped first)


def _explained(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` with the docstring of every shape as its description, which the framework leaves out, and with a word
    about every id in a path."""
    said = {shape.__name__: inspect.cleandoc(shape.__doc__) for shape in _shapes(Struct) if shape.__doc__}
    for name, shape in schema.get("components", {}).get("schemas", {}).items():
        if name in said:
            shape["description"] = said[name]
    for path, item in schema.get("paths", {}).items():
        shown = item.get("get", {}).get("responses", {}).get("200", {})
        if path.startswith("/api/v1/") and "application/json" in shown.get("content", {}):
            shown.setdefault("headers", {})["ETag"] = _TAG
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"].endswith("_id"):
                    what = parameter["name"].removesuffix("_id").replace("_", " ")
                    parameter.setdefault("description", f"The id of the {what}.")
    return schema


_TAG = {
    "schema": {"type": "string"},
    "description": "Of what is shown here. Send it back as If-Match with a change of it: that is refused with 412 "
    "where another write was first.",
}


def _shapes(base: type[Struct]) -> Iterator[type[Struct]]:
    for shape in base.__subclasses__():
        if shape.__module__.startswith("veza."):
            yield shape
            yield from _shapes(shape)


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation with its examples and shapes written out as text, in the order of the paths."""
    operations = []
    for path, item in sorted(schema.get("paths", {}).items()):
        for method in _METHODS:
            if method not in item:
                continue
            operation = item[method]
            operations.append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "tag": (operation.get("tags") or ["other"])[0],
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "callers": _callers(operation.get("security", [])),
                    "parameters": operation.get("parameters", []),
                    "body": _json_shape(operation.get("requestBody", {}), schema),
                    "responses": [
                        (status, response.get("description", ""), _json_shape(response, schema))
                        for status, response in sorted(operation.get("responses", {}).items())
                    ],
                }
            )
    return sorted(operations, key=lambda operation: operation["tag"])


def _callers(security: list[dict[str, list[str]]]) -> str:
    """Who may call it, as a sentence; empty where the description says nothing of it."""
    ways = []
    for one in security:
        if not one:
            ways.append("anybody")
        if SESSION in one:
            ways.append("a session")
        if TOKEN in one:
            ways.append(f"a token with the scope {' and '.join(one[TOKEN])}")
    return f"By {', '.join(ways[:-1])}{' or ' if ways[:-1] else ''}{ways[-1]}." if ways else ""


def _json_shape(container: dict[str, Any], schema: dict[str, Any]) -> str:
    """The JSON shape inside a request body or a response, its top reference resolved, its examples with it."""
    for content in container.get("content", {}).values():
        found = content.get("schema", {})
        whole = found["allOf"][0] if len(found.get("allOf", ())) == 1 else found
        if name := whole.get("$ref", "").rpartition("/")[2]:
            more = {key: value for key, value in found.items() if key not in ("allOf", "$ref")}
            found = schema["components"]["schemas"][name] | more
        return _written(found)
    return ""


def _written(shape: dict[str, Any]) -> str:
    return json.dumps(shape, indent=2, ensure_ascii=False)
