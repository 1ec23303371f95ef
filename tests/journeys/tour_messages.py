"""The stops about messages: what people are told, how they want to be told, the robots of chat groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, transaction
from supplyhub.notifications.channels import add_mail_box, add_robot
from supplyhub.notifications.states import Matter
from supplyhub.notifications.writing import News, tell
from tests.journeys.stops import Stop
from tests.rules.messages import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene

GRID = 3
# What those are told who run things.
OF_STAFF = {Matter.INBOX_OPENED, Matter.HELP_OPENED, Matter.HELP_OVERDUE, Matter.CHECK_DUE, Matter.DAY_REPORT}


def about_messages(scene: Scene) -> Iterator[Stop]:
    """A household, a lead and a coordinator read what they were told; a group's robot is added, works, and stops working."""
    home = scene.homes(GRID)[0]
    yield Stop("messages-none", "depot", "/messages")
    yield Stop("messages-resident", f"resident:{home}", "/messages")
    yield Stop("messages-resident-settings", f"resident:{home}", "/messages/settings")
    people = [scene.leads[GRID].account_id, scene.coordinator.account_id]
    with transaction():
        for matter, facts in FACTS:
            if matter in OF_STAFF and facts.get("as", "grid") == "grid":
                tell(matter, [News("tour", facts, accounts=people)])
    yield Stop("messages-bell", f"gridlead:{GRID}", "/grid")
    yield Stop("messages-lead", f"gridlead:{GRID}", "/messages")
    yield Stop("channels-none", "coordinator", "/channels")
    robots = [
        add_robot(
            scene.coordinator, f"wecombot://{key}", label=label, grid=grid, language="zh", vault=scene.vault, hosts=()
        )
        for key, label, grid in (
            ("key-all", "社区工作群", None),
            ("key-3", "三网格楼长群", GRID),
            ("key-4", "四网格群", 4),
        )
    ]
    with transaction():
        execute(
            "INSERT INTO message (channel_id, matter, about, state, sent_at) VALUES (:id, 'test', 'tour', 'sent', now())",
            id=robots[0],
        )
        execute(
            "INSERT INTO message (channel_id, matter, about, state, last_error)"
            " VALUES (:id, 'test', 'tour', 'failed', 'said_93000'), (:id, 'test', 'again', 'due', 'said_93000')",
            id=robots[1],
        )
    add_mail_box(scene.coordinator, "office@example.org", language="zh", vault=scene.vault)
    with transaction():
        execute("UPDATE channel SET confirmed_at = clock_timestamp() WHERE kind = 'mail'")
    yield Stop("channels-robots", "coordinator", "/channels")
    yield Stop("channels-open", "coordinator", "/channels?open", "unfold")
    yield Stop("messages-coordinator-settings", "coordinator", "/messages/settings")
    for standing, until in (("waiting", "1 hour"), ("expired", "-1 hour")):
        with transaction():
            execute(
                "UPDATE channel SET confirmed_at = NULL, code_hash = 'x',"
                " code_until = clock_timestamp() + CAST(:until AS interval) WHERE kind = 'mail'",
                until=until,
            )
        yield Stop(f"messages-mail-{standing}", "coordinator", "/messages/settings")
