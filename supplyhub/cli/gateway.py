"""`supplyhub gateway`: a stand-in for the payment gateway, to try paying without money."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event, Thread

import click

from supplyhub.config import environment, home_from, local_url, port_from
from supplyhub.embedded.home import password_of, port_is_free
from supplyhub.errors import SettingError
from supplyhub.standin.core import Core, Setup
from supplyhub.standin.faults import Faults
from supplyhub.standin.server import Server

DEFAULT_PORT = 8010
# Where the pages listen for what the gateway tells.
EVENTS = "/payments/events"
RATE = click.FloatRange(0, 1)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True, help="Where it is.")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder, instead of SUPPLYHUB_HOME (.local); its books are in its `gateway`.",
)
@click.option("--webhook-url", help="Whom it tells what happened; by default the pages on HOST and PORT.")
@click.option("--public-url", default="", help="Where browsers find it, if not where the pages do.")
@click.option("--timeout-after", type=RATE, help="How many calls lose their answer after they took effect (0 to 1).")
@click.option("--error", type=RATE, help="How many calls are answered 500 before anything happens.")
@click.option("--duplicate", type=RATE, help="How many events are told twice.")
@click.option("--late", type=RATE, help="How many events are told late.")
@click.option("--reorder", type=RATE, help="How many events are told after what came later.")
@click.option("--seed", type=click.IntRange(0), help="Strikes the same calls and events each time.")
def command(port: int, home: Path | None, webhook_url: str | None, public_url: str, **faults: float | None) -> None:
    """Play the payment gateway (Stripe), to try paying without money.

    It serves what the official client needs, a page to pay on, and signed messages. STRIPE_SECRET_KEY and
    STRIPE_WEBHOOK_SECRET are its keys, else two of the data folder; set them, and STRIPE_API_BASE to its address, for
    the pages. `supplyhub dev` does all of this by itself for the demo community. Without options for what goes
    wrong, that stays as it was.
    """
    env = environment()
    if home:
        env["SUPPLYHUB_HOME"] = str(home)
    folder, host = home_from(env), env.get("HOST", "127.0.0.1")
    if not port_is_free(port, host):
        raise SettingError(f"port {port} on {host} is taken; choose another with --port")
    keys = standin_keys(folder) | env
    setup = Setup(
        folder / "gateway",
        secret_key=not_real(keys["STRIPE_SECRET_KEY"]),
        webhook_secret=keys["STRIPE_WEBHOOK_SECRET"],
        webhook_url=webhook_url or local_url(host, port_from(env)) + EVENTS,
        public_url=public_url.rstrip("/"),
    )
    core = Core(setup)
    stated = {name: rate for name, rate in faults.items() if rate is not None}
    if stated:
        core.set_faults(Faults.read(stated))
    run(core, host=host, port=port)


def run(core: Core, *, host: str, port: int) -> None:
    """Serve a stand-in until TERM or INT."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Through a thread: the handler may interrupt the very wait whose lock `set` needs.
        signal.signal(number, lambda _number, _frame: Thread(target=stop.set).start())
    server = Server(core, host=host, port=port)
    server.start()
    click.echo(f"a stand-in for the payment gateway, which takes no real money: {local_url(host, port)}")
    click.echo(f"it tells {core.setup.webhook_url}; its books are in {core.setup.home}")
    stop.wait()
    server.stop()


def standin_keys(home: Path) -> dict[str, str]:
    """Return the keys of the stand-in of a data folder, derived from `home/keys/servers.key`."""
    return {
        "STRIPE_SECRET_KEY": f"sk_test_standin_{password_of(home, 'gateway')[:40]}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_standin_{password_of(home, 'gateway-webhook')[:40]}",
    }


def not_real(secret_key: str) -> str:
    """Return a key that is none of the real gateway's live ones. Raises SettingError."""
    if secret_key.startswith(("sk_live", "rk_live")):
        raise SettingError("STRIPE_SECRET_KEY is one for real money; a stand-in mustn't have it")
    return secret_key
