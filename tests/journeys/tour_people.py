"""The stops about volunteers: applying, training, badges, the way in with one, shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.crypto import token_hash
from supplyhub.db import execute, scalar, transaction
from supplyhub.people import commands as people
from supplyhub.people.training import Trained
from supplyhub.photos.commands import keep_photo
from tests.journeys.stops import STRANGER, Stop
from tests.rules.test_photos import a_png

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene

GRID = 4
# A page that is open already isn't loaded anew for another #: so each has an address of its own.
SECRET = "ABCDEFGHJKLMNPQRSTUVWXYZ23"


def about_people(scene: Scene) -> Iterator[Stop]:
    """Somebody applies, is trained, gets a badge, signs in with it and goes to work and home."""
    yield Stop("entry-apply", STRANGER, "/volunteer")
    yield Stop("entry-apply-faulty", STRANGER, "/volunteer", "apply-badly")
    yield Stop("entry-applied", STRANGER, "/volunteer/thanks")
    for number, name in enumerate(("梁晨", "欧阳若兰", "Amina Karimova")):
        people.apply_to_volunteer(
            scene.community, grid=3 + number, name=name, phone=f"138 0000 000{number}", vault=scene.vault
        )
    yield Stop("coordinator-applications", "coordinator", "/coordinator/applications")
    first = scalar("SELECT id FROM volunteer_application ORDER BY applied_at LIMIT 1")
    account = people.accept_application(scene.coordinator, first, vault=scene.vault)
    yield Stop("coordinator-volunteer-untrained", "coordinator", f"/coordinator/volunteers/{account}")
    people.record_training(scene.coordinator, account, Trained("上岗培训"))
    people.record_training(scene.coordinator, account, Trained("防护和消毒"))
    code = a_printed_badge(scene, account)
    yield Stop("coordinator-volunteer", "coordinator", f"/coordinator/volunteers/{account}")
    yield Stop("coordinator-badges-print", "coordinator", "/coordinator/badges/print")
    yield Stop("coordinator-badge-replace", "coordinator", f"/coordinator/badges/{code}/replace")
    yield Stop("coordinator-badge-transfer", "coordinator", f"/coordinator/badges/{code}/transfer")
    yield Stop("entry-badge", STRANGER, "/badge")
    yield Stop("entry-badge-first", STRANGER, f"/badge?first#{code}.{SECRET}", "arrive")
    people.choose_pin(f"{code}.{SECRET}", "802175")
    yield Stop("entry-badge-pin", STRANGER, f"/badge?pin#{code}.{SECRET}", "arrive")
    yield Stop("entry-badge-unknown", STRANGER, f"/badge?unknown#9-999.{SECRET}", "arrive")
    yield Stop("volunteer-off-shift", f"volunteer:{GRID}", "/tickets")
    yield Stop("volunteer-pin", f"volunteer:{GRID}", "/badge/pin")
    people.begin_shift(scene.volunteers[GRID])
    yield Stop("volunteer-on-shift", f"volunteer:{GRID}", "/tickets")
    yield Stop("volunteer-off", f"volunteer:{GRID}", "/shift/end")
    people.end_shift(scene.volunteers[GRID])
    people.suspend_badge(scene.coordinator, code)
    mine = scalar("SELECT code FROM badge WHERE id = :id", id=scene.volunteers[GRID + 1].badge_id)
    people.suspend_badge(scene.coordinator, mine)
    yield Stop("volunteer-no-badge", f"volunteer:{GRID + 1}", "/tickets")
    yield Stop("coordinator-volunteer-suspended", "coordinator", f"/coordinator/volunteers/{account}")
    yield Stop("entry-badge-suspended", STRANGER, f"/badge?suspended#{code}.{SECRET}", "arrive")


def a_printed_badge(scene: Scene, account: int) -> str:
    """Give a trained volunteer a badge with a photo and a known secret, as if it had been printed."""
    badge = people.issue_badge(scene.coordinator, account, grid=GRID)
    people.keep_badge_photo(scene.coordinator, badge.code, keep_photo(scene.coordinator, a_png()))
    with transaction():
        execute("UPDATE badge SET secret_hash = :hash WHERE id = :id", hash=token_hash(SECRET), id=badge.id)
    return badge.code
