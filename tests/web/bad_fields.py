"""Values that fit no field, in the fields of every form of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from supplyhub.web.audience import audience_of
from tests.drill import DRILL
from tests.web.foreign_bodies import ALSO
from tests.web.foreign_fields import asked_by_pages
from tests.web.foreign_matrix import filled
from tests.web.foreign_table import BODIES, PUBLIC_RULES
from tests.web.foreign_world import HOSTILE
from tests.web.hostile import fault_of
from tests.web.test_audience import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.routing import Rule

    from tests.web.foreign_matrix import Matrix

BAD: Final[tuple[Any, ...]] = (
    "",
    "\0",
    # What a form becomes that holds half of a surrogate pair.
    "\ufffd",
    "字" * 100_000,
    "-1",
    "9" * 40,
    "9223372036854775808",
    "NaN",
    "1e999",
    "²",
    "0000-00-00",
    "9999-12-31",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "25:61",
    "👩‍👩‍👧" * 50,
    "\u202e" + HOSTILE,
    ["1", "1"],
    ["\0", ""],
)


def broken(matrix: Matrix) -> Iterator[str]:
    """Send each form with bad values as somebody it is for; yield where the program broke, or took them for more than text."""
    for number, rule in enumerate(forms(matrix)):
        role = next(role for role in matrix.world.owners if role in (audience_of(matrix.app, rule.endpoint) or ()))
        for body in bad_bodies(matrix, rule, number):
            with matrix.undone():
                answer = matrix.send(matrix.world.owners[role], rule, "POST", body)
            wrong = answer.status_code if answer.status_code >= 500 else fault_of(answer.mimetype, answer.get_data())
            if wrong:
                yield f"{rule.rule} as {role} with {str(body)[:200]!r}: {wrong}"
    matrix.count = matrix.changes()


def forms(matrix: Matrix) -> list[Rule]:
    """Return the rules of pages that are sent forms."""
    return [
        rule
        for rule, method in routes(matrix.app)
        if method == "POST"
        and not rule.rule.startswith("/api/")
        and rule.endpoint not in PUBLIC_RULES
        and audience_of(matrix.app, rule.endpoint)
    ]


def bad_bodies(matrix: Matrix, rule: Rule, number: int) -> Iterator[dict[str, Any]]:
    """Yield forms with a bad value in one field after the other; not in the drill one form, bad in all of them."""
    good = filled(BODIES.get(rule.endpoint) or next(iter(ALSO.get(rule.endpoint, [])), {}), matrix.world.ids)
    fields = sorted({*good, *(name.replace("*", "1") for name in asked_by_pages()[rule.endpoint])} - {"csrf_token"})
    if not DRILL:
        yield {field: BAD[(number + at) % len(BAD)] for at, field in enumerate(fields)}
        return
    for field in fields:
        # A file is read once.
        yield from (
            filled(good, {}) | {field: value} for value in BAD if not any(isinstance(v, tuple) for v in good.values())
        )
