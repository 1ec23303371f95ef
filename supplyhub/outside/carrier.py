"""Who has messages carried by a process of its own: what speaks to hundreds of services is loaded there, and nowhere else.

The process waits some seconds for the next message and ends by itself; it ends, too, with whoever started it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from supplyhub.config import surroundings
from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROCESS = (sys.executable, "-P", "-m", "supplyhub.outside.apprise_process")
WAYS = {"robot": "to_robot", "mail": "to_mail_box"}
# Shorter than a message is taken for, see `notifications.sending`.
CARRYING_SECONDS = 30
IDLE_SECONDS = 60
# One that has waited so long may be about to end.
FRESH_SECONDS = IDLE_SECONDS - 20


@dataclass(slots=True)
class Carrier:
    """A `Messenger`. `options`: those of the one that really carries."""

    options: Mapping[str, str] = field(repr=False)
    command: Sequence[str] = PROCESS
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)
    _used_at: float = 0.0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def to_robot(self, address: str, title: str, text: str) -> None:
        """Let the robot of a chat group say something."""
        self._carry("robot", address, title, text)

    def to_mail_box(self, address: str, title: str, text: str) -> None:
        """Send a mail."""
        self._carry("mail", address, title, text)

    def close(self) -> None:
        """End the process; the next message starts another one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _carry(self, *message: str) -> None:
        with self._lock:
            try:
                how, reason = _ask(self._ready(), message)
            except (OSError, ValueError):
                # A broken pipe, or a line that isn't whole: it has ended.
                raise MessengerAwayError(self._why_it_ended()) from None
            except BaseException:
                # Somebody interrupts the wait: what comes now would be taken for the answer to the next message.
                self.close()
                raise
            self._used_at = time.monotonic()
        if how != "taken":
            raise MessengerRefusedError(reason) if how == "refused" else MessengerAwayError(reason)

    def _ready(self) -> subprocess.Popen[str]:
        """Return the process that runs, or start one."""
        if self._process is not None and time.monotonic() - self._used_at < FRESH_SECONDS:
            return self._process
        self.close()
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Whatever goes wrong there may have an address in its words.
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            # It speaks to strangers: no address or key of ours that stands there is its business.
            env=surroundings(),
        )
        # Not by its arguments: everybody on the machine reads these.
        _write(self._process, dict(self.options))
        return self._process

    def _why_it_ended(self) -> str:
        process = self._process
        self.close()
        return "slow_answer" if process is not None and process.returncode == -signal.SIGALRM else "carrier_ended"


def _ask(process: subprocess.Popen[str], message: Sequence[str]) -> tuple[str, str]:
    _write(process, message)
    assert process.stdout is not None  # noqa: S101 - it was started with pipes
    how, reason = json.loads(process.stdout.readline())
    return how, reason


def _write(process: subprocess.Popen[str], said: object) -> None:
    assert process.stdin is not None  # noqa: S101 - it was started with pipes
    process.stdin.write(json.dumps(said) + "\n")
    process.stdin.flush()
