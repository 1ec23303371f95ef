"""What a household of the care register agreed to: given for a purpose on a day, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, transaction
from supplyhub.errors import InvalidError
from supplyhub.residents.care_planning import plan_as_arranged
from supplyhub.residents.care_reach import hold_case, today_in
from supplyhub.residents.care_writing import drop_open_checks, end_cases, end_volunteers
from supplyhub.residents.states import ConsentPurpose

if TYPE_CHECKING:
    from datetime import date

    from supplyhub.people.asker import Asker


def give_consent(asker: Asker, case_id: int, purpose: ConsentPurpose, *, given_on: date | None = None) -> None:
    """Note that a household agreed to a purpose, today or on an earlier day; again changes nothing.

    For the household itself, its grid's lead and a coordinator. Raises NotFoundError, CaseEndedError, InvalidError.
    """
    with transaction():
        hold_case(asker, case_id)
        today = today_in(asker.community_id)
        write_consent(asker, case_id, purpose, given_on or today, today=today)
        plan_as_arranged(case_id)


def take_consent_back(asker: Asker, case_id: int, purpose: ConsentPurpose) -> None:
    """Note that a household no longer agrees, and stop what it was for; for the register itself, end the entry.

    For the household itself, its grid's lead and a coordinator. Raises NotFoundError, CaseEndedError.
    """
    with transaction():
        hold_case(asker, case_id)
        execute(
            "UPDATE care_consent SET withdrawn_on = greatest(given_on, CAST(:today AS date))"
            " WHERE case_id = :case AND purpose = :purpose AND withdrawn_on IS NULL",
            today=today_in(asker.community_id),
            case=case_id,
            purpose=purpose,
        )
        if purpose == ConsentPurpose.REGISTER:
            end_cases([case_id])
        elif purpose == ConsentPurpose.CHECK_CALLS:
            drop_open_checks([case_id])
        elif purpose == ConsentPurpose.STANDING_VOLUNTEER:
            end_volunteers([case_id])


def write_consent(asker: Asker, case_id: int, purpose: ConsentPurpose, given_on: date, *, today: date) -> None:
    """Write that a household agreed, in the caller's transaction. Raises InvalidError for a day that is yet to come."""
    if given_on > today:
        raise InvalidError("nobody has agreed tomorrow", given_on=given_on.isoformat())
    execute(
        """
        INSERT INTO care_consent (case_id, purpose, given_on, recorded_by) VALUES (:case, :purpose, :given_on, :by)
        ON CONFLICT (case_id, purpose) WHERE withdrawn_on IS NULL DO NOTHING
        """,
        case=case_id,
        purpose=purpose,
        given_on=given_on,
        by=asker.account_id,
    )
