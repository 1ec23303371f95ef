"""`supplyhub audit`: the laws, one line each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from supplyhub.app import create_app
from supplyhub.audit.law import Verdict
from supplyhub.audit.queries import ROWS_SHOWN, audit, summary
from supplyhub.audit.schemas import AuditOut
from supplyhub.outside.errors import GatewayAwayError, GatewayRefusedError
from supplyhub.payments.comparing import compare_with

if TYPE_CHECKING:
    from supplyhub.audit.law import Finding
    from supplyhub.outside.ports import PaymentGateway
    from supplyhub.payments.comparing import Compared

COLOURS = {Verdict.HOLDS: "green", Verdict.BROKEN: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Check every law on the live database: what was ordered, received, packed and delivered adds up.

    One line a law: whether it holds, and how many rows were looked at; below a broken one the first rows that
    break it. Where people pay online, our books are laid beside the gateway's own. Leaves with 1 when a law is broken or
    the books differ.
    """
    app = create_app()
    with app.app_context():
        findings = audit()
        compared = beside_the_gateway(app.extensions["gateway"])
    if as_json:
        gateway = None if compared is None else {"looked_at": compared.looked_at, "same": compared.same}
        found = AuditOut().dump(summary(findings)) | {"gateway": gateway}
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for finding in findings:
            report(finding)
        if compared is not None:
            report_books(compared)
    broken = any(finding.verdict == Verdict.BROKEN for finding in findings)
    ctx.exit(int(broken or (compared is not None and not compared.same)))


def beside_the_gateway(gateway: PaymentGateway | None) -> Compared | None:
    """Return both books compared; None where nobody pays online, or the gateway doesn't answer, which is said."""
    if gateway is None:
        return None
    try:
        return compare_with(gateway)
    except (GatewayAwayError, GatewayRefusedError) as error:
        click.echo(f"the gateway's books can't be read now: {error.message}", err=True)
        return None


def report_books(compared: Compared) -> None:
    """Print whether both books are the same, and the rows in which they differ."""
    verdict = Verdict.HOLDS if compared.same else Verdict.BROKEN
    shown = click.style(f"{verdict:<9}", fg=COLOURS[verdict], bold=True)
    click.echo(f"    {'beside the gateway':<22} {shown} {compared.looked_at:>12,} rows  对账")
    for whose, only in (("ours", compared.only_ours), ("the gateway's", compared.only_theirs)):
        for row in only[:ROWS_SHOWN]:
            click.echo(f"      only in {whose}: {row.kind} {row.gateway_id} {row.amount_fen} fen")


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
