"""`supplyhub token`: bearer tokens for the API."""

from __future__ import annotations

import json

import click

from supplyhub.app import create_app
from supplyhub.cli.account import open_account
from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.people.commands import mint_token, staff_account
from supplyhub.people.states import Role
from supplyhub.places.commands import ensure_community
from supplyhub.residents.commands import mint_tokens
from supplyhub.residents.queries import first_household, household_called


@click.group()
def command() -> None:
    """Print an API token for a role. Only its hash is kept: it can't be printed again."""


@command.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--grid", type=click.IntRange(1, 9999), help="The number of the grid, for a lead, volunteer or resident.")
@click.option("--household", help='The resident\'s door: "47号楼/1单元/101" or 47-1-101.')
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it is valid.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def create(role: str, grid: int | None, household: str | None, days: int, *, as_json: bool) -> None:
    """Print a token of the first account of a role and grid; opens one if there is none.

    A resident's is of the household that is named, else of the first one of the grid.
    """
    app = create_app()
    with app.app_context():
        community = ensure_community(timezone=app.extensions["settings"].timezone)
        token = token_for(community, Role(role), grid=grid, household=household, days=days)
    click.echo(json.dumps({"role": role, "token": token}) if as_json else token)


def token_for(
    community_id: int, role: Role, *, grid: int | None = None, household: str | None = None, days: int = 90
) -> str:
    """Return a fresh token for a role. Raises NotFoundError, InvalidError (no grid where one is needed)."""
    if household is not None and role != Role.RESIDENT:
        raise InvalidError("--household goes with --role resident")
    if role == Role.RESIDENT:
        home = (
            first_household(community_id, grid=grid) if household is None else household_called(community_id, household)
        )
        if home is None:
            raise NotFoundError("there is no such household in the register")
        return mint_tokens([home], days=days)[home]
    if role in {Role.GRID_LEAD, Role.VOLUNTEER} and grid is None:
        raise InvalidError(f"--grid is needed: a {role.replace('_', ' ')} belongs to one grid")
    own_grid = grid if role in {Role.GRID_LEAD, Role.VOLUNTEER} else None
    account = staff_account(community_id, role, grid=own_grid)
    if account is None:
        account = open_account(community_id, role, grid=own_grid)[0]
    return mint_token(account, days=days)
