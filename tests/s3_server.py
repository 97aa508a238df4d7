"""An S3 server for tests: moto's, in a process of its own, which can be stopped and started again where it was."""

from __future__ import annotations

import subprocess
import sys
import urllib.request

from veza.kit.objects import Bucket

SERVE = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", int(sys.argv[1]), verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
NAME = "veza"


class S3Server:
    """Forgets what it holds when it stops. It ends with the process that started it, whose pipe then closes."""

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers, and has the bucket NAME."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", SERVE, str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.ask("PUT", f"/{NAME}")

    def stop(self) -> None:
        """At once, as if its machine were gone."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def bucket(self, prefix: str = "", port: int | None = None) -> Bucket:
        """Its bucket NAME, reached by a `port` that leads to it, or its own."""
        return Bucket(f"s3://{NAME}/{prefix}", f"http://127.0.0.1:{port or self.port}", "us-east-1", "key", "secret")

    def ask(self, method: str, path: str) -> bytes:
        """What it answers to a request without a signature."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())
