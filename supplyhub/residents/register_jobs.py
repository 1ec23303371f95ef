"""Imports of the register that the worker does: tried first, then loaded when somebody has looked at what would change.

The files hold names and telephones, so they wait sealed, and go as soon as they are loaded, or not within an hour.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from supplyhub import outbox
from supplyhub.db import as_dict, db, execute, row, scalar, transaction
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.files import FileRefusedError
from supplyhub.residents.events import RegisterJobAsked
from supplyhub.residents.importing import NamedFile, RegisterFiles, Step, import_register

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.residents.importing import RegisterReport

FILES = ("register_job", "kept")
# Faults repeat what stands in a file, wherever it stands: a telephone in the column of another.
FAULTS = ("register_job", "failed")
KEPT_MINUTES = 60
REMEMBERED_DAYS = 7
# So many are told one by one; the counts have all of them.
MOST_TOLD = 300
TRIAL = (Step.READING, Step.COMPARING)


@dataclass(frozen=True, slots=True)
class Job:
    """How far an import is. `found`: what it changes or would change; `failed`: why the files were refused.

    `found` has counts, and lists of at most `MOST_TOLD`: differences, moves, unplaced, with how many more there are.
    """

    id: int
    confirmed: bool
    done: bool
    seconds: float
    step: int
    steps: int
    doing: str
    found: dict[str, Any] | None
    failed: dict[str, Any] | None
    import_id: int | None
    done_at: datetime | None

    @property
    def waits_for_a_yes(self) -> bool:
        """Tell whether it was tried, and nobody has said yet that it shall be loaded."""
        return self.found is not None and not self.confirmed and not self.failed

    @property
    def goes_on(self) -> bool:
        """Tell whether the worker still has something to do."""
        return not (self.done or self.failed or self.waits_for_a_yes)


def ask_for_trial(asker: Asker, files: Mapping[str, NamedFile], *, vault: Vault) -> int:
    """Keep the files of an import, by the fields of `RegisterFiles`, and have them tried; return the job's id."""
    with transaction():
        job_id = int(scalar("SELECT nextval(pg_get_serial_sequence('register_job', 'id'))"))
        execute(
            """
            INSERT INTO register_job (id, community_id, account_id, steps, kept) OVERRIDING SYSTEM VALUE
            VALUES (:job, :community, :by, :steps, :kept)
            """,
            job=job_id,
            community=asker.community_id,
            by=asker.account_id,
            steps=len(TRIAL),
            kept=vault.seal(_packed(files), *FILES, job_id),
        )
        outbox.record(RegisterJobAsked(job_id=job_id))
        return job_id


def confirm_load(asker: Asker, job_id: int) -> None:
    """Have the files loaded that were tried; again changes nothing.

    Raises NotFoundError for another's job, ConflictError when the files are gone or were refused.
    """
    with transaction():
        found = row(
            "SELECT found IS NOT NULL AND kept IS NOT NULL AS ready, confirmed_at FROM register_job"
            " WHERE id = :job AND community_id = :community FOR NO KEY UPDATE",
            job=job_id,
            community=asker.community_id,
        )
        if found is None:
            raise NotFoundError("there is no such import", job=job_id)
        if found.confirmed_at is not None:
            return
        if not found.ready:
            raise ConflictError("these files are gone; send them again", job=job_id)
        execute(
            """
            UPDATE register_job
            SET confirmed_at = clock_timestamp(), account_id = :by, step = 0, steps = :steps, doing = '' WHERE id = :job
            """,
            job=job_id,
            by=asker.account_id,
            steps=len(Step),
        )
        outbox.record(RegisterJobAsked(job_id=job_id))


