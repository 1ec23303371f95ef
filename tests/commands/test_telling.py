"""Who is told of what: once, those who want it, and nothing about a person."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.commands import publish_menu
from supplyhub.catalog.editing import withdraw_item
from supplyhub.db import db, execute, rows, scalar
from supplyhub.delivery.inbox import About, open_items
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.states import InboxKind
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.help.models import HelpRequest
from supplyhub.notifications import telling, telling_help
from supplyhub.notifications.channels import (
    Wishes,
    add_mail_box,
    add_robot,
    change_channel,
    end_channel,
    own_channels,
    robots_for,
)
from supplyhub.notifications.mailing import tell_due_checks, write_mails
from supplyhub.notifications.reading import count_new, mark_seen, messages_for
from supplyhub.notifications.rules import GROUP_MATTERS
from supplyhub.notifications.states import Matter
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from tests.factories import Shop, an_account, asking, in_care, saved
from tests.factories_depot import Town, work
from workers.handlers import day_reported

if TYPE_CHECKING:
    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

pytestmark = pytest.mark.usefixtures("database")

PLANTED = ("陈某某", "58号楼", "301", "单元")


@pytest.fixture
def vault(app: Any) -> Vault:
    found: Vault = app.extensions["vault"]
    return found


def a_robot(asker: Asker, vault: Vault, key: str = "group", *, grid: int | None = None) -> int:
    return add_robot(asker, f"wecombot://{key}", label="楼长群", grid=grid, language="zh", vault=vault, hosts=())


def told(channel: int | None = None) -> list[tuple[str, str]]:
    found = rows(
        "SELECT matter, about FROM message WHERE CAST(:channel AS bigint) IS NULL OR channel_id = :channel ORDER BY id",
        channel=channel,
    )
    return [tuple(message) for message in found]


def matters(asker: Asker) -> list[str]:
    return [message.matter for message in messages_for(asker)]


def a_request(town: Town, kind: str = "errand", **values: Any) -> HelpRequest:
    home = town.first.homes[0]
    return saved(
        HelpRequest(
            key=uuid.uuid4(),
            community_id=town.community.id,
            grid_id=town.first.grid.id,
            household_id=home.id,
            code="K7MPQ2",
            kind=kind,
            channel="web",
            opened_by=home.account_id,
            due_at=datetime.now(UTC) + timedelta(hours=2),
            **values,
        )
    )


def noon() -> str:
    """Return a zone in which it is about noon."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


def later() -> None:
    """Let menus close in three hours instead of one."""
    execute("UPDATE menu SET cutoff_at = clock_timestamp() + interval '3 hours'")
    db.session.commit()


def test_a_menu_that_opens_is_told_to_its_group_once(vault):
    shop = Shop()
    shop.item()
    later()
    execute("UPDATE menu SET state = 'draft'")
    db.session.commit()
    office = shop.coordinator()
    own, whole = a_robot(office, vault, grid=shop.grid.number), a_robot(office, vault, "all")
    publish_menu(office, shop.menu.id)
    topics = {entry.topic: entry.due_at for entry in rows("SELECT topic, due_at FROM outbox")}
    assert topics["cut_off_nears"] == scalar("SELECT cutoff_at - interval '1 hour' FROM menu")
    for _ in range(2):
        work(telling.tell_menu_opened, shop.menu.id)
    assert told(own) == [("menu_opened", f"menu:{shop.menu.id}")]
    assert told(whole) == [("menu_opened", f"cycle:{shop.cycle.id}")]
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'message'") == 2


def test_an_hour_before_the_cut_off_the_group_hears_how_many_are_silent_and_not_who(vault):
    shop = Shop()
    shop.another_home()
    lead = shop.lead()
    robot = a_robot(lead, vault)
    work(telling.tell_cut_off_soon, shop.menu.id)
    facts = scalar("SELECT facts FROM message WHERE channel_id = :robot", robot=robot)
    assert facts.keys() == {"grid", "cutoff_at", "until_at", "silent_homes"}
    assert facts["silent_homes"] == 2
    assert matters(lead) == ["cut_off_soon"]


