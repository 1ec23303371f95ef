"""Files that wait between the trial run and the import."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplyhub.errors import NotFoundError
from supplyhub.residents.importing import NamedFile
from supplyhub.web.pages import uploads
from tests.factories import Shop


def test_a_waiting_file_lies_sealed_and_comes_back_byte_for_byte_to_its_sender_only(app, database):
    shop = Shop()
    sender, data = shop.coordinator(), "曾晨欣,19900000000".encode("gb18030") + bytes(range(256))
    token = uploads.keep(app, sender, {"households": NamedFile("底册.csv", data)})
    lying = b"".join(
        path.read_bytes() for path in (Path(app.extensions["settings"].home) / "uploads").rglob("*") if path.is_file()
    )
    assert b"19900000000" not in lying
    assert uploads.kept(app, sender, token).households == NamedFile("底册.csv", data)
    with pytest.raises(NotFoundError):
        uploads.kept(app, shop.coordinator(), token)
    uploads.drop(app, sender, token)
    with pytest.raises(NotFoundError):
        uploads.kept(app, sender, token)
