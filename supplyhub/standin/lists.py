"""Lists as the original gives them: the newest first, by pages, from a time on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from supplyhub.standin.forms import number
from supplyhub.standin.refusals import missing, wrong

if TYPE_CHECKING:
    from supplyhub.standin.books import Page, Thing

DEFAULT_LIMIT, LARGEST_LIMIT = 10, 100
COMPARED = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def page_of(books: Page, kind: str, params: dict[str, Any], *, url: str) -> dict[str, Any]:
    """Return a page of the things of a kind, asked for by created, limit, starting_after, type(s), payment_intent."""
    limit = number(params, "limit", DEFAULT_LIMIT)
    if not 1 <= limit <= LARGEST_LIMIT:
        raise wrong(f"This value must be between 1 and {LARGEST_LIMIT}", "limit", "parameter_invalid_integer")
    conditions, values = ["object = ?"], [kind]
    for condition, value in _created(params) + _after(books, params) + _named(params):
        conditions.append(condition)
        values.append(value)
    found = books.where(f"{' AND '.join(conditions)} ORDER BY seq DESC LIMIT {limit + 1}", *values)
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": url}


def _created(params: dict[str, Any]) -> list[tuple[str, Any]]:
    given = params.get("created")
    if given is None:
        return []
    if not isinstance(given, dict):
        return [("created = ?", number(params, "created"))]
    for name in given.keys() - COMPARED.keys():
        raise wrong(f"Received unknown parameter: created[{name}]", f"created[{name}]", "parameter_unknown")
    return [(f"created {COMPARED[name]} ?", number(given, name, full=f"created[{name}]")) for name in given]


def _after(books: Page, params: dict[str, Any]) -> list[tuple[str, Any]]:
    after = params.get("starting_after")
    if after is None:
        return []
    found = books.sql("SELECT seq FROM thing WHERE id = ?", (after,)).fetchone()
    if found is None:
        raise missing("object", after, "starting_after", status=400)
    return [("seq < ?", found[0])]


def _named(params: dict[str, Any]) -> list[tuple[str, Any]]:
    asked: list[tuple[str, Any]] = [
        (f"json_extract(body, '$.{name}') = ?", params[name]) for name in ("payment_intent", "type") if name in params
    ]
    if "types" in params:
        asked.append(
            (
                "json_extract(body, '$.type') IN (SELECT value FROM json_each(?))",
                json.dumps(params["types"]),
            )
        )
    return asked


# What is called otherwise where it is named.
KINDS = {"latest_charge": "charge"}


def expanded(books: Page, thing: Thing, params: dict[str, Any]) -> Thing:
    """Return a thing with what `expand` asks for in the place of its id, and in there what it asks for after a dot."""
    found = dict(thing)
    for asked in params.get("expand") or []:
        name, _, deeper = asked.partition(".")
        inside = books.find(KINDS.get(name, name), found[name]) if isinstance(found.get(name), str) else None
        if inside:
            found[name] = expanded(books, inside, {"expand": [deeper]}) if deeper else inside
    return found
