"""Printing that takes a while: asked for on a page, drawn by the worker file by file, fetched later, then removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from supplyhub import outbox
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.reports.labels import Kind, labels_pdf
from supplyhub.reports.picklists import By, pick_lists_pdf
from supplyhub.reports.states import Printed
from supplyhub.residents.asking import asker_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# So many are there before anybody minds waiting.
MOST_AT_ONCE = 200
# 100 sheets of parcel labels.
MOST_A_FILE = 2_400
KEPT_HOURS = 12
# Whoever asks for the same again so soon is shown what is being printed.
AGAIN_MINUTES = 10


@dataclass(frozen=True, slots=True)
class PrintAsked:
    """A file of a job is to be drawn."""

    topic: ClassVar[str] = "print"
    job_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. Fields of its files: number, pieces, drawn, ready, grids (their numbers), batches (ids)."""

    id: int
    cycle_id: int
    printed: Printed
    layout: str
    asked_by: str
    asked_at: datetime
    seconds: float
    begun: bool
    failed: bool
    files: list[Row[Any]]

    @property
    def pieces(self) -> int:
        """Return how many labels or parcels it has."""
        return sum(file.pieces for file in self.files)

    @property
    def drawn(self) -> int:
        """Return how many of them are drawn."""
        return sum(file.pieces if file.ready else min(file.drawn, file.pieces) for file in self.files)

    @property
    def done(self) -> bool:
        """Tell whether every file is there."""
        return all(file.ready for file in self.files)


def pieces_of(asker: Asker, batch_ids: Sequence[int], printed: Printed) -> dict[int, int]:
    """Return how many labels or parcels there are to print of each batch; those without any aren't named."""
    found = rows(
        """
        SELECT b.id, CASE :printed
                 WHEN 'parcels' THEN (SELECT coalesce(sum(bags), 0)::bigint FROM parcel WHERE batch_id = b.id)
                 WHEN 'crates' THEN (SELECT count(*) FROM crate AS k JOIN ticket AS t ON t.id = k.ticket_id
                                     WHERE t.batch_id = b.id)
                 WHEN 'by_order' THEN (SELECT count(*) FROM parcel WHERE batch_id = b.id)
                 ELSE 1 END AS pieces
        FROM batch AS b JOIN cycle AS c ON c.id = b.cycle_id JOIN grid AS g ON g.id = b.grid_id
        WHERE b.id = ANY (:batches) AND c.community_id = :community ORDER BY g.number
        """,
        printed=printed,
        batches=list(batch_ids),
        community=asker.community_id,
    )
    return {batch.id: batch.pieces for batch in found if batch.pieces}


def ask_to_print(
    asker: Asker, cycle_id: int, batch_ids: Sequence[int], *, printed: Printed, layout: str, skip: int = 0
) -> int:
    """Note that batches of a cycle are to be printed, and return the job's id.

    Asked for again while it is drawn, it is the same job. Raises ConflictError when there is nothing to print.
    """
    with transaction():
        pieces = pieces_of(asker, batch_ids, printed)
        if not pieces:
            raise ConflictError("there is nothing to print yet", kind=printed)
        # One at a time a cycle, so that pressing twice asks once.
        execute("SELECT FROM cycle WHERE id = :cycle FOR NO KEY UPDATE", cycle=cycle_id)
        files = _in_files(pieces)
        again = _same(asker, cycle_id, files, printed, layout, skip)
        if again is not None:
            return again
        job_id = int(
            scalar(
                """
                INSERT INTO print_job (cycle_id, printed, layout, skip, asked_by)
                VALUES (:cycle, :printed, :layout, :skip, :by) RETURNING id
                """,
                cycle=cycle_id,
                printed=printed,
                layout=layout,
                skip=skip,
                by=asker.account_id,
            )
        )
        for number, batches in enumerate(files, start=1):
            execute(
                """
                INSERT INTO print_file (job_id, number, batches, pieces)
                VALUES (:job, :number, to_jsonb(CAST(:batches AS bigint[])), :pieces)
                """,
                job=job_id,
                number=number,
                batches=batches,
                pieces=sum(pieces[batch] for batch in batches),
            )
        outbox.record(PrintAsked(job_id, 1))
        return job_id


