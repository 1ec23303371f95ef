"""The stops about the register: a new list is tried, loaded, taken back; a faulty one is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.config import PACKAGE
from supplyhub.db import execute, scalar, transaction
from supplyhub.reports.exporting import ask_for_export, write_export
from supplyhub.reports.states import Exported
from supplyhub.residents.importing import NamedFile
from supplyhub.residents.register_jobs import ask_for_trial, confirm_load, run_job
from supplyhub.residents.undoing import undo_import
from tests.journeys.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene

IMPORTS = "/coordinator/register/imports"


def about_the_register(scene: Scene) -> Iterator[Stop]:
    """Somebody sends a newer list, looks at what would change, loads it, and takes it back."""
    yield Stop("coordinator-register-first", "coordinator", "/coordinator/register")
    job = a_newer_list(scene)
    yield Stop("coordinator-import-waiting", "coordinator", f"{IMPORTS}/{job}")
    with transaction():
        execute("UPDATE register_job SET step = 1, doing = 'comparing' WHERE id = :job", job=job)
    yield Stop("coordinator-import-under-way", "coordinator", f"{IMPORTS}/{job}")
    run_job(job, vault=scene.vault)
    yield Stop("coordinator-import-tried", "coordinator", f"{IMPORTS}/{job}")
    confirm_load(scene.coordinator, job)
    run_job(job, vault=scene.vault)
    yield Stop("coordinator-import-loaded", "coordinator", f"{IMPORTS}/{job}")
    last = scalar("SELECT max(id) FROM register_import")
    yield Stop("coordinator-import-undo", "coordinator", f"{IMPORTS}/undo/{last}")
    undo_import(scene.coordinator, last, vault=scene.vault)
    faulty = sent(scene, ["1号楼,1单元,101,四,曾晨欣,19900000000,", ",1单元,102,2,,,", "1号楼,1单元,103,1,,12,"])
    run_job(faulty, vault=scene.vault)
    yield Stop("coordinator-import-refused", "coordinator", f"{IMPORTS}/{faulty}")
    table = ask_for_export(scene.coordinator, Exported.HOUSEHOLDS)
    write_export(table, vault=scene.vault)
    ask_for_export(scene.coordinator, Exported.HELP_REQUESTS)
    yield Stop("coordinator-exports", "coordinator", "/coordinator/exports")
    yield Stop("coordinator-offers", "coordinator", "/coordinator/offers")
    yield Stop("coordinator-offer-new", "coordinator", "/coordinator/offers/new")
    yield Stop("coordinator-offer", "coordinator", f"/coordinator/offers/{scalar('SELECT min(sku) FROM product')}")


def a_newer_list(scene: Scene) -> int:
    """Return the job of a list in which some households moved away, grew, came, and one building is unknown to the map."""
    lines = (PACKAGE / "demo_data" / "households.csv").read_text(encoding="utf-8").splitlines()[1:]
    kept = [line for at, line in enumerate(lines) if at % 400 != 7]
    grown = [line.replace(",4,", ",5,", 1) if at % 300 == 0 else line for at, line in enumerate(kept)]
    return sent(scene, [*grown, "1号楼,1单元,901,2,林大同,19900009999,", "999号楼,,101,1,,,"])


def sent(scene: Scene, lines: list[str]) -> int:
    """Return the job of a list with these lines."""
    header = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体"
    file = NamedFile("底册-4月.csv", "\n".join([header, *lines, ""]).encode())
    return ask_for_trial(scene.coordinator, {"households": file}, vault=scene.vault)
