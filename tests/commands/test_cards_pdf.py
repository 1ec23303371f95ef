"""Printing the household cards of a grid."""

from __future__ import annotations

import re

import pytest

from supplyhub.crypto import Vault
from supplyhub.db import scalar
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.commands import SignInError
from supplyhub.people.states import Role
from supplyhub.reports import cards
from supplyhub.reports.cards import PublicUrlError, card_pdf, cards_pdf
from supplyhub.residents.cards import card_holder, household_of_card, issue_card
from tests.factories import a_building, a_community, a_grid, a_household, an_account, asking
from tests.printed import texts_of

URL = "https://hub.example"
VAULT = Vault({"k1": bytes(32)})


class Printer:
    """A grid with nine households, so two pages, and a coordinator who prints."""

    def __init__(self) -> None:
        self.community = a_community()
        self.grid = a_grid(self.community, 3)
        building = a_building(self.grid, number=58)
        self.homes = [a_household(building, door=f"{floor}01") for floor in range(1, 10)]
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)


@pytest.fixture
def printer(database) -> Printer:
    return Printer()


def test_eight_cards_go_on_a_page_and_every_household_has_one(printer):
    pdf = cards_pdf(printer.coordinator, printer.grid.id, public_url=URL, vault=VAULT)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2
    assert scalar("SELECT count(*) FROM household_card WHERE revoked_at IS NULL") == 9


def test_what_is_printed_is_the_door_the_secret_the_code_and_the_address_they_open(printer, monkeypatch):
    drawn = []
    real = cards.draw
    monkeypatch.setattr(cards, "draw", lambda *args, **kwargs: drawn.append(args) or real(*args, **kwargs))
    cards_pdf(printer.coordinator, printer.grid.id, public_url=URL, vault=VAULT)
    ((heading, printed),) = drawn
    assert (heading["grid_number"], heading["community"]) == (3, printer.community.name)
    assert [card.door for card in printed] == [f"58-1-{floor}01" for floor in range(1, 10)]
    assert all(household_of_card(card.secret).door == card.door for card in printed)
    form = cards._card(printed[0], URL)
    assert "".join(form["code"]) == printed[0].typed_code
    assert card_holder(" ".join(form["code"]), address="198.51.100.7", vault=VAULT).door == "58-1-101"
    assert form["qr"].startswith("<svg")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "http://0.0.0.0", ""]
)
def test_cards_that_lead_to_the_reader_are_not_printed_and_what_to_set_is_said(printer, url):
    with pytest.raises(PublicUrlError, match="PUBLIC_URL"):
        cards_pdf(printer.coordinator, printer.grid.id, public_url=url, vault=VAULT)
    assert scalar("SELECT count(*) FROM household_card") == 0


def test_a_failed_printing_leaves_the_old_cards_alive(printer, monkeypatch):
    card = issue_card(printer.coordinator, printer.homes[0].id, vault=VAULT)

    def no_paper(*_args: object, **_kwargs: object) -> bytes:
        raise OSError("no paper")

    monkeypatch.setattr(cards, "draw", no_paper)
    with pytest.raises(OSError, match="no paper"):
        cards_pdf(printer.coordinator, printer.grid.id, public_url=URL, vault=VAULT)
    assert household_of_card(card.secret).household_id == printer.homes[0].id


def test_cards_are_printed_by_the_coordinator_and_the_grids_own_lead(printer):
    lead = asking(an_account(printer.community, Role.GRID_LEAD, grid=printer.grid).id)
    assert cards_pdf(lead, printer.grid.id, public_url=URL, vault=VAULT)
    other = asking(an_account(printer.community, Role.GRID_LEAD, grid=a_grid(printer.community, 4)).id)
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    for nosy in (other, stranger):
        with pytest.raises(NotFoundError):
            cards_pdf(nosy, printer.grid.id, public_url=URL, vault=VAULT)
    with pytest.raises(NotAllowedError):
        cards_pdf(asking(an_account(printer.community, Role.DEPOT).id), printer.grid.id, public_url=URL, vault=VAULT)


def test_one_household_gets_a_sheet_of_its_own_and_the_neighbours_keep_their_cards(printer):
    neighbour = issue_card(printer.coordinator, printer.homes[1].id, vault=VAULT)
    old = issue_card(printer.coordinator, printer.homes[0].id, vault=VAULT)
    pdf = card_pdf(printer.coordinator, printer.homes[0].id, public_url=URL, vault=VAULT)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert household_of_card(neighbour.secret).household_id == printer.homes[1].id
    for dead in (old.secret, old.typed_code):
        with pytest.raises(SignInError):
            card_holder(dead, address="198.51.100.7", vault=VAULT)


def test_a_household_in_no_grid_gets_its_card_too_from_the_coordinator(printer):
    building = a_building(None, community=printer.community)
    assert card_pdf(printer.coordinator, a_household(building).id, public_url=URL, vault=VAULT).startswith(b"%PDF-")
    lead = asking(an_account(printer.community, Role.GRID_LEAD, grid=printer.grid).id)
    with pytest.raises(NotFoundError):
        card_pdf(lead, a_household(building).id, public_url=URL, vault=VAULT)


def test_a_long_address_of_the_site_is_set_smaller():
    assert cards._site("hub.example/card")["site_size"] == cards.LARGEST_SITE_POINTS
    assert cards._site("x" * 200)["site_size"] == cards.SMALLEST_SITE_POINTS


def test_the_longest_door_still_has_a_size(printer):
    assert cards._points("1-1-101") == cards.LARGEST_DOOR_POINTS
    assert cards._points("长" * 60) == cards.SMALLEST_DOOR_POINTS


@pytest.mark.parametrize(
    ("url", "said"), [("https://hub.lan:8000", 9), ("https://hub.example", 0), ("http://192.168.1.5:8000", 0)]
)
def test_a_host_of_a_closed_network_says_on_its_cards_where_its_authority_is(printer, url, said):
    pdf = cards_pdf(printer.coordinator, printer.grid.id, public_url=url, vault=VAULT)
    assert "".join(texts_of(pdf)).count("hub.lan:8000/install-ca") == said
