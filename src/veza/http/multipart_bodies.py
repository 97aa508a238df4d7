"""A form with a file (multipart/form-data, RFC 7578), read as it arrives: nothing of the file is kept here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header  # type: ignore[import-untyped]  # it has no types

from veza.http.json_bodies import Malformed
from veza.http.problems import UNSUPPORTED_MEDIA_TYPE, Problem
from veza.http.requests import DoorRequest
from veza.kit.messages import gettext

FORM_WITH_FILE = "multipart/form-data"
MOST_FIELDS = 20
MOST_BEFORE_BYTES = 65_536
"""Of the fields before the file, which are read and not used: hidden fields of a page."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a form: its name, and its bytes as they arrive. They raise Malformed where the form is broken, and
    ClientLeft where it ends before it is whole."""

    name: str
    chunks: AsyncIterator[bytes]


async def sent_file(request: DoorRequest) -> SentFile:
    """The file in the form, which is read up to where the file begins. Raises Problem (415), Malformed, ClientLeft."""
    sent, options = parse_options_header(request.headers.get("content-type", ""))
    if sent.lower() != FORM_WITH_FILE or request.headers.get("content-encoding"):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            gettext("this takes {taken}, not {sent}", taken=FORM_WITH_FILE, sent=sent[:60] or "a nameless type"),
        )
    try:
        parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=MOST_FIELDS)
    except MultipartError as error:
        raise _broken(error) from None
    events, before_bytes = _events(request, parser), 0
    async for event in events:
        if isinstance(event, MultipartSegment) and event.filename is not None:
            return SentFile(event.filename, _file(events))
        before_bytes += len(event) if isinstance(event, (bytes, bytearray)) else 0
        if before_bytes > MOST_BEFORE_BYTES:
            break
    raise Malformed(gettext("the form has no file"))


async def _file(events: AsyncGenerator[MultipartSegment | bytes | bytearray | None, None]) -> AsyncIterator[bytes]:
    """The bytes of the file, then the form's end, so that one that is cut off is known."""
    is_whole = False
    async for event in events:
        if event is None:
            is_whole = True
        elif isinstance(event, MultipartSegment):
            if event.filename is not None:
                raise Malformed(gettext("the form has more than one file: send each in a form of its own"))
        elif not is_whole:
            yield bytes(event)


async def _events(
    request: DoorRequest, parser: PushMultipartParser
) -> AsyncGenerator[MultipartSegment | bytes | bytearray | None, None]:
    try:
        with parser:
            async for chunk in request.stream():
                if chunk:
                    for event in parser.parse(chunk):
                        yield event
    except MultipartError as error:
        raise _broken(error) from None


def _broken(error: MultipartError) -> Malformed:
    return Malformed(gettext("the form cannot be read: {error}", error=str(error)[:100]))
