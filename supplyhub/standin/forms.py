"""Parameters as the original takes them: form-encoded, with nesting in the names (`a[b]`, `a[0][c]`, `a[]`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from supplyhub.standin.refusals import wrong

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
STEP = re.compile(r"\[([^\[\]]*)\]")


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the parameters as nested dictionaries and lists of text."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        found = NAME.match(name)
        if not found:
            raise wrong(f"Invalid parameter name: {name}", name)
        _put(tree, [found[1], *STEP.findall(found[2])], value, name)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str, name: str) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise wrong(f"Invalid parameter: {name} is both a value and an object", name)
    tree[path[-1] or str(len(tree))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(below) for name, below in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def texts(params: dict[str, Any], name: str) -> dict[str, str]:
    """Return a parameter that is an object of texts, such as metadata."""
    found = params.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise wrong(f"Invalid object: {name}", name)
    return found


def number(params: dict[str, Any], name: str, default: int | None = None, *, full: str = "") -> int:
    """Return a parameter that is a whole number. Raises Refusal when it isn't, or is missing without a default."""
    text = params.get(name)
    if text is None and default is not None:
        return default
    if text is None:
        raise wrong(f"Missing required param: {full or name}.", full or name, "parameter_missing")
    if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise wrong(f"Invalid integer: {text}", full or name, "parameter_invalid_integer")
    return int(text)


def needed(params: dict[str, Any], name: str, full: str = "") -> Any:
    """Return a parameter that must be there. Raises Refusal."""
    if not params.get(name):
        raise wrong(f"Missing required param: {full or name}.", full or name, "parameter_missing")
    return params[name]


def only(params: dict[str, Any], known: frozenset[str]) -> None:
    """Raise Refusal for a parameter that the original doesn't know."""
    for name in params.keys() - known:
        raise wrong(f"Received unknown parameter: {name}", name, "parameter_unknown")
