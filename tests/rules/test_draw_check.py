"""Anybody can check a draw from what is published; whatever was tampered with is found and named."""

from __future__ import annotations

import copy
import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.cli import main
from supplyhub.errors import InvalidError
from supplyhub.ordering.draw.checking import check, read, to_csv
from supplyhub.ordering.draw.rules import Slip, draw, seed_hash
from supplyhub.ordering.draw.slips import LETTERS, long_code

KEY = b"k" * 32
SEED = "5eed"


def published(wishes, offered, percent, seed=SEED):
    """Return what is published of items: `wishes` has a list of (units, care) for each."""
    items = []
    for item, wished in enumerate(wishes, 1):
        slips = [
            Slip(long_code(KEY, home, item, nth)[:LETTERS], nth, home, care)
            for home, (units, care) in enumerate(wished)
            for nth in range(1, units + 1)
        ]
        found = draw(slips, offered=offered, care_percent=percent, seed=seed, item=item)
        items.append(
            {
                "item": item,
                "name": f"菜{item}",
                "offered": offered,
                "set_aside": found.set_aside,
                "given_to_care": found.given_to_care,
                "slips": [
                    {"slip": slip.code, "round": slip.round, "won": place < found.given_by_draw}
                    for place, slip in enumerate(found.slips)
                ],
            }
        )
    return {"menu": 3, "care_percent": percent, "seed_hash": seed_hash(seed).hex(), "seed": seed, "items": items}


@pytest.fixture
def publication():
    return published([[(2, False)] * 12 + [(2, True)] * 3, [(1, False)] * 4], 10, 30)


WISHES = st.lists(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=12), min_size=1, max_size=3)


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "'=1", "'quoted", "番茄"])
def test_a_name_is_no_formula_in_the_csv_and_is_read_as_it_was(publication, name):
    publication["items"][0]["name"] = name
    written = to_csv(publication)
    assert f",{name}," not in written or name == "番茄"
    assert read(written) == publication


@given(WISHES, st.integers(0, 40), st.integers(0, 100))
def test_an_honest_publication_fits_whatever_was_asked_for(wishes, offered, percent):
    honest = published(wishes, offered, percent)
    assert check(honest, honest["seed_hash"].upper()) == []
    assert read(to_csv(honest)) == honest == read(json.dumps(honest))


@given(WISHES, st.integers(0, 12), st.integers(0, 50), st.data())
def test_two_slips_that_change_places_are_found(wishes, offered, percent, data):
    altered = published(wishes, offered, percent)
    slips = data.draw(st.sampled_from(altered["items"]))["slips"]
    if len(slips) < 2:
        return
    one, other = data.draw(st.lists(st.integers(0, len(slips) - 1), min_size=2, max_size=2, unique=True))
    slips[one], slips[other] = slips[other], slips[one]
    assert check(altered) != []


def first(publication):
    return publication["items"][0]


