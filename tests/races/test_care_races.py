"""The care register in many hands at once; with a guard off it goes wrong."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.crypto import DestroyedError
from supplyhub.db import db, execute, rows, scalar
from supplyhub.errors import ConflictError
from supplyhub.people.commands import revoke_badge
from supplyhub.people.states import Role
from supplyhub.residents import care_reading, care_standing
from supplyhub.residents.care import CaseThereError, NewCase, open_case
from supplyhub.residents.care_checks import CallDoneError, finish_check
from supplyhub.residents.care_ending import destroy_ended
from supplyhub.residents.care_reach import today_in
from supplyhub.residents.care_reading import read_case
from supplyhub.residents.care_standing import VolunteerThereError, appoint_volunteer
from supplyhub.residents.states import AccessPurpose, CareCategory, CheckOutcome, ConsentPurpose
from tests.factories import a_badge, a_building, a_community, a_grid, a_household, an_account, asking
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from flask import Flask

    from tests.races.crowd import Crowd

READERS = 7
NOTE = "胰岛素放冰箱"


class Office:
    """Two leads of a grid, a coordinator, badges, and a household of the care register with a call that is due."""

    def __init__(self, vault: Any) -> None:
        self.vault = vault
        community = a_community()
        self.grid = grid = a_grid(community, 3)
        self.building = a_building(grid)
        self.home = a_household(self.building).id
        self.leads = [asking(an_account(community, Role.GRID_LEAD, grid=grid).id) for _ in range(2)]
        self.coordinator = asking(an_account(community, Role.COORDINATOR).id)
        self.badges = [a_badge(grid).code for _ in range(2)]
        self.new = NewCase({CareCategory.CHRONIC_ILLNESS}, NOTE, check_every_days=7, consents={
            ConsentPurpose.CHECK_CALLS: today_in(community.id)
        })  # fmt: skip
        self.case = open_case(self.leads[0], self.home, self.new, vault=vault)

    def ended(self) -> None:
        """Let the entry have ended so long ago that it is to be destroyed."""
        execute("UPDATE care_case SET ended_at = now() - interval '8 days'")
        db.session.commit()

    def read(self) -> Any:
        """Open the entry."""
        return read_case(self.coordinator, self.case, purpose=AccessPurpose.REVIEW, vault=self.vault)


@pytest.fixture
def office(committed: Flask) -> Office:
    return Office(committed.extensions["vault"])


def live_volunteers() -> list[str]:
    """Return the badges of those who look after somebody."""
    found = rows(
        "SELECT b.code FROM standing_volunteer AS v JOIN badge AS b ON b.id = v.badge_id WHERE v.ended_at IS NULL"
    )
    db.session.rollback()
    return [volunteer.code for volunteer in found]


def test_two_leads_who_appoint_a_volunteer_at_once_appoint_one(office: Office, crowd: Crowd):
    appoint = [
        partial(appoint_volunteer, lead, office.case, badge)
        for lead, badge in zip(office.leads, office.badges, strict=True)
    ]
    answers = crowd.at_once(appoint * 4)
    (badge,) = live_volunteers()
    assert scalar("SELECT count(*) FROM standing_volunteer") == 1
    refused = answers[1 - office.badges.index(badge) :: 2]
    assert all(isinstance(answer, VolunteerThereError) for answer in refused)
    assert [answer for answer in answers[office.badges.index(badge) :: 2] if answer is not None] == []


def test_without_the_entrys_lock_the_second_volunteer_is_left_to_the_database(
    office: Office, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(care_standing, "hold_case", care_standing.case_in_reach)
    monkeypatch.setattr(care_standing, "row", partial(_nobody_yet, care_standing.row))
    appoint = [
        partial(appoint_volunteer, lead, office.case, badge)
        for lead, badge in zip(office.leads, office.badges, strict=True)
    ]
    answers = crowd.at_once(appoint)
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == 1


def _nobody_yet(row: Any, sql: str, **values: object) -> Any:
    """Answer as at the moment when neither had written yet."""
    return None if "FROM standing_volunteer" in sql else row(sql, **values)


def test_a_badge_that_is_revoked_while_it_is_appointed_looks_after_nobody_or_was_live(office: Office, crowd: Crowd):
    code = office.badges[0]
    appointed, _ = crowd.at_once(
        [
            partial(appoint_volunteer, office.leads[0], office.case, code),
            partial(revoke_badge, office.coordinator, code),
        ]
    )
    if appointed is None:
        found = rows(
            "SELECT v.appointed_at, b.revoked_at FROM standing_volunteer AS v JOIN badge AS b ON b.id = v.badge_id"
        )
        assert found[0].appointed_at < found[0].revoked_at
    else:
        assert live_volunteers() == []


def test_two_who_enter_a_household_at_once_make_one_entry(office: Office, crowd: Crowd):
    home = a_household(office.building).id
    tasks = [partial(open_case, lead, home, office.new, vault=office.vault) for lead in office.leads * 3]
    answers = crowd.at_once(tasks)
    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert sum(isinstance(answer, CaseThereError) for answer in answers) == len(tasks) - 1


def test_a_call_that_two_finish_at_once_was_made_once_and_the_next_is_planned(office: Office, crowd: Crowd):
    check = scalar("SELECT id FROM care_check")
    db.session.rollback()
    answers = crowd.at_once([partial(finish_check, lead, check, CheckOutcome.FINE) for lead in office.leads * 3])
    assert answers.count(None) == 1
    assert sum(isinstance(answer, CallDoneError) for answer in answers) == len(answers) - 1
    assert scalar("SELECT count(*) FROM care_check WHERE done_at IS NULL") == 1


def reads_after_the_end() -> int:
    """Return how many reads were written down after the entry was destroyed."""
    found = scalar(
        "SELECT count(*) FROM care_access AS a JOIN care_case AS c ON c.id = a.care_case_id WHERE a.read_at > c.destroyed_at"
    )
    db.session.rollback()
    return int(found)


def test_reading_while_it_is_destroyed_reads_and_writes_down_or_does_neither(office: Office, crowd: Crowd):
    office.ended()
    answers = crowd.at_once([*[office.read] * READERS, destroy_ended, *[office.read] * READERS])
    if answers.pop(READERS) == 0:
        # Somebody read it at that moment; the clock comes again.
        assert destroy_ended() == 1
    read = [answer for answer in answers if not isinstance(answer, Exception)]
    assert all(said.note == NOTE for said in read)
    assert all(isinstance(answer, DestroyedError) for answer in answers if isinstance(answer, ConflictError))
    assert scalar("SELECT count(*) FROM care_access") == len(read)
    assert reads_after_the_end() == 0
    assert scalar("SELECT count(*) FROM care_case WHERE wrapped_key IS NULL AND destroyed_at IS NOT NULL") == 1


def test_without_the_lock_a_read_is_written_down_after_the_entry_is_gone(
    office: Office, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
):
    """The negative control: between opening and writing down the entry is destroyed."""
    office.ended()
    opened, gone = Event(), Event()
    look, open_contents = care_reading.case_in_reach, care_reading.open_contents

    def opened_and_waited(case: Any, *, vault: Any) -> Any:
        said = open_contents(case, vault=vault)
        opened.set()
        assert gone.wait(PATIENCE_SECONDS)
        return said

    def destroy() -> None:
        assert opened.wait(PATIENCE_SECONDS)
        destroy_ended()
        gone.set()

    monkeypatch.setattr(care_reading, "case_in_reach", lambda asker, case, _lock="": look(asker, case))
    monkeypatch.setattr(care_reading, "open_contents", opened_and_waited)
    said, _ = crowd.at_once([office.read, destroy])
    assert said.note == NOTE
    assert reads_after_the_end() == 1
