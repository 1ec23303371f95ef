"""Become another program that ends together with its parent. Run by path, before anything else is imported.

`python tether.py PARENT_PID SIGNAL UID PROGRAM ARGUMENT...`: asks the kernel (Linux) to send SIGNAL to this
process when the thread that started it ends, makes sure that it hasn't ended already, and becomes PROGRAM.
UID other than `-` is taken on first. It stands in a process of its own because the same call between fork and
exec of a threaded Python isn't safe.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def follow_parent(parent: int, number: int) -> None:
    """Have the kernel send signal `number` to this process when its parent dies; leave at once if it has."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(f"process {parent}, which asked for this one, is gone")


def _become_user(uid: int) -> None:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def main(arguments: list[str]) -> None:
    """Follow the parent, then become the program."""
    parent, number, uid, *command = arguments
    # A change of user clears the parent-death signal, so it comes first.
    if uid != "-":
        _become_user(int(uid))
    follow_parent(int(parent), int(number))
    os.execvp(command[0], command)  # noqa: S606  (no shell: this is the point)


if __name__ == "__main__":
    main(sys.argv[1:])
