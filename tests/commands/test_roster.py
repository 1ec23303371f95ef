"""The roster: twelve hours at most, nobody in two places; last week's once more; who is on duty now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from supplyhub.db import db, execute
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.roster import (
    OnDutyAlreadyError,
    cancel_shift,
    copy_week,
    my_duty,
    on_duty_in_grid,
    on_duty_now,
    people_for,
    places_of,
    plan_shift,
    week_of,
)
from supplyhub.people.states import Role
from tests.factories import Shop, a_badge, an_account, asking

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


class Office:
    """A community with somebody of the depot, and the three kinds of places."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.who = an_account(self.shop.community, Role.DEPOT).id
        self.coordinator = self.shop.coordinator()
        self.depot, self.point, self.grid = places_of(self.coordinator)
        self.monday = (datetime.now(ZONE) + timedelta(days=7)).date()
        self.monday -= timedelta(days=self.monday.weekday())

    def on(self, day: int, hour: int = 8) -> datetime:
        """Return an hour of a day of next week."""
        return datetime.combine(self.monday + timedelta(days=day), datetime.min.time(), ZONE) + hour * HOUR

    def plan(self, day: int = 0, hour: int = 8, hours: int = 12, who: int | None = None, **values) -> int:
        starts = self.on(day, hour)
        place = values.get("place", self.depot)
        return plan_shift(self.coordinator, who or self.who, place, starts_at=starts, ends_at=starts + hours * HOUR)

    def week(self, weeks: int = 0, place=None) -> list[str]:
        monday: date = self.monday + timedelta(days=7 * weeks)
        return [
            f"{each.name} {each.starts_at.astimezone(ZONE):%a %H:%M}"
            for each in week_of(self.coordinator, place or self.depot, monday)
        ]


@pytest.fixture
def office(database) -> Office:
    return Office()


def test_a_week_is_planned_day_and_night_in_the_communitys_zone(office):
    name = asking(office.who).display_name
    office.plan(0)
    office.plan(0, 20)
    office.plan(6, 20)
    assert office.week() == [f"{name} Mon 08:00", f"{name} Mon 20:00", f"{name} Sun 20:00"]
    assert [each.place for each in my_duty(asking(office.who))] == ["物资暂存中转站"] * 3


def test_nobody_is_in_two_places_and_the_refusal_names_the_other(office):
    office.plan(0)
    with pytest.raises(OnDutyAlreadyError) as refused:
        office.plan(0, 19, 4, place=office.grid)
    assert refused.value.data["place"] == "物资暂存中转站"
    assert refused.value.data["who"] == asking(office.who).display_name
    assert datetime.fromisoformat(refused.value.data["starts_at"]) == office.on(0)
    office.plan(0, 20, place=office.grid)


def test_the_very_same_shift_twice_is_one(office):
    assert office.plan(0) == office.plan(0)


@pytest.mark.parametrize("hours", [0, -1, 13])
def test_a_shift_is_of_twelve_hours_at_most(office, hours):
    with pytest.raises(InvalidError):
        office.plan(hours=hours)


def test_a_cancelled_shift_makes_room(office):
    shift = office.plan(0)
    cancel_shift(office.coordinator, shift)
    cancel_shift(office.coordinator, shift)
    assert office.week() == []
    office.plan(0, place=office.point)


def test_last_weeks_shifts_are_copied_without_those_who_cannot(office):
    busy, gone = (an_account(office.shop.community, Role.DEPOT).id for _ in range(2))
    for who in (office.who, busy, gone):
        office.plan(2, who=who)
    office.plan(9, 10, 2, who=busy, place=office.point)
    execute("UPDATE account SET active = false WHERE id = :id", id=gone)
    db.session.commit()
    following = office.monday + timedelta(days=7)
    copied = copy_week(office.coordinator, office.depot, following)
    assert (copied.shifts, {each.account_id for each in copied.left_out}) == (1, {busy, gone})
    assert office.week(1) == [f"{asking(office.who).display_name} Wed 08:00"]
    assert copy_week(office.coordinator, office.depot, following).shifts == 0


def test_who_is_on_duty_now_stands_with_the_grid_and_at_the_depot(office):
    start = datetime.now(UTC) - HOUR
    lead = office.shop.lead()
    for who, place in ((office.who, office.depot), (lead.account_id, office.grid)):
        plan_shift(office.coordinator, who, place, starts_at=start, ends_at=start + 2 * HOUR)
    assert [each.name for each in on_duty_in_grid(office.shop.grid.id)] == [lead.display_name]
    assert [each.kind for each in on_duty_now(office.coordinator)] == ["depot", "grid"]
    assert [each.kind for each in on_duty_now(asking(office.who))] == ["depot"]
    assert on_duty_now(lead) == []


def test_who_can_be_on_duty_is_staff_and_volunteers_with_a_badge(office):
    worn, without = a_badge(office.shop.grid).account_id, an_account(office.shop.community, Role.VOLUNTEER).id
    assert {worn, office.who} <= {each.id for each in people_for(office.coordinator)}
    office.plan(who=worn)
    for nobody in (without, office.shop.home.account_id, 2**62):
        with pytest.raises(NotFoundError):
            office.plan(who=nobody)


def test_only_a_coordinator_plans(office):
    lead = office.shop.lead()
    with pytest.raises(NotAllowedError):
        plan_shift(lead, office.who, office.depot, starts_at=office.on(0), ends_at=office.on(0) + HOUR)
    with pytest.raises(NotAllowedError):
        copy_week(lead, office.depot, office.monday)
    with pytest.raises(NotAllowedError):
        cancel_shift(lead, office.plan())


def test_another_communitys_people_and_shifts_are_not_to_be_had(office):
    other = Office()
    with pytest.raises(NotFoundError):
        office.plan(who=other.who)
    with pytest.raises(NotFoundError):
        cancel_shift(office.coordinator, other.plan())
