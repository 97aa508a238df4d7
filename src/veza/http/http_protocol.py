"""HTTP/1.1 as httptools parses it, with bounds it does not have on size and time, and one Host.

The parser in Python, which uvicorn takes where there is no other, cost 7 % more processor for a whole request.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from veza.http.connections import ConnectionRules, Connections
from veza.http.file_sending import ZERO_COPY_SEND, FileSending, Outlet, is_in_memory
from veza.http.known_files import KnownFiles, Part, say_answered

MOST_HEAD_BYTES = 65_536
"""Bytes of the lines before a body; a line without end would fill the memory. Our longest cookie has 1,200."""
FLUSH_SECONDS = 5.0
"""Time for the last answer to a client, before its connection is closed."""

_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/problem+json\r\n"
    b"cache-control: private, no-store\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
)
_TOO_SLOW_BODY = (
    b'{"type":"urn:veza:problem:request-timeout","title":"The request came too slowly","status":408,'
    b'"detail":"the request was not whole in time"}'
)


class HttpProtocol(HttpToolsProtocol):
    """One connection. It ends with 400 if a head is too large or has no or several Hosts, with 408 if head or body are
    not whole in time, and if an answer is not read."""

    connections_of_server: ClassVar[Connections] = Connections(ConnectionRules())
    known_files: ClassVar[KnownFiles] = KnownFiles()

    _outlet: Outlet
    _in_head = True
    _ended = False
    _is_answered_here = False
    _is_counted = False
    _head_bytes = 0
    _body_bytes = 0
    _body_began = 0.0
    _reading: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None

    @classmethod
    def of(cls, connections: Connections) -> type[HttpProtocol]:
        """The protocol of a server whose connections are counted in `connections`."""
        return type("HttpProtocol", (cls,), {"connections_of_server": connections, "known_files": KnownFiles()})

    @property
    def _rules(self) -> ConnectionRules:
        return self.connections_of_server.rules

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._outlet = Outlet(transport, self.flow)
        self._is_counted = self.connections_of_server.opened(self, self._peer)
        if not self._is_counted:
            transport.abort()
            return
        self._reading = self.loop.call_later(self._rules.head.total_seconds(), self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_reading_timer()
        self._stop_writing_timer()
        self.known_files.forget_old()
        if self._is_counted:
            self._is_counted = False
            self.connections_of_server.closed(self, self._peer)
        super().connection_lost(exc)

    def displace(self) -> None:
        """Close at once: another connection takes this one's place."""
        self._leave()
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._ended = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            # What came with the end of a message was mostly its body.
            self._head_bytes = 0 if self._ended else self._head_bytes + len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.send_400_response(f"The lines before a request's body may have {MOST_HEAD_BYTES} bytes.")
                return
            if self._head_bytes and self._reading is None:
                self._reading = self.loop.call_later(self._rules.head.total_seconds(), self._too_slow)
        elif self._reading is None:
            self._reading = self.loop.call_later(self._rules.body.total_seconds(), self._look_at_body)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_reading_timer()
        self._body_bytes, self._body_began = 0, self.loop.time()
        hosts = [name for name, _ in self.headers].count(b"host")
        # RFC 9112, 3.2: a proxy and we might each believe another of several.
        if hosts != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            raise ValueError(f"a request names one host, this one {hosts}")  # the parser makes it a 400
        part = self._known_part()
        if part is None:
            super().on_headers_complete()
        else:
            self._answer_with(part)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self._ended = True, True
        self._stop_reading_timer()
        if self._is_answered_here:
            self._is_answered_here = False
            return
        if self._is_counted and not self.cycle.response_complete:
            self.connections_of_server.is_answered(self, self._peer)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._is_counted and not self.pipeline:
            self.connections_of_server.waits(self, self._peer)
        super().on_response_complete()
        if self.transport.get_write_buffer_size() and self._writing is None:
            self._writing = self.loop.call_later(self._rules.write.total_seconds(), self._not_read)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(self._rules.write.total_seconds(), self._not_read)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_writing_timer()

    def handle_websocket_upgrade(self) -> None:
        self._stop_reading_timer()
        super().handle_websocket_upgrade()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        super()._start_asgi_task(cycle, FileSending(app, cycle, self._outlet, self.known_files, self.displace))

    def _known_part(self) -> Part | None:
        """What this connection can answer by itself, if it is doing nothing else."""
        known = self.known_files.find(self.url)
        if known is None or (self.cycle is not None and not self.cycle.response_complete):
            return None
        parser = self.parser
        if parser.get_method() != b"GET" or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return None
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            return None
        part = known.part(self.headers, self.server_state.default_headers)
        return part if part is not None and is_in_memory(part.file.descriptor, part.end) else None

    def _answer_with(self, part: Part) -> None:
        began = time.perf_counter()
        start = self._outlet.send_now(part.head, part.file.descriptor, part.start, part.end)
        if start < part.end:
            self._go_on(part, start, began)
            return
        self._is_answered_here = True
        if self._is_counted:
            self.connections_of_server.is_answered(self, self._peer)
            self.connections_of_server.waits(self, self._peer)
        self.server_state.total_requests += 1
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        say_answered(self.url, began)

    def _go_on(self, part: Part, start: int, began: float) -> None:
        """Send the rest as the answer of an application, for which other requests on this connection wait."""
        target = self.url

        async def rest(_scope: Any, _receive: Any, send: Any) -> None:
            file = part.file.descriptor  # open for as long as the part is known here
            await send({"type": ZERO_COPY_SEND, "file": file, "offset": start, "count": part.end - start})
            say_answered(target, began)

        self.app, app = rest, self.app
        try:
            super().on_headers_complete()
        finally:
            self.app = app
        self.cycle.response_started, self.cycle.chunked_encoding = True, False
        self.cycle.expected_content_length = part.end - start

    def _look_at_body(self) -> None:
        """End a body whose time is up, unless it is large and arrives fast enough, or the application reads it
        slowly."""
        self._reading = None
        allowed = self._rules.body.total_seconds() + self._body_bytes / self._rules.body_bytes_per_second
        left = self._body_began + allowed - self.loop.time()
        if self.flow.read_paused:
            left = max(left, self._rules.body.total_seconds())
        if left > 0.001:
            self._reading = self.loop.call_later(left, self._look_at_body)
        else:
            self._too_slow()

    def _too_slow(self) -> None:
        self._reading = None
        if self.transport.is_closing():
            return
        part = "head" if self._in_head else "body"
        received = self._head_bytes if self._in_head else self._body_bytes
        has_begun = not self._in_head or self._head_bytes > 0
        if has_begun:  # browsers open connections to be quicker later, and may never use them
            self.connections_of_server.say("request.too_slow", self._peer, part=part, received_bytes=received)
        answers = self.cycle is not None and not self.cycle.response_complete and self.cycle.response_started
        if has_begun and not answers:
            self.transport.write(_TOO_SLOW % (len(_TOO_SLOW_BODY), _TOO_SLOW_BODY))
        self._leave()
        self.transport.close()
        self._writing = self._writing or self.loop.call_later(FLUSH_SECONDS, self.transport.abort)

    def _not_read(self) -> None:
        """End an answer that the client does not read."""
        self._writing = None
        if self.transport.get_write_buffer_size():
            self.connections_of_server.say("answer.not_read", self._peer)
            self._leave()
            self.transport.abort()

    def _leave(self) -> None:
        """Tell the application that the client has left; what it still sends is dropped."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _stop_reading_timer(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _stop_writing_timer(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
