"""The register, offers, accounts and tokens from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from supplyhub import cli
from supplyhub.cli import account, audit, imports, token
from supplyhub.db import scalar
from supplyhub.people.commands import use_sign_in_link
from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_by_token, asker_of
from supplyhub.residents.commands import household_of_card
from supplyhub.residents.devices import join

DEMO = Path(__file__).parents[2] / "supplyhub" / "demo_data"
HEADER = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体,网格"


@pytest.fixture
def run(app, database, monkeypatch):
    for module in (account, audit, imports, token):
        monkeypatch.setattr(module, "create_app", lambda: app)

    def command(*words: object) -> Result:
        return CliRunner().invoke(cli.main, [str(word) for word in words])

    return command


@pytest.fixture
def register(run, tmp_path) -> Any:
    """Load a register of two grids."""
    path = tmp_path / "households.csv"
    rows = [
        f"{building}号楼,1单元,101,2,黄小明,1990000000{building},,{grid}" for building, grid in ((1, 3), (2, 3), (3, 4))
    ]
    path.write_text("\n".join([HEADER, *rows, "9号楼,1单元,101,1,,,,", ""]), encoding="utf-8")
    return run("import", "register", "--households", path)


def test_the_first_import_makes_the_community_and_lists_what_it_cannot_place(run, register):
    assert register.exit_code == 0, register.output
    assert "4 added" in register.stdout
    assert "9-1-101 (9号楼): there are no polygons" in register.stdout
    assert scalar("SELECT count(*) FROM community") == scalar("SELECT count(*) FROM depot") == 1


def test_json_is_the_last_thing_printed_and_progress_goes_elsewhere(run):
    files = [
        "--households",
        DEMO / "households.csv",
        "--cadastre",
        DEMO / "cadastre.geojson",
        "--grids",
        DEMO / "grids.geojson",
    ]
    done = run("import", "register", *files, "--json")
    assert json.loads(done.stdout)["added"] == 2219
    assert "comparing them with the register" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("account", "create", "--role", "volunteer", "--grid", "3"),
        ("account", "link", "--role", "coordinator"),
        ("token", "create", "--role", "resident"),
        ("audit",),
    ],
    ids=" ".join,
)
def test_with_json_every_command_prints_one_object(run, register, words):
    run("account", "create", "--role", "coordinator")
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    (line,) = done.stdout.splitlines()
    assert isinstance(json.loads(line), dict)


def test_a_malformed_file_ends_in_its_lines_status_1_and_no_community(run, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(f"{HEADER}\n1号楼,1单元,101,x,,,,\n", encoding="utf-8")
    refused = run("import", "register", "--households", path)
    assert refused.exit_code == 1
    assert "bad.csv, line 2: people (人数) is “x”, which is no whole number" in refused.stderr
    assert scalar("SELECT count(*) FROM community") == 0


def test_a_file_beyond_the_limit_is_not_read(run, tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    refused = run("import", "offers", path)
    assert refused.exit_code == 1
    assert "at most" in refused.stderr


def test_a_dry_run_of_the_first_import_writes_nothing(run):
    told = run("import", "register", "--households", DEMO / "households.csv", "--dry-run", "--json")
    assert json.loads(told.stdout)["added"] == 2219
    assert scalar("SELECT count(*) FROM community") == 0


def test_offers_are_loaded_and_counted(run):
    assert json.loads(run("import", "offers", DEMO / "offers.csv", "--json").stdout)["added"] == 48
    assert json.loads(run("import", "offers", DEMO / "offers.csv", "--json").stdout)["unchanged"] == 48


def test_the_first_account_needs_nothing_but_a_database(run):
    link = run("account", "create", "--role", "coordinator").stdout.strip()
    assert link.startswith("https://hub.example/link#")
    assert asker_of(use_sign_in_link(link.partition("#")[2])).role == Role.COORDINATOR


def test_a_lost_password_gets_a_new_link_for_the_same_account(run, register):
    first = json.loads(run("account", "create", "--role", "grid_lead", "--grid", 3, "--login", "li", "--json").stdout)
    again = json.loads(run("account", "link", "--role", "grid_lead", "--login", "li", "--json").stdout)
    assert again["account"] == first["account"]
    assert run("account", "link", "--role", "depot").exit_code == 1


def test_a_volunteer_comes_with_a_badge(run, register):
    assert "badge 4-001" in run("account", "create", "--role", "volunteer", "--grid", 4).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("account", "create", "--role", "resident"),
        ("account", "create", "--role", "volunteer"),
        ("account", "create", "--role", "grid_lead"),
        ("account", "create", "--role", "grid_lead", "--grid", 99),
        ("token", "create", "--role", "volunteer"),
        ("token", "create", "--role", "resident", "--household", "1号楼"),
        ("token", "create", "--role", "resident", "--household", "1号楼/1单元/999"),
        ("token", "create", "--role", "depot", "--household", "1号楼/1单元/101"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run, register, words):
    refused = run(*words)
    assert refused.exit_code in {1, 2}
    assert "Traceback" not in refused.output


@pytest.mark.parametrize("role", ["grid_lead", "depot", "volunteer", "coordinator"])
def test_a_token_is_of_the_same_account_each_time(run, register, role):
    tokens = [run("token", "create", "--role", role, "--grid", 3).stdout.strip() for _ in range(2)]
    first, second = (asker_by_token(one) for one in tokens)
    assert tokens[0] != tokens[1]
    assert first == second
    assert first.role == role


@pytest.mark.parametrize(
    ("words", "building"),
    [
        (["--household", "2号楼/1单元/101"], "2号楼"),
        (["--household", "2-1-101"], "2号楼"),
        (["--grid", 4], "3号楼"),
        ([], "1号楼"),
    ],
)
def test_a_residents_token_is_of_the_household_that_is_named(run, register, words, building):
    asker = asker_by_token(run("token", "create", "--role", "resident", *words).stdout.strip())
    found = scalar(
        "SELECT b.name FROM household AS h JOIN building AS b ON b.id = h.building_id WHERE h.id = :home",
        home=asker.household_id,
    )
    assert found == building


def test_the_demo_has_a_way_in_for_each_of_the_five_actors(app, run, register):
    links = account.demo_links(app)
    secrets = [url.partition("#")[2] for _, url in links]
    roles = [asker_of(use_sign_in_link(secret)).role for secret in secrets[:4]]
    assert roles == [Role.COORDINATOR, Role.GRID_LEAD, Role.DEPOT, Role.VOLUNTEER]
    assert household_of_card(secrets[4]).door == "1-1-101"
    accounts = scalar("SELECT count(*) FROM account")
    account.demo_links(app)
    assert scalar("SELECT count(*) FROM account") == accounts


def test_at_every_start_of_the_demo_the_resident_comes_in_by_the_card_alone(app, run, register):
    for _start in range(2):
        secret = account.demo_links(app)[4][1].partition("#")[2]
        assert join(household_of_card(secret), pin="", vault=app.extensions["vault"])
