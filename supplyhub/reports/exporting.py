"""Long tables for a coordinator (households, order lines, help requests): written by the worker, fetched later, then removed.

The file may hold names and telephones, so it lies sealed. Rows are read some thousand at a time, each time in a transaction of
their own: a city's table holds nobody up. Text stays text, whatever it begins with.
"""

from __future__ import annotations

import base64
import io
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import xlsxwriter
from cryptography.exceptions import InvalidTag

from supplyhub import outbox
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.states import Exported
from supplyhub.residents.register import CONTACT, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

FILE = ("export_job", "file")
AT_ONCE = 5_000
KEPT_HOURS = 12
# A sheet of a workbook holds a million.
MOST_ROWS = 1_000_000
DOOR = "coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door"
# A statement a table, in order of `key`, from :after on. What is sealed is opened on the way.
TABLES = {
    Exported.HOUSEHOLDS: f"""
        SELECT h.id AS key, g.number AS grid, {DOOR} AS door, h.people_count AS people, h.contact_name_sealed AS contact,
               h.phone_sealed AS phone, h.active
        FROM household AS h JOIN building AS b ON b.id = h.building_id LEFT JOIN grid AS g ON g.id = b.grid_id
        WHERE h.community_id = :community AND h.id > :after
        ORDER BY h.id LIMIT :most
    """,
    Exported.ORDER_LINES: f"""
        SELECT o.id AS key, g.number AS grid, n.number AS number, {DOOR} AS door, p.sku, p.name_zh AS product, l.quantity,
               l.unit_price_fen, a.allocated, u.outcome
        FROM orders AS o
        JOIN order_line AS l ON l.order_id = o.id
        JOIN menu_item AS i ON i.id = l.item_id JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        JOIN household AS h ON h.id = o.household_id JOIN building AS b ON b.id = o.building_id
        JOIN grid AS g ON g.id = o.grid_id
        LEFT JOIN order_number AS n ON n.order_id = o.id
        LEFT JOIN allocation AS a ON a.order_id = l.order_id AND a.item_id = l.item_id
        LEFT JOIN order_outcome AS u ON u.order_id = o.id
        WHERE o.id IN (
            SELECT id FROM orders WHERE cycle_id = :cycle AND state = 'placed' AND id > :after ORDER BY id LIMIT :most)
          AND g.community_id = :community
        ORDER BY o.id, i.position
    """,
    Exported.HELP_REQUESTS: """
        SELECT r.id AS key, g.number AS grid, r.code, r.kind, r.state, r.channel, r.opened_at, r.due_at, r.ended_at
        FROM help_request AS r JOIN grid AS g ON g.id = r.grid_id
        WHERE r.community_id = :community AND r.id > :after
        ORDER BY r.id LIMIT :most
    """,
}
SEALED = {"contact": CONTACT, "phone": PHONE}


@dataclass(frozen=True, slots=True)
class ExportAsked:
    """A table is to be written."""

    topic: ClassVar[str] = "export"
    job_id: int


def ask_for_export(asker: Asker, what: Exported, *, cycle_id: int | None = None) -> int:
    """Have a table written and return the job's id; the same again while it is written is the same job.

    `cycle_id`: whose order lines. For a coordinator. Raises NotFoundError for another community's cycle.
    """
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator exports tables", role=asker.role)
    with transaction():
        execute("SELECT FROM community WHERE id = :community FOR NO KEY UPDATE", community=asker.community_id)
        cycle = None
        if what == Exported.ORDER_LINES:
            found = "SELECT id FROM cycle WHERE id = :cycle AND community_id = :community"
            cycle = scalar(found, cycle=cycle_id, community=asker.community_id)
            if cycle is None:
                raise NotFoundError("no such cycle", cycle=cycle_id)
        again = scalar(
            "SELECT id FROM export_job WHERE community_id = :community AND what = :what AND asked_by = :by"
            " AND done_at IS NULL AND CAST(chosen ->> 'cycle' AS bigint) IS NOT DISTINCT FROM CAST(:cycle AS bigint)"
            " ORDER BY id DESC LIMIT 1",
            community=asker.community_id,
            what=what,
            by=asker.account_id,
            cycle=cycle,
        )
        if again is not None:
            return int(again)
        job_id = int(
            scalar(
                """
                INSERT INTO export_job (community_id, what, chosen, asked_by)
                VALUES (:community, :what, jsonb_build_object('cycle', CAST(:cycle AS bigint)), :by) RETURNING id
                """,
                community=asker.community_id,
                what=what,
                cycle=cycle,
                by=asker.account_id,
            )
        )
        outbox.record(ExportAsked(job_id=job_id))
        return job_id


