"""That a household was cared for is forgotten in its time, as far as goods and money allow; the laws hold before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, ProgrammingError

from supplyhub.audit.laws.care import NOTHING_LEFT
from supplyhub.audit.queries import audit
from supplyhub.db import Base, execute, row, rows, scalar, transaction
from supplyhub.help.commands.packing_up import decline_pack
from supplyhub.help.pack_queries import count_homes_of_pack, packs_for, packs_of_household
from supplyhub.privacy.erasing import ErasureWaitsError, erase_household
from supplyhub.privacy.retention import forget_what_is_old
from supplyhub.residents.care_ending import look_after_care
from tests.factories import asking
from tests.factories_depot import Town
from tests.factories_packs import cared_for, donate, give
from tests.planted import later

if TYPE_CHECKING:
    from supplyhub.residents.models import Household


class Cared:
    """A closed cycle in which two of three homes were cared for: packs, a shortage in which they came first."""

    def __init__(self) -> None:
        self.town = Town(homes=3, skus=("V001", "V002"))
        self.homes: list[Household] = self.town.first.homes
        self.ids = [home.id for home in self.homes]
        for home in self.homes[:2]:
            cared_for(home)
        donate(self.town, V002=4)
        self.pack = give(self.town, V002=2)
        self.town.everybody_orders(V001=2)
        self.town.share(V001=4)
        self.town.pack()

    def closed(self) -> None:
        self.town.close_by_hand()
        with transaction():
            execute("UPDATE cycle SET closed_at = clock_timestamp()")
            execute("UPDATE care_case SET ends_on = current_date - 1")
        look_after_care()

    def forgotten(self) -> None:
        """Let everything end, be destroyed a week later, and be forgotten a month after that."""
        if scalar("SELECT closed_at IS NULL FROM cycle"):
            self.closed()
        for days in (8, 31):
            later(days)
            look_after_care()
            forget_what_is_old()


@pytest.fixture
def cared(database) -> Cared:
    return Cared()


def laws(*numbers: int) -> list[tuple[int, int]]:
    return [(each.law.number, each.offending) for each in audit() if each.law.number in numbers and each.offending]


def test_a_month_after_its_close_a_cycle_does_not_know_any_more_who_was_cared_for(cared):
    assert scalar("SELECT count(*) FROM allocation WHERE care_first") > 0
    cared.closed()
    before = laws(1, 2, 3, 4, 7)
    cared.forgotten()
    assert rows("SELECT DISTINCT household_id, declined_by FROM care_pack_share") == [(None, None)]
    assert scalar("SELECT count(*) FROM allocation WHERE care_first") == 0
    assert scalar("SELECT care_forgotten_at IS NOT NULL FROM cycle")
    assert rows("SELECT DISTINCT household_id FROM care_case") == [(None,)]
    assert laws(1, 2, 3, 4, 7) == before


def test_who_was_put_first_is_only_forgotten_and_only_after_the_close(cared):
    for first, closed in ((False, False), (True, False), (True, True)):
        if closed:
            cared.closed()
        with pytest.raises(IntegrityError, match="only forgotten"), transaction():
            execute("UPDATE allocation SET care_first = :first", first=first)


def test_no_row_that_names_a_cared_for_home_is_of_another_kind_than_those_of_a_neighbour(cared):
    """Whatever table it may be in: after the month only lines of goods tell them apart."""
    assert tables_of(cared.ids[0]) - tables_of(cared.ids[2]) == {"care_case", "care_pack_share"}
    cared.forgotten()
    told = {name: tables_of(home) for name, home in zip("abc", cared.ids, strict=True)}
    assert told["a"] == told["b"] == told["c"]


def tables_of(home: int) -> set[str]:
    """Return the tables that have a row of a household."""
    known = {
        key.parent.table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "household" and key.parent.name == "household_id"
    }
    return {
        name for name in known if scalar(f"SELECT EXISTS (SELECT FROM {name} WHERE household_id = :home)", home=home)
    }


def test_before_the_month_everything_is_known_still(cared):
    cared.closed()
    later(29)
    forget_what_is_old()
    assert scalar("SELECT count(*) FROM care_pack_share WHERE household_id IS NOT NULL") == 2
    assert scalar("SELECT count(*) FROM allocation WHERE care_first") > 0


def test_what_became_of_packs_is_counted_as_before(cared):
    cared.closed()
    (before,) = packs_for(cared.town.coordinator, cared.town.cycle_id)
    cared_home = asking(cared.homes[0].account_id)
    assert len(packs_of_household(cared_home)) == 1
    later(31)
    forget_what_is_old()
    (after,) = packs_for(cared.town.coordinator, cared.town.cycle_id)
    assert after == before
    assert count_homes_of_pack(cared.town.coordinator, cared.pack) == 2
    assert packs_of_household(cared_home) == []


def test_forgetting_twice_is_forgetting_once(cared):
    cared.forgotten()
    assert sum(forget_what_is_old().values()) == 0


def test_with_its_entry_calls_consents_and_volunteer_are_destroyed(cared):
    case = row("SELECT id, household_id FROM care_case ORDER BY id LIMIT 1")
    with transaction():
        execute(
            "INSERT INTO care_check (case_id, due_on, done_at, done_by, outcome)"
            " VALUES (:case, current_date, now(), (SELECT min(id) FROM account), 'worrying')",
            case=case.id,
        )
    cared.closed()
    assert scalar("SELECT count(*) FROM care_consent") == 2
    later(8)
    look_after_care()
    left = [scalar(f"SELECT count(*) FROM {table}") for table in ("care_check", "care_consent", "care_mark")]
    assert left == [0, 0, 0]
    assert rows(NOTHING_LEFT.offending) == []
    with transaction():
        execute(
            "INSERT INTO care_consent (case_id, purpose, given_on, recorded_by)"
            " VALUES (:case, 'medicine', current_date, (SELECT min(id) FROM account))",
            case=case.id,
        )
    assert [each.care_case for each in rows(NOTHING_LEFT.offending)] == [case.id]


def test_who_read_an_entry_is_known_to_its_household_for_a_month_after_it_was_destroyed(cared):
    with transaction():
        execute(
            "INSERT INTO care_access (care_case_id, account_id, purpose)"
            " SELECT id, (SELECT min(id) FROM account), 'review' FROM care_case"
        )
    cared.closed()
    later(8)
    look_after_care()
    later(29)
    forget_what_is_old()
    assert scalar("SELECT count(*) FROM care_case WHERE household_id IS NOT NULL") == 2
    later(2)
    forget_what_is_old()
    assert scalar("SELECT count(*) FROM care_case WHERE household_id IS NOT NULL") == 0
    assert scalar("SELECT count(*) FROM care_access") == 2


def test_the_laws_still_see_a_pack_too_many_in_a_cycle_that_forgot(cared):
    """Of all together: what stood on orders is what was promised."""
    cared.forgotten()
    assert laws(1) == []
    with transaction():
        execute("UPDATE care_pack_share SET declined_at = now() WHERE id = (SELECT min(id) FROM care_pack_share)")
    assert laws(1) == [(1, 1)]


def test_of_a_share_nothing_but_who_came_first_can_be_changed(cared):
    for column in ("allocated = 0", "reason = 'full'", "ordered = 9"):
        with pytest.raises(ProgrammingError) as refused, transaction():
            execute(f"UPDATE allocation SET {column}")
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


def test_erasing_a_household_forgets_that_it_was_cared_for_at_once_and_its_record_does_not_tell(cared):
    cared.closed()
    home = cared.ids[0]
    before = laws(1, 2, 3, 4, 7)
    erase_household(cared.town.coordinator, home)
    assert scalar("SELECT count(*) FROM care_case WHERE household_id = :home", home=home) == 0
    assert scalar("SELECT count(*) FROM care_pack_share WHERE household_id = :home", home=home) == 0
    assert scalar("SELECT count(*) FROM allocation WHERE care_first") == 0
    erasure: Any = scalar("SELECT counts FROM erasure")
    assert not {"care", "care_copies", "needs", "requests", "photos"} & set(erasure)
    assert "care_case" not in tables_of(home)
    assert laws(1, 2, 3, 4, 7, 10) == before


def test_a_pack_that_is_promised_holds_an_erasure_up_until_it_is_declined(database):
    town = Town(homes=1, skus=("V001",))
    home = town.first.homes[0]
    account = home.account_id
    cared_for(home)
    donate(town, V001=1)
    pack = give(town, V001=1)
    home_id = town.first.homes[0].id
    with pytest.raises(ErasureWaitsError) as waits:
        erase_household(town.coordinator, home_id)
    assert waits.value.data["cycles"] == [town.cycle.number]
    decline_pack(asking(account), pack)
    erase_household(town.coordinator, home_id)
    assert scalar("SELECT wrapped_key FROM care_case") is None
    assert laws(1, 10) == []
