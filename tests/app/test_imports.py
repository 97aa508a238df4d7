"""What a process never loads: one that serves no codecs and no clients of services that are not set, one that reads a
stranger's file no database."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = {
    "av": "codecs", "numpy": "arrays", "grpc": "gRPC", "aio_pika": "RabbitMQ", "aiosmtplib": "mail", "fpdf": "PDF",
    "coloraide": "colours", "feedgenerator": "feeds",
}  # fmt: skip


def test_a_server_is_built_without_codecs_and_without_clients_of_what_is_not_set() -> None:
    asks = f"import sys, veza.app.build; print([one for one in {list(LATER)} if one in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("module", ["veza.audio.apart_process", "veza.ingest.reading_process"])
def test_a_process_that_reads_one_file_starts_without_tables_logs_and_event_loop(module: str) -> None:
    """It is started for each file: with them it took 0.7 s of a processor instead of 0.12."""
    asks = f"import sys, {module}; print(sorted({{'sqlalchemy', 'structlog', 'asyncio'}} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-I", "-c", asks], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
