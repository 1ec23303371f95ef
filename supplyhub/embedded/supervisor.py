"""Keep the processes of `supplyhub dev` running, and stop them in order."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from supplyhub.embedded import processes
from supplyhub.errors import SettingError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# One that ran this long starts with a short pause again.
STEADY_SECONDS = 30.0


class Service(Protocol):
    """Something that runs until it is told to stop."""

    @property
    def name(self) -> str:
        """What to call it in a line for a person."""

    def start(self) -> None:
        """Start it. Raises SettingError when it doesn't come up."""

    def poll(self) -> int | None:
        """Return the exit status when it has ended."""

    def stop(self) -> None:
        """Stop it, letting it finish what it does."""


class Child:
    """A process of our own code, stopped by TERM."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path, env: Mapping[str, str], seconds: float) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._env = env
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; what is left of the one before, such as its own children, is ended first."""
        if self._process:
            processes.kill_group(self._process.pid)
        self._process = processes.spawn(self._command, log=self.log, env=self._env)

    def poll(self) -> int | None:
        """Return the exit status when it has ended."""
        return self._process.poll() if self._process else None

    def stop(self) -> None:
        """Ask it to end and give it its time."""
        if self._process:
            processes.stop(self._process, signal.SIGTERM, seconds=self._seconds)


@dataclass(slots=True)
class _Watched:
    service: Service
    started: float
    pause: float = FIRST_PAUSE_SECONDS
    due: float | None = None


@dataclass(slots=True)
class Supervisor:
    """Starts services, starts those again that die, stops all in the opposite order."""

    say: Callable[[str], None]
    _watched: list[_Watched] = field(default_factory=list)

    def start(self, service: Service) -> None:
        """Start a service and watch it from now on."""
        self._watched.append(_Watched(service, started=time.monotonic()))
        service.start()

    def look(self) -> None:
        """Look at each service once: note a death, start again what is due."""
        now = time.monotonic()
        for watched in self._watched:
            if watched.due is not None:
                if now >= watched.due:
                    self._start_again(watched)
            elif (status := watched.service.poll()) is not None:
                self._note_death(watched, status, now)

    def stop(self) -> None:
        """Stop all, the last started first."""
        while self._watched:
            self._watched.pop().service.stop()

    def _note_death(self, watched: _Watched, status: int, now: float) -> None:
        if now - watched.started > STEADY_SECONDS:
            watched.pause = FIRST_PAUSE_SECONDS
        self.say(f"{watched.service.name} {ending(status)}; starting it again in {watched.pause:g} s")
        watched.due = now + watched.pause
        watched.pause = min(watched.pause * 2, LONGEST_PAUSE_SECONDS)

    def _start_again(self, watched: _Watched) -> None:
        watched.started = time.monotonic()
        try:
            watched.service.start()
        except SettingError as error:
            self.say(f"{watched.service.name} doesn't start: {error}; trying again in {watched.pause:g} s")
            watched.due = time.monotonic() + watched.pause
            watched.pause = min(watched.pause * 2, LONGEST_PAUSE_SECONDS)
            return
        watched.due = None
        self.say(f"{watched.service.name} runs again")


def ending(status: int) -> str:
    """Say how a process ended."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
