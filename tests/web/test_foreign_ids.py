"""Role x route x foreign id: whoever names something of another community or grid learns nothing and changes nothing.

Every rule with arguments and every method of the application is asked by each role of its audience, as somebody of another
community and, for those who belong to a grid, as somebody of the grid next door. A new route fails until its arguments are
told in `foreign_table`; whoever owns the things is let through, so that the ids are real and the bodies say something.
Then the owner itself sends every body and query string with one id in it that is somebody else's; a field that a route reads
fails until `foreign_bodies` tells whether it names something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typst
from flask import Response
from werkzeug.routing import Rule

from supplyhub.catalog import queries as catalog_queries
from supplyhub.db import row
from supplyhub.people import duty
from supplyhub.people.states import Role
from supplyhub.web.audience import audience_of
from tests.conftest import one_transaction
from tests.web import foreign_swaps
from tests.web.foreign_bodies import NOT_TRIED, PLAIN
from tests.web.foreign_fields import NotingRequest, asked_by_pages, described_in_api, written_in_pages
from tests.web.foreign_matrix import Matrix, cells, judged, named, names_ids, words
from tests.web.foreign_others import MARKS
from tests.web.foreign_swaps import Swaps, bodies, tried, untold
from tests.web.foreign_table import NOT_REACHED, WHOLE
from tests.web.foreign_world import OF_COMMUNITY, OF_GRID
from tests.web.test_audience import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.web.foreign_world import Person


@pytest.fixture(scope="module")
def matrix(app: Flask) -> Iterator[Matrix]:
    with one_transaction(app) as session, pytest.MonkeyPatch.context() as patched:
        patched.setitem(app.config, "WTF_CSRF_METHODS", set())
        patched.setattr(app, "request_class", NotingRequest)
        # Nobody gets so far as to pay; without one everybody is refused for that.
        patched.setitem(app.extensions, "gateway", object())
        yield Matrix(app, session.connection())


def asked(
    matrix: Matrix, role: Role, who: Person, marks: tuple[str, ...], *, neighbours: bool = False, only: str = ""
) -> str:
    """Ask for everything that the role may ask for; return what came through: method, rule, what."""
    found = []
    for rule, method in cells(matrix.app):
        audience = audience_of(matrix.app, rule.endpoint)
        assert audience is not None, f"{rule.rule}: declare an audience"
        if (
            role not in audience
            or not rule.endpoint.startswith(only)
            or not names_ids(rule, but=WHOLE if neighbours else ())
        ):
            continue
        if wrong := matrix.wrong(who, rule, method, marks):
            found.append(f"{method} {rule.rule} as {who.name}: {wrong}")
    return "\n".join(found)


def test_every_argument_of_every_route_is_told(app):
    untold = [
        f"{rule.rule}: tell in tests/web/foreign_table.py what stands for <{argument}>"
        for rule, _ in cells(app)
        for argument in sorted(rule.arguments)
        if named(rule, argument) is None and not words(rule, argument)
    ]
    assert untold == []


@pytest.mark.parametrize("role", list(Role))
def test_another_community_gets_nothing(matrix, role):
    assert asked(matrix, role, matrix.world.strangers[role], (OF_GRID, OF_COMMUNITY)) == ""


@pytest.mark.parametrize("role", [Role.GRID_LEAD, Role.VOLUNTEER, Role.RESIDENT])
def test_the_grid_next_door_gets_nothing(matrix, role):
    assert asked(matrix, role, matrix.world.neighbours[role], (OF_GRID,), neighbours=True) == ""


def test_who_owns_the_things_gets_through(matrix, monkeypatch):
    """So that the ids are real, and what is sent says something: where not, the table tells why."""
    # What pages look like is seen elsewhere; here they would take most of the time.
    blank = matrix.app.jinja_env.from_string("")
    monkeypatch.setattr(matrix.app.jinja_env, "get_or_select_template", lambda _: blank)
    monkeypatch.setattr(typst, "compile", lambda *_, **__: b"%PDF")
    stuck = {
        rule.endpoint for rule, method in cells(matrix.app) if names_ids(rule) and not matrix.lets_in(rule, method)
    }
    assert sorted(stuck) == sorted(NOT_REACHED)
    for rule, method in routes(matrix.app):
        if not rule.arguments:
            matrix.lets_in(rule, method)
    assert "\n".join(untold(asked_by_pages(), tried(matrix.app))) == ""


def test_every_field_of_the_api_is_told(app):
    assert "\n".join(untold(described_in_api(app), tried(app))) == ""


def test_every_field_that_pages_are_written_to_ask_for_is_told(app):
    """A page's module asks for it; some route sends an id under that name."""
    somewhere = set().union(*tried(app).values()) | {field for _, field in NOT_TRIED}
    assert {name for names in written_in_pages().values() for name in names} - PLAIN - somewhere == set()


