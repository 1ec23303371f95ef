"""Role x route x foreign id: whoever names something of another community or grid learns nothing and changes nothing.

Every rule with arguments and every method of the application is asked by each role of its audience, as somebody of another
community and, for those who belong to a grid, as somebody of the grid next door. A new route fails until its arguments are
told in `foreign_table`; whoever owns the things is let through, so that the ids are real and the bodies say something.
Then the owner itself sends every body and query string with one id in it that is somebody else's; a field that a route reads
fails until `foreign_bodies` tells whether it names something. And what people write in that world is a script, a template and
a formula at once: no page and no table takes it for more than text.
"""

from __future__ import annotations

from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import typst
import xlsxwriter
from flask import Response
from werkzeug.routing import Rule

from supplyhub.catalog import queries as catalog_queries
from supplyhub.db import row
from supplyhub.people import duty
from supplyhub.people.states import Role
from supplyhub.web.audience import audience_of
from tests.conftest import one_transaction
from tests.web import foreign_swaps
from tests.web.bad_fields import broken
from tests.web.foreign_bodies import NOT_TRIED, PLAIN
from tests.web.foreign_fields import NotingRequest, asked_by_pages, described_in_api, written_in_pages
from tests.web.foreign_matrix import Matrix, cells, judged, named, names_ids, words
from tests.web.foreign_others import MARKS
from tests.web.foreign_swaps import Swaps, bodies, tried, untold
from tests.web.foreign_table import NOT_REACHED, WHOLE
from tests.web.foreign_world import HOSTILE, OF_COMMUNITY, OF_GRID
from tests.web.hostile import fault_of, plant, taken_for_more
from tests.web.test_audience import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.web.foreign_world import Person


# Where one is told of people's illness, need and doors.
ROOMS = ("care", "help", "wish", "asking")
END_BADGE = "UPDATE badge SET {} WHERE account_id = :account"
FORMER = [
    pytest.param(Role.VOLUNTEER, END_BADGE.format("state = 'suspended', suspended_at = now()"), id="suspended"),
    pytest.param(Role.VOLUNTEER, END_BADGE.format("state = 'revoked', revoked_at = now()"), id="revoked"),
    pytest.param(
        Role.VOLUNTEER,
        END_BADGE.format("valid_from = valid_from - interval '9 years', valid_until = now() - interval '1 day'"),
        id="expired",
    ),
    pytest.param(Role.GRID_LEAD, "UPDATE account SET grid_id = :grid WHERE id = :account", id="moved"),
]


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


@pytest.mark.parametrize(("role", "become"), FORMER)
def test_whoever_had_to_do_with_it_once_gets_nothing(matrix, role, become):
    who = matrix.world.owners[role]
    with matrix.after(become, account=who.account, grid=matrix.world.next_side.grid.id):
        found = [asked(matrix, role, who, (OF_GRID,), neighbours=True, only=room) for room in ROOMS]
    assert "\n".join(filter(None, found)) == ""


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


def test_what_people_write_is_nowhere_more_than_text(matrix):
    with matrix.undone():
        plant()
        assert "\n".join(taken_for_more(matrix)) == ""


def test_no_value_of_a_form_breaks_the_program(matrix):
    assert "\n".join(broken(matrix)) == ""


def test_a_page_that_takes_a_name_for_markup_is_seen(matrix, monkeypatch):
    unescaped = matrix.app.jinja_env.from_string("{{ (card.lines | first).name | safe if card }}")
    monkeypatch.setattr(matrix.app.jinja_env, "get_or_select_template", lambda _: unescaped)
    with matrix.undone():
        seen = list(taken_for_more(matrix, only="duty."))
    assert "/duty/71 as grid_lead: taken for more than text: <script>0" in seen


@pytest.mark.parametrize(
    ("mimetype", "data", "wrong"),
    [
        ("text/html", escape(HOSTILE).encode(), ""),
        ("text/html", HOSTILE.encode(), "taken for more than text: <script>0"),
        (
            "text/html",
            HOSTILE.replace("{{7*7}}", "49").replace("<script>", "").encode(),
            "taken for more than text: </script>49",
        ),
        ("text/csv", f"a,{HOSTILE}".encode(), f"a formula: {HOSTILE.partition(',')[0]}"),
        ("text/csv", f"a,'{HOSTILE}".encode(), ""),
    ],
)
def test_text_that_is_taken_for_more_is_seen(mimetype, data, wrong):
    assert fault_of(mimetype, data) == wrong


def test_a_formula_in_a_workbook_is_seen():
    def made(write):
        with xlsxwriter.Workbook(kept := BytesIO(), {"in_memory": True}) as book:
            write(book.add_worksheet())
        return fault_of("", kept.getvalue())

    assert made(lambda sheet: sheet.write_string(0, 0, HOSTILE)) == ""
    assert made(lambda sheet: sheet.write(0, 0, HOSTILE)) == "a formula in a workbook"


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
