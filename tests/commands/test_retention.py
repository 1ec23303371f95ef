"""What goes by itself: once, in its time, found without looking through everything that was ever kept."""

from __future__ import annotations

import pytest

from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.notifications import telling
from supplyhub.notifications.channels import add_robot
from supplyhub.photos.models import NOTHING_TO_SEE
from supplyhub.privacy.retention import NAMES_DAYS, OLD, forget_what_is_old
from tests.factories import Shop
from tests.factories_depot import work
from workers.relay import Relay
from workers.schedule import periodic_jobs


def test_a_message_is_kept_a_month_and_one_job_alone_removes_it(app, database):
    shop = Shop()
    vault = app.extensions["vault"]
    add_robot(shop.lead(), "wecombot://key", label="楼长群", grid=None, language="zh", vault=vault, hosts=())
    work(telling.tell_menu_opened, shop.menu.id)
    with transaction():
        execute("UPDATE message SET state = 'dropped', made_at = made_at - make_interval(days => :days)", days=29)
    forget_what_is_old()
    assert scalar("SELECT count(*) FROM message") == 1
    with transaction():
        execute("UPDATE message SET made_at = made_at - interval '1 day'")
    assert forget_what_is_old()["messages"] == 1
    assert scalar("SELECT count(*) FROM message") == 0
    assert [job.name for job in periodic_jobs(Relay(None)) if "message" in job.name] == []


FOUND_BY = {
    OLD["badge_photos"]: {"ix_photo_shown", "ix_badge_photo"},
    OLD["door_photos"]: {"ix_photo_shown"},
    "SELECT FROM door_photo WHERE photo_id = 1": {"ix_door_photo_photo"},
}


@pytest.mark.parametrize("sql", FOUND_BY)
def test_photos_that_may_go_are_found_by_indexes(database, sql):
    """Among those that aren't a grey point yet; where there are few rows the planner would rather read them all."""
    for method in ("seqscan", "hashjoin", "mergejoin"):
        execute(f"SET LOCAL enable_{method} = off")
    given = {"days": NAMES_DAYS, "nothing": NOTHING_TO_SEE}
    plan = "\n".join(
        each[0] for each in rows(f"EXPLAIN {sql}", **{name: given[name] for name in given if f":{name}" in sql})
    )
    db.session.rollback()
    assert {index for index in FOUND_BY[sql] if index in plan} == FOUND_BY[sql]
    assert "Seq Scan" not in plan
