"""What a worker carries along: after the batches of a cycle, and messages that it sent, neither pages nor Apprise."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from supplyhub.bench.house import surroundings
from supplyhub.catalog.commands import close_menu
from supplyhub.db import db, scalar
from supplyhub.depot.commands import decide_shares, finish_receiving
from supplyhub.notifications.channels import add_robot, send_test
from tests.factories_depot import Town
from tests.robot import TestRobot

if TYPE_CHECKING:
    from supplyhub.config import Settings

WORK = """
import json, sys
from supplyhub.core import create_core
from workers.jobs import drain
with create_core().app_context():
    done = {topic: drain(topic) for topic in sys.argv[1:]}
carried = [name for name in ("apprise", "smtplib", "pypinyin", "vroom", "supplyhub.web", "granian") if name in sys.modules]
print(json.dumps({"done": done, "carried": carried}))
"""


def in_a_worker(settings: Settings, *topics: str, **more: str) -> Any:
    """Drain topics in a process of their own; return how much was done, and what it carries then."""
    command = [sys.executable, "-c", WORK, *topics]
    env = surroundings(settings) | more
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_worker_that_did_the_batches_and_sent_a_message_carries_neither_pages_nor_apprise(
    committed: Any, settings: Settings
):
    town = Town(grids=2)
    town.everybody_orders(V001=3)
    for side in town.sides:
        close_menu(town.coordinator, side.menu.id)
    cut = in_a_worker(settings, "cut_off", "order_numbers", "book_ordered")
    assert cut["carried"] == []
    assert cut["done"]["cut_off"] == 1
    town.send()
    town.receive(V001=20)
    finish_receiving(town.depot, town.cycle_id)
    decide_shares(town.coordinator, town.cycle_id)
    vault = committed.extensions["vault"]
    channel = add_robot(
        town.coordinator, "wecombot://group", label="群", grid=None, language="zh", vault=vault, hosts=()
    )
    send_test(town.coordinator, channel)
    db.session.remove()
    robot = TestRobot()
    robot.start()
    try:
        shared = in_a_worker(settings, "share_out", "parcels", "tickets", "message", WECOM_API_BASE=robot.url)
    finally:
        robot.stop()
    assert shared["carried"] == []
    assert shared["done"]["message"] == len(robot.texts("group")) == 1
    assert scalar("SELECT count(*) FROM stop") == 4


def test_workers_and_the_clock_start_without_pages():
    code = "import sys, supplyhub.cli.working, workers.jobs; sys.exit('supplyhub.web' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
