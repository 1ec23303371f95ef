"""What is personal goes in its time: planted marks are looked for in a dump, in the queue server, and in every log.

An order, a ticket, an entry of the care register and requests for help live through the real queue, and jobs fail while they
have something personal in hand; then the clock is moved, and what the scheduler runs by itself runs.
"""

from __future__ import annotations

import io
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
import redis
import structlog
from rq import Queue, SimpleWorker
from rq.timeouts import TimerDeathPenalty

from supplyhub import logs, outbox
from supplyhub.audit.queries import audit
from supplyhub.catalog.commands import close_menu
from supplyhub.catalog.events import MenuOpened
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.delivery.commands import attach_photo, claim_ticket, hand_over, record_entries, report_not_arrived
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.depot.commands import finish_receiving
from supplyhub.errors import ConflictError
from supplyhub.help.commands import add_photo, open_request, pass_medicine, read_request, take_request, withdraw
from supplyhub.help.states import HelpChannel, HelpKind, Holder
from supplyhub.notifications.channels import add_robot
from supplyhub.privacy.erasing import erase_household
from supplyhub.privacy.household_file import household_file
from supplyhub.privacy.writing import as_json
from supplyhub.reports.exporting import ask_for_export
from supplyhub.reports.labels import A4
from supplyhub.reports.printing import ask_to_print
from supplyhub.reports.states import Exported, Printed
from supplyhub.residents.care import NewCase, open_case
from supplyhub.residents.importing import NamedFile
from supplyhub.residents.register import CONTACT, PHONE
from supplyhub.residents.register_jobs import ask_for_trial
from supplyhub.residents.states import CareCategory
from tests import planted
from tests.factories import a_device, asking
from tests.factories_depot import Town, a_volunteer, stops_of
from tests.planted import MARKS, ServerLog, later, marks_in
from tests.robot import TestRobot
from workers import handlers
from workers.queue import QUEUE
from workers.relay import Relay
from workers.schedule import periodic_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from supplyhub.crypto import Vault


class WorkerAside(SimpleWorker):
    """The worker, in a thread beside the test: signals are for a process of its own."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        pass


class Logs:
    """All that is logged: by the application's own logger as in a server, by libraries, by the database server."""

    def __init__(self, admin_url: str, caplog: pytest.LogCaptureFixture) -> None:
        self._own, self._libraries, self._server = io.StringIO(), caplog, ServerLog(admin_url)
        caplog.set_level(logging.DEBUG)
        logs.configure(logging.DEBUG)
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(self._own))

    def lines(self) -> list[str]:
        """Return them."""
        return [*self._own.getvalue().splitlines(), *self._libraries.text.splitlines(), *self._server.lines()]


@dataclass
class House:
    """The running installation: its worker, its scheduler, and the places where marks are looked for."""

    app: Flask
    admin_url: str
    queue_url: str
    logs: Logs

    @property
    def vault(self) -> Vault:
        found: Vault = self.app.extensions["vault"]
        return found

    def work(self) -> None:
        """Let relay and worker do all that is due, through the queue."""
        with ThreadPoolExecutor(1) as aside:
            aside.submit(self._work).result()

    def _work(self) -> None:
        with self.app.app_context(), redis.Redis.from_url(self.queue_url) as connection:
            while Relay(waiting := Queue(QUEUE, connection=connection)).look():
                WorkerAside([waiting], connection=connection).work(burst=True, logging_level="DEBUG")

    def by_the_clock(self) -> None:
        """Run whatever the scheduler runs by itself and asks nobody outside."""
        with redis.Redis.from_url(self.queue_url) as connection:
            for job in periodic_jobs(Relay(Queue(QUEUE, connection=connection))):
                if not job.asks and job.name != "relay":
                    job.run()
        self.work()

    def found(self) -> dict[str, set[str]]:
        """Return the marks that are found, by place."""
        places = {
            "dump": planted.dump(self.admin_url),
            "queue": planted.queue(self.queue_url),
            "logs": self.logs.lines(),
        }
        return {place: marks_in(lines) for place, lines in places.items()}


@pytest.fixture
def house(committed: Flask, admin_url: str, redis_url: str, caplog: pytest.LogCaptureFixture) -> Iterator[House]:
    before, hook = structlog.get_config(), sys.excepthook
    yield House(committed, admin_url, redis_url, Logs(admin_url, caplog))
    structlog.configure(**before)
    sys.excepthook = hook


@dataclass
class Life:
    """A town in which everything is kept of one household, and all of it has ended."""

    town: Town
    home_id: int
    resident: Any
    robot: TestRobot

    def broken(self) -> list[int]:
        return [finding.law.number for finding in audit() if finding.offending]