def test_nobody_is_told_of_a_menu_that_closed_meanwhile(vault):
    shop = Shop()
    a_robot(shop.lead(), vault)
    execute("UPDATE menu SET state = 'closed'")
    db.session.commit()
    work(telling.tell_menu_opened, shop.menu.id)
    work(telling.tell_cut_off_soon, shop.menu.id)
    assert told() == []


def test_an_item_that_is_withdrawn_is_told_to_the_group_and_to_who_had_it(vault):
    town = Town(homes=2)
    home, other = town.first.homes
    town.order(town.first, home, V001=2)
    robot = a_robot(town.coordinator, vault, grid=1)
    change_channel(town.coordinator, robot, Wishes((Matter.ORDER_CHANGED,)))
    item = town.first.items["V001"]
    withdraw_item(town.coordinator, town.first.menu.id, item.id)
    payload = scalar("SELECT payload FROM outbox WHERE topic = 'item_withdrawn'")
    assert payload == {"item_id": item.id, "orders": 1}
    work(telling.tell_withdrawn, item.id, 1)
    assert told(robot) == [("order_changed", f"item:{item.id}")]
    assert "order_changed" in matters(asking(home.account_id))
    assert "order_changed" not in matters(asking(other.account_id))


def test_a_level_is_told_to_the_grids_people(vault):
    town = Town(grids=2)
    robots = [a_robot(town.coordinator, vault, f"grid-{number}", grid=number) for number in (1, 2)]
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    change_level(town.coordinator, ZoneLevel.LOCKDOWN, grid=1)
    work(telling.tell_level, town.first.grid.id)
    work(telling.tell_level, town.first.grid.id)
    assert [len(told(robot)) for robot in robots] == [1, 0]
    assert matters(lead) == ["level_changed"]
    assert "level_changed" in matters(asking(town.first.homes[0].account_id))
    assert "level_changed" not in matters(asking(town.sides[1].homes[0].account_id))


def test_what_is_new_in_the_inbox_is_told_to_the_grids_lead():
    town = Town(grids=2)
    leads = [asking(an_account(town.community, Role.GRID_LEAD, grid=side.grid).id) for side in town.sides]
    work(open_items, InboxKind.UNCLAIMED, [About(town.cycle_id, town.first.grid.id)])
    payload = scalar("SELECT payload FROM outbox WHERE topic = 'inbox_opened'")
    work(telling.tell_inbox, payload["items"])
    assert [matters(lead) for lead in leads] == [["inbox_opened"], []]
    assert [count_new(lead) for lead in leads] == [1, 0]


def test_a_request_is_told_to_those_above_and_to_who_gets_it(vault):
    town = Town(grids=2)
    leads = [asking(an_account(town.community, Role.GRID_LEAD, grid=side.grid).id) for side in town.sides]
    volunteer = asking(an_account(town.community, Role.VOLUNTEER).id)
    request = a_request(town, "medicine")
    work(telling_help.tell_help_opened, request.id, town.first.grid.id)
    work(telling_help.tell_help_assigned, request.id, volunteer.account_id)
    work(telling_help.tell_help_overdue, request.id)
    assert matters(leads[0]) == ["help_overdue", "help_opened"]
    assert matters(leads[1]) == []
    assert matters(town.coordinator) == ["help_overdue", "help_opened"]
    assert matters(volunteer) == ["help_assigned"]


def test_a_request_that_ended_or_went_on_meanwhile_is_told_to_nobody():
    town = Town(grids=2)
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    request = a_request(town)
    work(telling_help.tell_help_opened, request.id, town.sides[1].grid.id)
    execute("UPDATE help_request SET state = 'withdrawn', ended_at = clock_timestamp()")
    db.session.commit()
    work(telling_help.tell_help_opened, request.id, town.first.grid.id)
    assert matters(lead) == []


