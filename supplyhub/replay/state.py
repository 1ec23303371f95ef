"""How far a replay came, in a file: a later run with --resume goes on from there."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from supplyhub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUESTS = 100
_saving = threading.Lock()


class NothingToResumeError(HubError):
    """There is no replay of these baskets that could go on."""

    code = "nothing_to_resume"


@dataclass
class Counts:
    """What the replay reports: whole numbers only. `delivered` and `returned` are parcels, `requests` are about help.

    `packs_missing` neither reached their door nor came back, though nobody declined them; `requests_with_owner` are open,
    `requests_forgotten` are, too, and nobody has them.
    """

    households: int = 0
    orders: int = 0
    lines: int = 0
    units: int = 0
    refused_sold_out: int = 0
    received_units: int = 0
    short_units: int = 0
    parcels: int = 0
    tickets: int = 0
    stops: int = 0
    delivered: int = 0
    returned: int = 0
    worth_fen: int = 0
    paid_online_fen: int = 0
    taken_fen: int = 0
    covered_fen: int = 0
    back_fen: int = 0
    owed_fen: int = 0
    wrong_grid_attempts: int = 0
    wrong_grid_refused: int = 0
    packs: int = 0
    packs_declined: int = 0
    packs_delivered: int = 0
    packs_returned: int = 0
    packs_missing: int = 0
    packs_outside_register: int = 0
    packs_told_apart: int = 0
    requests: int = 0
    requests_sent_again: int = 0
    requests_solved: int = 0
    requests_merged: int = 0
    requests_ended_otherwise: int = 0
    requests_with_owner: int = 0
    requests_forgotten: int = 0
    requests_past_due_seen: int = 0
    medicine_read_attempts: int = 0
    medicine_read_refused: int = 0


@dataclass
class State:
    """One replay. `cycle` is its own cycle's id; `newest_before` the newest cycle number there was before it.

    `requests`: how many it has; by their numbers, `asked` are their codes, `helped` the moves that were made.
    """

    path: Path
    baskets: str
    delivery_on: str = ""
    newest_before: int = -1
    cycle: int = 0
    requests: int = REQUESTS
    asked: dict[str, str] = field(default_factory=dict)
    helped: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)

    def save(self) -> None:
        """Write it down, whole or not at all; from any thread."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        with _saving:
            kept = {name: value for name, value in asdict(self).items() if name != "path"}
            with fresh.open("w", encoding="utf-8") as file:
                json.dump(kept, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)

    @contextmanager
    def phase(self, name: str, *, every_time: bool = False) -> Iterator[bool]:
        """Yield whether the phase must still be played; note that it is done, and how long it took, resumes included.

        One that is played `every_time` is never done.
        """
        if name in self.done and not every_time:
            yield False
            return
        started = time.monotonic()
        try:
            yield True
            self.done += [name] if name not in self.done else []
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - started, 2)
            self.save()


def load_state(path: Path, *, baskets: str) -> State:
    """Return the replay of this file. Raises NothingToResumeError when there is none, or of other baskets."""
    if not path.exists():
        raise NothingToResumeError("there is no replay to resume; start one without --resume")
    kept = json.loads(path.read_text(encoding="utf-8"))
    if kept["baskets"] != baskets:
        raise NothingToResumeError("the replay to resume was of another baskets file")
    return State(path=path, **{**kept, "counts": Counts(**kept["counts"])})
