"""HTTP/1.1 as httptools parses it, with a bound it does not have, and one Host.

The parser in Python, which uvicorn takes where there is no other, cost 7 % more processor for a whole request.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 65_536
"""Of the lines before a body; a line without end would fill the memory. The longest thing we send there has 1,200."""


class HttpProtocol(HttpToolsProtocol):
    """One connection. A head that is too large, or has no Host or several, gets 400, and the connection ends."""

    _in_head = True
    _ended = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._ended = False
        super().data_received(data)
        if not self._in_head:
            return
        # What came with the end of a message was mostly its body.
        self._head_bytes = 0 if self._ended else self._head_bytes + len(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The lines before a request's body may have {MOST_HEAD_BYTES} bytes.")

    def on_headers_complete(self) -> None:
        self._in_head = False
        hosts = sum(name == b"host" for name, _ in self.headers)
        # RFC 9112, 3.2: a proxy and we might each believe another of several.
        if hosts != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            raise ValueError(f"a request names one host, this one {hosts}")  # the parser makes it a 400
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._ended = True, True
        super().on_message_complete()
