"""The audit: every law asked of the live database, one statement a check."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from supplyhub.audit.law import Check, Finding, Law, Verdict
from supplyhub.audit.laws import LAWS
from supplyhub.db import Base, rows, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS_SHOWN = 20


def audit() -> list[Finding]:
    """Judge every law on all the rows there are, and return a finding each in the order of the laws."""
    return [judge(law) for law in LAWS]


def judge(law: Law) -> Finding:
    """Judge one law."""
    checks = [check for check in law.checks if not (check.unless and _ask(check.unless, check))]
    looked_at = sum(int(_ask(check.looked_at, check)) for check in checks)
    offending, first_rows = 0, []
    for check in checks:
        found = list(_offending(check))
        offending += found[0]["_all"] if found else 0
        first_rows += [{"check": check.name} | {k: v for k, v in row.items() if k != "_all"} for row in found]
    verdict = Verdict.BROKEN if offending else Verdict.HOLDS
    left_out = [check.instead for check in law.checks if check not in checks]
    not_proved = "; ".join(filter(None, [law.not_proved, *left_out]))
    return Finding(law, verdict, looked_at, offending, first_rows[:ROWS_SHOWN], not_proved)


def summary(findings: list[Finding]) -> dict[str, Any]:
    """Return the findings with how many laws were checked, and how many of those are broken."""
    verdicts = [finding.verdict for finding in findings]
    return {
        "checked": len(verdicts),
        "broken": verdicts.count(Verdict.BROKEN),
        "laws": findings,
    }


def _ask(statement: str, check: Check) -> Any:
    return scalar(statement, **_values(check, statement))


def _offending(check: Check) -> Iterator[dict[str, Any]]:
    statement = f'SELECT count(*) OVER () AS "_all", o.* FROM ({check.offending}) AS o LIMIT {ROWS_SHOWN}'
    for found in rows(statement, **_values(check, check.offending)):
        yield {name: _plain(value) for name, value in found._mapping.items()}  # noqa: SLF001  (its public name)


def _values(check: Check, statement: str) -> dict[str, object]:
    """Return what the statement binds: the check's own values, and the names of the append-only tables."""
    values = {**check.values, "append_only": list(append_only_tables())}
    return {name: value for name, value in values.items() if f":{name}" in statement}


@cache
def append_only_tables() -> tuple[str, ...]:
    """Return the tables whose rows may only be added, and those that triggers alone keep."""
    return tuple(
        name
        for name, table in sorted(Base.metadata.tables.items())
        if not {"UPDATE", "DELETE"} & {*table.info.get("rights", "UPDATE").split(", ")}
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
