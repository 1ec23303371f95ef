"""The batches of a cycle are killed before each of their statements: run again, the result is the same, once."""

from __future__ import annotations

import os
import signal
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import event

from supplyhub.catalog.commands import close_menu
from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.depot.commands import decide_shares, finish_receiving
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.states import Consent
from tests.factories import in_care
from tests.factories_depot import Town
from workers.jobs import drain

if TYPE_CHECKING:
    from flask import Flask

WRITTEN = (
    "order_number", "purchase_order", "purchase_order_line", "case_fill", "allocation_run", "allocation", "substitution",
    "batch", "parcel", "ticket", "stop", "crate",
)  # fmt: skip


def a_town() -> Town:
    """A cycle with every wish in it, short of one product of two."""
    town = Town(grids=2, homes=4, skus=("V001", "V002"))
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
    return town


def everything() -> dict[str, list[tuple[object, ...]]]:
    """What the batches wrote, without the ids that a run that was killed used up."""
    found = {table: [tuple(row) for row in rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3")] for table in WRITTEN}
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


def drain_with_kills(topic: str) -> int:
    """Kill a topic's batch before each statement in turn, until it is done; return how often it was killed before that.

    The last kill comes after its commit, when the worker looks for more.
    """
    before = everything()
    for statement in count(1):
        with transaction():
            # A killed worker's lease ends soon; nobody waits for it here.
            execute("UPDATE outbox SET due_at = now() - interval '1 second' WHERE finished_at IS NULL")
        db.session.remove()
        killed = killed_before(statement, topic)
        if scalar("SELECT count(*) FROM outbox WHERE topic = :topic AND finished_at IS NULL", topic=topic) == 0:
            return statement
        assert killed
        assert everything() == before
    return 0


def test_a_batch_that_is_killed_at_any_step_and_run_again_has_its_effect_once(committed: Flask) -> None:
    with committed.app_context():
        town = a_town()
        for side in town.sides:
            close_menu(town.coordinator, side.menu.id)
        assert drain_with_kills("cut_off") > 5
        assert {order.number for order in rows("SELECT number FROM order_number")} > {"1-0412-001", "2-0412-004"}
        town.send()
        town.receive(V001=13, V002=town.line_of("V002").quantity)
        finish_receiving(town.depot, town.cycle_id)
        decide_shares(town.coordinator, town.cycle_id)
        assert drain_with_kills("share_out") > 8
        assert (
            scalar(
                "SELECT sum(allocated) FROM allocation AS a JOIN order_line USING (order_id, item_id) WHERE most IS NULL"
            )
            == 13
        )
        assert drain_with_kills("tickets") > 8
        after = everything()
        assert set(after) >= set(WRITTEN) - {"substitution"}
        for topic in ("cut_off", "share_out", "tickets"):
            assert drain(topic) == 0
        assert everything() == after
        assert scalar("SELECT count(*) FROM outbox WHERE finished_at IS NULL") == 0