@pytest.fixture
def robot(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestRobot]:
    running = TestRobot()
    running.start()
    monkeypatch.setitem(committed.extensions, "messenger", running.messenger())
    yield running
    running.stop()


@pytest.fixture
def life(house: House, robot: TestRobot) -> Life:
    town = Town(homes=2)
    home = town.first.homes[1]
    lived = Life(town, home.id, asking(home.account_id), robot)
    add_robot(town.coordinator, "wecombot://key", label="群", grid=1, language="zh", vault=house.vault, hosts=())
    _who_lives_there(house, lived)
    with transaction():
        outbox.record(MenuOpened(town.first.menu.id))
    house.work()
    town.everybody_orders(V001=1)
    with transaction():
        execute("UPDATE orders SET note = :note WHERE household_id = :home", note=planted.ORDERED, home=lived.home_id)
    codes = _asks_for_help(house, lived)
    _on_its_way(house, lived)
    _on_paper(house, lived)
    for code in codes:
        withdraw(lived.resident, code, vault=house.vault)
    house.work()
    assert scalar("SELECT count(*) FROM register_job WHERE failed_sealed IS NOT NULL") == 1
    assert scalar("SELECT count(*) FROM outbox WHERE finished_at IS NULL AND due_at <= clock_timestamp()") == 0
    return lived


def _who_lives_there(house: House, life: Life) -> None:
    with transaction():
        execute(
            "UPDATE household SET contact_name_sealed = :name, phone_sealed = :phone, door = :door WHERE id = :home",
            name=house.vault.seal(planted.NAME, *CONTACT, life.home_id),
            phone=house.vault.seal(planted.PHONE, *PHONE, life.home_id),
            door=planted.DOOR,
            home=life.home_id,
        )
    a_device(life.home_id)
    categories = frozenset({CareCategory.LIVING_ALONE})
    open_case(life.town.coordinator, life.home_id, NewCase(categories, note=planted.NOTE), vault=house.vault)


def _asks_for_help(house: House, life: Life) -> list[str]:
    """Ask for medicine with a prescription, which somebody takes, reads and passes on, and for something else."""
    own: dict[str, Any] = {"channel": HelpChannel.WEB, "vault": house.vault, "text": planted.SAID}
    facts = {"name": planted.MEDICINE, "amount": "两盒", "pharmacy": "协和药房", "kept_cool": True}
    medicine = open_request(life.resident, key=uuid4(), kind=HelpKind.MEDICINE, facts=facts, **own)
    add_photo(life.resident, medicine, planted.picture(planted.PRESCRIPTION), vault=house.vault)
    office = life.town.coordinator
    take_request(office, medicine)
    read_request(office, medicine, vault=house.vault)
    pass_medicine(
        office, medicine, key=uuid4(), said=medicine, holder=Holder.OTHER_DISTRICT, place="界口", name=planted.PASSED_TO,
        vault=house.vault,
    )  # fmt: skip
    return [medicine, open_request(life.resident, key=uuid4(), kind=HelpKind.OTHER, **own)]


def _on_its_way(house: House, life: Life) -> None:
    """Bring the order from its cut-off to the door, as far as the worker does it by the worker."""
    town = life.town
    for side in town.sides:
        assert side.menu is not None
        close_menu(town.coordinator, side.menu.id)
    house.work()
    town.send()
    town.receive(V001=town.line_of("V001").quantity)
    finish_receiving(town.depot, town.cycle_id)
    house.work()
    town.pack()
    house.work()
    (ticket,) = town.tickets(town.first)
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, ticket)
    hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
    now, failed = scalar("SELECT clock_timestamp()"), uuid4()
    first, second = stops_of(ticket)
    entries = [
        Entry(failed, first.id, StopOutcome.FAILED, Problem.NOBODY_HOME, now),
        Entry(uuid4(), second.id, StopOutcome.DELIVERED, None, now),
    ]
    record_entries(volunteer.asker, ticket_code=ticket, entries=entries)
    attach_photo(volunteer.asker, failed, planted.picture(planted.AT_THE_DOOR))
    report_not_arrived(life.resident, second.code, note=planted.ARRIVED)


def _on_paper(house: House, life: Life) -> None:
    """Have labels drawn and a table written, and try a list in which a telephone stands in the wrong column."""
    town = life.town
    ask_to_print(town.depot, town.cycle_id, [town.batch_of(town.first)], printed=Printed.PARCELS, layout=A4)
    ask_for_export(town.coordinator, Exported.HOUSEHOLDS)
    header = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体,网格,小网格"
    faulty = f"{header}\n1号楼,1单元,101,{planted.FAULTY},{planted.NAME},{planted.PHONE},,1,\n"
    ask_for_trial(town.coordinator, {"households": NamedFile("households", faulty.encode())}, vault=house.vault)
    house.work()