def test_calls_that_are_due_are_told_once_a_day():
    shop = Shop()
    lead = shop.lead()
    case = in_care(shop.home)
    execute("INSERT INTO care_check (case_id, due_on) VALUES (:case, CURRENT_DATE - 1)", case=case.id)
    execute("UPDATE community SET timezone = :zone", zone=noon())
    db.session.commit()
    assert tell_due_checks() == 1
    assert tell_due_checks() == 0
    assert [message.facts for message in messages_for(lead)] == [{"calls": 1}]


def test_the_days_report_is_told_to_groups_and_those_above_each_grid_its_own(vault):
    town = Town(grids=2)
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    own, whole = a_robot(town.coordinator, vault, grid=1), a_robot(town.coordinator, vault, "all")
    grids = {
        "1": {"ordered": 4, "requests_open": {"errand": 1}, "sold_fen": 480},
        "2": {"ordered": 5, "requests_open": {"errand": 1, "medicine": 2}, "sold_fen": 0},
    }
    report = scalar(
        "INSERT INTO daily_report (community_id, day, figures) SELECT id, '2026-11-22', CAST(:figures AS jsonb) FROM community"
        " RETURNING id",
        figures=json.dumps({"cycle": 1, "grids": grids}),
    )
    db.session.commit()
    for _ in range(2):
        work(day_reported, report)
    assert sorted(told()) == [("day_report", "report:2026-11-22")] * 4
    figures = {
        channel: scalar("SELECT facts -> 'figures' FROM message WHERE channel_id = :c", c=channel)
        for channel in (own, whole)
    }
    first, both = {"ordered": 4, "requests_open": 1}, {"ordered": 9, "requests_open": 4}
    assert figures == {own: first, whole: both}
    assert [message.facts["figures"] for message in messages_for(lead)] == [first]
    assert [message.facts["figures"] for message in messages_for(town.coordinator)] == [both]


def test_nothing_of_a_person_is_in_any_message(vault):
    town = Town(homes=2)
    home = town.first.homes[0]
    execute("UPDATE account SET display_name = :name WHERE id = :id", name=PLANTED[0], id=home.account_id)
    execute("UPDATE household SET door = '301' WHERE id = :id", id=home.id)
    execute("UPDATE building SET name = '58号楼', number = 58 WHERE id = :id", id=home.building_id)
    db.session.commit()
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    for grid in (None, 1):
        robot = a_robot(town.coordinator, vault, f"g{grid}", grid=grid)
        change_channel(town.coordinator, robot, Wishes(GROUP_MATTERS))
    town.order(town.first, home, V001=2)
    request = a_request(town, "medicine", public_text=None)
    change_level(town.coordinator, ZoneLevel.LOCKDOWN, grid=1)
    work(open_items, InboxKind.FAILED_DOOR, [About(town.cycle_id, town.first.grid.id)])
    for handler, *about in (
        (telling.tell_menu_opened, town.first.menu.id),
        (telling.tell_cut_off_soon, town.first.menu.id),
        (telling.tell_withdrawn, town.first.items["V001"].id, 1),
        (telling.tell_level, town.first.grid.id),
        (telling.tell_inbox, [scalar("SELECT id FROM inbox_item")]),
        (telling_help.tell_help_opened, request.id, town.first.grid.id),
        (telling_help.tell_help_assigned, request.id, lead.account_id),
        (telling_help.tell_help_overdue, request.id),
    ):
        work(handler, *about)
    written = rows("SELECT facts FROM message")
    assert len(written) > 12
    for message in written:
        facts = json.dumps(message.facts, ensure_ascii=False)
        assert not [planted for planted in PLANTED if planted in facts]


def test_a_household_reads_what_happened_to_it_without_a_row_of_its_own():
    town = Town(homes=2)
    later()
    home = asking(town.first.homes[0].account_id)
    assert matters(home) == ["menu_opened"]
    assert scalar("SELECT count(*) FROM message") == 0
    assert count_new(home) == 1
    mark_seen(home)
    assert count_new(home) == 0
    assert [message.new for message in messages_for(home)] == [False]


