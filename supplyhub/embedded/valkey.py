"""A private Valkey (the queue's server) in the data folder."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import redis

from supplyhub.embedded import processes
from supplyhub.embedded.binaries import valkey_server
from supplyhub.embedded.home import password_of, ports_to_try, write_whole
from supplyhub.errors import SettingError

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

START_SECONDS = 20.0
STOP_SECONDS = 10.0

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
daemonize no
appendonly {appendonly}
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class ValkeyServer:
    """Valkey on a loopback port of its own, with a password, its data in `home/valkey`."""

    name = "queue"

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self._home = home
        self._durable = durable
        self._folder = home / "valkey"
        self._log = home / "log" / "valkey.log"
        self._pid_file = home / "run" / "valkey.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Return the address with the password in it; `start` comes first."""
        return f"redis://:{password_of(self._home, 'valkey')}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers; again, it keeps its port. Raises SettingError when it doesn't."""
        old = processes.leftover(self._pid_file)
        if old:
            processes.stop_leftover(old, signal.SIGTERM, seconds=STOP_SECONDS)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for port in ports_to_try(self._home, "valkey", kept=self._port):
            self._port = port
            self._spawn()
            if self._answers():
                return
        raise SettingError(f"the queue server doesn't start; see {self._log}")

    def poll(self) -> int | None:
        """Return the exit status when the server has ended."""
        return self._process.poll() if self._process else None

    def stop(self) -> None:
        """Stop the server; it writes down first what it holds."""
        if self._process:
            processes.stop(self._process, signal.SIGTERM, seconds=STOP_SECONDS)
        self._pid_file.unlink(missing_ok=True)

    def _spawn(self) -> None:
        config = self._folder / "valkey.conf"
        write_whole(
            config,
            CONFIG.format(
                port=self._port,
                password=password_of(self._home, "valkey"),
                folder=self._folder,
                appendonly="yes" if self._durable else "no",
            ),
        )
        self._process = processes.spawn([str(valkey_server()), str(config)], log=self._log)
        processes.remember(self._pid_file, self._process.pid)

    def _answers(self) -> bool:
        end = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url) as client:
            while self.poll() is None and time.monotonic() < end:
                try:
                    client.ping()
                except redis.AuthenticationError:
                    # Somebody else's server was quicker on this port; ours ends by itself.
                    time.sleep(processes.POLL_SECONDS)
                except redis.ConnectionError:  # refused, or still loading
                    time.sleep(processes.POLL_SECONDS)
                else:
                    return True
        self.stop()
        return False
