"""`supplyhub account`: accounts of staff and their one-time sign-in links; the five actors of the demo."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from supplyhub.app import create_app
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.accounts import has_password
from supplyhub.people.commands import create_account, new_sign_in_link, staff_account, take_on_volunteer
from supplyhub.people.states import Role
from supplyhub.places.commands import ensure_community
from supplyhub.places.queries import find_community, grid_numbered
from supplyhub.residents.commands import demo_card
from supplyhub.residents.devices import end_every_device
from supplyhub.residents.queries import first_household, lowest_grid

if TYPE_CHECKING:
    from flask import Flask

STAFF = click.Choice([role.value for role in Role if role != Role.RESIDENT])
NAMES = {
    Role.COORDINATOR: "专班",
    Role.GRID_LEAD: "网格长",
    Role.DEPOT: "中转站",
    Role.VOLUNTEER: "志愿者",
    Role.RESIDENT: "居民",
}


@click.group()
def command() -> None:
    """Open accounts; print one-time sign-in links. Residents come with the register and sign in with their card."""


@command.command()
@click.option("--role", type=STAFF, required=True)
@click.option("--grid", type=click.IntRange(1, 9999), help="The number of the lead's or volunteer's grid.")
@click.option("--name", help="The name shown to colleagues.")
@click.option("--login", help="What to sign in with later, beside a password.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def create(role: str, grid: int | None, name: str | None, login: str | None, *, as_json: bool) -> None:
    """Open an account and print its one-time sign-in link, which is valid for a day.

    A volunteer gets a badge of the grid with it.
    """
    app = create_app()
    with app.app_context():
        community = ensure_community(timezone=app.extensions["settings"].timezone)
        account, secret, badge = open_account(community, Role(role), grid=grid, name=name, login=login)
        _print(app, Role(role), account, secret, badge=badge, as_json=as_json)


@command.command()
@click.option("--role", type=STAFF, required=True)
@click.option("--grid", type=click.IntRange(1, 9999), help="The number of the lead's or volunteer's grid.")
@click.option("--login", help="Whose link, if there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def link(role: str, grid: int | None, login: str | None, *, as_json: bool) -> None:
    """Print a new one-time sign-in link for an account that is there, say after a lost password."""
    app = create_app()
    with app.app_context():
        community = find_community() or 0
        account = staff_account(community, Role(role), grid=grid, login=login)
        if account is None:
            raise NotFoundError(f"there is no such account; `supplyhub account create --role {role}` opens one")
        _print(app, Role(role), account, new_sign_in_link(account), badge=None, as_json=as_json)


def open_account(
    community_id: int, role: Role, *, grid: int | None = None, name: str | None = None, login: str | None = None
) -> tuple[int, str, str | None]:
    """Open an account; returns its id, the secret of its link, and a volunteer's badge code."""
    if role in {Role.GRID_LEAD, Role.VOLUNTEER} and grid is None:
        raise InvalidError(f"--grid is needed: a {role.replace('_', ' ')} belongs to one grid")
    if role == Role.VOLUNTEER:
        new = take_on_volunteer(community_id, name or NAMES[role], grid=grid or 0, login=login)
        return new.account_id, new.link_secret, new.badge.code
    grid_id = grid_numbered(community_id, grid) if grid and role == Role.GRID_LEAD else None
    account = create_account(community_id, role, name or NAMES[role], login=login, grid_id=grid_id)
    return account, new_sign_in_link(account), None


def link_url(app: Flask, secret: str) -> str:
    """Return the address of a one-time link. The secret is in the fragment, which no server logs."""
    return f"{app.extensions['settings'].public_url}/link#{secret}"


def card_url(app: Flask, secret: str) -> str:
    """Return the address on a household card."""
    return f"{app.extensions['settings'].public_url}/card#{secret}"


def demo_links(app: Flask) -> list[tuple[str, str]]:
    """Return (label, fresh sign-in address) for the five actors; accounts that aren't there yet are opened.

    The resident is the first household of the lowest grid; a fresh card ends the one before, and whoever was signed in
    there is so no longer: the first browser that follows the link needs one button, at every start.
    Raises ConflictError when no register is loaded.
    """
    with app.app_context():
        community = find_community() or 0
        grid = lowest_grid(community)
        household = first_household(community, grid=grid) if grid is not None else None
        if grid is None or household is None:
            raise ConflictError("no register is loaded yet; `supplyhub import register` loads one")
        links = []
        for role in (Role.COORDINATOR, Role.GRID_LEAD, Role.DEPOT, Role.VOLUNTEER):
            own_grid = grid if role in {Role.GRID_LEAD, Role.VOLUNTEER} else None
            account = staff_account(community, role, grid=own_grid)
            secret = new_sign_in_link(account) if account else open_account(community, role, grid=own_grid)[1]
            links.append((_label(role, own_grid), link_url(app, secret)))
        end_every_device(household)
        card = demo_card(community, household, vault=app.extensions["vault"])
        return [*links, (f"{_label(Role.RESIDENT, None)} {card.door}", card_url(app, card.secret))]


def first_link(app: Flask) -> str | None:
    """Return a fresh one-time address for the first coordinator of a new installation; None once there is a password.

    The community is made with it, where there is none yet.
    """
    with app.app_context():
        community = ensure_community(timezone=app.extensions["settings"].timezone)
        account = staff_account(community, Role.COORDINATOR)
        if account is not None and has_password(account):
            return None
        secret = new_sign_in_link(account) if account else open_account(community, Role.COORDINATOR)[1]
        return link_url(app, secret)


def _label(role: Role, grid: int | None) -> str:
    return f"{NAMES[role]} {role.replace('_', ' ')}" + (f", grid {grid}" if grid else "")


def _print(app: Flask, role: Role, account: int, secret: str, *, badge: str | None, as_json: bool) -> None:
    url = link_url(app, secret)
    if as_json:
        click.echo(json.dumps({"account": account, "role": role, "badge": badge, "link": url}))
        return
    if badge:
        click.echo(f"badge {badge}")
    click.echo(url)
