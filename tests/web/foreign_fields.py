"""Which fields of bodies and query strings a route reads: of the API as it is described, of pages as they are written and run.

A page's field is seen when some line of its module asks a form for it by name, and again, with the route, when a request runs
there. A number in a name (`place-17`) is a star.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flask import Request, request
from werkzeug.datastructures import ImmutableMultiDict

import supplyhub.web.pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

FORMS: Final = {"form", "args", "values", "files", "given", "typed"}
READERS: Final = {"get", "getlist", "text", "count", "fen", "moment", "day", "_digits"}


def starred(name: str) -> str:
    """Return a field's name without the numbers in it."""
    return re.sub(r"\d+", "*", name)


class _Seen(ImmutableMultiDict[str, Any]):
    """A form that notes what it is asked for."""

    asked: Final[dict[str, set[str]]] = defaultdict(set)

    def _note(self, key: object) -> None:
        if isinstance(key, str) and request.endpoint:
            self.asked[request.endpoint].add(starred(key))

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)

    def get(self, key: str, *more: Any, **named: Any) -> Any:
        self._note(key)
        return super().get(key, *more, **named)

    def getlist(self, key: str, *more: Any, **named: Any) -> Any:
        self._note(key)
        return super().getlist(key, *more, **named)

    def to_dict(self, flat: bool = True) -> Any:
        return _Told(super().to_dict(flat), self)


class _Told(dict[str, Any]):
    """The same, once it is a dictionary."""

    def __init__(self, values: dict[str, Any], seen: _Seen) -> None:
        super().__init__(values)
        self._seen = seen

    def get(self, key: str, *more: Any) -> Any:
        self._seen._note(key)
        return super().get(key, *more)

    def __getitem__(self, key: str) -> Any:
        self._seen._note(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._seen._note(key)
        return super().__contains__(key)


class NotingRequest(Request):
    """A request whose forms note what they are asked for."""

    parameter_storage_class = _Seen


def asked_by_pages() -> dict[str, set[str]]:
    """Return what requests asked their forms for until now, by route."""
    return _Seen.asked


def written_in_pages() -> dict[str, set[str]]:
    """Return which fields the modules of the pages ask for by name."""
    folder = Path(supplyhub.web.pages.__file__).parent
    found = {path.stem: set(_names(ast.parse(path.read_text("utf-8")))) for path in sorted(folder.glob("*.py"))}
    return {module: names for module, names in found.items() if names}


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Subscript) and _is_form(node.value):
            yield from _word(node.slice)
        elif (
            isinstance(node, ast.Compare)
            and isinstance(node.ops[0], ast.In | ast.NotIn)
            and _is_form(node.comparators[0])
        ):
            yield from _word(node.left)


def _of_call(call: ast.Call) -> Iterator[str]:
    """A form is asked, or given with a field's name to a function that asks it."""
    asks = isinstance(call.func, ast.Attribute) and call.func.attr in READERS and _is_form(call.func.value)
    if call.args and (asks or _is_form(call.args[0])):
        for each in call.args[:1] if asks else call.args[1:2]:
            yield from _word(each)


def _is_form(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id in FORMS
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "Form"
    return isinstance(node, ast.Attribute) and node.attr in FORMS


def _word(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield starred(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)


def described_in_api(app: Flask) -> dict[str, set[str]]:
    """Return which fields the routes of the API read, as they are described: of bodies, however deep, and of queries."""
    spec = app.test_client().get("/api/v1/openapi.json").json
    assert spec
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        operations = spec["paths"].get(re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule), {})
        for method in rule.methods or ():
            if about := operations.get(method.lower()):
                found.setdefault(rule.endpoint, set()).update(_fields(about, spec))
    return found


def _fields(about: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    yield from (each["name"] for each in about.get("parameters", []) if each.get("in") == "query")
    for content in about.get("requestBody", {}).get("content", {}).values():
        yield from _properties(content["schema"], spec)


def _properties(schema: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _properties(inner, spec)
    for inner in (schema.get("items"), *schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())):
        if isinstance(inner, dict):
            yield from _properties(inner, spec)
