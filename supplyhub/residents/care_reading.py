"""Opening an entry of the care register: whoever reads it is written down in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, transaction
from supplyhub.residents.care_reach import case_in_reach, only_leads, only_openers, opens
from supplyhub.residents.care_sealing import open_contents

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.residents.care_rules import Contents
    from supplyhub.residents.states import AccessPurpose

READS = """
    SELECT a.display_name AS name, a.role, c.purpose, c.read_at FROM care_access AS c JOIN account AS a ON a.id = c.account_id
"""


def read_case(asker: Asker, case_id: int, *, purpose: AccessPurpose, vault: Vault) -> Contents:
    """Return what an entry says, and write down who read it and what for. For its keeper and a coordinator.

    Raises NotFoundError, NotAllowedError; DestroyedError and ConflictError when it was destroyed or altered: then nobody
    has read anything, and nothing is written.
    """
    only_leads(asker)
    with transaction():
        # Who destroys it waits until it is read and written down, and is waited for.
        case = case_in_reach(asker, case_id, "FOR SHARE OF c")
        only_openers(asker, case)
        said = open_contents(case, vault=vault)
        execute(
            "INSERT INTO care_access (care_case_id, account_id, purpose, read_at)"
            " VALUES (:case, :account, :purpose, clock_timestamp())",
            case=case_id,
            account=asker.account_id,
            purpose=purpose,
        )
        return said


def reads_of(asker: Asker, case_id: int, *, limit: int = 100) -> list[Row[Any]]:
    """Return who read an entry, the latest first: for its keeper and a coordinator; nothing for other leads.

    Fields: name, role, purpose, read_at. Raises NotFoundError.
    """
    case = case_in_reach(asker, case_id)
    if not opens(asker, case):
        return []
    return rows(f"{READS} WHERE c.care_case_id = :case ORDER BY c.id DESC LIMIT :limit", case=case_id, limit=limit)


def reads_of_own(asker: Asker, *, limit: int = 100) -> list[Row[Any]]:
    """Return who read what the care register says or said of the asker's own household, as `reads_of`."""
    return rows(
        f"{READS} JOIN care_case AS k ON k.id = c.care_case_id WHERE k.household_id = :home ORDER BY c.id DESC LIMIT :limit",
        home=asker.household(),
        limit=limit,
    )
