"""The batches of a cycle are killed before each of their statements (a third of them but in the drill): run again, the
result is the same, once.

Whole, as a community of some grids does them; and in parts beside each other, as a city does.
"""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import event

from supplyhub.catalog import parts
from supplyhub.catalog.commands import close_menu
from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.depot.commands import decide_shares, finish_receiving
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.numbering import number_orders
from supplyhub.ordering.states import Consent
from supplyhub.payments import settling
from tests.drill import places
from tests.factories import in_care
from tests.factories_depot import Town, work
from tests.factories_money import a_cover, a_paid_charge, money, on_account
from workers.jobs import drain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest
    from flask import Flask

TOPICS = ("cut_off", "order_numbers", "book_ordered", "share_out", "parcels", "tickets")

# What the batches write, without ids: those that a killed run took are never given again.
WRITTEN = {
    "order_number": "order_id, grid_id, sequence, number",
    "purchase_order": "cycle_id, platform_id",
    "purchase_order_line": "offer_id, demand, from_shelf, cases, filled",
    "case_fill": "order_id, item_id, units",
    "allocation_run": "cycle_id, policy, seed",
    "allocation": "order_id, item_id, ordered, allocated, reason, care_first",
    "substitution": "order_id, item_id, substitute_item_id, units, unit_price_fen",
    "posting": "account, order_id, amount_fen, (SELECT kind FROM journal_entry WHERE id = entry_id)",
    "batch": "cycle_id, grid_id, delivery_point_id, state",
    "parcel": "order_id, grid_id, position, bags, weight_grams, state",
    "ticket": "cycle_id, grid_id, sequence, state",
    "stop": "order_id, grid_id, position, (SELECT sequence FROM ticket WHERE id = ticket_id)",
    "crate": "grid_id, number, first_position, last_position, (SELECT sequence FROM ticket WHERE id = ticket_id)",
}
# Beside what is paid, and who is told.
UNFINISHED = "SELECT count(*) FROM outbox WHERE finished_at IS NULL AND topic NOT IN ('settle', 'shared_out')"
UNDO_RECEIPT = """
    DELETE FROM stop; DELETE FROM crate; DELETE FROM ticket; DELETE FROM parcel; DELETE FROM batch;
    DELETE FROM substitution; DELETE FROM allocation; DELETE FROM allocation_run;
    DELETE FROM posting USING journal_entry AS e WHERE e.id = entry_id AND e.kind = 'shared';
    DELETE FROM journal_entry WHERE kind = 'shared';
    DELETE FROM outbox WHERE topic IN ('parcels', 'tickets');
    UPDATE outbox SET finished_at = NULL, due_at = now() WHERE topic = 'share_out';
    UPDATE cycle SET state = 'procuring'
"""
# A grid of which some orders are done and others not; or a cycle that says to be staged while some are not.
HALF_DONE = """
    SELECT o.grid_id FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id
    LEFT JOIN order_number AS n ON n.order_id = o.id
    LEFT JOIN parcel AS p ON p.order_id = o.id
    LEFT JOIN stop AS s ON s.order_id = o.id
    GROUP BY o.grid_id, c.state
    HAVING count(n.order_id) NOT IN (0, count(*)) OR count(p.id) NOT IN (0, count(*)) OR count(s.id) NOT IN (0, count(*))
        OR c.state = 'staging' AND count(p.id) = 0
"""


def a_town(grids: int = 2) -> Town:
    """A cycle with every wish in it, short of one product of two; its menus are closed."""
    town = Town(grids=grids, homes=4, skus=("V001", "V002"))
    in_care(town.first.homes[2])
    wishes = (Consent.LESS, Consent.SUBSTITUTE, Consent.REFUND, Consent.CALL)
    for side in town.sides:
        first, second = side.items["V001"].id, side.items["V002"].id
        for home, consent in zip(side.homes, wishes, strict=True):
            substitute = second if consent == Consent.SUBSTITUTE else None
            lines = [Line(first, 4, consent, substitute), Line(second, 2, most=4)]
            place_order(
                town.coordinator, menu_id=side.menu.id, household_id=home.id, expected=None, lines=lines, total_fen=None
            )
    for side in town.sides:
        close_menu(town.coordinator, side.menu.id)
    return town