def closed(town: Town) -> None:
    town.close_by_hand()
    with transaction():
        execute("UPDATE cycle SET closed_at = clock_timestamp()")
        execute("UPDATE inbox_item SET cleared_at = clock_timestamp()")


def test_planted_marks_are_found_in_each_of_the_three_places(house):
    """The search itself: what is planted as people, libraries and queues write it is found."""
    with psycopg.connect(house.admin_url, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA beside; CREATE TABLE beside.things (said text, raw bytea, told jsonb)")
        try:
            admin.execute(
                "INSERT INTO beside.things VALUES (%s, %s, %s)",
                (planted.NAME, planted.SAID.encode(), f'{{"phone": "{planted.PHONE}"}}'),
            )
            admin.execute("SELECT lo_from_bytea(77, %s)", (planted.NOTE.encode(),))
            assert house.found()["dump"] == {planted.NAME, planted.SAID, planted.PHONE, planted.NOTE}
        finally:
            admin.execute("DROP SCHEMA beside CASCADE; SELECT lo_unlink(77)")
        with pytest.raises(psycopg.errors.UndefinedTable):
            admin.execute(f'SELECT * FROM "{planted.DOOR}{planted.PASSED_TO}"')
    with redis.Redis.from_url(house.queue_url) as connection:
        waiting = Queue(QUEUE, connection=connection)
        waiting.enqueue("workers.jobs.drain", planted.NAME)
        waiting.enqueue("operator.truediv", 1, 0, meta={"said": planted.SAID})
        connection.zadd("z", {planted.PHONE: 1})
        connection.xadd("x", {"told": planted.ORDERED})
        connection.hset("h", planted.NOTE, "1")
        connection.sadd("s", planted.ARRIVED.encode())
        assert house.found()["queue"] == {
            planted.NAME, planted.SAID, planted.PHONE, planted.ORDERED, planted.NOTE, planted.ARRIVED,
        }  # fmt: skip
    logging.getLogger("somebody").debug("called %s", planted.MEDICINE)
    structlog.get_logger().error("called", who=planted.NAME)
    assert house.found()["logs"] == {planted.PASSED_TO, planted.MEDICINE, planted.NAME}


def test_while_it_lives_nothing_sealed_lies_open_in_dump_queue_or_logs(house, life):
    """What neighbours, depot and volunteers write in words is not sealed; it goes a month after."""
    found = house.found()
    assert found["dump"] == {planted.ORDERED, planted.ARRIVED, planted.AT_THE_DOOR}
    assert found["queue"] == found["logs"] == set()


def test_in_their_time_all_marks_are_gone_from_dump_queue_and_logs(house, life):
    closed(life.town)
    laws = life.broken()
    with transaction():
        execute("UPDATE care_case SET ends_on = current_date - 1")
    house.by_the_clock()
    later(days=31)
    house.by_the_clock()
    assert house.found() == {"dump": set(), "queue": set(), "logs": set()}
    assert scalar("SELECT count(*) FROM print_job") == scalar("SELECT count(*) FROM export_job") == 0
    assert scalar("SELECT wrapped_key FROM care_case") is None
    assert {each[0] for each in rows("SELECT wrapped_key FROM help_request")} == {None}
    assert life.broken() == laws


def test_an_erased_household_is_at_once_in_none_of_the_three_places(house, life):
    """The picture is of a neighbour's door."""
    closed(life.town)
    laws = life.broken()
    whose = scalar(
        "SELECT o.household_id FROM door_photo AS f JOIN delivery_entry AS e ON e.id = f.entry_id"
        " JOIN stop AS s ON s.id = e.stop_id JOIN orders AS o ON o.id = s.order_id"
    )
    assert whose != life.home_id
    erase_household(life.town.coordinator, life.home_id)
    house.work()
    assert house.found() == {"dump": {planted.AT_THE_DOOR}, "queue": set(), "logs": set()}
    assert life.broken() == laws
    left = as_json(household_file(life.town.coordinator, life.home_id, vault=house.vault)).decode()
    assert marks_in([left]) == set()


def test_what_was_sealed_of_an_erased_household_opens_nowhere_any_more(house, life):
    """Whoever has the keys and a dump that was made afterwards has nothing to open."""
    closed(life.town)
    sealed = row("SELECT contact_name_sealed, phone_sealed FROM household WHERE id = :home", home=life.home_id)
    keys = [each[0] for each in rows("SELECT wrapped_key FROM help_request UNION SELECT wrapped_key FROM care_case")]
    erase_household(life.town.coordinator, life.home_id)
    with transaction():
        # Tables that a worker fills go by the clock, within half a day.
        execute("DELETE FROM export_job")
    lying = "\n".join(planted.dump(house.admin_url))
    assert [each for each in (*sealed, *keys) if bytes(each).hex() in lying] == []


def test_a_door_stands_in_the_register_alone_when_its_ticket_is_a_day_old(house, life):
    closed(life.town)
    later(days=1)
    house.by_the_clock()
    places = {"queue": planted.queue(house.queue_url), "logs": house.logs.lines()}
    assert {place: marks_in(lines, [planted.DOOR]) for place, lines in places.items()} == {
        "queue": set(),
        "logs": set(),
    }
    assert [line for line in planted.dump(house.admin_url) if planted.DOOR in line] == [
        line for line in planted.dump(house.admin_url) if line.startswith(f"{life.home_id}\t") and planted.DOOR in line
    ]
    assert sum(planted.DOOR in line for line in planted.dump(house.admin_url)) == 1


def test_chat_groups_are_told_nothing_personal(house, life):
    told = life.robot.texts("key")
    assert told != []
    assert marks_in(told, [*MARKS, planted.DOOR]) == set()
    found = rows("SELECT CAST(m AS text) FROM message AS m")
    assert marks_in([each[0] for each in found], [*MARKS, planted.DOOR]) == set()


def says_words() -> None:
    """Fail as a library does that shows what it was given, and once more on the way out."""
    try:
        {}[planted.NAME]
    except KeyError as error:
        raise ValueError(f"{planted.PHONE} is no number") from error


def breaks_a_rule_of_the_database() -> None:
    """The database shows the whole row that it refuses."""
    execute(
        "INSERT INTO channel (community_id, kind, label, made_by) VALUES (1, 'nonsense', :label, 1)", label=planted.SAID
    )


@pytest.fixture(params=[says_words, breaks_a_rule_of_the_database])
def failing(request: pytest.FixtureRequest, house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a house in which an event waits whose handler fails with something personal in hand."""
    monkeypatch.setitem(handlers.HANDLERS, "bell", request.param)
    with transaction():
        execute("INSERT INTO outbox (topic, payload) VALUES ('bell', '{}')")
    return house


def test_an_event_that_fails_says_nothing_of_what_it_had_in_hand(failing):
    failing.work()
    kept = scalar("SELECT last_error FROM outbox WHERE topic = 'bell' AND finished_at IS NULL")
    assert kept.startswith(("ValueError in test_planted_marks.py:", "IntegrityError"))
    told = next(line for line in failing.logs.lines() if "event_failed" in line)
    assert "ValueError" in told or "ck_channel_" in told
    assert failing.found() == {"dump": set(), "queue": set(), "logs": set()}


def test_a_job_that_fails_leaves_nothing_of_what_it_had_in_hand_with_the_queue(failing, monkeypatch):
    """The event can't even be put back: the job itself ends with an error, which the queue server keeps for an hour."""

    def gone(*_: object) -> None:
        says_words()

    monkeypatch.setattr(outbox, "put_back", gone)
    failing.work()
    with redis.Redis.from_url(failing.queue_url) as connection:
        assert Queue(QUEUE, connection=connection).failed_job_registry.count == 1
    assert any("DrainFailedError" in text for text in planted.queue(failing.queue_url))
    assert failing.found() == {"dump": set(), "queue": set(), "logs": set()}


def test_an_error_of_our_own_says_what_it_always_says(house, monkeypatch):
    def refuse() -> None:
        raise ConflictError("the thing has gone", name=planted.NAME)

    monkeypatch.setitem(handlers.HANDLERS, "bell", refuse)
    with transaction():
        execute("INSERT INTO outbox (topic, payload) VALUES ('bell', '{}')")
    house.work()
    assert scalar("SELECT last_error FROM outbox WHERE topic = 'bell'") == "ConflictError: the thing has gone"
    assert any("the thing has gone" in line for line in house.logs.lines())
    assert house.found()["logs"] == set()


def test_what_ends_a_server_is_logged_without_what_it_had_in_hand(house, capsys):
    try:
        says_words()
    except ValueError:
        sys.excepthook(*sys.exc_info())
    (told,) = [line for line in house.logs.lines() if '"ended"' in line]
    assert "ValueError in test_planted_marks.py:" in told
    assert marks_in([told, capsys.readouterr().err]) == set()
