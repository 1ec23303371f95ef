"""The day's report says what the day's own lists say, keeps it as it was made, and doesn't keep the same twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import record_entries
from supplyhub.delivery.states import Problem
from supplyhub.depot.valuing import book_ordered
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.notifications.words_of_days import LINES, told_figures
from supplyhub.ordering.commands import decline
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.states import CoverSource
from supplyhub.people.states import Role
from supplyhub.reports.daily import (
    figures_of,
    make_due_reports,
    make_report,
    report_told,
)
from supplyhub.reports.day_figures import DayFigures, in_all
from supplyhub.reports.day_reading import days_reported, report_for, reports_between
from tests.commands.test_map_figures import a_request, entry
from tests.factories import a_community, a_grid, an_account, asking, in_care
from tests.factories_depot import Town, a_walk, work
from workers.handlers import day_reported

pytestmark = pytest.mark.usefixtures("database")

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


def today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


def figures(town: Town, grid: int = 1, day: date | None = None) -> DayFigures:
    """Return the figures of a grid, of today unless a day is named."""
    return figures_of(town.community.id, day or today())[1][grid]


def test_a_day_without_anything_is_all_zeros_for_every_grid():
    community = a_community()
    for number in (1, 2, 3):
        a_grid(community, number)
    cycle, grids = figures_of(community.id, today())
    assert (cycle, grids) == (None, {1: DayFigures(), 2: DayFigures(), 3: DayFigures()})
    assert in_all(grids.values()) == DayFigures()
    assert figures_of(a_community().id, today()) == (None, {})


def test_orders_stand_against_households_and_who_is_silent_is_left():
    town = Town(grids=2, homes=4)
    town.order(town.first, town.first.homes[0], V001=1)
    decline(town.coordinator, cycle_id=town.cycle_id, household_id=town.first.homes[1].id)
    found = figures(town)
    assert (found.households, found.ordered, found.declined, found.silent) == (4, 1, 1, 2)
    assert figures(town, 2).silent == 4


def test_a_shortage_is_counted_in_lines_and_in_households_with_its_reasons():
    town = Town(grids=2, homes=3)
    town.everybody_orders(V001=4)
    town.share(V001=6)
    cycle, grids = figures_of(town.community.id, today())
    short = rows(
        "SELECT g.number, count(*) AS lines FROM allocation AS a JOIN orders AS o ON o.id = a.order_id"
        " JOIN grid AS g ON g.id = o.grid_id WHERE a.allocated < a.ordered GROUP BY g.number"
    )
    assert cycle == town.cycle.number
    assert {each.number: each.lines for each in short} == {n: grid.short_lines for n, grid in grids.items()}
    for grid in grids.values():
        assert grid.short_households == grid.short_lines == sum(grid.short_by_reason.values()) > 0
        assert grid.short_homes == grid.short_by_reason


def test_doors_of_the_day_are_delivered_or_failed_and_what_failed_before_may_be_solved():
    town = Town(homes=4)
    town.everybody_orders(V001=1)
    town.to_tickets()
    walk = a_walk(town=town)
    first, second, third, _ = walk.stops
    failed = entry(first, Problem.NOBODY_HOME)
    for each in (failed, entry(second), entry(third, Problem.WRONG_DOOR)):
        record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[each])
    found = figures(town)
    assert (found.delivered, found.failed, found.returned, found.problems_open) == (1, 2, 0, 2)
    assert found.volunteers == 1
    yesterday = figures(town, day=today() - timedelta(days=1))
    assert (yesterday.delivered, yesterday.failed, yesterday.volunteers) == (0, 0, 0)


def test_calls_of_the_care_register_are_due_until_they_are_done():
    town = Town(homes=3)
    cases = [in_care(home).id for home in town.first.homes]
    who = town.coordinator.account_id
    with transaction():
        sql = (
            "INSERT INTO care_check (case_id, due_on, done_at, done_by, outcome) VALUES (:case, :due,"
            " CAST(:done AS timestamptz), :who, :outcome)"
        )
        now = datetime.now(UTC)
        execute(sql, case=cases[0], due=today(), done=None, who=None, outcome=None)
        execute(sql, case=cases[1], due=today() - timedelta(days=3), done=now, who=who, outcome="fine")
        execute(sql, case=cases[2], due=today() + timedelta(days=1), done=None, who=None, outcome=None)
    found = figures(town)
    assert (found.calls_due, found.calls_done) == (2, 1)


def test_requests_are_counted_by_kind_and_by_age():
    town = Town(grids=2)
    a_request(town, 1, hours=-1, code="AAAAAA")
    a_request(town, 1, hours=5, code="BBBBBB")
    a_request(town, 2, hours=5, code="CCCCCC", state="withdrawn")
    first, second = figures(town), figures(town, 2)
    assert (first.requests_open, first.requests_by_age, first.requests_late) == ({"errand": 2}, {"longer": 2}, 1)
    assert (second.requests_open, second.requests_ended, second.requests_solved) == ({}, 1, 0)


def test_what_the_cycle_is_worth_is_its_journal():
    town = Town(homes=2)
    town.everybody_orders(V001=2)
    town.cut_off()
    work(book_ordered, town.cycle_id)
    assert figures(town).sold_fen == 2 * 2 * town.first.items["V001"].price_fen


def test_an_order_is_worth_its_total_until_it_is_booked_and_what_others_paid_is_a_sum():
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=2)
    price = town.first.items["V001"].price_fen
    assert [figures(town, grid).sold_fen for grid in (1, 2)] == [4 * price, 4 * price]
    town.cut_off()
    work(book_ordered, town.cycle_id)
    order = scalar("SELECT min(id) FROM orders WHERE grid_id = :grid", grid=town.first.grid.id)
    cover_order(town.coordinator, order, CoverSource.DONATION)
    first, second = figures(town), figures(town, 2)
    assert (first.sold_fen, first.covered_fen, second.covered_fen) == (4 * price, 2 * price, 0)
    assert (first.paid_online_fen, first.paid_at_doors_fen, first.given_back_fen) == (0, 0, 0)
    assert figures(town, day=today() - timedelta(days=1)).covered_fen == 0


def test_shifts_count_their_hours_of_the_day_alone_where_they_are():
    town = Town(grids=2)
    begins = datetime.combine(today(), datetime.min.time(), ZONE)
    with transaction():
        point = scalar(
            "INSERT INTO delivery_point (community_id, name) VALUES (:c, '北门') RETURNING id", c=town.community.id
        )
    depot = scalar("SELECT id FROM depot WHERE community_id = :c", c=town.community.id)
    night, day = (begins - 4 * HOUR, begins + 2 * HOUR), (begins + 8 * HOUR, begins + 20 * HOUR)
    plan_shift(town, night, grid=town.first.grid.id)
    plan_shift(town, day, grid=town.first.grid.id)
    plan_shift(town, day, grid=town.sides[1].grid.id, cancelled=True)
    plan_shift(town, day, point=point)
    plan_shift(town, night, depot=depot)
    assert [figures(town, grid).shift_hours for grid in (1, 2)] == [14, 0]
    make_report(town.coordinator, today())
    found = report_for(town.coordinator, today())
    assert found is not None
    assert (found.all.shift_hours, found.all.point_hours, found.all.depot_hours) == (14, 12, 2)
    alone = report_for(town.coordinator, today(), 1)
    assert alone is not None
    assert (alone.all.shift_hours, alone.all.point_hours, alone.all.depot_hours) == (14, 0, 0)


def plan_shift(town: Town, hours: tuple[datetime, datetime], *, cancelled: bool = False, **place: int) -> None:
    """Put somebody on duty at a depot, a point or in a grid."""
    with transaction():
        execute(
            "INSERT INTO roster_shift (community_id, account_id, grid_id, delivery_point_id, depot_id, starts_at, ends_at,"
            " planned_by, cancelled_at) VALUES (:c, :who, :grid, :point, :depot, :start, :end, :by,"
            " CASE WHEN :cancelled THEN clock_timestamp() END)",
            c=town.community.id,
            who=an_account(town.community, Role.VOLUNTEER).id,
            **{kind: place.get(kind) for kind in ("grid", "point", "depot")},
            start=hours[0],
            end=hours[1],
            by=town.coordinator.account_id,
            cancelled=cancelled,
        )


def test_the_day_is_the_communitys_own_and_its_cycle_the_one_that_is_delivered_on_it():
    town = Town()
    with transaction():
        execute(
            "INSERT INTO cycle (community_id, number, delivery_on) VALUES (:c, :number, :day)",
            c=town.community.id,
            number=town.cycle.number + 1,
            day=today() + timedelta(days=9),
        )
        execute("UPDATE cycle SET delivery_on = :day WHERE id = :id", day=today(), id=town.cycle_id)
    assert figures_of(town.community.id, today())[0] == town.cycle.number
    tomorrow = figures_of(town.community.id, today() + timedelta(days=1))[0]
    assert tomorrow == town.cycle.number + 1


def test_the_same_report_is_kept_once_and_another_beside_it():
    town = Town(homes=2)
    first = make_report(town.coordinator, today())
    assert make_report(town.coordinator, today()) == first
    town.order(town.first, town.first.homes[0], V001=1)
    second = make_report(town.coordinator, today())
    assert second != first
    assert scalar("SELECT count(*) FROM daily_report") == 2
    found = report_for(town.coordinator, today())
    assert found is not None
    assert (found.id, found.made_by, found.all.ordered, found.cycle) == (
        second,
        town.coordinator.display_name,
        1,
        town.cycle.number,
    )


def test_a_day_that_has_not_begun_has_no_report():
    town = Town()
    with pytest.raises(InvalidError):
        make_report(town.coordinator, today() + timedelta(days=1))
    assert report_for(town.coordinator, today()) is None


def test_a_lead_reads_the_own_grid_and_the_depot_nothing():
    town = Town(grids=2, homes=2)
    town.order(town.first, town.first.homes[0], V001=1)
    make_report(town.coordinator, today())
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.sides[1].grid).id)
    found = report_for(lead, today())
    assert found is not None
    assert (list(found.grids), found.all.ordered, found.all.households) == ([2], 0, 2)
    with pytest.raises(NotAllowedError):
        report_for(town.depot, today())
    assert report_for(asking(an_account(a_community(), Role.COORDINATOR).id), today()) is None


def test_today_stands_beside_the_days_before_that_have_a_report():
    town, other = Town(grids=2, homes=2), Town(homes=3)
    yesterday, before = (today() - timedelta(days=days) for days in (1, 3))
    for day in (before, yesterday):
        make_report(town.coordinator, day)
    make_report(other.coordinator, today())
    town.order(town.first, town.first.homes[0], V001=1)
    make_report(town.coordinator, today())
    found = reports_between(town.coordinator, before, today())
    assert list(found) == [before, yesterday, today()]
    assert [report.all.ordered for report in found.values()] == [0, 0, 1]
    assert [report.all.households for report in reports_between(other.coordinator, before, today()).values()] == [3]
    days, many = days_reported(town.coordinator, page=1, page_size=2)
    assert ([each.day for each in days], many) == ([today(), yesterday], 3)
    assert [each.day for each in days_reported(town.coordinator, page=2, page_size=2)[0]] == [before]
    assert days_reported(asking(an_account(a_community(), Role.COORDINATOR).id), page=1, page_size=2) == ([], 0)


def test_one_grid_is_read_by_its_number_and_no_lead_reads_anothers():
    town = Town(grids=2, homes=2)
    Town(grids=3, homes=2)
    town.order(town.first, town.first.homes[0], V001=1)
    make_report(town.coordinator, today())
    for number, ordered in ((1, 1), (2, 0)):
        found = report_for(town.coordinator, today(), number)
        assert found is not None
        assert (list(found.grids), found.all.ordered) == ([number], ordered)
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    assert report_for(lead, today(), 1) == report_for(lead, today())
    for who, number in ((lead, 2), (town.coordinator, 3)):
        with pytest.raises(NotFoundError):
            report_for(who, today(), number)
    for who in (town.depot, asking(an_account(town.community, Role.VOLUNTEER).id)):
        with pytest.raises(NotAllowedError):
            days_reported(who, page=1, page_size=9)


def test_a_report_of_another_version_is_read_as_far_as_it_goes():
    town = Town(homes=2)
    make_report(town.coordinator, today())
    with transaction():
        execute("UPDATE daily_report SET figures = figures - 'shared'")
        execute("""UPDATE daily_report SET figures = jsonb_set(figures, '{grids,1,of_tomorrow}', '7')""")
    found = report_for(town.coordinator, today())
    assert found is not None
    assert (found.all.households, found.all.depot_hours) == (2, 0)


def test_the_clock_makes_it_once_after_its_hour_even_when_somebody_made_the_same_before():
    town = Town()
    noon, evening = (datetime.combine(today(), datetime.min.time(), ZONE) + hours * HOUR for hours in (12, 18))
    assert make_due_reports(noon) == []
    make_report(town.coordinator, today())
    (made,) = make_due_reports(evening)
    assert make_due_reports(evening + HOUR) == []
    found = report_for(town.coordinator, today())
    assert found is not None
    assert (found.id, found.made_by) == (made, None)


def test_groups_are_told_of_the_clocks_report_by_figures_that_a_message_has_words_for():
    town = Town(grids=2, homes=3)
    town.order(town.first, town.first.homes[0], V001=1)
    a_request(town, 2, hours=-2)
    evening = datetime.combine(today(), datetime.min.time(), ZONE) + 18 * HOUR
    (report,) = make_due_reports(evening)
    (event,) = rows("SELECT payload FROM outbox WHERE topic = 'day_reported'")
    assert event.payload == {"report_id": report}
    community, day, grids = report_told(report)
    assert (community, day, set(grids)) == (town.community.id, today(), {"1", "2"})
    told = told_figures(grids["2"])
    assert (told["households"], told["requests_open"], told["requests_late"]) == (3, 1, 1)
    assert set(told) == {figure for line in LINES for figure, *_words in line}
    an_account(town.community, Role.GRID_LEAD, grid=town.first.grid)
    work(day_reported, report)


def test_nobody_but_a_coordinator_has_a_report_made():
    town = Town()
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    for who in (lead, town.depot):
        with pytest.raises(NotAllowedError):
            make_report(who, today())


def test_figures_of_grids_add_up():
    one = DayFigures(households=3, short_by_reason={"fair_share": 1}, requests_open={"wish": 2})
    two = DayFigures(households=4, short_by_reason={"none_left": 5, "fair_share": 1})
    assert in_all([one, two]) == DayFigures(
        households=7, short_by_reason={"fair_share": 2, "none_left": 5}, requests_open={"wish": 2}
    )
