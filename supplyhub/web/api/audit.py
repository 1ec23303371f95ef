"""The laws on the live database, and closing a cycle, which no broken one passes."""

from __future__ import annotations

from flask_smorest import Blueprint

from supplyhub.audit import commands, queries
from supplyhub.audit.schemas import AuditOut
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

blp = Blueprint("audit", __name__, url_prefix="/api/v1", description="The laws, and the close of a cycle")


@blp.route("/audit")
@blp.response(200, AuditOut)
@audience(Role.COORDINATOR)
def audit() -> object:
    """Judge every law on all rows, and name the first offending ones."""
    return queries.summary(queries.audit())


@blp.route("/cycles/<int:cycle_id>/close", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def close_cycle(cycle_id: int) -> None:
    """Close a cycle: writes what became of every order; refused while tickets are out or a law is broken."""
    commands.close_cycle(asker(), cycle_id)
