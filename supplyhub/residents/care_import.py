"""The care register as a register file has it: entries come, stay and end with what the file says of a household."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, scalar
from supplyhub.errors import ConflictError
from supplyhub.residents.care_rules import Contents, read_words
from supplyhub.residents.care_sealing import marked_categories, open_contents, special_group_hash
from supplyhub.residents.care_writing import add_cases, end_cases, put_contents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.residents.states import CareCategory


@dataclass(frozen=True, slots=True)
class _Change:
    """What becomes of a household's entry: `case` is the live one, with its known categories."""

    household: int
    group: str
    said: Contents
    case: Row[Any] | None
    known: frozenset[CareCategory]

    @property
    def stays(self) -> bool:
        """Tell whether the live entry goes on: somebody wrote it by hand, or the file's words mean what it says already."""
        return (
            self.case is not None
            and bool(self.group)
            and (not self.case.from_file or self.said.categories == self.known)
        )


def write_special_groups(groups: Mapping[int, str], *, vault: Vault) -> None:
    """Write what a register file says of these households (by id; empty for nothing) into the care register.

    An entry whose categories stay goes on with its keeper, note and last day; so does one that was written by hand, which
    gets the file's categories beside its own. Any other ends, and a new one begins where the file says something. The
    caller has locked the households.
    """
    if not groups:
        return
    changes = _changes(groups, vault)
    for change in changes:
        if change.stays:
            _go_on(change, vault)
    end_cases([change.case.id for change in changes if change.case is not None and not change.stays])
    new = {change.household: change for change in changes if change.group and not change.stays}
    add_cases(
        {household: change.said for household, change in new.items()},
        today=_today_of(groups),
        hashes={household: special_group_hash(vault, change.group) for household, change in new.items()},
        vault=vault,
    )


def _changes(groups: Mapping[int, str], vault: Vault) -> list[_Change]:
    live = rows(
        """
        SELECT c.id, c.household_id, c.category_sealed, c.note_sealed, c.wrapped_key, c.category_hash <> '' AS from_file,
               (SELECT array_agg(m.mark) FROM care_mark AS m WHERE m.case_id = c.id) AS marks
        FROM care_case AS c WHERE c.household_id = ANY(:homes) AND c.ended_at IS NULL ORDER BY c.id FOR NO KEY UPDATE
        """,
        homes=list(groups),
    )
    cases = {case.household_id: case for case in live}
    return [
        _Change(
            household,
            group,
            read_words(group),
            case := cases.get(household),
            frozenset(marked_categories(case.marks or [], vault=vault) if case is not None else ()),
        )
        for household, group in groups.items()
    ]


def _go_on(change: _Change, vault: Vault) -> None:
    """Let the live entry take over the file's words; what can't be opened any more is left as it is."""
    case = change.case
    if case is None:
        return
    execute(
        "UPDATE care_case SET category_hash = :hash WHERE id = :case",
        hash=special_group_hash(vault, change.group),
        case=case.id,
    )
    try:
        before = open_contents(case, vault=vault)
    except ConflictError:
        return
    after = replace(before, categories=before.categories | change.said.categories, words=change.said.words)
    if after != before:
        put_contents(case.id, after, vault=vault)


def _today_of(households: Mapping[int, str]) -> date:
    found: date = scalar(
        "SELECT CAST(now() AT TIME ZONE m.timezone AS date) FROM household AS h JOIN community AS m ON m.id = h.community_id"
        " WHERE h.id = :home",
        home=next(iter(households)),
    )
    return found
