"""What `batches` starts: drains topics of the outbox as the worker does, carrying what it carries, and says what it took."""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from supplyhub.bench.stopwatch import watching
from supplyhub.core import create_core
from supplyhub.db import db, execute, row, rows, transaction
from supplyhub.depot.batching import WORK_MEMORY
from supplyhub.depot.contents import CONTENTS
from supplyhub.errors import SettingError
from workers.jobs import drain

if TYPE_CHECKING:
    from collections.abc import Sequence

# The events of the two batches, in turn.
CUT_OFF = ("cut_off", "order_numbers")
RECEIPT = ("share_out", "parcels", "pick_lists", "tickets")
TOPICS = (*CUT_OFF, *RECEIPT)
KIB_A_MB = 1_000_000 / 1024
# Where Linux says what a process is like.
STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker did on so many connections: seconds by topic; its memory at the most, in MB.

    `steps`: seconds by topic and the table that was filled, of all connections together.
    """

    seconds: dict[str, float]
    steps: dict[str, dict[str, float]]
    memory_mb: float
    connections: int

    @property
    def total(self) -> float:
        """Return the seconds of all topics."""
        return sum(self.seconds.values())


def work(topics: Sequence[str]) -> Worked:
    """Drain topics as the worker does, in this process, and return what it took."""
    seconds, steps = {}, {}
    for topic in topics:
        started = time.perf_counter()
        with watching(db.engine) as watch:
            if topic == "pick_lists":
                _read_pick_lists()
            else:
                drain(topic)
        seconds[topic] = round(time.perf_counter() - started, 3)
        steps[topic] = {name: round(took, 3) for name, took in watch.seconds.items() if took >= 0.001}
        _refuse_failures(topic)
    return Worked(seconds, steps, round(most_kib() / KIB_A_MB, 1), current_app.extensions["settings"].batch_workers)


def most_kib() -> int:
    """Return the most memory that this process had, in KiB.

    Of `getrusage` it would be that of whoever started it, if that is more: what a process had before it became another
    program stays in that figure.
    """
    if STATUS.exists():
        (line,) = (line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _refuse_failures(topic: str) -> None:
    """Raise SettingError when an event of a topic didn't have its effect."""
    with transaction():
        failed = row("SELECT last_error FROM outbox WHERE topic = :topic AND finished_at IS NULL LIMIT 1", topic=topic)
    if failed:
        raise SettingError(f"the batch {topic} failed: {failed.last_error}")


def _read_pick_lists() -> None:
    """Sum up for all batches at once how many of what to bring, as the pick list of one does."""
    with transaction():
        execute(WORK_MEMORY)
        rows(
            f"""
            SELECT p.batch_id, f.product_id, sum(c.units)
            FROM parcel AS p JOIN ({CONTENTS}) AS c ON c.order_id = p.order_id AND c.units > 0
            JOIN menu_item AS i ON i.id = c.goods_item_id JOIN offer AS f ON f.id = i.offer_id
            GROUP BY p.batch_id, f.product_id
            """
        )


if __name__ == "__main__":
    with create_core().app_context():
        sys.stdout.write(json.dumps(asdict(work(sys.argv[1:]))))
