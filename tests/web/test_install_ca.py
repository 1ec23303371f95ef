"""The page from which phones install the certificate of a closed network."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from supplyhub.certificates import vouch
from tests.factories_depot import Town

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "https://hub.lan:8000"


@pytest.fixture
def client(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a browser of an installation without an authority yet, in a data folder of its own."""
    app = client.application
    settings = replace(app.extensions["settings"], home=tmp_path, public_url=ADDRESS)
    monkeypatch.setitem(app.extensions, "settings", settings)
    return client


def test_where_there_is_nothing_to_install_there_is_no_page(client):
    assert [client.get(path).status_code for path in ("/install-ca", "/install-ca/supplyhub-ca.crt")] == [404, 404]


def test_a_phone_downloads_what_it_knows_to_be_an_authority(client, tmp_path):
    vouch(tmp_path, ["hub.lan"])
    answer = client.get("/install-ca/supplyhub-ca.crt")
    assert answer.mimetype == "application/x-x509-ca-cert"
    assert "filename=supplyhub-ca.crt" in answer.headers["Content-Disposition"].replace('"', "")
    found = x509.load_der_x509_certificate(answer.data)
    page = client.get("/install-ca").text
    shown = "".join(re.findall(r"<span>([0-9A-F]{4})</span>", page))
    assert shown == found.fingerprint(hashes.SHA256()).hex().upper()
    assert f"{ADDRESS}/install-ca" in page
    assert b"PRIVATE" not in answer.data
    for lang, words in (
        ("zh", ("Safari", "CA 证书", "证书信任设置")),
        ("en", ("Safari", "CA certificate", "Trust Settings")),
    ):
        client.set_cookie("lang", lang)
        page = client.get("/install-ca").text
        assert all(each in page for each in words)


def test_coordinators_find_it_beside_the_badges_once_there_is_one(client, tmp_path):
    asker = Town(homes=1).coordinator
    with client.session_transaction() as session:
        session["_user_id"], session["until"] = f"{asker.account_id}.1", time.time() + 60
    assert "/install-ca" not in client.get("/coordinator/people").text
    vouch(tmp_path, ["hub.lan"])
    assert 'href="/install-ca"' in client.get("/coordinator/people").text
