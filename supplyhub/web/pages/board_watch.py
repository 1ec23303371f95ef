"""The live board: asked for every second or so by each screen, read again only when something in the database changed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.delivery.board import Board, board_for
from supplyhub.delivery.queries import refusals_for
from supplyhub.web.pages.changes import snapshot as _snapshot

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# The pace of packing changes even when nothing else does.
LONGEST_SECONDS = 30.0
CYCLES_KEPT = 16


@dataclass(frozen=True, slots=True)
class Sight:
    """A board with the latest badge that was turned away, and a tag that changes when either does."""

    board: Board
    refusal: Row[Any] | None
    tag: str


@dataclass(frozen=True, slots=True)
class _Kept:
    sight: Sight
    snapshot: str
    until: float


# What this process saw last, by community and cycle.
_kept: dict[tuple[int, int], _Kept] = {}


def look_at(asker: Asker, cycle_id: int) -> Sight:
    """Return the board of a cycle: the one of before while no transaction has written since. Raises NotFoundError."""
    key, snapshot = (asker.community_id, cycle_id), _snapshot()
    kept = _kept.get(key)
    if kept and snapshot and kept.snapshot == snapshot and time.monotonic() < kept.until:
        return kept.sight
    board = board_for(asker, cycle_id)
    refusal = next(iter(refusals_for(asker, cycle_id, limit=1)), None)
    tag = hashlib.sha256(repr((board, refusal)).encode()).hexdigest()[:20]
    sight = Sight(board, refusal, tag)
    if len(_kept) >= CYCLES_KEPT:
        _kept.clear()
    _kept[key] = _Kept(sight, snapshot, time.monotonic() + LONGEST_SECONDS)
    return sight