def run_job(job_id: int, *, vault: Vault) -> None:
    """Try the files of a job, or load them once that is confirmed. In transactions of its own; safe to repeat.

    A job that is done, or whose files are gone, is passed over. What the files are refused for is kept with the job.
    """
    job = row("SELECT * FROM register_job WHERE id = :job AND done_at IS NULL AND kept IS NOT NULL", job=job_id)
    if job is None or (job.found is not None and job.confirmed_at is None):
        return
    loads = job.confirmed_at is not None
    try:
        report = import_register(
            job.community_id,
            _unpacked(vault.open(job.kept, *FILES, job_id)),
            vault=vault,
            account_id=job.account_id,
            dry_run=not loads,
            progress=partial(_note, job_id, tuple(Step) if loads else TRIAL),
        )
    except FileRefusedError as refusal:
        with transaction():
            execute(
                "UPDATE register_job SET failed_sealed = :failed, kept = NULL WHERE id = :job",
                job=job_id,
                failed=vault.seal(json.dumps(refusal.data), *FAULTS, job_id),
            )
        return
    with transaction():
        _end(job_id, report, loaded=loads)


def job_for(asker: Asker, job_id: int, *, vault: Vault) -> Job:
    """Return a job of the asker's community. Raises NotFoundError for another's, and when it was removed."""
    found = row(
        """
        SELECT id, confirmed_at IS NOT NULL AS confirmed, done_at IS NOT NULL AS done, step, steps, doing, found,
               failed_sealed, import_id, done_at,
               extract(epoch FROM clock_timestamp() - coalesce(confirmed_at, asked_at))::float8 AS seconds
        FROM register_job WHERE id = :job AND community_id = :community
        """,
        job=job_id,
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("there is no such import", job=job_id)
    told = as_dict(found)
    sealed = told.pop("failed_sealed")
    return Job(**told, failed=json.loads(vault.open(sealed, *FAULTS, job_id)) if sealed is not None else None)


def jobs_that_go_on(asker: Asker) -> list[int]:
    """Return the jobs (ids) of the asker's community that the worker has in hand, or that wait for a yes; newest first."""
    found = scalar(
        "SELECT array_agg(id ORDER BY id DESC) FROM register_job"
        " WHERE community_id = :community AND kept IS NOT NULL AND done_at IS NULL",
        community=asker.community_id,
    )
    return list(found or [])


def forget_jobs() -> None:
    """Let go of files that nobody loaded within an hour, and of jobs after some days."""
    with transaction():
        execute(
            """
            UPDATE register_job SET kept = NULL
            WHERE kept IS NOT NULL AND confirmed_at IS NULL AND asked_at < now() - make_interval(mins => :minutes)
            """,
            minutes=KEPT_MINUTES,
        )
        execute("DELETE FROM register_job WHERE asked_at < now() - make_interval(days => :days)", days=REMEMBERED_DAYS)


def _note(job_id: int, steps: tuple[Step, ...], doing: Step) -> None:
    """Write down what is being done, beside the import's transaction: whoever watches shall see it now."""
    with db.engine.begin() as beside:
        beside.execute(
            text("UPDATE register_job SET step = :step, doing = :doing WHERE id = :job"),
            {"job": job_id, "step": steps.index(doing), "doing": doing},
        )


def _end(job_id: int, report: RegisterReport, *, loaded: bool) -> None:
    execute(
        """
        UPDATE register_job
        SET step = steps, doing = '', found = :found, import_id = coalesce(import_id, :import),
            kept = CASE WHEN :loaded THEN NULL ELSE kept END,
            done_at = CASE WHEN :loaded THEN clock_timestamp() END
        WHERE id = :job
        """,
        job=job_id,
        found=json.dumps(_told(report), ensure_ascii=False),
        loaded=loaded,
        **{"import": report.import_id},
    )


def _told(report: RegisterReport) -> dict[str, Any]:
    lists: dict[str, list[Any]] = {
        "differences": report.differences,
        "moves": report.moves,
        "unplaced": report.unplaced,
    }
    told: dict[str, Any] = {"counts": report.counts}
    for name, each in lists.items():
        told[name] = [asdict(one) for one in each[:MOST_TOLD]]
        told[f"{name}_more"] = max(0, len(each) - MOST_TOLD)
    return told


def _packed(files: Mapping[str, NamedFile]) -> str:
    return json.dumps({field: [file.name, base64.b64encode(file.data).decode()] for field, file in files.items()})


def _unpacked(packed: str) -> RegisterFiles:
    files = {field: NamedFile(name, base64.b64decode(data)) for field, (name, data) in json.loads(packed).items()}
    return RegisterFiles(**files)
