"""No test talks to another machine."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse_unless_loopback(host: object) -> None:
    """Raise AssertionError when `host` is neither this machine's name for itself nor a loopback address."""
    if host in {None, "", "localhost"}:
        return
    try:
        near = ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        near = False
    if not near:
        raise AssertionError(f"a test wants to reach {host!r}; only this machine is allowed")


@contextmanager
def forbid_other_machines() -> Iterator[None]:
    """Let sockets connect to loopback addresses only, and look up no other names."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            refuse_unless_loopback(address[0])
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if self.family != socket.AF_UNIX:
            refuse_unless_loopback(address[0])
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        refuse_unless_loopback(host.decode() if isinstance(host, bytes) else host)
        return look_up(host, *args, **kwargs)

    with (
        patch.object(socket.socket, "connect", guarded_connect),
        patch.object(socket.socket, "connect_ex", guarded_connect_ex),
        patch.object(socket, "getaddrinfo", guarded_look_up),
    ):
        yield
