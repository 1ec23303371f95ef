"""`supplyhub audit`: the laws, one line each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from supplyhub.app import create_app
from supplyhub.audit.law import Verdict
from supplyhub.audit.queries import audit, summary
from supplyhub.audit.schemas import AuditOut

if TYPE_CHECKING:
    from supplyhub.audit.law import Finding

COLOURS = {Verdict.HOLDS: "green", Verdict.BROKEN: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Check every law on the live database: what was ordered, received, packed and delivered adds up.

    One line a law: whether it holds, and how many rows were looked at; below a broken one the first rows that
    break it. Leaves with 1 when a law is broken.
    """
    with create_app().app_context():
        findings = audit()
    if as_json:
        click.echo(json.dumps(AuditOut().dump(summary(findings)), ensure_ascii=False))
    else:
        for finding in findings:
            report(finding)
    ctx.exit(int(any(finding.verdict == Verdict.BROKEN for finding in findings)))


def report(finding: Finding) -> None:
    """Print a law's line, and what breaks it."""
    law = finding.law
    verdict = click.style(f"{finding.verdict:<9}", fg=COLOURS[finding.verdict], bold=True)
    looked_at = f"{finding.looked_at:>12,} rows"
    click.echo(f"{law.number:>2}  {law.name:<22} {verdict} {looked_at}  {law.name_zh}")
    if finding.not_proved:
        click.echo(f"      not proved by rows: {finding.not_proved}")
    if finding.offending:
        click.echo(f"      {finding.offending:,} rows break it, the first:")
    for row in finding.first_rows:
        facts = ", ".join(f"{name} {value}" for name, value in row.items() if name != "check")
        click.echo(f"      {row['check']}: {facts}")
