"""What a process that reads a stranger's file does first: bound itself, and bind its end to its parent's."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

from veza.audio.jobs import Limits

_PR_SET_PDEATHSIG = 1
_NICE = 10
_MOST_FILES = 64


def bound(limits: Limits) -> None:
    """Take no more than `limits` from here on."""
    os.nice(_NICE)  # listeners come first
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write raises EFBIG


def end_with_parent() -> None:
    """End when the process that started this one ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