def test_what_somebody_does_not_want_is_not_told(vault):
    town = Town(homes=1)
    home = asking(town.first.homes[0].account_id)
    (pages,) = own_channels(home, vault=vault)
    change_channel(home, pages["id"], Wishes((Matter.DELIVERED,)))
    assert matters(home) == []


def test_who_wants_mail_gets_what_happens_from_then_on(vault):
    town = Town(homes=2)
    later()
    home, other = (asking(home.account_id) for home in town.first.homes)
    box = add_mail_box(home, "lin@example.org", language="zh", vault=vault)
    assert write_mails() == 0
    execute("UPDATE message SET matter = 'test'")
    execute("UPDATE menu SET opens_at = clock_timestamp() - interval '2 minutes'")
    db.session.commit()
    assert write_mails() == 0
    execute("UPDATE channel SET confirmed_at = clock_timestamp() - interval '1 hour' WHERE kind = 'mail'")
    execute("UPDATE menu SET opens_at = clock_timestamp() - interval '1 minute'")
    db.session.commit()
    assert write_mails() == 1
    assert write_mails() == 0
    assert [matter for matter, _ in told(box)] == ["test", "menu_opened"]
    assert "lin@example.org" not in str(rows("SELECT * FROM channel"))
    assert [channel["hint"] for channel in own_channels(home, vault=vault)] == ["", "lin@example.org"]
    assert [channel["hint"] for channel in own_channels(other, vault=vault)] == [""]


def test_a_household_has_three_mail_boxes_at_most(vault):
    home = asking(Shop().home.account_id)
    for number in range(3):
        add_mail_box(home, f"lin{number}@example.org", language="zh", vault=vault)
    with pytest.raises(ConflictError):
        add_mail_box(home, "lin3@example.org", language="zh", vault=vault)


def test_a_channel_that_ends_forgets_its_address_and_drops_what_waits(vault):
    shop = Shop()
    lead = shop.lead()
    robot = a_robot(lead, vault)
    work(telling.tell_menu_opened, shop.menu.id)
    end_channel(lead, robot)
    assert scalar("SELECT address_sealed FROM channel WHERE id = :id", id=robot) is None
    assert scalar("SELECT state FROM message WHERE channel_id = :id", id=robot) == "dropped"
    assert robots_for(lead, vault=vault) == []
    with pytest.raises(NotFoundError):
        end_channel(lead, robot)


def test_robots_are_kept_by_the_coordinator_and_the_grids_lead(vault):
    town = Town(grids=2)
    leads = [asking(an_account(town.community, Role.GRID_LEAD, grid=side.grid).id) for side in town.sides]
    stranger = asking(an_account(Shop().community, Role.COORDINATOR).id)
    robot = a_robot(leads[0], vault, grid=2)
    assert [channel["grid_number"] for channel in robots_for(town.coordinator, vault=vault)] == [1]
    assert robots_for(leads[1], vault=vault) == robots_for(stranger, vault=vault) == []
    for asker in (leads[1], stranger, town.depot, asking(town.first.homes[0].account_id)):
        with pytest.raises(NotFoundError):
            end_channel(asker, robot)
    with pytest.raises(NotAllowedError):
        a_robot(town.depot, vault)


def test_a_group_is_not_subscribed_to_what_is_one_households(vault):
    shop = Shop()
    lead = shop.lead()
    robot = a_robot(lead, vault)
    with pytest.raises(InvalidError):
        change_channel(lead, robot, Wishes((Matter.REFUNDED,)))


def test_the_address_opens_in_its_own_row_alone(vault):
    shop = Shop()
    lead = shop.lead()
    first, second = a_robot(lead, vault, "first-key"), a_robot(lead, vault, "second-key")
    assert "first-key" not in str(scalar("SELECT address_sealed FROM channel WHERE id = :id", id=first))
    hints = {channel["id"]: (channel["service"], channel["hint"]) for channel in robots_for(lead, vault=vault)}
    assert hints == {first: ("wecombot", "…-key"), second: ("wecombot", "…-key")}
