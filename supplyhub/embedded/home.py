"""The data folder of one installation: its lock, its ports, its derived passwords, its last addresses."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import socket
from typing import TYPE_CHECKING, Self

from supplyhub.config import key_file
from supplyhub.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

# Below the range from which Linux takes ports for outgoing connections.
FIRST_PORT, LAST_PORT = 20_000, 32_000
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


class HomeLock:
    """Held by the one `supplyhub dev` of a home. The kernel lets go of it when the process ends."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file = -1

    def __enter__(self) -> Self:
        """Take the lock. Raises SettingError, which names the holder, when another process has it."""
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SettingError(f"the data folder {self._home} can't be used: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii").strip()
            os.close(self._file)
            raise SettingError(
                f"supplyhub already runs in {self._home} (process {holder}); stop it, or choose another SUPPLYHUB_HOME",
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode("ascii"), 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        os.close(self._file)


def password_of(home: Path, role: str) -> str:
    """Return the password of a server role, derived from `home/keys/servers.key`."""
    return hmac.new(key_file(home, "servers.key"), role.encode("utf-8"), hashlib.sha256).hexdigest()


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen there now. Raises SettingError when `host` isn't of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of an earlier run that linger don't matter, a server that listens does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except socket.gaierror as error:
            raise SettingError(f"HOST is {host!r}, which is no address of this machine") from error
        except PermissionError as error:
            raise SettingError(f"port {port} needs more rights than this user has; choose one above 1023") from error
        except OSError as error:
            if error.errno == 99:  # EADDRNOTAVAIL
                raise SettingError(f"HOST is {host!r}, which is no address of this machine") from error
            return False
    return True


def reachable_host(host: str) -> str:
    """Return by which address others reach a server that listens at `host`: for every address, that of the way out.

    A machine without any way out is reached by itself alone.
    """
    if host not in EVERYWHERE:
        return host
    family, somewhere = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "198.51.100.1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            # Nothing is sent: it only chooses the way.
            probe.connect((somewhere, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return host


def remembered_port(home: Path, server: str, *, fresh: bool = False) -> int:
    """Return the port of a server of this home, the same as last time while it is free.

    `fresh` asks for another one: somebody was quicker.
    """
    path = home / "ports.json"
    ports: dict[str, int] = json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
    port = ports.get(server, 0)
    if fresh or not port or not port_is_free(port):
        port = _free_port()
        ports[server] = port
        write_whole(path, json.dumps(ports))
    return port


def ports_to_try(home: Path, server: str, *, kept: int) -> Iterator[int]:
    """Yield the ports for a start of a server of this home, one after the other until it comes up.

    `kept` is the one it had when it was started before in this run (0: it wasn't): other processes were told of it, so
    it is that or none. Raises SettingError while another program has it.
    """
    if not kept:
        yield from (remembered_port(home, server, fresh=fresh) for fresh in (False, True, True))
    elif port_is_free(kept):
        yield kept
    else:
        raise SettingError(f"its port {kept}, which the others know, is taken by another program")


def _free_port() -> int:
    while True:
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if port_is_free(port):
            return port


def write_whole(path: Path, text: str) -> None:
    """Write a private file so that a reader, or a run after a crash, sees the old or the new one whole."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
