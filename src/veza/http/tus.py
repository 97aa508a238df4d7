"""tus 1.0 (https://tus.io/protocols/resumable-upload): what its requests say, and what every answer to them says."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import cast

from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Method, Receive, Scope, Send

from veza.http.identity import Connection
from veza.http.problems import TUS_VERSION, UNSUPPORTED_MEDIA_TYPE, Problem
from veza.http.whole_request import one_fault
from veza.kit.messages import gettext

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
BODY = "application/offset+octet-stream"
IS_TUS = "is_tus"
"""`opt={**needs(...), IS_TUS: True}` for an operation of tus. Its writes take no `Idempotency-Key`: the offset says
whether they were done. Other sites' forms cannot use it all the same: they cannot send `Tus-Resumable`."""
LONGEST_METADATA_BYTES = 8_192
MOST_KEYS = 32

_METHODS = frozenset({"PATCH", "DELETE", "HEAD"})
_NUMBER = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[!#-+\-.-~]{1,100}")


class Tus:
    """ASGI wrapper for what lies under `prefix`: names the version in every answer, and does what
    `X-HTTP-Method-Override` says."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        said = next((value for name, value in scope["headers"] if name.lower() == b"x-http-method-override"), b"")
        override = said.decode("latin-1").upper()
        if scope["method"] == "POST" and override in _METHODS:
            scope = {**scope, "method": cast("Method", override)}

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"tus-resumable", VERSION.encode())]
            await send(message)

        await self._app(scope, receive, send_named)


async def demand_version(connection: Connection, handler: BaseRouteHandler) -> None:
    """A rule of routes: raises Problem (412) unless an operation of tus is asked in our version."""
    if handler.opt.get(IS_TUS) and connection.headers.get("tus-resumable") != VERSION:
        raise Problem(
            TUS_VERSION,
            gettext("this takes the header Tus-Resumable: {version}", version=VERSION),
            headers={"Tus-Version": VERSION},
        )


def number_in(headers: Mapping[str, str], name: str) -> int:
    """The number that the header `name` says; raises Problem (400)."""
    given = headers.get(name)
    if given is None:
        raise one_fault("header", name, gettext("is missing"))
    if not _NUMBER.fullmatch(given):
        raise one_fault("header", name, gettext("a whole number of bytes, such as 1048576"))
    return int(given)


def metadata_in(headers: Mapping[str, str]) -> dict[str, str]:
    """`Upload-Metadata`: keys with values in base64, which here are UTF-8. Raises Problem (400)."""
    said, found = headers.get("upload-metadata", ""), dict[str, str]()
    pairs = [pair.strip() for pair in said.split(",") if pair.strip()]
    if len(said) > LONGEST_METADATA_BYTES or len(pairs) > MOST_KEYS:
        raise _bad_metadata()
    for pair in pairs:
        key, _, value = pair.partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise _bad_metadata()
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _bad_metadata() from None
    return found


def _bad_metadata() -> Problem:
    said = gettext(
        "at most {most} pairs of a key and a UTF-8 text in base64, each key once, such as: filename c29uZy5mbGFj",
        most=MOST_KEYS,
    )
    return one_fault("header", "Upload-Metadata", said)


def checksum_in(headers: Mapping[str, str], algorithms: tuple[str, ...]) -> tuple[str, bytes] | None:
    """`Upload-Checksum`: an algorithm and the digest of the body; None without the header. Raises Problem (400)."""
    given = headers.get("upload-checksum")
    if given is None:
        return None
    algorithm, _, written = given.partition(" ")
    try:
        digest = base64.b64decode(written.strip(), validate=True)
    except binascii.Error:
        digest = b""
    if algorithm not in algorithms or not digest:
        said = gettext("one of {algorithms} and the digest in base64", algorithms=", ".join(algorithms))
        raise one_fault("header", "Upload-Checksum", said)
    return algorithm, digest


def demand_bytes(headers: Mapping[str, str]) -> None:
    """Raises Problem (415) unless the body is bytes of a file, as they are."""
    sent = headers.get("content-type", "").partition(";")[0].strip().lower()
    if encoding := headers.get("content-encoding"):
        sent = f"{sent} ({encoding})"
    if sent != BODY:
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            gettext("this takes {taken}, not {sent}", taken=BODY, sent=sent[:60] or "a nameless type"),
        )


def expires(at: datetime) -> str:
    """The time as `Upload-Expires` says it (RFC 9110, 5.6.7)."""
    return format_datetime(at, usegmt=True)
