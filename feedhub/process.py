"""Processes, told apart: a number alone may be somebody else's by now."""

from __future__ import annotations

import os
from pathlib import Path


def owner() -> str:
    """The name of this process, told apart from an earlier one that had its number."""
    return f"{os.getpid()}-{_started(os.getpid())}"


def alive(name: str) -> bool:
    """Whether the process that called itself so by `owner` still runs."""
    pid, _, started = name.partition("-")
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty where there is none, or no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return fields[19]
