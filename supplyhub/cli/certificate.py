"""`supplyhub certificate`: HTTPS where no public certificate can be had, in a closed network."""

from __future__ import annotations

from pathlib import Path

import click

from supplyhub.certificates import authority_of, vouch
from supplyhub.config import OWN_AUTHORITY, environment, home_from, port_from


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder, instead of SUPPLYHUB_HOME (.local).",
)
def command(names: tuple[str, ...], home: Path | None) -> None:
    """Make the pages speak HTTPS under NAMES, the host's names and addresses in a closed network.

    The first time an authority of this home's own is made, for ten years; phones install it once, at /install-ca. It gives
    this host a certificate for 397 days. Without NAMES, those of the last time; the same again, 30 days before the end,
    makes the next one. `supplyhub dev` and `web` take it with their next start. Remove the folder `tls` to end it.
    """
    env = environment()
    home = home.resolve() if home else home_from(env)
    made = vouch(home, names)
    authority = authority_of(home)
    if authority is None:
        return
    if made.authority_is_new:
        click.echo(f"made an authority, good until {authority.ends_at:%Y-%m-%d}; phones install it once")
    kept = "made a certificate" if made.is_new else "the certificate is still good"
    click.echo(f"{kept}, until {made.ends_at:%Y-%m-%d}: {', '.join(made.names)}")
    click.echo(f"SHA-256 of {home / OWN_AUTHORITY}: {authority.fingerprint}")
    if made.is_new:
        host = f"[{made.names[0]}]" if ":" in made.names[0] else made.names[0]
        click.echo(f"start the pages again; phones then go to https://{host}:{port_from(env)}/install-ca")
