"""The page that a volunteer's phone keeps: what is in it and its worker's list, and what must not be."""

from __future__ import annotations

import json
import re

import pytest

from supplyhub.config import PACKAGE
from supplyhub.web import vendored
from supplyhub.web.pages.phone import MARK, PAPER
from tests.factories_depot import a_walk
from tests.web.test_pages import sign_in

STATIC = PACKAGE / "web" / "static"


def fetched(client, address: str) -> tuple[int, bytes, str]:
    """Return a file's status, content, and how long it may be kept."""
    with client.get(address) as answer:
        return answer.status_code, answer.data, answer.headers["Cache-Control"]


def kept_by_worker(client, query: str = "") -> dict[str, object]:
    """Return what the worker was told to keep."""
    told = re.search(r"^const KEPT = (.*);$", client.get(f"/phone/worker.js{query}").text, re.MULTILINE)
    assert told
    return json.loads(told[1])


def test_the_page_is_the_same_for_a_volunteer_and_for_a_stranger(client):
    stranger = client.get("/phone/")
    walk = a_walk()
    volunteer = sign_in(client, walk.volunteer.asker.account_id)
    volunteer.post(f"/tickets/{walk.ticket}/claim")
    assert volunteer.get("/phone/").text == stranger.text
    assert "Set-Cookie" not in stranger.headers


def test_the_page_waits_with_what_was_said_elsewhere(client):
    walk = a_walk()
    with sign_in(client, walk.volunteer.asker.account_id).session_transaction() as session:
        session["_flashes"] = [("done", "58-2-301 已送达")]
    assert "58-2-301" not in client.get("/phone/").text
    assert "58-2-301" in client.get("/tickets").text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_worker_keeps_every_file_that_the_page_names_and_each_is_there(client, lang):
    client.set_cookie("lang", lang)
    files = kept_by_worker(client)["files"]
    page = client.get("/phone/").text
    named = {
        address.partition("#")[0] for address in re.findall(r'(?:href|src)="(/(?:static|phone/code)/[^"]+)"', page)
    }
    # The launcher's pictures are the browser's own business.
    assert {address for address in named if "/icons/" not in address} <= set(files)
    assert {fetched(client, address)[0] for address in files} == {200}


def test_a_module_is_kept_for_ever_under_its_version_and_unknown_under_another(client):
    address = next(each for each in kept_by_worker(client)["files"] if each.endswith("/main.js"))
    assert "immutable" in fetched(client, address)[2]
    assert client.get(re.sub("code/[0-9a-f]+", "code/0123456789ab", address)).status_code == 404
    assert client.get(address.replace("main.js", "worker.js")).status_code == 404


def test_every_module_that_a_module_imports_is_there(client):
    files = {each.rsplit("/", 1)[1]: each for each in kept_by_worker(client)["files"] if each.endswith(".js")}
    for name, address in files.items():
        imported = set(re.findall(r'from "\./([^"]+)"', fetched(client, address)[1].decode()))
        assert imported <= files.keys(), name


def test_a_worker_that_sends_by_itself_is_the_same_with_one_line_more(client):
    plain, sending = client.get("/phone/worker.js"), client.get("/phone/worker.js?sync")
    assert sending.text.endswith(plain.text)
    assert "import" not in plain.text
    assert plain.mimetype == "text/javascript"
    assert kept_by_worker(client, "?sync")["places"] == {
        "day": "/tickets/day",
        "sync": "/tickets/sync",
        "photos": "/tickets/photos",
    }


def test_without_a_camera_the_door_of_a_parcel_is_still_looked_for(client, monkeypatch):
    monkeypatch.setattr(vendored, "CAMERA", ("missing.js",))
    page = client.get("/phone/").text
    assert re.search(r'<a [^>]*data-to="href:find"[^>]*>.*找门牌</a>', page)
    assert "扫包裹" not in page


def test_nothing_is_loaded_from_elsewhere_and_workers_and_manifest_are_ours(client):
    policy = client.get("/phone/").headers["Content-Security-Policy"]
    assert {"script-src 'self'", "worker-src 'self'", "manifest-src 'self'"} <= set(policy.split("; "))


@pytest.mark.parametrize(("lang", "tag", "name"), [("zh", "zh-CN", "送菜上门"), ("en", "en", "Deliveries")])
def test_the_installed_page_has_its_name_and_pictures(client, lang, tag, name):
    address = f"/phone/manifest.webmanifest?tag={tag}"
    client.set_cookie("lang", lang)
    assert f'href="{address}"' in client.get("/phone/").text
    # A browser asks for it without cookies.
    client.delete_cookie("lang")
    told = client.get(address).json
    assert (told["name"], told["lang"], told["start_url"]) == (name, tag, "/phone/")
    for icon in told["icons"]:
        picture = fetched(client, icon["src"])[1]
        assert picture.startswith(b"\x89PNG")
        side = int.from_bytes(picture[16:20])
        assert icon["sizes"] == f"{side}x{side}"


def test_the_installed_page_has_the_colours_of_the_others():
    tokens = (STATIC / "tokens.css").read_text(encoding="utf-8")
    assert f"--mark: {MARK};" in tokens
    assert f"--bg: {PAPER};" in tokens
