"""Commands on entries of the care register (特殊群体台账): open, arrange, write, renew, end, name a keeper."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents.care_consents import write_consent
from supplyhub.residents.care_planning import plan_as_arranged
from supplyhub.residents.care_reach import LEADS, hold_case, only_leads, only_openers, today_in
from supplyhub.residents.care_rules import (
    LONGEST_HOLD_DAYS,
    Contents,
    check_categories,
    check_note,
    days_held,
)
from supplyhub.residents.care_sealing import marked_categories, open_contents
from supplyhub.residents.care_writing import add_cases, drop_open_checks, end_cases, put_contents

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.residents.states import CareCategory, ConsentPurpose

PRIORITIES = (1, 2)
LONGEST_INTERVAL_DAYS = 60


class CaseThereError(ConflictError):
    """The household has an entry of the care register already; `case` is its id."""

    code = "care_there"


class NoKeeperError(NotFoundError):
    """No lead of this grid and no coordinator has this account."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """What an entry begins with. `consents`: what the household agreed to, and when."""

    categories: Collection[CareCategory]
    note: str = ""
    priority: int = 2
    check_every_days: int | None = None
    ends_on: date | None = None
    consents: dict[ConsentPurpose, date] = field(default_factory=dict)


def open_case(asker: Asker, household_id: int, new: NewCase, *, vault: Vault) -> int:
    """Put a household into the care register and return the entry's id; a lead becomes its keeper.

    For the grid's lead and a coordinator. Raises NotFoundError, CaseThereError, InvalidError.
    """
    only_leads(asker)
    contents = Contents(check_categories(new.categories), note=check_note(new.note))
    _check_arrangement(new.priority, new.check_every_days)
    with transaction():
        _lock_home(asker, household_id)
        live = scalar("SELECT id FROM care_case WHERE household_id = :home AND ended_at IS NULL", home=household_id)
        if live is not None:
            raise CaseThereError(case=live)
        today = today_in(asker.community_id)
        _check_end(new.ends_on, today)
        case = add_cases(
            {household_id: contents},
            today=today,
            hashes={household_id: b""},
            vault=vault,
            ends_on=new.ends_on,
            keeper_id=asker.account_id if asker.role == Role.GRID_LEAD else None,
        )[household_id]
        for purpose, given_on in new.consents.items():
            write_consent(asker, case, purpose, given_on, today=today)
        _arrange(case, new.priority, new.check_every_days)
        plan_as_arranged(case)
        return case


def arrange_case(asker: Asker, case_id: int, *, priority: int, check_every_days: int | None) -> None:
    """Say how urgent an entry is (1 before 2) and how often somebody calls; None for never.

    For the grid's lead and a coordinator. Raises NotFoundError, CaseEndedError, InvalidError.
    """
    only_leads(asker)
    _check_arrangement(priority, check_every_days)
    with transaction():
        hold_case(asker, case_id)
        _arrange(case_id, priority, check_every_days)
        if check_every_days is None:
            drop_open_checks([case_id])
        plan_as_arranged(case_id)


def write_case(asker: Asker, case_id: int, *, categories: Collection[CareCategory], note: str, vault: Vault) -> None:
    """Write an entry's categories and note anew, under a fresh key. For its keeper and a coordinator.

    The words of a register file stay with it while the categories do. Raises NotFoundError, NotAllowedError,
    CaseEndedError, InvalidError.
    """
    said = Contents(check_categories(categories), note=check_note(note))
    with transaction():
        case = hold_case(asker, case_id)
        only_openers(asker, case)
        before = open_contents(case, vault=vault)
        words = before.words if before.categories == said.categories else ()
        put_contents(case_id, Contents(said.categories, words, said.note), vault=vault)


def renew_case(asker: Asker, case_id: int, *, vault: Vault, ends_on: date | None = None) -> date:
    """Let an entry hold longer and return its new last day: the given one, or as long as its categories say from today.

    For its keeper and a coordinator. Raises NotFoundError, NotAllowedError, CaseEndedError, InvalidError.
    """
    with transaction():
        case = hold_case(asker, case_id)
        only_openers(asker, case)
        today = today_in(asker.community_id)
        _check_end(ends_on, today)
        marks = [found.mark for found in rows("SELECT mark FROM care_mark WHERE case_id = :case", case=case_id)]
        last = ends_on or today + timedelta(days=days_held(marked_categories(marks, vault=vault)))
        execute("UPDATE care_case SET ends_on = :last WHERE id = :case", last=last, case=case_id)
        return last


def end_case(asker: Asker, case_id: int) -> None:
    """End an entry; it is destroyed some days later. For its keeper and a coordinator.

    Raises NotFoundError, NotAllowedError, CaseEndedError.
    """
    with transaction():
        case = hold_case(asker, case_id)
        only_openers(asker, case)
        end_cases([case_id])


def name_keeper(asker: Asker, case_id: int, account_id: int | None) -> None:
    """Name who keeps an entry and reads it: a lead of its grid or a coordinator; None for nobody. For a coordinator.

    Raises NotFoundError, NoKeeperError, NotAllowedError, CaseEndedError.
    """
    _only_coordinator(asker)
    with transaction():
        case = hold_case(asker, case_id)
        if account_id is not None:
            _check_keeper(asker, account_id, case.grid_id)
        execute("UPDATE care_case SET keeper_id = :keeper WHERE id = :case", keeper=account_id, case=case_id)


def name_keeper_of_grid(asker: Asker, grid_id: int, account_id: int) -> int:
    """Name somebody keeper of every live entry of a grid that has none; return how many. For a coordinator.

    Raises NoKeeperError, NotAllowedError.
    """
    _only_coordinator(asker)
    with transaction():
        _check_keeper(asker, account_id, grid_id)
        return len(
            rows(
                """
                UPDATE care_case SET keeper_id = :keeper
                WHERE id IN (SELECT c.id FROM care_case AS c JOIN household AS h ON h.id = c.household_id AND h.active
                             JOIN building AS b ON b.id = h.building_id
                             WHERE b.grid_id = :grid AND h.community_id = :community AND c.ended_at IS NULL
                               AND c.keeper_id IS NULL ORDER BY c.id FOR NO KEY UPDATE OF c)
                RETURNING id
                """,
                keeper=account_id,
                grid=grid_id,
                community=asker.community_id,
            )
        )


def _arrange(case_id: int, priority: int, check_every_days: int | None) -> None:
    execute(
        "UPDATE care_case SET priority = :priority, check_every_days = :every WHERE id = :case",
        priority=priority,
        every=check_every_days,
        case=case_id,
    )


def _lock_home(asker: Asker, household_id: int) -> None:
    """Lock an active household of the asker's, as an import does before it writes. Raises NotFoundError."""
    found = row(
        """
        SELECT h.id FROM household AS h JOIN building AS b ON b.id = h.building_id
        WHERE h.id = :home AND h.community_id = :community AND h.active
          AND (CAST(:grid AS bigint) IS NULL OR b.grid_id = :grid)
        FOR NO KEY UPDATE OF h
        """,
        home=household_id,
        community=asker.community_id,
        grid=asker.grid() if asker.role == Role.GRID_LEAD else None,
    )
    if found is None:
        raise NotFoundError("there is no such household", household=household_id)


