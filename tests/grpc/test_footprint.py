"""What gRPC costs a Veza that does not use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BUILT = """
import sys
from pathlib import Path
from veza.app import build
from veza.settings import Settings
build(Settings(var_dir=Path(sys.argv[1]), grpc_listen=sys.argv[2]))
print(*sorted({"grpc", "google.protobuf"} & sys.modules.keys()))
"""


def test_the_library_is_imported_only_where_the_service_is_on(tmp_path: Path) -> None:
    def imported(listen: str) -> str:
        run = [sys.executable, "-c", BUILT, str(tmp_path), listen]
        return subprocess.run(run, capture_output=True, text=True, check=True, timeout=120).stdout.strip()

    assert imported("") == ""
    assert imported("127.0.0.1:0") == "google.protobuf grpc"
