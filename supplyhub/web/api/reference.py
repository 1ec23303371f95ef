"""The API's description as a page to read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template

from supplyhub.web.audience import PUBLIC, audience

reference = Blueprint("reference", __name__)


@reference.route("/api")
@audience(PUBLIC)
def page() -> str:
    """Show what can be asked, area by area, made from the OpenAPI description."""
    spec: dict[str, Any] = current_app.extensions["api"].spec.to_dict()
    return render_template("api/reference.html", spec=spec, areas=areas(spec))


def areas(spec: dict[str, Any]) -> list[tuple[dict[str, str], list[dict[str, Any]]]]:
    """Return each area with its operations: method, path, words, and the fields in and out."""
    operations = [
        _operation(spec, path, method, about)
        for path, methods in spec["paths"].items()
        for method, about in methods.items()
        if isinstance(about, dict) and "responses" in about
    ]
    return [(tag, [found for found in operations if tag["name"] in found["tags"]]) for tag in spec["tags"]]


def _operation(spec: dict[str, Any], path: str, method: str, about: dict[str, Any]) -> dict[str, Any]:
    asked = about.get("requestBody", {}).get("content", {})
    none: dict[str, Any] = {}
    given = next((answer for code, answer in about["responses"].items() if str(code).startswith("2")), none)
    sections = [
        ("Query", [(found["name"], _kind(found.get("schema", {}))) for found in about.get("parameters", [])
                   if found.get("in") == "query"]),
        ("Body", _fields(spec, asked)),
        ("Answer", _fields(spec, given.get("content", {}))),
    ]  # fmt: skip
    return {
        "method": method.upper(),
        "path": path,
        "tags": about.get("tags", []),
        "summary": about.get("summary", ""),
        "description": about.get("description", ""),
        "fields": [(title, fields) for title, fields in sections if fields],
    }


def _fields(spec: dict[str, Any], content: dict[str, Any]) -> list[tuple[str, str]]:
    first: dict[str, Any] = next(iter(content.values()), {})
    schema = first.get("schema", {})
    schema = _resolved(spec, schema.get("items", schema))
    needed = set(schema.get("required", []))
    return [
        (name, _kind(about) + (", required" if name in needed else ""))
        for name, about in schema.get("properties", {}).items()
    ]


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = spec["components"]["schemas"][name] if name else schema
    return found


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    kind = schema.get("type", "any")
    kind = " or ".join(str(one) for one in kind) if isinstance(kind, list) else str(kind)
    bounds = [f"{sign} {schema[key]}" for key, sign in (("minimum", "≥"), ("maximum", "≤")) if key in schema]
    choices = f" ({', '.join(map(str, schema['enum']))})" if "enum" in schema else ""
    return " ".join([kind, *bounds]) + choices
