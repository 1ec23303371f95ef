"""As whom PostgreSQL runs. It refuses to be root.

Root runs it in a user namespace in which it looks like an ordinary user (`unshare`): the files stay root's,
and it works below a 0700 home. Where namespaces are forbidden it runs as another user, with its data and a
copy of its programs outside the home.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from supplyhub.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

OUTSIDE = Path("/var/lib/supplyhub")
UNSHARE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


@dataclass(frozen=True, slots=True)
class RunAs:
    """`prefix` runs before the program, `uid` is taken on; that user can read `programs` and `folder`."""

    programs: Path
    folder: Path
    prefix: tuple[str, ...] = ()
    uid: int | None = None


def choose(home: Path, programs: Path, say: Callable[[str], None]) -> RunAs:
    """Return as whom the database of `home` runs here. `say` is told when its data lie outside the home."""
    if os.geteuid() != 0:
        return RunAs(programs, home)
    folder = OUTSIDE / hashlib.sha256(str(home).encode()).hexdigest()[:16]
    # A home that once went outside stays there, so that nobody finds an empty database one day.
    if not folder.exists() and user_namespaces_work():
        return RunAs(programs, home, prefix=UNSHARE)
    user = _other_user()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    OUTSIDE.chmod(0o755)
    os.chown(folder, user.pw_uid, user.pw_gid)
    say(f"user namespaces are forbidden here: the database runs as {user.pw_name}, its data lie in {folder}")
    return RunAs(_copied(programs), folder, uid=user.pw_uid)


def user_namespaces_work() -> bool:
    """Tell whether root may open a user namespace here; many containers forbid it."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


def _other_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SettingError("PostgreSQL doesn't run as root and there is no other user here; set DATABASE_URL")


def _copied(programs: Path) -> Path:
    """Return a copy of the programs that everybody can read; made once for each installed version."""
    mark = f"{programs}:{(programs / 'bin' / 'postgres').stat().st_mtime_ns}"
    copy = OUTSIDE / f"programs-{hashlib.sha256(mark.encode()).hexdigest()[:16]}"
    if not copy.exists():
        fresh = copy.with_suffix(f".{os.getpid()}")
        # The programs look for their libraries in a folder beside the package's.
        package = programs.parent
        for folder in package.parent.glob(f"{package.name}*"):
            if not folder.name.endswith("-info"):
                shutil.copytree(folder, fresh / folder.name, symlinks=True)
        fresh.chmod(0o755)
        fresh.rename(copy)
    return copy / programs.relative_to(programs.parent.parent)
