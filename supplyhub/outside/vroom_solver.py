"""VROOM as the solver of routes, where it is installed (`supplyhub[routes]`): https://github.com/VROOM-Project/pyvroom.

It runs in a process of its own: it brings pandas along, which nobody else shall carry, and can be ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from supplyhub.outside.errors import SolverFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

PROCESS = (sys.executable, "-P", "-m", "supplyhub.outside.vroom_process")
# It stops looking by itself after ten seconds; on a busy machine loading it takes a while.
LAST_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class VroomSolver:
    """Asks VROOM, one thread at the lowest priority."""

    command: Sequence[str] = PROCESS
    seconds: float = LAST_SECONDS

    def short_path(self, distances: Sequence[Sequence[float]]) -> list[int]:
        """Return a path from 0 over all points. Raises SolverFailedError: too_slow, crashed, no_path."""
        asked = json.dumps([list(row) for row in distances])
        try:
            done = subprocess.run(
                self.command, input=asked, capture_output=True, text=True, check=True, timeout=self.seconds
            )
            path = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            raise SolverFailedError("too_slow") from None
        except (subprocess.CalledProcessError, OSError, ValueError) as error:
            raise SolverFailedError("crashed") from error
        if not isinstance(path, list) or path[:1] != [0] or sorted(path) != list(range(len(distances))):
            raise SolverFailedError("no_path")
        return path


def solver_of() -> VroomSolver | None:
    """Return who looks for short walks; None where VROOM isn't installed."""
    return VroomSolver() if find_spec("vroom") else None
