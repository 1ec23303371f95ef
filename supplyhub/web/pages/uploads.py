"""Files between the trial run and the import: kept in the data folder for whoever sent them.

They hold names and telephones, so they lie there sealed as these do in the database. They are gone after the import; one
that was never imported goes with the first upload an hour later.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from supplyhub.errors import NotFoundError
from supplyhub.residents.importing import NamedFile, RegisterFiles

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

KEPT_SECONDS = 3600
TOKEN = re.compile(r"[0-9a-f]{32}")
NAMES = "names.json"
UPLOAD = "upload"


def keep(app: Flask, asker: Asker, files: dict[str, NamedFile]) -> str:
    """Keep the files of an import and return the token by which they are found again."""
    _sweep(app)
    token = secrets.token_hex(16)
    folder = _folder(app, asker, token)
    folder.mkdir(mode=0o700, parents=True)
    for field, file in files.items():
        # Bytes of any encoding pass through Latin-1 unchanged.
        _write(folder / field, _vault(app).seal(file.data.decode("latin-1"), UPLOAD, token, field))
    _write(folder / NAMES, json.dumps({field: file.name for field, file in files.items()}).encode())
    return token


def kept(app: Flask, asker: Asker, token: str) -> RegisterFiles:
    """Return the files. Raises NotFoundError when they are another's, gone, or never were."""
    folder = _folder(app, asker, token)
    if not TOKEN.fullmatch(token) or not folder.is_dir():
        raise NotFoundError("these files are gone; send them again")
    names = json.loads((folder / NAMES).read_text(encoding="utf-8"))
    vault = _vault(app)
    return RegisterFiles(
        **{
            field: NamedFile(name, vault.open((folder / field).read_bytes(), UPLOAD, token, field).encode("latin-1"))
            for field, name in names.items()
        }
    )


def drop(app: Flask, asker: Asker, token: str) -> None:
    """Remove the files."""
    if TOKEN.fullmatch(token):
        shutil.rmtree(_folder(app, asker, token), ignore_errors=True)


def _vault(app: Flask) -> Vault:
    vault: Vault = app.extensions["vault"]
    return vault


def _folder(app: Flask, asker: Asker, token: str) -> Path:
    return _root(app) / f"{asker.account_id}-{token}"


def _root(app: Flask) -> Path:
    return Path(app.extensions["settings"].home) / "uploads"


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _sweep(app: Flask) -> None:
    old = time.time() - KEPT_SECONDS
    for folder in _root(app).glob("*-*"):
        if folder.stat().st_mtime < old:
            shutil.rmtree(folder, ignore_errors=True)
