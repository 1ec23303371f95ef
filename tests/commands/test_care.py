"""The care register: who enters, reads and changes an entry; what a household agreed to; the end of it all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.crypto import DestroyedError
from supplyhub.db import db, execute, row, rows, scalar
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.commands import replace_badge, revoke_badge
from supplyhub.people.states import Role
from supplyhub.residents.care import (
    CaseThereError,
    NewCase,
    arrange_case,
    end_case,
    name_keeper,
    name_keeper_of_grid,
    open_case,
    renew_case,
    write_case,
)
from supplyhub.residents.care_checks import (
    CallDoneError,
    NotWelcomeError,
    count_due_checks,
    due_checks,
    finish_check,
    plan_check,
)
from supplyhub.residents.care_consents import give_consent, take_consent_back
from supplyhub.residents.care_ending import destroy_ended, look_after_care, mark_unmarked
from supplyhub.residents.care_queries import case_counts, case_for, cases_for, consents_of, own_case_for
from supplyhub.residents.care_reach import CaseEndedError, today_in
from supplyhub.residents.care_reading import read_case, reads_of, reads_of_own
from supplyhub.residents.care_sealing import CARE_KEY, CATEGORY
from supplyhub.residents.care_standing import (
    VolunteerThereError,
    appoint_volunteer,
    end_volunteer,
    people_of,
    volunteers_for,
)
from supplyhub.residents.needs import say_needs
from supplyhub.residents.register import CONTACT, PHONE
from supplyhub.residents.states import AccessPurpose, CareCategory, CheckOutcome, ConsentPurpose, DoorNeed
from tests.factories import a_badge, a_building, a_community, a_grid, a_household, a_training, an_account, asking

if TYPE_CHECKING:
    from collections.abc import Callable

NOTE = "胰岛素放冰箱，<script>alert(1)</script>，=1+1"
ILL = frozenset({CareCategory.CHRONIC_ILLNESS})


class Care:
    """A grid with a lead, a coordinator, a volunteer with a badge, and a household."""

    def __init__(self, vault: Any) -> None:
        self.vault = vault
        self.community = a_community()
        self.grid = a_grid(self.community, 3)
        self.building = a_building(self.grid)
        self.home = a_household(self.building)
        self.lead = asking(an_account(self.community, Role.GRID_LEAD, grid=self.grid).id)
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)
        self.badge = a_badge(self.grid)
        self.volunteer = asking(self.badge.account_id)
        self.household = asking(self.home.account_id)
        self.today = today_in(self.community.id)

    def another_lead(self) -> Any:
        """Return another lead of the same grid."""
        return asking(an_account(self.community, Role.GRID_LEAD, grid=self.grid).id)

    def elsewhere(self) -> Any:
        """Return the lead of another grid."""
        return asking(an_account(self.community, Role.GRID_LEAD, grid=a_grid(self.community)).id)

    def open(self, **values: Any) -> int:
        """Put the household into the register, by the lead."""
        new = NewCase(**({"categories": ILL, "note": NOTE} | values))
        return open_case(self.lead, self.home.id, new, vault=self.vault)

    def read(self, asker: Any, case: int) -> Any:
        """Open what an entry says."""
        return read_case(asker, case, purpose=AccessPurpose.REVIEW, vault=self.vault)

    def call(self, **values: Any) -> int:
        """Put the household into the register with a call that is due today; return the entry."""
        return self.open(check_every_days=7, consents={ConsentPurpose.CHECK_CALLS: self.today}, **values)

    def check(self) -> int:
        """Return the call that is planned."""
        return int(scalar("SELECT id FROM care_check WHERE done_at IS NULL"))


@pytest.fixture
def care(database, app) -> Care:
    return Care(app.extensions["vault"])


def past(days: int) -> None:
    """Let some days pass for every entry."""
    execute(
        "UPDATE care_case SET created_at = created_at - make_interval(days => :days), ends_on = ends_on - :days,"
        " ended_at = ended_at - make_interval(days => :days)",
        days=days,
    )
    db.session.commit()


def test_a_lead_enters_a_household_and_keeps_its_entry(care: Care):
    case = care.open()
    said = care.read(care.lead, case)
    assert (said.categories, said.note) == (ILL, NOTE)
    assert case_for(care.lead, case).keeper_id == care.lead.account_id
    assert row("SELECT care_case_id, account_id, purpose FROM care_access") == (case, care.lead.account_id, "review")


def test_what_an_entry_says_stands_nowhere_in_the_database(care: Care):
    care.open()
    text = "".join(str(rows(f"SELECT t::text FROM {table} AS t")) for table in ("care_case", "care_mark", "outbox"))
    for planted in (NOTE, "胰岛素", "胰岛素".encode().hex(), "chronic_illness", b"chronic_illness".hex()):
        assert planted not in text
    assert bytes(scalar("SELECT note_sealed FROM care_case")).startswith(b"own|")


def test_only_the_keeper_and_a_coordinator_open_an_entry(care: Care):
    case = care.open()
    assert care.read(care.coordinator, case).note == NOTE
    with pytest.raises(NotAllowedError):
        care.read(care.another_lead(), case)
    depot = asking(an_account(care.community, Role.DEPOT).id)
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    for asker in (care.elsewhere(), depot, stranger, care.volunteer, care.household):
        with pytest.raises((NotFoundError, NotAllowedError)):
            care.read(asker, case)
    assert scalar("SELECT count(*) FROM care_access") == 1


def test_a_household_is_in_the_register_once(care: Care):
    case = care.open()
    with pytest.raises(CaseThereError) as refused:
        care.open()
    assert refused.value.data["case"] == case
    end_case(care.lead, case)
    assert care.open() != case


@pytest.mark.parametrize(
    "wrong",
    [
        {"categories": frozenset()},
        {"note": "x" * 1001},
        {"priority": 3},
        {"check_every_days": 61},
        {"check_every_days": 0},
    ],
    ids=str,
)
def test_an_entry_that_contradicts_itself_is_refused(care: Care, wrong: dict[str, Any]):
    with pytest.raises(InvalidError):
        care.open(**wrong)
    assert scalar("SELECT count(*) FROM care_case") == 0


def test_consent_of_tomorrow_and_an_end_of_yesterday_are_refused(care: Care):
    for wrong in (
        {"consents": {ConsentPurpose.REGISTER: care.today + timedelta(days=1)}},
        {"ends_on": care.today - timedelta(days=1)},
        {"ends_on": care.today + timedelta(days=367)},
    ):
        with pytest.raises(InvalidError):
            care.open(**wrong)
    assert scalar("SELECT count(*) FROM care_case") == 0


def test_an_entry_is_written_anew_under_a_fresh_key(care: Care):
    case = care.open()
    before = scalar("SELECT wrapped_key FROM care_case")
    write_case(care.lead, case, categories={CareCategory.DISABLED}, note="", vault=care.vault)
    said = care.read(care.lead, case)
    assert (said.categories, said.note) == ({CareCategory.DISABLED}, "")
    assert scalar("SELECT wrapped_key FROM care_case") != before
    assert rows("SELECT mark FROM care_mark") == [(care.vault.lookup_hash("disabled", "care_category"),)]
    with pytest.raises(NotAllowedError):
        write_case(care.another_lead(), case, categories=ILL, note="", vault=care.vault)


def test_an_entry_holds_as_its_categories_say_and_is_renewed(care: Care):
    case = care.open(categories={CareCategory.AFTER_ISOLATION})
    assert case_for(care.lead, case).ends_on == care.today + timedelta(days=14)
    past(10)
    assert renew_case(care.lead, case, vault=care.vault) == care.today + timedelta(days=14)
    wanted = care.today + timedelta(days=30)
    assert renew_case(care.coordinator, case, vault=care.vault, ends_on=wanted) == wanted
    with pytest.raises(NotAllowedError):
        renew_case(care.another_lead(), case, vault=care.vault)


def test_how_long_an_entry_holds_is_not_shown_to_other_leads(care: Care):
    case, other = care.open(categories={CareCategory.AFTER_ISOLATION}), care.another_lead()
    assert case_for(other, case).ends_on is None
    assert cases_for(other)[0].ends_on is None
    assert cases_for(care.lead)[0].ends_on is not None


def test_a_coordinator_names_who_keeps_an_entry(care: Care):
    case, other = care.open(), care.another_lead()
    name_keeper(care.coordinator, case, other.account_id)
    assert care.read(other, case).note == NOTE
    with pytest.raises(NotAllowedError):
        care.read(care.lead, case)
    depot = an_account(care.community, Role.DEPOT)
    for wrong in (care.elsewhere().account_id, depot.id, care.volunteer.account_id, care.household.account_id, 10**9):
        with pytest.raises(NotFoundError):
            name_keeper(care.coordinator, case, wrong)
    with pytest.raises(NotAllowedError):
        name_keeper(care.lead, case, care.lead.account_id)


def test_all_entries_of_a_grid_without_a_keeper_get_one_at_once(care: Care):
    case = open_case(care.coordinator, care.home.id, NewCase(ILL), vault=care.vault)
    neighbour = open_case(care.lead, a_household(care.building).id, NewCase(ILL), vault=care.vault)
    other = care.another_lead()
    assert name_keeper_of_grid(care.coordinator, care.grid.id, other.account_id) == 1
    keepers = {entry.id: entry.keeper_id for entry in cases_for(care.coordinator)}
    assert keepers == {case: other.account_id, neighbour: care.lead.account_id}


def test_consent_has_a_day_and_can_be_taken_back(care: Care):
    case = care.open()
    assert case_counts(care.lead)["not_asked"] == 1
    give_consent(care.lead, case, ConsentPurpose.REGISTER, given_on=care.today - timedelta(days=2))
    give_consent(care.household, case, ConsentPurpose.CARE_PACKS)
    give_consent(care.household, case, ConsentPurpose.CARE_PACKS)
    given = consents_of(care.household, case)
    assert {purpose: one.given_on for purpose, one in given.items()} == {
        "register": care.today - timedelta(days=2),
        "care_packs": care.today,
    }
    take_consent_back(care.household, case, ConsentPurpose.CARE_PACKS)
    assert consents_of(care.lead, case)["care_packs"].withdrawn_on == care.today
    assert case_counts(care.lead)["not_asked"] == 0
    neighbour = asking(a_household(care.building).account_id)
    with pytest.raises(NotFoundError):
        take_consent_back(neighbour, case, ConsentPurpose.REGISTER)


def test_a_household_that_takes_its_consent_to_the_register_back_leaves_it(care: Care):
    case = care.open()
    take_consent_back(care.household, case, ConsentPurpose.REGISTER)
    assert own_case_for(care.household) is None
    with pytest.raises(CaseEndedError):
        give_consent(care.lead, case, ConsentPurpose.REGISTER)


def test_a_household_reads_who_read_what_about_it(care: Care):
    case = care.open()
    care.read(care.coordinator, case)
    end_case(care.lead, case)
    (read,) = reads_of_own(care.household)
    assert (read.name, read.role, read.purpose) == (care.coordinator.display_name, "coordinator", "review")
    assert reads_of_own(asking(a_household(care.building).account_id)) == []
    assert len(reads_of(care.coordinator, case)) == 1
    assert reads_of(care.another_lead(), case) == []


def test_calls_are_planned_for_those_who_agreed(care: Care):
    case = care.open(check_every_days=7)
    assert due_checks(care.lead) == []
    with pytest.raises(NotWelcomeError):
        plan_check(care.lead, case, care.today)
    give_consent(care.lead, case, ConsentPurpose.CHECK_CALLS)
    (due,) = due_checks(care.lead)
    assert (due.case_id, due.due_on, due.days_late) == (case, care.today, 0)
    take_consent_back(care.lead, case, ConsentPurpose.CHECK_CALLS)
    assert due_checks(care.lead) == []


def test_a_call_that_ends_plans_the_next_one(care: Care):
    case = care.call()
    check = care.check()
    finish_check(care.lead, check, CheckOutcome.NO_ANSWER)
    assert rows("SELECT due_on FROM care_check WHERE done_at IS NULL") == [(care.today + timedelta(days=1),)]
    with pytest.raises(CallDoneError):
        finish_check(care.coordinator, check, CheckOutcome.FINE)
    finish_check(care.coordinator, care.check(), CheckOutcome.FINE)
    assert rows("SELECT due_on FROM care_check WHERE done_at IS NULL") == [(care.today + timedelta(days=7),)]
    assert (count_due_checks(care.lead), count_due_checks(care.lead, ahead=7)) == (0, 1)
    plan_check(care.lead, case, care.today)
    assert count_due_checks(care.lead) == 1
    arrange_case(care.lead, case, priority=1, check_every_days=None)
    assert count_due_checks(care.lead, ahead=60) == 0


def test_urgent_calls_come_first(care: Care):
    care.call()
    urgent = NewCase(ILL, priority=1, check_every_days=1, consents={ConsentPurpose.CHECK_CALLS: care.today})
    first = open_case(care.lead, a_household(care.building).id, urgent, vault=care.vault)
    assert due_checks(care.coordinator)[0].case_id == first
    assert due_checks(care.elsewhere()) == []


def test_a_standing_volunteer_sees_the_door_and_no_more_than_was_agreed(care: Care):
    care.home.phone_sealed = care.vault.seal("19900000000", *PHONE, care.home.id)
    care.home.contact_name_sealed = care.vault.seal("郑丽丽", *CONTACT, care.home.id)
    db.session.commit()
    say_needs(care.lead, care.home.id, [DoorNeed.NO_STAIRS])
    case = care.call()
    assert people_of(care.volunteer, vault=care.vault) == []
    appoint_volunteer(care.lead, case, care.badge.code)
    appoint_volunteer(care.lead, case, care.badge.code)
    (person,) = people_of(care.volunteer, vault=care.vault)
    assert (person["needs"], person["is_due"], person["phone"], person["name"]) == (["no_stairs"], True, "", "")
    assert not {"category_sealed", "note_sealed", "ends_on", "contact_name_sealed", "phone_sealed"} & set(person)
    give_consent(care.household, case, ConsentPurpose.STANDING_VOLUNTEER)
    (person,) = people_of(care.volunteer, vault=care.vault)
    assert (person["phone"], person["name"]) == ("19900000000", "郑丽丽")
    finish_check(care.volunteer, person["check_id"], CheckOutcome.FINE)
    take_consent_back(care.household, case, ConsentPurpose.STANDING_VOLUNTEER)
    assert people_of(care.volunteer, vault=care.vault) == []


def test_a_volunteer_calls_nobody_but_those_looked_after(care: Care):
    case = care.call()
    for asker in (care.volunteer, care.household, asking(an_account(care.community, Role.DEPOT).id), care.elsewhere()):
        with pytest.raises(NotFoundError):
            finish_check(asker, care.check(), CheckOutcome.FINE)
    appoint_volunteer(care.lead, case, care.badge.code)
    with pytest.raises(NotFoundError):
        finish_check(asking(a_badge(care.grid).account_id), care.check(), CheckOutcome.FINE)


def test_one_volunteer_looks_after_a_household_at_a_time(care: Care):
    case, second = care.open(), a_badge(care.grid)
    appoint_volunteer(care.lead, case, care.badge.code)
    with pytest.raises(VolunteerThereError):
        appoint_volunteer(care.lead, case, second.code)
    assert [(one.code, one.looks_after) for one in volunteers_for(care.lead, case)] == [
        (second.code, 0),
        (care.badge.code, 1),
    ]
    end_volunteer(care.lead, case)
    appoint_volunteer(care.lead, case, second.code)
    assert case_for(care.lead, case).badge == second.code


def test_only_a_live_badge_of_the_grid_looks_after_a_household(care: Care):
    case = care.open()
    elsewhere = a_badge(a_grid(care.community))
    revoked = a_badge(care.grid)
    revoke_badge(care.coordinator, revoked.code)
    for wrong in (elsewhere.code, revoked.code, "3-999"):
        with pytest.raises(NotFoundError):
            appoint_volunteer(care.lead, case, wrong)


def test_a_badge_that_ends_looks_after_nobody(care: Care):
    case = care.open()
    appoint_volunteer(care.lead, case, care.badge.code)
    revoke_badge(care.coordinator, care.badge.code)
    assert case_for(care.lead, case).badge == care.badge.code
    look_after_care()
    assert case_for(care.lead, case).badge is None


def test_the_badge_after_a_lost_one_goes_on_looking_after_people(care: Care):
    case = care.open()
    appoint_volunteer(care.lead, case, care.badge.code)
    a_training(care.badge.account_id)
    new = replace_badge(care.coordinator, care.badge.code)
    look_after_care()
    assert case_for(care.lead, case).badge == new.code


def test_a_building_that_moves_leaves_its_old_grids_volunteer_and_lead(care: Care):
    case = care.call()
    appoint_volunteer(care.lead, case, care.badge.code)
    care.building.grid_id = a_grid(care.community).id
    db.session.commit()
    assert people_of(care.volunteer, vault=care.vault) == []
    with pytest.raises(NotFoundError):
        care.read(care.lead, case)
    look_after_care()
    assert case_for(care.coordinator, case).badge is None


def test_an_entry_ends_the_day_after_its_last_and_takes_calls_and_volunteer_along(care: Care):
    case = care.call(categories={CareCategory.AFTER_ISOLATION})
    appoint_volunteer(care.lead, case, care.badge.code)
    past(14)
    assert look_after_care() == 0
    past(1)
    assert look_after_care() == 1
    assert scalar("SELECT count(*) FROM care_check") == 0
    assert people_of(care.volunteer, vault=care.vault) == []
    assert cases_for(care.lead) == []
    with pytest.raises(NotAllowedError):
        care.read(care.lead, case)
    assert care.read(care.coordinator, case).note == NOTE


def test_seven_days_after_its_end_an_entry_is_destroyed_with_key_and_marks(care: Care):
    case = care.open()
    care.read(care.lead, case)
    end_case(care.lead, case)
    past(6)
    assert destroy_ended() == 0
    past(1)
    assert destroy_ended() == 1
    left = row(
        "SELECT wrapped_key, category_sealed, note_sealed, category_hash, destroyed_at IS NOT NULL FROM care_case"
    )
    assert left == (None, None, None, b"", True)
    assert scalar("SELECT count(*) FROM care_mark") == 0
    with pytest.raises(DestroyedError):
        care.read(care.coordinator, case)
    # Who read it while it was there stays.
    assert len(reads_of_own(care.household)) == 1


def test_an_entry_of_before_there_were_categories_is_understood_and_marked(care: Care):
    case = open_case(care.coordinator, care.home.id, NewCase(ILL), vault=care.vault)
    own, wrapped = care.vault.wrap_new_key(*CARE_KEY, case)
    execute("DELETE FROM care_mark")
    execute(
        "UPDATE care_case SET category_sealed = :sealed, wrapped_key = :key",
        sealed=own.seal("独居老人", *CATEGORY, case),
        key=wrapped,
    )
    db.session.commit()
    assert mark_unmarked(care.vault) == 1
    assert mark_unmarked(care.vault) == 0
    said = care.read(care.coordinator, case)
    assert (said.categories, said.words) == ({CareCategory.LIVING_ALONE}, ("独居老人",))
    assert rows("SELECT mark FROM care_mark") == [(care.vault.lookup_hash("living_alone", "care_category"),)]


def test_an_altered_or_moved_note_is_not_shown_and_not_logged(care: Care):
    case = care.open()
    execute("UPDATE care_case SET note_sealed = set_byte(note_sealed, 30, get_byte(note_sealed, 30) # 1)")
    db.session.commit()
    with pytest.raises(ConflictError):
        care.read(care.lead, case)
    assert scalar("SELECT count(*) FROM care_access") == 0


def acts(care: Care, case: int) -> list[Callable[[Any], object]]:
    """Return everything that a lead or coordinator does with an entry."""
    return [
        lambda asker: open_case(asker, care.home.id, NewCase(ILL), vault=care.vault),
        lambda asker: arrange_case(asker, case, priority=1, check_every_days=1),
        lambda asker: write_case(asker, case, categories=ILL, note="", vault=care.vault),
        lambda asker: renew_case(asker, case, vault=care.vault),
        lambda asker: end_case(asker, case),
        lambda asker: name_keeper(asker, case, None),
        lambda asker: plan_check(asker, case, care.today),
        lambda asker: finish_check(asker, care.check(), CheckOutcome.FINE),
        lambda asker: appoint_volunteer(asker, case, care.badge.code),
        lambda asker: end_volunteer(asker, case),
        lambda asker: case_for(asker, case),
        lambda asker: care.read(asker, case),
    ]


def test_nobody_else_does_anything_to_an_entry(care: Care):
    case = care.call()
    strangers = [
        care.elsewhere(),
        asking(an_account(care.community, Role.DEPOT).id),
        asking(an_account(a_community(), Role.COORDINATOR).id),
        care.volunteer,
        care.household,
        asking(a_household(care.building).account_id),
    ]
    for asker in strangers:
        for act in acts(care, case):
            with pytest.raises((NotFoundError, NotAllowedError)):
                act(asker)
    for asker in [each for each in strangers if each != care.household]:
        for consent in (give_consent, take_consent_back):
            with pytest.raises(NotFoundError):
                consent(asker, case, ConsentPurpose.CHECK_CALLS)
    assert [entry.id for entry in cases_for(care.lead)] == [case]
    assert scalar("SELECT count(*) FROM care_access") == 0
