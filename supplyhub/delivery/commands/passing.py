"""Crates on their way to a delivery point: counted when they leave the depot, and once more when they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, row, rows, transaction
from supplyhub.delivery.grid_binding import keep_to_point
from supplyhub.delivery.states import FINISHED, WITH_VOLUNTEER, CrateStep
from supplyhub.errors import ConflictError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Passed:
    """What a count came to, by the codes of crates: those that pass now, those that were counted before, who is missing.

    before: code, by (a name), at
    """

    passed: list[str]
    before: list[dict[str, object]]
    missing: list[str]


def pass_crates(
    asker: Asker, batch_id: int, step: CrateStep, *, codes: Iterable[str] = (), counted: int | None = None
) -> Passed:
    """Write that crates of a batch left the depot or reached its delivery point, each once.

    The crates that were scanned (`codes`); or, when as many were `counted` as can pass now, all of them. One that was
    counted before is answered with who and when, and changes nothing. Raises ConflictError for a batch without delivery
    point, for a wrong count (`counted`, `expected` names the crates), for crates with parcels that aren't packed
    (`unpacked`), that never left (`not_left`) or are with a volunteer already (`handed_over`); WrongPointError;
    InvalidError for codes of no crate of this batch (`unknown`, `foreign`).
    """
    with transaction():
        batch = _batch(asker, batch_id)
        keep_to_point(asker, batch)
        crates = crates_for_update(batch_id, step)
        due = [crate for crate in crates if crate.due]
        chosen = _scanned(asker, crates, codes) if counted is None else _counted(due, counted)
        fresh = [crate for crate in chosen if crate.counted_at is None]
        _refuse_unfit(fresh)
        execute(
            """
            INSERT INTO crate_passage (crate_id, step, delivery_point_id, counted_by)
            SELECT unnest(CAST(:crates AS bigint[])), :step, :point, :by
            """,
            crates=[crate.id for crate in fresh],
            step=step,
            point=batch.delivery_point_id,
            by=asker.account_id,
        )
        passed = [crate.code for crate in fresh]
        return Passed(
            passed=passed,
            before=[
                {"code": crate.code, "by": crate.counted_by, "at": crate.counted_at}
                for crate in chosen
                if crate.counted_at is not None
            ],
            missing=[crate.code for crate in due if crate.code not in passed],
        )


def _batch(asker: Asker, batch_id: int) -> Row[Any]:
    batch = row(
        """
        SELECT b.id, b.delivery_point_id, d.name AS delivery_point, g.number AS grid_number
        FROM batch AS b JOIN grid AS g ON g.id = b.grid_id LEFT JOIN delivery_point AS d ON d.id = b.delivery_point_id
        WHERE b.id = :batch AND g.community_id = :community
        """,
        batch=batch_id,
        community=asker.community_id,
    )
    if batch is None:
        raise NotFoundError("no such batch", batch=batch_id)
    if batch.delivery_point_id is None:
        raise ConflictError(
            "this grid has no delivery point: its volunteers fetch at the depot", without_point=batch.grid_number
        )
    return batch


def crates_for_update(batch_id: int, step: CrateStep) -> list[Row[Any]]:
    """Lock the tickets of a batch, so that none is handed over meanwhile; return their crates in walking order.

    Fields: id, code, unpacked (codes of parcels), ticket_state, left, due (can pass `step` now or, with unpacked parcels,
    later), counted_at and counted_by (a name) where it has.
    """
    execute("SELECT id FROM ticket WHERE batch_id = :batch ORDER BY id FOR NO KEY UPDATE", batch=batch_id)
    # Read after the lock, in a statement of its own.
    return rows(CRATES, batch=batch_id, step=step, leaving=step == CrateStep.LEFT_DEPOT)


CRATES = """
    SELECT c.id, c.code, t.state AS ticket_state, l.crate_id IS NOT NULL AS "left",
           p.crate_id IS NULL AND CASE WHEN :leaving THEN t.state IN ('issued', 'claimed') ELSE l.crate_id IS NOT NULL END
             AS due,
           ARRAY(SELECT parcel.code FROM stop JOIN parcel ON parcel.id = stop.parcel_id
                 WHERE stop.ticket_id = c.ticket_id AND stop.position BETWEEN c.first_position AND c.last_position
                   AND parcel.state = 'planned' ORDER BY stop.position) AS unpacked,
           p.counted_at, a.display_name AS counted_by
    FROM crate AS c
    JOIN ticket AS t ON t.id = c.ticket_id
    LEFT JOIN crate_passage AS l ON l.crate_id = c.id AND l.step = 'left_depot'
    LEFT JOIN crate_passage AS p ON p.crate_id = c.id AND p.step = :step
    LEFT JOIN account AS a ON a.id = p.counted_by
    WHERE t.batch_id = :batch ORDER BY t.sequence, c.number
"""


def _scanned(asker: Asker, crates: list[Row[Any]], codes: Iterable[str]) -> list[Row[Any]]:
    """Return the crates of these codes. Raises InvalidError for what is none of them."""
    wanted = dict.fromkeys(read_code(code) for code in codes)
    known = {crate.code: crate for crate in crates}
    strange = [code for code in wanted if code not in known]
    if strange or not wanted:
        foreign = rows(
            """
            SELECT c.code, g.number AS grid, cycle.number AS cycle FROM crate AS c JOIN grid AS g ON g.id = c.grid_id
            JOIN ticket AS t ON t.id = c.ticket_id JOIN cycle ON cycle.id = t.cycle_id
            WHERE c.code = ANY (:codes) AND g.community_id = :community ORDER BY c.code
            """,
            codes=strange,
            community=asker.community_id,
        )
        elsewhere = {found.code for found in foreign}
        raise InvalidError(
            "these are no crates of this batch",
            unknown=[code for code in strange if code not in elsewhere],
            foreign=[found._asdict() for found in foreign],
        )
    return [known[code] for code in wanted]


def _counted(due: list[Row[Any]], counted: int) -> list[Row[Any]]:
    """Return every crate that can pass now. Raises ConflictError when another number was counted."""
    ready = [crate for crate in due if not crate.unpacked]
    if counted != len(ready) or not ready:
        raise ConflictError(
            f"{counted} crates were counted, there should be {len(ready)}",
            counted=counted,
            expected=[crate.code for crate in ready],
            unpacked=[crate.code for crate in due if crate.unpacked],
        )
    return ready


def _refuse_unfit(fresh: list[Row[Any]]) -> None:
    """Raise ConflictError while one of the crates can't pass, and say which."""
    gone = [crate.code for crate in fresh if crate.ticket_state in {*WITH_VOLUNTEER, *FINISHED}]
    if gone:
        raise ConflictError("these crates are with a volunteer already", handed_over=gone)
    not_left = [crate.code for crate in fresh if not crate.due]
    if not_left:
        raise ConflictError("these crates were not counted when they left the depot", not_left=not_left)
    unpacked = [crate.code for crate in fresh if crate.unpacked]
    if unpacked:
        parcels = [code for crate in fresh for code in crate.unpacked]
        raise ConflictError("some parcels of these crates aren't packed yet", unpacked=unpacked, parcels=parcels)
