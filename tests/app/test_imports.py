"""What a process that serves never loads: codecs, arrays, colours and clients of services that are not set."""

from __future__ import annotations

import subprocess
import sys

LATER = {
    "av": "codecs", "numpy": "arrays", "grpc": "gRPC", "aio_pika": "RabbitMQ", "aiosmtplib": "mail", "fpdf": "PDF",
    "coloraide": "colours", "feedgenerator": "feeds",
}  # fmt: skip


def test_a_server_is_built_without_codecs_and_without_clients_of_what_is_not_set() -> None:
    asks = f"import sys, veza.app.build; print([one for one in {list(LATER)} if one in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
