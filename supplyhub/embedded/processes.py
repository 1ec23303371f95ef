"""Start programs that end with this process, know them again after a crash, and stop them."""

from __future__ import annotations

import http.client
import os
import signal
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TETHER = Path(__file__).with_name("tether.py")
LOG_LIMIT_BYTES = 5_000_000
POLL_SECONDS = 0.02


def open_log(path: Path) -> int:
    """Open a log file for appending; one beyond 5 MB is first put aside as `.1`. Returns the descriptor."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    prefix: Sequence[str] = (),
    uid: int | None = None,
    on_parent_death: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, its output in `log`.

    It gets `on_parent_death` when the calling thread ends, however it ends: call this from the main thread.
    `prefix` is a program that runs it (unshare); `uid` another user to run as.
    """
    tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), str(int(on_parent_death))]
    output = open_log(log)
    try:
        return subprocess.Popen(
            [*prefix, *tether, "-" if uid is None else str(uid), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            cwd=cwd,
            # Ctrl-C in the terminal reaches this process only, which then stops the others in their order.
            process_group=0,
        )
    finally:
        os.close(output)


def stop(process: subprocess.Popen[bytes], number: signal.Signals, *, seconds: float) -> bool:
    """Send a signal and wait; what is left of its process group after `seconds` is killed.

    Returns whether it went by itself.
    """
    willing = True
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            willing = False
    kill_group(process.pid)
    process.wait()
    return willing


def kill_group(leader: int) -> None:
    """Kill whatever still runs in the process group that `leader` opened."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def started_at(pid: int) -> str | None:
    """Return the kernel's start time of a running process; None when there is none (or only its zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else fields[19]


def remember(path: Path, pid: int) -> None:
    """Write down a process so that a later run knows it again, and doesn't take another one for it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(f"{pid} {started_at(pid)}\n", encoding="ascii")


def leftover(path: Path) -> int | None:
    """Return the pid that `remember` wrote to `path`, if that very process still runs."""
    try:
        pid, _, start = path.read_text(encoding="ascii").strip().partition(" ")
    except OSError:
        return None
    return int(pid) if pid.isdecimal() and started_at(int(pid)) == start else None


def stop_leftover(pid: int, number: signal.Signals, *, seconds: float) -> None:
    """Stop a process of a killed run, which isn't a child of ours; kill it after `seconds`."""
    start = started_at(pid)
    for attempt in (number, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, attempt)
        if gone(pid, start, seconds=seconds):
            return


def gone(pid: int, start: str | None, *, seconds: float) -> bool:
    """Wait until the process with this start time has ended; tell whether it did within `seconds`."""
    end = time.monotonic() + seconds
    while (now := started_at(pid)) is not None and now == start:
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def answers(url: str, *, authority: Path | None = None) -> bool:
    """Tell whether the pages answer without an error of their own; over HTTPS, with a certificate of that authority."""
    where = urlsplit(url)
    host = where.hostname or ""
    if where.scheme == "https":
        context = ssl.create_default_context(cafile=authority)
        # It is asked at the address where it listens, which needn't be one of its names.
        context.check_hostname = False
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, where.port, timeout=5, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, where.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
