"""What a law of the product is to a program: a name, and queries for the rows that break it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One side of a law.

    `offending` is a SELECT of the rows that break it, in one statement, so that it sees one moment of a live
    database. `looked_at` is a SELECT of one number: how many rows were judged. `values` are bound in both.
    `unless` is a SELECT of one boolean: where it is true the check has nothing to judge, and `instead` says so.
    """

    name: str
    offending: str
    looked_at: str
    values: dict[str, object] = field(default_factory=dict)
    unless: str = ""
    instead: str = ""


# Rights bind every role but a table's owner and superusers: where one role does everything there is none to judge.
ROLE_OWNS = """
    SELECT bool_and(pg_has_role(current_user, c.relowner, 'USAGE'))
    FROM unnest(CAST(:append_only AS text[])) AS t("table") JOIN pg_class AS c ON c.oid = t."table"::regclass
"""
NOT_GUARDED = "the role of this installation owns its tables, so append-only tables are not guarded against it"


@dataclass(frozen=True, slots=True)
class Law:
    """A law with its English and Chinese name.

    `not_proved` says which part of the law rows can't show.
    """

    number: int
    name: str
    name_zh: str
    checks: tuple[Check, ...]
    not_proved: str = ""


class Verdict(StrEnum):
    """What the audit found of a law."""

    HOLDS = "holds"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """A law, judged: how many rows were looked at, how many offend, and the first of them.

    `not_proved` is the law's own, and what this installation leaves unguarded.
    """

    law: Law
    verdict: Verdict
    looked_at: int
    offending: int
    first_rows: list[dict[str, Any]]
    not_proved: str