def test_what_a_body_names_of_others_does_nothing(matrix):
    """And what is the owner's own is done, or gets further than the form."""
    swaps = Swaps(matrix)
    assert "\n".join(wrong for cell in bodies(matrix.app) for wrong in swaps.come_through(cell)) == ""


def test_a_query_that_forgets_the_community_is_seen(matrix, monkeypatch):
    def any_cycle(_asker: object, cycle_id: int) -> Any:
        return row(
            "SELECT id, number, delivery_on, state, created_at, closed_at FROM cycle WHERE id = :id", id=cycle_id
        )

    monkeypatch.setattr(catalog_queries, "cycle_for", any_cycle)
    role = Role.COORDINATOR
    seen = asked(matrix, role, matrix.world.strangers[role], (OF_GRID, OF_COMMUNITY), only="cycles.")
    assert seen == "GET /api/v1/cycles/<int:cycle_id> as coordinator: answered 200"


def test_a_command_that_forgets_the_grid_is_seen(matrix, monkeypatch):
    of_owner = matrix.world.side.grid.id
    monkeypatch.setattr(duty, "written_grid", lambda _asker, _grid: of_owner)
    role = Role.GRID_LEAD
    seen = asked(matrix, role, matrix.world.neighbours[role], (OF_GRID,), neighbours=True, only="duty.add")
    assert seen == "POST /duty/<int:grid> as lead: answered 303, changed duty_entry"


def test_a_body_that_does_something_with_what_is_of_others_is_seen(matrix, monkeypatch):
    monkeypatch.setattr(foreign_swaps, "DONE_ALL_THE_SAME", {})
    seen = [each for cell in bodies(matrix.app, only="channels.add") for each in Swaps(matrix).come_through(cell)]
    assert seen == [
        f"POST /channels as lead, grid of {whose}: changed channel, changed subscription (303)"
        for whose in ("next", "stranger")
    ]


def test_a_body_that_is_told_of_others_is_seen(matrix, monkeypatch):
    monkeypatch.setattr(foreign_swaps, "SHOWN", {})
    seen = [each for cell in bodies(matrix.app, only="help_request.act") for each in Swaps(matrix).come_through(cell)]
    assert seen
    assert {each.rpartition(": ")[2] for each in seen} == {f"told {MARKS['next']} (422)"}


@pytest.mark.parametrize(
    ("status", "told", "wrong"),
    [
        (404, "没有这一页", ""),
        (404, f"没有 {OF_GRID}", f"told {OF_GRID}"),
        (200, "[]", "answered 200"),
        (303, "", "answered 303"),
        (429, "", "answered 429"),
        (500, "", "answered 500"),
    ],
)
def test_only_a_refusal_that_names_nobody_is_right(status, told, wrong):
    assert judged(Response(told, status), (OF_GRID, OF_COMMUNITY)) == wrong


def test_an_argument_that_nobody_told_of_is_missed():
    assert named(Rule("/somewhere/<thing_id>", endpoint="somewhere.thing"), "thing_id") is None