def _in_files(pieces: Mapping[int, int]) -> list[list[int]]:
    """Return whole batches, file by file, as many as a file takes; a larger batch is a file of its own."""
    files: list[list[int]] = []
    room = 0
    for batch, count in pieces.items():
        if count > room:
            files.append([])
            room = MOST_A_FILE
        files[-1].append(batch)
        room -= count
    return files


def _same(asker: Asker, cycle_id: int, files: list[list[int]], printed: Printed, layout: str, skip: int) -> int | None:
    found = scalar(
        """
        SELECT j.id FROM print_job AS j
        WHERE j.cycle_id = :cycle AND j.printed = :printed AND j.layout = :layout AND j.skip = :skip AND j.asked_by = :by
          AND j.asked_at > now() - make_interval(mins => :minutes)
          AND EXISTS (SELECT FROM print_file AS f WHERE f.job_id = j.id AND f.pdf IS NULL)
          AND (SELECT jsonb_agg(f.batches ORDER BY f.number) FROM print_file AS f WHERE f.job_id = j.id)
              = CAST(:files AS jsonb)
        ORDER BY j.id DESC LIMIT 1
        """,
        cycle=cycle_id,
        printed=printed,
        layout=layout,
        skip=skip,
        by=asker.account_id,
        minutes=AGAIN_MINUTES,
        files=str(files),
    )
    return None if found is None else int(found)


JOB = """
    SELECT j.id, j.cycle_id, j.printed, j.layout, a.display_name AS asked_by, j.asked_at,
           extract(epoch FROM clock_timestamp() - j.asked_at)::float8 AS seconds, j.begun_at IS NOT NULL AS begun,
           j.failed_at IS NOT NULL AS failed
    FROM print_job AS j
    JOIN cycle AS c ON c.id = j.cycle_id
    JOIN account AS a ON a.id = j.asked_by
    WHERE c.community_id = :community
"""


def job_for(asker: Asker, job_id: int) -> Job:
    """Return a job of the asker's community. Raises NotFoundError for another's, and when it was removed."""
    found = row(f"{JOB} AND j.id = :job", community=asker.community_id, job=job_id)
    if found is None:
        raise NotFoundError("no such print job", job=job_id)
    return _with_files([found])[0]


def jobs_of(asker: Asker, cycle_id: int, *, limit: int = 5) -> list[Job]:
    """Return the latest jobs of a cycle, newest first."""
    found = rows(
        f"{JOB} AND j.cycle_id = :cycle ORDER BY j.id DESC LIMIT :limit",
        community=asker.community_id,
        cycle=cycle_id,
        limit=limit,
    )
    return _with_files(found)


def _with_files(found: Sequence[Row[Any]]) -> list[Job]:
    files: dict[int, list[Row[Any]]] = {job.id: [] for job in found}
    for file in rows(
        """
        SELECT f.job_id, f.number, f.pieces, f.drawn, f.pdf IS NOT NULL AS ready, f.batches,
               ARRAY(SELECT g.number FROM batch AS b JOIN grid AS g ON g.id = b.grid_id
                     WHERE b.id IN (SELECT CAST(jsonb_array_elements_text(f.batches) AS bigint)) ORDER BY g.number) AS grids
        FROM print_file AS f WHERE f.job_id = ANY (:jobs) ORDER BY f.job_id, f.number
        """,
        jobs=list(files),
    ):
        files[file.job_id].append(file)
    return [
        Job(**{**job._asdict(), "printed": Printed(job.printed)}, files=files[job.id])  # the enum, not its text
        for job in found
    ]