def receive_too_little(town: Town) -> None:
    """Let the goods come, too little of one product, and decide on that."""
    town.send()
    town.receive(V001=13, V002=town.line_of("V002").quantity)
    finish_receiving(town.depot, town.cycle_id)
    decide_shares(town.coordinator, town.cycle_id)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Return what the batches wrote."""
    found = {
        table: sorted((tuple(line) for line in rows(f"SELECT {columns} FROM {table}")), key=repr)
        for table, columns in WRITTEN.items()
    }
    return {table: lines for table, lines in found.items() if lines}


def killed_before(statement: int, topic: str) -> bool:
    """Drain a topic in a process that is killed before its nth statement; tell whether it came to that."""
    child = os.fork()
    if child == 0:
        _drain_until(statement, topic)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _drain_until(statement: int, topic: str) -> None:
    # The parent's connections are the parent's: they are left alone, not closed.
    db.engine.dispose(close=False)
    db.session.registry.clear()
    numbers = count(1)

    def kill(*_: object) -> None:
        if next(numbers) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(db.engine, "before_cursor_execute", kill)
    done = False
    try:
        drain(topic)
        done = True
    finally:
        os._exit(0 if done else 1)


def kills_until_done(topic: str) -> Iterator[None]:
    """Kill a topic's batch before each statement in turn, until it is done; yield after every kill before that.

    The last kill comes after its commit, when the worker looks for more.
    """
    for statement in places(400):
        with transaction():
            # A killed worker's lease ends soon; nobody waits for it here.
            execute("UPDATE outbox SET due_at = now() - interval '1 second' WHERE finished_at IS NULL")
        db.session.remove()
        killed_before(statement, topic)
        if scalar("SELECT count(*) FROM outbox WHERE topic = :topic AND finished_at IS NULL", topic=topic) == 0:
            return
        yield
    raise AssertionError(f"{topic} is never done")


def test_a_batch_that_is_killed_at_any_step_and_run_again_has_its_effect_once(committed: Flask) -> None:
    with committed.app_context():
        town = a_town()
        kills = 0
        for topic in ("cut_off", "book_ordered", "share_out", "tickets"):
            before = everything()
            for _ in kills_until_done(topic):
                kills += 1
                assert everything() == before
            if topic == "book_ordered":
                assert {order.number for order in rows("SELECT number FROM order_number")} > {
                    "1-0412-001",
                    "2-0412-004",
                }
                receive_too_little(town)
        assert kills > len(places(30))
        assert (
            scalar(
                "SELECT sum(allocated) FROM allocation AS a JOIN order_line USING (order_id, item_id) WHERE most IS NULL"
            )
            == 13
        )
        after = everything()
        assert set(after) >= set(WRITTEN) - {"substitution"}
        for topic in TOPICS:
            assert drain(topic) == 0
        assert everything() == after
        assert scalar(UNFINISHED) == 0


def test_parts_that_are_killed_at_any_step_come_to_what_the_whole_comes_to(
    committed: Flask, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(committed.extensions, "settings", replace(committed.extensions["settings"], batch_workers=2))
    monkeypatch.setattr(parts, "GRIDS_A_PART", 1)
    with committed.app_context():
        town = a_town(grids=3)
        kills = 0
        for topic in TOPICS:
            for _ in kills_until_done(topic):
                kills += 1
                assert rows(HALF_DONE) == []
            if topic == "book_ordered":
                receive_too_little(town)
        assert kills > len(places(60))
        assert scalar("SELECT state FROM cycle") == "staging"
        assert rows(HALF_DONE) == []
        assert scalar(UNFINISHED) == 0
        in_parts = everything()
        assert set(in_parts) >= set(WRITTEN) - {"substitution"}

        monkeypatch.setattr(parts, "GRIDS_A_PART", 3)
        db.session.remove()
        with psycopg.connect(admin_url) as connection:
            connection.execute(UNDO_RECEIPT)
            connection.execute("DELETE FROM order_number")
        work(number_orders, town.cycle_id)
        assert (drain("share_out"), drain("tickets")) == (1, 1)
        assert everything() == in_parts


def test_settling_in_parts_that_is_killed_at_any_step_gives_back_once_what_is_too_much(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(committed.extensions, "settings", replace(committed.extensions["settings"], batch_workers=2))
    monkeypatch.setattr(parts, "GRIDS_A_PART", 1)
    monkeypatch.setattr(settling, "ORDERS_AT_ONCE", 3)
    with committed.app_context():
        a_town(grids=3)
        orders = [order.id for order in rows("SELECT id FROM orders ORDER BY id")]
        for topic in ("cut_off", "order_numbers", "book_ordered"):
            drain(topic)
        worth = {order: money(order)[0] for order in orders}
        for order in orders[::2]:
            a_paid_charge(order, worth[order] + 700)
        a_cover(orders[1])
        kills = 0
        for topic in ("settle", "settle_part"):
            for _ in kills_until_done(topic):
                kills += 1
        assert kills > len(places(20))
        assert rows("SELECT order_id, amount_fen FROM refund ORDER BY order_id") == [
            (order, 700) for order in orders[::2]
        ]
        assert on_account("cover") == worth[orders[1]]
        assert scalar("SELECT count(*) FROM outbox WHERE topic = 'refund'") == len(orders[::2])
        assert scalar("SELECT count(*) FROM outbox WHERE topic = 'settle_part'") == 3
