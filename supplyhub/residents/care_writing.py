"""Entries of the care register as statements: for the caller's transaction, which has locked the household or the entry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from supplyhub.db import execute, rows
from supplyhub.residents.care_rules import days_held
from supplyhub.residents.care_sealing import seal_contents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from supplyhub.crypto import Vault
    from supplyhub.residents.care_rules import Contents

# A case's marks are those that are given, and no others.
MARKS = """
    INSERT INTO care_mark (case_id, mark)
    SELECT CAST(r.case_id AS bigint), decode(m.mark, 'hex')
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(case_id bigint, marks jsonb)
    CROSS JOIN LATERAL jsonb_array_elements_text(r.marks) AS m(mark)
"""


def add_cases(
    entries: Mapping[int, Contents],
    *,
    today: date,
    hashes: Mapping[int, bytes],
    vault: Vault,
    ends_on: date | None = None,
    keeper_id: int | None = None,
) -> dict[int, int]:
    """Write an entry for each household (by id) and return its id by household; each is sealed with a key of its own.

    `hashes`: what a register file says of the household, by which the next file is compared; empty for none. Without
    `ends_on` each holds as long as its categories say.
    """
    ids = [
        int(found.id)
        for found in rows(
            "SELECT nextval(pg_get_serial_sequence('care_case', 'id')) AS id FROM generate_series(1, :count)",
            count=len(entries),
        )
    ]
    sealed = {case: seal_contents(case, said, vault=vault) for case, said in zip(ids, entries.values(), strict=True)}
    execute(
        """
        INSERT INTO care_case (id, household_id, category_sealed, note_sealed, wrapped_key, category_hash, keeper_id, ends_on)
        OVERRIDING SYSTEM VALUE
        SELECT r.id, r.household, decode(r.category, 'hex'), decode(r.note, 'hex'), decode(r.key, 'hex'),
               decode(r.hash, 'hex'), :keeper, coalesce(CAST(:ends_on AS date), CAST(:today AS date) + r.days)
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
          AS r(id bigint, household bigint, category text, note text, key text, hash text, days int)
        """,
        keeper=keeper_id,
        ends_on=ends_on,
        today=today,
        rows=json.dumps(
            [
                {
                    "id": case,
                    "household": household,
                    "category": _hex(sealed[case].category),
                    "note": _hex(sealed[case].note),
                    "key": _hex(sealed[case].wrapped_key),
                    "hash": _hex(hashes[household]),
                    "days": days_held(said.categories),
                }
                for case, (household, said) in zip(ids, entries.items(), strict=True)
            ]
        ),
    )
    write_marks({case: one.marks for case, one in sealed.items()})
    return dict(zip(entries, ids, strict=True))


def put_contents(case_id: int, contents: Contents, *, vault: Vault) -> None:
    """Write what an entry says, under a fresh key: copies of the old key open nothing of it."""
    sealed = seal_contents(case_id, contents, vault=vault)
    execute(
        "UPDATE care_case SET category_sealed = :category, note_sealed = :note, wrapped_key = :key WHERE id = :case",
        case=case_id,
        category=sealed.category,
        note=sealed.note,
        key=sealed.wrapped_key,
    )
    execute("DELETE FROM care_mark WHERE case_id = :case", case=case_id)
    write_marks({case_id: sealed.marks})


def end_cases(case_ids: Sequence[int]) -> None:
    """End entries; nobody calls any more, and nobody looks after them. They are destroyed some days later."""
    ids = list(case_ids)
    execute(
        "UPDATE care_case SET ended_at = clock_timestamp() WHERE id = ANY(:ids) AND ended_at IS NULL",
        ids=ids,
    )
    drop_open_checks(ids)
    end_volunteers(ids)


def drop_open_checks(case_ids: Sequence[int]) -> None:
    """Take back the calls that are planned for entries."""
    execute("DELETE FROM care_check WHERE case_id = ANY(:ids) AND done_at IS NULL", ids=list(case_ids))


def end_volunteers(case_ids: Sequence[int]) -> None:
    """End the task of those who look after entries."""
    execute(
        "UPDATE standing_volunteer SET ended_at = clock_timestamp() WHERE case_id = ANY(:ids) AND ended_at IS NULL",
        ids=list(case_ids),
    )


def write_marks(marks: Mapping[int, Sequence[bytes]]) -> None:
    """Add the marks of entries that have none."""
    execute(
        MARKS,
        rows=json.dumps([{"case_id": case, "marks": [mark.hex() for mark in each]} for case, each in marks.items()]),
    )


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()
