"""A badge's life: trained for, issued, suspended, revoked, replaced, moved to another grid, and never said where from."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import db, execute, row, rows, scalar, transaction
from supplyhub.delivery.grid_binding import own_badge
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.commands import (
    begin_shift,
    create_staff,
    end_shift,
    issue_badge,
    keep_badge_photo,
    record_training,
    replace_badge,
    resume_badge,
    revoke_badge,
    suspend_badge,
    transfer_badge,
)
from supplyhub.people.shifts import shift_end
from supplyhub.people.states import Role
from supplyhub.people.training import Trained
from supplyhub.people.volunteers import photo_of_badge, volunteer_for, volunteers_of
from supplyhub.photos.commands import keep_photo
from tests.factories import a_badge, a_community, a_grid, a_training, an_account, asking
from tests.rules.test_photos import a_png


class Office:
    """A community with grids 3 and 4, a coordinator, and a volunteer with badge 3-001."""

    def __init__(self) -> None:
        self.community = a_community()
        self.grid, self.other_grid = a_grid(self.community, 3), a_grid(self.community, 4)
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)
        self.person = an_account(self.community, Role.VOLUNTEER).id
        a_training(self.person)
        self.badge = issue_badge(self.coordinator, self.person, grid=3)


@pytest.fixture
def office(database) -> Office:
    return Office()


def run_out() -> None:
    execute("UPDATE badge SET valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'")
    db.session.commit()


def states() -> dict[str, str]:
    return {badge.code: badge.state for badge in rows("SELECT code, state FROM badge ORDER BY id")}


def test_nobody_gets_a_badge_before_a_training_is_recorded(office):
    newcomer = an_account(office.community, Role.VOLUNTEER).id
    with pytest.raises(ConflictError) as caught:
        issue_badge(office.coordinator, newcomer, grid=3)
    assert caught.value.data == {"account": newcomer, "untrained": True}
    record_training(office.coordinator, newcomer, Trained("上岗培训"))
    assert issue_badge(office.coordinator, newcomer, grid=3).code == "3-002"


def test_a_training_is_recorded_once_and_says_who_recorded_it(office):
    for _ in range(2):
        record_training(office.coordinator, office.person, Trained("防护", date(2026, 4, 2)))
    view = volunteer_for(office.coordinator, office.person)
    assert [(training.topic, training.recorded_by) for training in view.trainings] == [
        ("防护", office.coordinator.display_name),
        ("上岗培训", scalar("SELECT display_name FROM account WHERE id = :id", id=office.person)),
    ]


@pytest.mark.parametrize(
    "training",
    [
        Trained(""),
        Trained(" "),
        Trained("x" * 61),
        Trained("a\x00b"),
        Trained("防护", date(2099, 1, 1)),
    ],
)
def test_a_training_without_topic_or_still_to_come_is_refused(office, training):
    with pytest.raises(InvalidError):
        record_training(office.coordinator, office.person, training)


def test_only_a_coordinator_deals_with_badges_and_only_in_the_own_community(office):
    lead = asking(an_account(office.community, Role.GRID_LEAD, grid=office.grid).id)
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    for act in (
        lambda who: suspend_badge(who, "3-001"),
        lambda who: resume_badge(who, "3-001"),
        lambda who: revoke_badge(who, "3-001"),
        lambda who: replace_badge(who, "3-001"),
        lambda who: transfer_badge(who, "3-001", grid=4),
        lambda who: keep_badge_photo(who, "3-001", 1),
        lambda who: record_training(who, office.person, Trained("防护")),
        lambda who: issue_badge(who, office.person, grid=3),
        lambda who: volunteer_for(who, office.person),
    ):
        with pytest.raises(NotAllowedError):
            act(lead)
        with pytest.raises(NotFoundError):
            act(stranger)
    assert states() == {"3-001": "live"}


def test_a_suspended_badge_gives_no_grid_until_it_is_resumed(office):
    suspend_badge(office.coordinator, "3-001")
    person = asking(office.person)
    assert (person.grid_id, person.badge_id) == (None, None)
    for ask in (person.grid, person.badge):
        with pytest.raises(NotAllowedError):
            ask()
    resume_badge(office.coordinator, "3-001")
    assert asking(office.person).grid_id == office.grid.id


@pytest.mark.parametrize("end", ["suspended", "expired", "revoked"])
def test_a_badge_that_stopped_after_signing_in_is_no_own_badge_any_more(office, end):
    person = asking(office.person)
    if end == "expired":
        run_out()
    else:
        {"suspended": suspend_badge, "revoked": revoke_badge}[end](office.coordinator, "3-001")
    with pytest.raises(NotAllowedError), transaction():
        own_badge(person)
    with pytest.raises(NotAllowedError):
        begin_shift(person)
    assert asking(office.person).grid_id is None


@pytest.mark.parametrize("end", [suspend_badge, revoke_badge, replace_badge])
def test_the_shift_ends_with_the_badge(office, end):
    begin_shift(asking(office.person))
    end(office.coordinator, "3-001")
    assert shift_end(office.badge.id) is None


def test_a_shift_is_begun_and_ended_by_the_volunteer(office):
    person = asking(office.person)
    until = begin_shift(person)
    assert shift_end(office.badge.id) == until == begin_shift(person)
    end_shift(person)
    end_shift(person)
    assert shift_end(office.badge.id) is None
    (shift,) = volunteer_for(office.coordinator, office.person).shifts
    assert (shift.badge, shift.running) == ("3-001", False)


def test_a_suspended_badge_is_no_way_around_the_suspension(office):
    suspend_badge(office.coordinator, "3-001")
    for around in (
        lambda: issue_badge(office.coordinator, office.person, grid=4),
        lambda: replace_badge(office.coordinator, "3-001"),
        lambda: transfer_badge(office.coordinator, "3-001", grid=4),
        lambda: suspend_badge(office.coordinator, "3-001"),
    ):
        with pytest.raises(ConflictError):
            around()
    run_out()
    with pytest.raises(ConflictError):
        issue_badge(office.coordinator, office.person, grid=4)
    revoke_badge(office.coordinator, "3-001")
    assert issue_badge(office.coordinator, office.person, grid=4).code == "4-001"


def test_a_lost_card_is_replaced_by_the_next_number_with_the_same_last_day(office):
    new = replace_badge(office.coordinator, "3-001")
    assert (new.code, new.valid_until) == ("3-002", office.badge.valid_until)
    assert states() == {"3-001": "revoked", "3-002": "live"}
    assert scalar("SELECT replaces_id FROM badge WHERE id = :id", id=new.id) == office.badge.id
    assert asking(office.person).badge_id == new.id
    with pytest.raises(ConflictError):
        replace_badge(office.coordinator, "3-001")


def test_a_volunteer_moves_to_another_grid_by_another_badge(office):
    new = transfer_badge(office.coordinator, "3-001", grid=4)
    assert (new.code, asking(office.person).grid_id) == ("4-001", office.other_grid.id)
    for grid, error in ((4, ConflictError), (99, NotFoundError)):
        with pytest.raises(error):
            transfer_badge(office.coordinator, "4-001", grid=grid)
    assert states() == {"3-001": "revoked", "4-001": "live"}
    # Back again is not the old number.
    assert transfer_badge(office.coordinator, "4-001", grid=3).code == "3-002"


def test_an_expired_badge_is_followed_by_a_new_one_alone(office):
    run_out()
    for follow in (
        lambda: replace_badge(office.coordinator, "3-001"),
        lambda: transfer_badge(office.coordinator, "3-001", grid=4),
    ):
        with pytest.raises(ConflictError):
            follow()
    assert [person.standing for person in volunteers_of(office.coordinator)] == ["expired"]
    assert issue_badge(office.coordinator, office.person, grid=3).code == "3-002"


def test_the_database_itself_keeps_a_person_to_one_badge_and_a_badge_to_its_grid(office):
    again = "INSERT INTO badge (account_id, grid_id, number, code, valid_until, revoked_at, state) VALUES"
    for statement in (
        "INSERT INTO badge (account_id, grid_id, number, code, valid_until) VALUES (:person, :other, 1, '4-001', 'infinity')",
        "UPDATE badge SET state = 'suspended'",
        "UPDATE badge SET state = 'revoked'",
        f"{again} (:person, :grid, 1, '3-001', 'infinity', now(), 'revoked')",
        "INSERT INTO shift (badge_id, grid_id, account_id, ends_at) VALUES (:badge, :other, :person, now() + interval '1h')",
    ):
        with pytest.raises(IntegrityError), transaction():
            execute(
                statement,
                **{
                    name: value
                    for name, value in {
                        "person": office.person,
                        "grid": office.grid.id,
                        "other": office.other_grid.id,
                        "badge": office.badge.id,
                    }.items()
                    if f":{name}" in statement
                },
            )


def test_the_photo_stays_with_the_person_when_the_badge_is_another(office):
    photo = keep_photo(office.coordinator, a_png())
    keep_badge_photo(office.coordinator, "3-001", photo)
    replace_badge(office.coordinator, "3-001")
    transfer_badge(office.coordinator, "3-002", grid=4)
    assert photo_of_badge(office.coordinator, "4-001").media_type == "image/png"


def test_a_photo_is_seen_by_those_who_look_at_badges(office):
    keep_badge_photo(office.coordinator, "3-001", keep_photo(office.coordinator, a_png()))
    depot = asking(an_account(office.community, Role.DEPOT).id)
    lead = asking(an_account(office.community, Role.GRID_LEAD, grid=office.grid).id)
    for who in (office.coordinator, depot, lead, asking(office.person)):
        assert photo_of_badge(who, "3-001").content == a_png()
    neighbour = asking(an_account(office.community, Role.GRID_LEAD, grid=office.other_grid).id)
    colleague = asking(a_badge(office.grid).account_id)
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    for who in (neighbour, colleague, stranger):
        with pytest.raises(NotFoundError):
            photo_of_badge(who, "3-001")
    with pytest.raises(NotFoundError):
        photo_of_badge(office.coordinator, "3-099")


def test_a_photo_that_somebody_else_took_goes_on_no_badge(office):
    theirs = keep_photo(asking(an_account(office.community, Role.DEPOT).id), a_png())
    for photo in (theirs, 10**12):
        with pytest.raises(NotFoundError):
            keep_badge_photo(office.coordinator, "3-001", photo)


def test_nothing_that_is_kept_of_a_badge_says_where_somebody_lives(office):
    known = row("SELECT * FROM badge WHERE id = :id", id=office.badge.id)._mapping
    assert not {key for key in known if "household" in key or "building" in key or "address" in key or "door" in key}
    person = row("SELECT * FROM account WHERE id = :id", id=office.person)._mapping
    assert not {key for key in person if "household" in key or "phone" in key}


def test_depot_staff_keep_to_a_delivery_point_and_nobody_else_does(office):
    new = create_staff(office.coordinator, Role.DEPOT, "老周", delivery_point="东门")
    assert asking(new.account_id).delivery_point_id == office.grid.delivery_point_id
    assert asking(create_staff(office.coordinator, Role.DEPOT, "老马").account_id).delivery_point_id is None
    with pytest.raises(NotFoundError):
        create_staff(office.coordinator, Role.DEPOT, "老周", delivery_point="北门")
    with pytest.raises(InvalidError):
        create_staff(office.coordinator, Role.COORDINATOR, "老周", delivery_point="东门")
    other = a_community()
    a_grid(other, 3, delivery_point="别处")
    with pytest.raises(NotFoundError):
        create_staff(office.coordinator, Role.DEPOT, "老周", delivery_point="别处")
