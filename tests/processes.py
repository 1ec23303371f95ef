"""Processes as a test sees them from outside."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def parents() -> dict[int, int]:
    """Return each running process with its parent; zombies don't count."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] not in {"Z", "X"}:
            found[int(stat.parent.name)] = int(fields[1])
    return found


def family(pid: int) -> set[int]:
    """Return a process and all that descends from it."""
    known = parents()
    members = {pid} & known.keys()
    while more := {child for child, parent in known.items() if parent in members} - members:
        members |= more
    return members


def command_line(pid: int) -> str:
    """Return what a process was started with; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ").strip()
    except OSError:
        return ""


def slower() -> float:
    """Return how many times longer than alone something takes on this machine just now, by who waits for its processors."""
    return max(os.getloadavg()[0] / (os.cpu_count() or 1), 1)


def wait_for(condition: Callable[[], object], *, seconds: float = 300, pause: float = 0.05) -> None:
    """Wait until `condition` holds, asking after each pause. Raises AssertionError when it doesn't in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(pause)