TAMPERING = {
    "another seed": (lambda it: it.update(seed="5eee"), "the seed doesn't have the published hash"),
    "another hash": (lambda it: it.update(seed_hash="0" * 64), "the seed doesn't have the published hash"),
    "a winner more": (lambda it: first(it)["slips"][-1].update(won=True), "did not win: the first"),
    "a winner less": (lambda it: first(it)["slips"][0].update(won=False), "at place 1 won: the first"),
    "a slip moved up": (
        lambda it: first(it)["slips"].insert(0, first(it)["slips"].pop(8)),
        "stands at place 1 and belongs",
    ),
    "a slip twice": (lambda it: first(it)["slips"].append(dict(first(it)["slips"][0])), "stands twice"),
    "a slip left out": (lambda it: first(it)["slips"].pop(0), "some are missing"),
    "more set aside": (lambda it: first(it).update(set_aside=5), "30% of 10 set aside are 3, not 5"),
    "more for care": (lambda it: first(it).update(given_to_care=4), "4 given to care are more than the 3 set aside"),
    "fewer on offer": (lambda it: first(it).update(offered=9), "30% of 9"),
    "care where all won": (lambda it: it["items"][1].update(given_to_care=1), "only 0 slips didn't win"),
    "all set aside twice": (lambda it: it.update(care_percent=200), "200% set aside is no share"),
    "another number of asks": (lambda it: first(it).update(asked=29), "asked is 29, and the list has 30"),
    "another number of winners": (lambda it: first(it).update(given_by_draw=1), "given_by_draw is 1, and the list has"),
    "another place": (lambda it: first(it)["slips"][0].update(place=4), "says place 4 and stands at place 1"),
    "an item twice": (lambda it: it["items"].append(copy.deepcopy(first(it))), "stands twice in the list"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found_and_named(publication, name):
    tamper, named = TAMPERING[name]
    tamper(publication)
    assert any(named in fault.what for fault in check(publication)), check(publication)


def test_a_draw_that_was_exchanged_whole_doesn_t_fit_the_promise(publication):
    promised = seed_hash("another").hex()
    assert [fault.what for fault in check(publication, promised)] == [
        "the published hash isn't the one that was promised before the draw"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "{",
        "[]",
        '{"items": 3}',
        "a,b\n1,2\n",
        '{"menu": 1, "care_percent": 0, "seed_hash": "x", "seed": "y", "items": [{}]}',
        '{"menu": 1, "care_percent": true, "seed_hash": "x", "seed": "y", "items": []}',
        '{"menu": 1, "care_percent": 0, "seed_hash": "x", "seed": "\\ud800", "items": []}',
        '{"menu": 1, "care_percent": 0, "seed_hash": "x", "seed": "y", "items": 3}',
        "\x00",
        '"',
        "{" + '"a":{' * 5000,
    ],
)
def test_what_is_no_published_draw_is_refused_not_crashed_on(text):
    with pytest.raises(InvalidError):
        check(read(text))


def test_lines_of_two_draws_in_one_file_are_refused(publication):
    lines = to_csv(publication).splitlines()
    lines[-1] = lines[-1].replace("3,", "4,", 1)
    with pytest.raises(InvalidError, match="different draws"):
        read("\n".join(lines))


def test_lines_of_an_item_that_contradict_each_other_are_refused(publication):
    lines = to_csv(publication).splitlines()
    lines[2] = lines[2].replace(",10,3,", ",11,3,")
    with pytest.raises(InvalidError, match="contradict"):
        read("\n".join(lines))


def run(*args):
    return CliRunner().invoke(main, ["draw", "check", *args])


@pytest.mark.parametrize("form", ["json", "csv"])
def test_the_terminal_says_that_everything_fits(publication, tmp_path, form):
    path = tmp_path / f"draw.{form}"
    path.write_text(json.dumps(publication) if form == "json" else to_csv(publication), encoding="utf-8-sig")
    slip = first(publication)["slips"][4]["slip"]
    result = run(str(path), "--seed-hash", publication["seed_hash"], "--slip", f"{slip[:4]}-{slip[4:].lower()}")
    assert result.exit_code == 0, result.output
    assert f"slip {slip}: 菜1, round 1, place 5, won" in result.output
    assert "everything fits" in result.output


def test_the_terminal_names_what_doesn_t_fit_and_leaves_with_1(publication, tmp_path):
    first(publication)["slips"][0]["won"] = False
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(publication), encoding="utf-8")
    result = run(str(path), "--json")
    assert result.exit_code == 1
    said = json.loads(result.output)
    assert (said["holds"], [fault["item"] for fault in said["faults"]]) == (False, [1])


def test_a_slip_that_is_not_in_the_list_is_said_and_leaves_with_1(publication, tmp_path):
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(publication), encoding="utf-8")
    result = run(str(path), "--slip", "ZZZZZZZZ")
    assert result.exit_code == 1
    assert "slip ZZZZZZZZ: not in the list" in result.output


def test_a_draw_before_its_time_is_said_to_be_one(tmp_path):
    path = tmp_path / "draw.json"
    path.write_text(json.dumps({"menu": 1, "seed_hash": "ab", "seed": None, "items": []}), encoding="utf-8")
    result = run(str(path))
    assert result.exit_code == 1
    assert "hasn't been drawn yet" in result.stderr