def _check_keeper(asker: Asker, account_id: int, grid_id: int | None) -> None:
    """Raise NoKeeperError unless the account is an active one that may keep entries of the grid."""
    account = row(
        "SELECT role, grid_id FROM account WHERE id = :id AND community_id = :community AND active",
        id=account_id,
        community=asker.community_id,
    )
    fits = account is not None and account.role in LEADS
    if account is None or not fits or (account.role == Role.GRID_LEAD and account.grid_id != grid_id):
        raise NoKeeperError(account=account_id)


def _only_coordinator(asker: Asker) -> None:
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator names who keeps an entry", role=asker.role)


def _check_arrangement(priority: int, check_every_days: int | None) -> None:
    if priority not in PRIORITIES:
        raise InvalidError("an entry's priority is 1 or 2", priority=priority)
    if check_every_days is not None and not 1 <= check_every_days <= LONGEST_INTERVAL_DAYS:
        raise InvalidError(f"somebody calls every 1 to {LONGEST_INTERVAL_DAYS} days", days=check_every_days)


def _check_end(ends_on: date | None, today: date) -> None:
    if ends_on is not None and not today <= ends_on <= today + timedelta(days=LONGEST_HOLD_DAYS):
        raise InvalidError(
            f"an entry holds for {LONGEST_HOLD_DAYS} days at most, from today", ends_on=ends_on.isoformat()
        )
