"""Is the port free that Veza would listen on? Asked before anything is installed, with nothing but Python itself.

    python setup/port.py

Reads PORT, HOST and VAR_DIR from the environment, else from .env, as Veza will. Exits 1 with one sentence.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from pathlib import Path


def main() -> int:
    host, port = setting("HOST", "127.0.0.1"), setting("PORT", "8000")
    if not port.isdecimal() or port == "0":
        return 0  # Veza itself says what is wrong with a setting, and 0 takes a free one
    taken = trouble(host, int(port))
    if taken is None:
        return 0
    # The same folder on another port is refused, too: two of one folder would lose each other's sales.
    way_on = whose(int(port)) or f"; choose another port: PORT={free_after(host, int(port))} make run"
    print(f"veza: cannot listen on {host}:{port} ({taken}){way_on}", file=sys.stderr)
    return 1


def setting(name: str, default: str) -> str:
    """The environment's value, else that of .env; an empty one counts as not set."""
    if value := os.environ.get(name, ""):
        return value
    env_file = Path(".env")
    for line in env_file.read_text(errors="replace").splitlines() if env_file.is_file() else ():
        written, _, value = line.strip().removeprefix("export ").partition("=")
        if written.strip() == name and value.strip():
            return value.split(" #")[0].strip().strip("\"'")
    return default


def trouble(host: str, port: int) -> str | None:
    """Why the address cannot be listened on; None when it can, or when only Veza itself can tell."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            known = error.errno in (errno.EADDRINUSE, errno.EACCES)
            return str(error.strerror) if known else None
        except OverflowError:
            return None
    return None


def free_after(host: str, port: int) -> int:
    """The next port that is free now."""
    following = range(port + 1 if port >= 1024 else 8000, 65536)
    return next((one for one in following if trouble(host, one) is None), 8001)


def whose(port: int) -> str:
    """Says so where it is this folder's own Veza that listens there."""
    try:
        note = json.loads((Path(setting("VAR_DIR", "var")) / "running.json").read_text())
        process, address = int(note["process"]), str(note["address"])
        os.kill(process, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if not address.endswith(f":{port}"):
        return ""
    return f": Veza runs there already, process {process}: open {address}, or stop it with kill {process}"


if __name__ == "__main__":
    sys.exit(main())
