"""`supplyhub robot`: a stand-in for WeCom's chat robots, to read what groups would be told."""

from __future__ import annotations

import signal
from threading import Event, Thread

import click

from supplyhub.config import environment
from supplyhub.embedded.home import port_is_free
from supplyhub.errors import SettingError
from supplyhub.standin.robot import RobotServer

DEFAULT_PORT = 8020


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True, help="Where it is.")
def command(port: int) -> None:
    """Play the robots of WeCom's chat groups; its page shows what each group was told.

    Set WECOM_API_BASE to its address for the worker. `supplyhub dev` does this by itself for the demo community.
    """
    host = environment().get("HOST", "127.0.0.1")
    if not port_is_free(port, host):
        raise SettingError(f"port {port} on {host} is taken; choose another with --port")
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Through a thread: the handler may interrupt the very wait whose lock `set` needs.
        signal.signal(number, lambda _number, _frame: Thread(target=stop.set).start())
    server = RobotServer(host=host, port=port)
    server.start()
    click.echo(f"a stand-in for chat robots, which tells no real group: {server.url}")
    stop.wait()
    server.stop()
