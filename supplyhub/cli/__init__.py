"""The `supplyhub` command. Each of its commands lives in a module of its own, read when it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.exc import OperationalError

from supplyhub.errors import HubError, SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Name, where it is, and its line in the list: the list is printed without reading ten modules.
COMMANDS = {
    "dev": ("dev:command", "Run everything on this machine, databases included."),
    "account": ("account:command", "Open accounts; print one-time sign-in links."),
    "import": ("imports:command", "Read the register or the platforms' offers from files."),
    "token": ("token:command", "Print an API token for a role."),
    "relay": ("relay:command", "Read a pasted chat relay against the register."),
    "audit": ("audit:command", "Check the laws: what was ordered, received, delivered adds up."),
    "draw": ("draw:command", "Check a fair draw from its published list."),
    "demo": ("demo:command", "Play a whole cycle through the API."),
    "bench": ("bench:command", "Measure how many orders a second this machine takes."),
    "certificate": ("certificate:command", "Make the pages speak HTTPS in a closed network."),
    "migrate": ("database:command", "Bring the database's schema to this version."),
    "web": ("serve:web", "Serve pages and API."),
    "worker": ("working:worker", "Do what the queue wakes up."),
    "schedule": ("working:schedule", "Relay events to the queue and run what is due."),
    "gateway": ("gateway:command", "Play the payment gateway, to try paying without money."),
    "robot": ("robot:command", "Play chat robots, to read what groups would be told."),
}


class Commands(click.Group):
    """The list of commands; turns refusals into one line and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Return the names in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, reading its module."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(importlib.import_module(f"supplyhub.cli.{module}"), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list without reading the modules."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit 2 when the installation isn't set up right, 1 when it was refused."""
        try:
            return super().invoke(ctx)
        except SettingError as error:
            refuse(ctx, [str(error)], status=2)
        except HubError as error:
            refuse(ctx, refusal(error), status=1)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) is not None:
                raise
            reason = str(error.orig).strip().splitlines()[0]
            refuse(ctx, [f"the database doesn't answer ({reason}); `supplyhub dev` starts its own"], status=1)


def refuse(ctx: click.Context, lines: list[str], *, status: int) -> None:
    """Print why nothing was done, and leave."""
    for line in lines:
        click.echo(f"supplyhub: {line}", err=True)
    ctx.exit(status)


def refusal(error: HubError) -> list[str]:
    """Return the error's fact, then the lists in its data, an entry a line."""
    return [str(error), *(f"  {entry}" for entry in _entries(error))]


def _entries(error: HubError) -> Iterator[object]:
    for value in error.data.values():
        if isinstance(value, list | tuple):
            yield from value


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="supplyhub", message="%(prog)s %(version)s")
def main() -> None:
    """Grid menus, household orders, one staging depot, tickets that are bound to one grid.

    `supplyhub dev` brings everything up on this machine. The others work on the installation that the
    environment names (DATABASE_URL, REDIS_URL), else on the one in SUPPLYHUB_HOME (.local).
    """
