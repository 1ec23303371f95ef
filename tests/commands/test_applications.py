"""Who wants to be a volunteer: written down once, read by coordinators, forgotten when declined."""

from __future__ import annotations

import uuid

import pytest

from supplyhub.crypto import Vault
from supplyhub.db import rows, scalar
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.applications import applications_for, count_applications_for
from supplyhub.people.commands import (
    TooManyApplicationsError,
    accept_application,
    apply_to_volunteer,
    applying,
    decline_application,
    issue_badge,
    record_training,
)
from supplyhub.people.states import Role
from supplyhub.people.training import Trained
from tests.factories import a_community, a_grid, an_account, asking

VAULT = Vault({"k1": bytes(32)})


class Office:
    """A community with grid 3 and a coordinator."""

    def __init__(self) -> None:
        self.community = a_community()
        a_grid(self.community, 3)
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)

    def apply(self, name: str = "赵志愿", phone: str = "138 0000 0001", **more: object) -> None:
        apply_to_volunteer(self.community.id, grid=3, name=name, phone=phone, vault=VAULT, **more)  # type: ignore[arg-type]

    def waiting(self) -> list[tuple[int, str, str]]:
        return [(one.grid, one.name, one.phone) for one in applications_for(self.coordinator, vault=VAULT)]

    def first(self) -> uuid.UUID:
        return applications_for(self.coordinator, vault=VAULT)[0].id


@pytest.fixture
def office(database) -> Office:
    return Office()


def test_an_application_waits_sealed_and_a_coordinator_reads_it(office):
    office.apply()
    assert office.waiting() == [(3, "赵志愿", "138 0000 0001")]
    kept = scalar("SELECT string_agg(v::text, '') FROM volunteer_application AS v")
    assert "赵志愿" not in kept
    assert "0001" not in kept.replace(str(office.first()), "")


def test_the_same_telephone_waits_once_however_it_is_written(office):
    office.apply()
    office.apply("别人", "+86 138-0000-0001")
    assert office.waiting() == [(3, "赵志愿", "138 0000 0001")]
    decline_application(office.coordinator, office.first(), vault=VAULT)
    office.apply("赵志愿又来", "13800000001")
    assert count_applications_for(office.coordinator) == 1


@pytest.mark.parametrize(
    ("name", "phone", "field"),
    [
        ("", "13800000001", "name"),
        ("x" * 41, "13800000001", "name"),
        ("a\nb", "13800000001", "name"),
        ("赵", "", "phone"),
        ("赵", "1234", "phone"),
        ("赵", "1" * 21, "phone"),
        ("赵", "call me 13800000001", "phone"),
        ("赵", "１３８００００００１", "phone"),
    ],
)
def test_what_is_no_name_or_telephone_is_refused_with_the_field(office, name, phone, field):
    with pytest.raises(InvalidError) as caught:
        office.apply(name, phone)
    assert caught.value.data == {"field": field}
    assert office.waiting() == []


def test_there_is_no_applying_for_a_grid_that_isnt_there(office):
    with pytest.raises(NotFoundError):
        apply_to_volunteer(office.community.id, grid=9, name="赵", phone="13800000001", vault=VAULT)


def test_accepting_opens_an_account_that_needs_a_training_before_its_badge(office):
    office.apply()
    account = accept_application(office.coordinator, office.first(), vault=VAULT)
    assert office.waiting() == []
    person = asking(account)
    assert (person.role, person.display_name, person.badge_id) == (Role.VOLUNTEER, "赵志愿", None)
    with pytest.raises(ConflictError):
        issue_badge(office.coordinator, account, grid=3)
    record_training(office.coordinator, account, Trained("上岗培训"))
    assert issue_badge(office.coordinator, account, grid=3).code == "3-001"


def test_declining_forgets_name_and_telephone(office):
    office.apply()
    number = office.first()
    decline_application(office.coordinator, number, vault=VAULT)
    (kept,) = rows("SELECT name_sealed, phone_sealed, phone_mark, state FROM volunteer_application")
    assert VAULT.open(kept.name_sealed, "volunteer_application", "name", number) == ""
    assert VAULT.open(kept.phone_sealed, "volunteer_application", "phone", number) == ""
    assert (kept.phone_mark, kept.state) == (b"", "declined")


def test_an_application_is_decided_once(office):
    office.apply()
    number = office.first()
    accept_application(office.coordinator, number, vault=VAULT)
    for decide in (accept_application, decline_application):
        with pytest.raises(ConflictError):
            decide(office.coordinator, number, vault=VAULT)
    assert scalar("SELECT count(*) FROM account WHERE role = 'volunteer'") == 1


def test_nobody_but_a_coordinator_of_the_community_reads_or_decides(office):
    office.apply()
    number = office.first()
    depot = asking(an_account(office.community, Role.DEPOT).id)
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    for act in (accept_application, decline_application):
        with pytest.raises(NotAllowedError):
            act(depot, number, vault=VAULT)
        with pytest.raises(NotFoundError):
            act(stranger, number, vault=VAULT)
        with pytest.raises(NotFoundError):
            act(office.coordinator, uuid.uuid4(), vault=VAULT)
    with pytest.raises(NotAllowedError):
        applications_for(depot, vault=VAULT)
    with pytest.raises(NotAllowedError):
        office.apply(by=depot)
    assert applications_for(stranger, vault=VAULT) == []


def test_a_flood_of_strangers_ends_and_leaves_the_coordinator_room(office, monkeypatch):
    monkeypatch.setattr(applying, "MOST_OPEN", 2)
    office.apply("一", "13800000001")
    office.apply("二", "13800000002")
    with pytest.raises(TooManyApplicationsError):
        office.apply("三", "13800000003")
    office.apply("三", "13800000003", by=office.coordinator)
    assert {name for _, name, _ in office.waiting()} == {"一", "二", "三"}