def jobs_for(asker: Asker, *, limit: int = 10) -> list[Row[Any]]:
    """Return the latest tables of the asker's community, newest first: id, what, cycle, rows_written, ready, failed, times."""
    return rows(
        """
        SELECT j.id, j.what, c.number AS cycle, j.rows_written, j.done_at IS NOT NULL AS ready,
               j.failed_at IS NOT NULL AS failed, a.display_name AS asked_by, j.asked_at,
               extract(epoch FROM clock_timestamp() - j.asked_at)::float8 AS seconds
        FROM export_job AS j JOIN account AS a ON a.id = j.asked_by
        LEFT JOIN cycle AS c ON c.id = CAST(j.chosen ->> 'cycle' AS bigint)
        WHERE j.community_id = :community ORDER BY j.id DESC LIMIT :limit
        """,
        community=asker.community_id,
        limit=limit,
    )


def export_for(asker: Asker, job_id: int, *, vault: Vault) -> tuple[str, bytes]:
    """Return a table that is written, with what it is. Raises NotFoundError for one that isn't there, and another's."""
    found = row(
        "SELECT what, file_sealed FROM export_job WHERE id = :job AND community_id = :community AND done_at IS NOT NULL",
        job=job_id,
        community=asker.community_id,
    )
    if found is None or asker.role != Role.COORDINATOR:
        raise NotFoundError("no such table", job=job_id)
    return found.what, base64.b64decode(vault.open(found.file_sealed, *FILE, job_id))


def write_export(job_id: int, *, vault: Vault) -> None:
    """Write a table. In transactions of its own: it takes a while. Written twice it is kept once."""
    job = row("SELECT id, community_id, what, chosen FROM export_job WHERE id = :job AND done_at IS NULL", job=job_id)
    if job is None:
        return
    try:
        data = _workbook(Exported(job.what), _read(job, vault), tell=lambda count: _tell(job_id, count))
    except Exception:
        with transaction():
            execute("UPDATE export_job SET failed_at = clock_timestamp() WHERE id = :job", job=job_id)
        raise
    with transaction():
        execute(
            """
            UPDATE export_job SET file_sealed = :file, failed_at = NULL, done_at = clock_timestamp()
            WHERE id = :job AND done_at IS NULL
            """,
            job=job_id,
            file=vault.seal(base64.b64encode(data).decode(), *FILE, job_id),
        )


def remove_old_exports() -> None:
    """Remove tables whose time is over."""
    with transaction():
        execute(
            "DELETE FROM export_job WHERE asked_at < now() - make_interval(hours => :hours)",
            hours=KEPT_HOURS,
        )


def _read(job: Row[Any], vault: Vault) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table, some thousand at a time."""
    after, sql = 0, TABLES[Exported(job.what)]
    chosen = {"cycle": job.chosen["cycle"]} if ":cycle" in sql else {}
    while True:
        with transaction():
            found = rows(sql, community=job.community_id, after=after, most=AT_ONCE, **chosen)
        if not found:
            return
        after = found[-1].key
        yield [_opened(each, vault) for each in found]


def _opened(found: Row[Any], vault: Vault) -> dict[str, Any]:
    told = {name: value for name, value in found._asdict().items() if name != "key"}
    for name in SEALED.keys() & told.keys():
        try:
            told[name] = vault.open(told[name], *SEALED[name], found.key) if told[name] else ""
        except InvalidTag:
            # Altered or moved in the database: nobody can read it.
            told[name] = "?"
    return told


def _workbook(what: Exported, parts: Iterator[list[dict[str, Any]]], *, tell: Callable[[int], None]) -> bytes:
    packed = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with tempfile.TemporaryDirectory() as folder, xlsxwriter.Workbook(packed, {**options, "tmpdir": folder}) as book:
        sheet = book.add_worksheet(what)
        written = 0
        for part in parts:
            if not written:
                sheet.write_row(0, 0, list(part[0]))
            for each in part[: MOST_ROWS - written]:
                written += 1
                sheet.write_row(written, 0, _cells(list(each.values())))
            tell(written)
    return packed.getvalue()


def _cells(values: Sequence[Any]) -> list[Any]:
    return ["" if value is None else value if isinstance(value, (int, str)) else value.isoformat() for value in values]


def _tell(job_id: int, count: int) -> None:
    with transaction():
        execute("UPDATE export_job SET rows_written = :count WHERE id = :job", count=count, job=job_id)
