"""Prints through the worker: file by file, once, whatever dies in between; fetched for a time, then gone."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import issue_tickets
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.reports import printing
from supplyhub.reports.labels import A4, ROLL
from supplyhub.reports.printing import ask_to_print, file_for, job_for, jobs_of, remove_old_prints
from supplyhub.reports.states import Printed
from tests.factories_depot import Town, work
from tests.printed import codes_of, texts_of
from workers import jobs

HOMES = 3


@pytest.fixture
def town(committed) -> Town:
    """Return a town of three grids with three homes each."""
    town = Town(grids=3, homes=HOMES)
    town.everybody_orders(V001=1)
    town.share()
    work(issue_tickets, town.cycle_id)
    return town


def asked(town: Town, printed: Printed = Printed.PARCELS, layout: str = A4) -> int:
    # A drain ends the session, and with it what the town's rows know.
    batches = [found.id for found in rows("SELECT id FROM batch WHERE cycle_id = :c ORDER BY id", c=town.cycle_id)]
    return ask_to_print(town.depot, town.cycle_id, batches, printed=printed, layout=layout)


def made_due() -> None:
    with transaction():
        execute("UPDATE outbox SET due_at = now() - interval '1 s' WHERE finished_at IS NULL")


@pytest.mark.parametrize(
    ("printed", "pieces"),
    [(Printed.PARCELS, 9), (Printed.CRATES, 3), (Printed.BY_ORDER, 9), (Printed.BY_PRODUCT, 3)],
)
def test_what_was_asked_for_is_drawn_and_can_be_fetched(town, printed, pieces):
    job = asked(town, printed)
    assert (job_for(town.depot, job).pieces, job_for(town.depot, job).begun) == (pieces, False)
    assert jobs.drain("print") == 1
    done = job_for(town.depot, job)
    assert (done.done, done.drawn, done.asked_by) == (True, pieces, town.depot.display_name)
    pages = texts_of(file_for(town.depot, job, 1))
    assert len(pages) == 3
    assert [found.id for found in jobs_of(town.depot, town.cycle_id)] == [job]


def test_many_labels_are_files_of_whole_grids_drawn_one_after_the_other(town, monkeypatch):
    monkeypatch.setattr(printing, "MOST_A_FILE", 2 * HOMES)
    job = asked(town)
    seen = []
    while jobs.drain("print"):
        seen.append([(file.ready, file.grids) for file in job_for(town.depot, job).files])
    assert seen == [[(True, [1, 2]), (False, [3])], [(True, [1, 2]), (True, [3])]]
    codes = [code for number in (1, 2) for page in codes_of(file_for(town.depot, job, number)) for code in page]
    assert sorted(codes) == sorted(parcel.code for parcel in rows("SELECT code FROM parcel"))


def test_one_turn_of_the_worker_draws_one_file_so_that_nobody_else_waits(town, monkeypatch):
    monkeypatch.setattr(printing, "MOST_A_FILE", HOMES)
    job = asked(town)
    assert jobs.drain("print") == 1
    assert [file.ready for file in job_for(town.depot, job).files] == [True, False, False]


def test_how_far_it_is_shows_while_it_is_drawn(town, monkeypatch):
    job = asked(town)
    seen = []

    def draw(*_: object, tell, **__: object) -> bytes:
        tell(4)
        seen.append(job_for(town.depot, job).drawn)
        return b"%PDF"

    monkeypatch.setattr(printing, "labels_pdf", draw)
    jobs.drain("print")
    assert seen == [4]
    assert job_for(town.depot, job).drawn == 9


def test_a_worker_that_dies_in_the_middle_leaves_the_rest_to_the_next(town, monkeypatch):
    monkeypatch.setattr(printing, "MOST_A_FILE", HOMES)
    job = asked(town)
    with monkeypatch.context() as patch:
        patch.setattr(printing, "labels_pdf", _die)
        assert jobs.drain("print") == 0
    assert job_for(town.depot, job).failed
    for _ in range(3):
        made_due()
        assert jobs.drain("print") == 1
    assert (job_for(town.depot, job).done, job_for(town.depot, job).failed) == (True, False)


def _die(*_: object, **__: object) -> bytes:
    raise RuntimeError("killed while drawing")


def test_an_event_that_comes_twice_draws_once_and_asks_for_the_next_file_once(town, monkeypatch):
    monkeypatch.setattr(printing, "MOST_A_FILE", HOMES)
    job = asked(town)
    for _ in range(2):
        printing.print_file(job, 1)
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'print' AND payload ->> 'number' = '2'") == 1


def test_asked_for_twice_it_is_printed_once(town):
    job = asked(town)
    assert asked(town) == job
    assert asked(town, layout=ROLL) != job
    while jobs.drain("print"):
        pass
    assert asked(town) != job


def test_nothing_to_print_is_no_job(town):
    empty = Town(homes=1)
    with pytest.raises(ConflictError):
        ask_to_print(empty.depot, empty.cycle_id, [], printed=Printed.PARCELS, layout=A4)
    # Another community's batches are nothing.
    with pytest.raises(ConflictError):
        ask_to_print(empty.depot, empty.cycle_id, [town.batch_of(town.first)], printed=Printed.PARCELS, layout=A4)
    assert not rows("SELECT FROM print_job")


def test_another_community_sees_no_job_and_no_file(town):
    job = asked(town)
    jobs.drain("print")
    stranger = Town(homes=1).depot
    with pytest.raises(NotFoundError):
        job_for(stranger, job)
    with pytest.raises(NotFoundError):
        file_for(stranger, job, 1)


def test_files_are_removed_when_their_time_is_over(town):
    job, kept = asked(town), asked(town, Printed.CRATES)
    while jobs.drain("print"):
        pass
    with transaction():
        execute(
            "UPDATE print_job SET asked_at = now() - make_interval(hours => :hours, secs => 1) WHERE id = :job",
            hours=printing.KEPT_HOURS,
            job=job,
        )
    assert remove_old_prints() == 1
    with pytest.raises(NotFoundError):
        file_for(town.depot, job, 1)
    assert file_for(town.depot, kept, 1)
    # What was still to be drawn is dropped without a word.
    printing.print_file(job, 1)