def file_for(asker: Asker, job_id: int, number: int) -> bytes:
    """Return a file that is drawn. Raises NotFoundError for one that isn't yet, isn't any more, or is another's."""
    pdf = scalar(
        """
        SELECT f.pdf FROM print_file AS f
        JOIN print_job AS j ON j.id = f.job_id
        JOIN cycle AS c ON c.id = j.cycle_id
        WHERE f.job_id = :job AND f.number = :number AND c.community_id = :community
        """,
        job=job_id,
        number=number,
        community=asker.community_id,
    )
    if pdf is None:
        raise NotFoundError("no such file", job=job_id, number=number)
    return bytes(pdf)


def print_file(job_id: int, number: int) -> None:
    """Draw a file of a job, and ask for the next one. In transactions of its own: drawing takes a while.

    Drawn twice it is kept once; a job that was removed meanwhile is none.
    """
    found = _begin(job_id, number)
    if found is None:
        return
    try:
        pdf = found.pdf or _draw(found)
    except Exception:
        with transaction():
            execute("UPDATE print_job SET failed_at = clock_timestamp() WHERE id = :job", job=job_id)
        raise
    with transaction():
        kept = scalar(
            """
            UPDATE print_file SET pdf = :pdf, drawn = pieces
            WHERE job_id = :job AND number = :number AND pdf IS NULL RETURNING true
            """,
            pdf=pdf,
            job=job_id,
            number=number,
        )
        execute("UPDATE print_job SET failed_at = NULL WHERE id = :job", job=job_id)
        if kept and found.files > number:
            outbox.record(PrintAsked(job_id, number + 1))


def _begin(job_id: int, number: int) -> Row[Any] | None:
    with transaction():
        execute(
            "UPDATE print_job SET begun_at = coalesce(begun_at, clock_timestamp()) WHERE id = :job",
            job=job_id,
        )
        return row(
            """
            SELECT f.job_id, f.number, f.batches, f.pdf, j.printed, j.layout, j.asked_by,
                   CASE WHEN f.number = 1 THEN j.skip ELSE 0 END AS skip,
                   (SELECT count(*) FROM print_file WHERE job_id = j.id) AS files
            FROM print_file AS f JOIN print_job AS j ON j.id = f.job_id
            WHERE f.job_id = :job AND f.number = :number
            """,
            job=job_id,
            number=number,
        )


def _draw(file: Row[Any]) -> bytes:
    asker = asker_of(file.asked_by)
    if asker is None:
        raise NotFoundError("whoever asked for this works here no more", account=file.asked_by)

    def tell(drawn: int) -> None:
        with transaction():
            execute(
                "UPDATE print_file SET drawn = :drawn WHERE job_id = :job AND number = :number AND pdf IS NULL",
                drawn=drawn,
                job=file.job_id,
                number=file.number,
            )

    return printed_pdf(asker, file.batches, Printed(file.printed), file.layout, skip=file.skip, tell=tell)


def printed_pdf(
    asker: Asker,
    batch_ids: Sequence[int],
    printed: Printed,
    layout: str,
    *,
    skip: int = 0,
    tell: Callable[[int], None] = lambda _drawn: None,
) -> bytes:
    """Return labels or pick lists of batches; `tell` is told now and then how many are drawn. Raises ConflictError."""
    if printed in {Printed.PARCELS, Printed.CRATES}:
        return labels_pdf(asker, batch_ids, kind=Kind(printed), layout=layout, skip=skip, tell=tell)
    return pick_lists_pdf(asker, batch_ids, by=By.ORDER if printed == Printed.BY_ORDER else By.PRODUCT)


def remove_old_prints() -> int:
    """Remove jobs whose time is over, with their files; return how many."""
    with transaction():
        return len(
            rows(
                "DELETE FROM print_job WHERE asked_at < now() - make_interval(hours => :hours) RETURNING id",
                hours=KEPT_HOURS,
            )
        )
