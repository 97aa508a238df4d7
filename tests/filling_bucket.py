"""A bucket that fills up: what stands before an S3 server hands on what is asked, until so many bytes were written."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

MINIO_FULL = (507, "XMinioStorageFull")
OVER_QUOTA = (403, "QuotaExceeded")
FULL_ANSWERS = (MINIO_FULL, OVER_QUOTA, (400, "XMinioAdminBucketQuotaExceeded"))
"""Status and code by which services say that there is no space. A status below 500 is asked once, not six times."""
_OF_A_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


class FillingBucket:
    """Takes `space_bytes` more, or as many as come; says `answer` to writes beyond."""

    def __init__(self, port: int, space_bytes: int | None = None) -> None:
        self.space_bytes, self.answer = space_bytes, OVER_QUOTA
        self._behind = port

    @property
    def is_full(self) -> bool:
        return self.space_bytes is not None and self.space_bytes <= 0

    def answered(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """What the server behind says, or that there is no space."""
        if method in ("PUT", "POST"):
            if self.space_bytes is not None:
                self.space_bytes -= len(body) or 1
            if self.is_full:
                return self.answer[0], [("Content-Type", "application/xml")], self._said()
        line = http.client.HTTPConnection("127.0.0.1", self._behind, timeout=30)
        try:
            line.request(method, path, body, dict(headers.items()))
            answer = line.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_A_HOP]
            if method == "HEAD" and answer.getheader("Content-Length"):
                kept.append(("Content-Length", str(answer.getheader("Content-Length"))))
            return answer.status, kept, answer.read()
        finally:
            line.close()

    def _said(self) -> bytes:
        return f'<?xml version="1.0"?><Error><Code>{self.answer[1]}</Code><Message>no space</Message></Error>'.encode()


@contextmanager
def a_filling_bucket(port: int, space_bytes: int | None = None) -> Iterator[tuple[FillingBucket, int]]:
    """The bucket before the S3 server at `port`, and the port it is reached by."""
    bucket = FillingBucket(port, space_bytes)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, said = bucket.answered(self.command, self.path, self.headers, body)
            self.send_response_only(status)
            if self.command != "HEAD":
                headers = [*headers, ("Content-Length", str(len(said)))]
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket, server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
