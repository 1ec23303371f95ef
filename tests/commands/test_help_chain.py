"""Medicine: who may open it, its photos, its way from hand to hand. Duplicates, what is past due, what is forgotten."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.help.board import Which, board_counts, count_requests_for, kind_counts, requests_for, takers_for
from supplyhub.help.commands import (
    add_photo,
    assign_request,
    hand_on,
    merge_requests,
    name_person,
    note_step,
    open_from_check,
    pass_medicine,
    read_photo,
    read_request,
    reopen,
    see_overdue,
    solve,
    take_photos_away,
    take_request,
    unname_person,
)
from supplyhub.help.commands.merging import duplicates_of, merged_into
from supplyhub.help.commands.naming import nameable, persons_of
from supplyhub.help.commands.passing import passes_of
from supplyhub.help.commands.photos import photos_of
from supplyhub.help.errors import NotYoursError
from supplyhub.help.overdue import forget_ended, sweep_overdue, unseen_for
from supplyhub.help.queries import request_for, steps_of
from supplyhub.help.states import HelpKind, Holder
from supplyhub.residents.models_care import CareCheck
from supplyhub.residents.states import CheckOutcome
from tests.factories import in_care, saved
from tests.factories_help import PHOTO, HelpWorld, hours_pass

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def world() -> HelpWorld:
    return HelpWorld()


def done(world: HelpWorld, code: str) -> list[str]:
    return [step.step for step in steps_of(request_for(world.coordinator, code))]


def taken(world: HelpWorld, kind: HelpKind = HelpKind.MEDICINE, **values: object) -> str:
    code = world.request(kind, **values)
    take_request(world.here.lead, code)
    return code


def test_who_is_named_opens_it_until_the_name_is_taken_back(world):
    code, volunteer = taken(world), world.there.volunteer
    with pytest.raises(NotFoundError):
        request_for(volunteer, code)
    name_person(world.here.lead, code, volunteer.account_id)
    name_person(world.here.lead, code, volunteer.account_id)
    assert read_request(volunteer, code, vault=world.vault).content.said["amount"] == "两盒"
    assert [person.name for person in persons_of(request_for(volunteer, code))] == [volunteer.display_name]
    assert volunteer.account_id not in [one.id for one in nameable(request_for(volunteer, code))]
    with pytest.raises(NotYoursError):
        name_person(volunteer, code, world.here.volunteer.account_id)
    unname_person(world.coordinator, code, volunteer.account_id)
    with pytest.raises(NotFoundError):
        read_request(volunteer, code, vault=world.vault)
    assert done(world, code) == ["opened", "assigned", "named", "read", "unnamed"]


def test_neither_the_depot_nor_neighbours_are_named_and_only_for_medicine(world):
    code = taken(world)
    for nobody in (world.depot, world.here.resident, HelpWorld().here.lead):
        with pytest.raises(InvalidError):
            name_person(world.here.lead, code, nobody.account_id)
    with pytest.raises(ConflictError):
        name_person(world.here.lead, taken(world, HelpKind.ERRAND), world.here.volunteer.account_id)


def test_a_prescription_is_sealed_read_with_a_trace_and_gone_when_it_is_done(world):
    code = world.request(HelpKind.MEDICINE, photos=[PHOTO])
    (photo,) = photos_of(request_for(world.here.resident, code))
    assert PHOTO not in scalar("SELECT content_sealed FROM help_photo")
    with pytest.raises(NotYoursError):
        read_photo(world.here.lead, code, photo.id, vault=world.vault)
    take_request(world.here.lead, code)
    assert read_photo(world.here.lead, code, photo.id, vault=world.vault).content == PHOTO
    solve(world.here.lead, code, note="药送到了", vault=world.vault)
    assert photos_of(request_for(world.here.lead, code)) == []
    assert done(world, code) == ["opened", "photo_added", "assigned", "read", "solved", "photo_removed"]
    assert [finding.law.name for finding in audit() if finding.offending] == []


def test_a_photo_of_another_request_does_not_open_and_there_are_six_at_most(world):
    code, other = taken(world, HelpKind.ERRAND), taken(world, HelpKind.ERRAND)
    for _ in range(6):
        add_photo(world.here.resident, code, PHOTO, vault=world.vault)
    with pytest.raises(ConflictError):
        add_photo(world.here.lead, code, PHOTO, vault=world.vault)
    photo = photos_of(request_for(world.here.lead, code))[0]
    with pytest.raises(NotFoundError):
        read_photo(world.here.lead, other, photo.id, vault=world.vault)
    take_photos_away(world.here.resident, code)
    assert photos_of(request_for(world.here.lead, code)) == []


def passed(world: HelpWorld, code: str, holder: Holder, key: UUID | None = None, **values: object) -> None:
    given = {"said": code.lower(), "place": "药房门口"}
    pass_medicine(world.here.lead, code, key=key or uuid4(), holder=holder, vault=world.vault, **(given | values))  # type: ignore[arg-type]


def test_medicine_passes_from_hand_to_hand_and_everybody_knows_who_has_it(world):
    code, key = taken(world), uuid4()
    volunteer = world.here.volunteer.account_id
    with pytest.raises(InvalidError):
        passed(world, code, Holder.VOLUNTEER, account_id=volunteer)
    name_person(world.here.lead, code, volunteer)
    passed(world, code, Holder.OTHER_DISTRICT, key, name="张师傅", place="高速口")
    passed(world, code, Holder.OTHER_DISTRICT, key, name="张师傅", place="高速口")
    passed(world, code, Holder.BORDER, place="区界卡口")
    passed(world, code, Holder.VOLUNTEER, account_id=volunteer)
    with pytest.raises(InvalidError):
        passed(world, code, Holder.VOLUNTEER, account_id=volunteer)
    passed(world, code, Holder.HOUSEHOLD, place="门口")
    with pytest.raises(InvalidError):
        passed(world, code, Holder.BORDER)
    chain = passes_of(request_for(world.here.lead, code))
    assert [each.holder for each in chain] == ["other_district", "border", "volunteer", "household"]
    names = read_request(world.here.lead, code, vault=world.vault).names
    assert names == {chain[0].id: "张师傅"}
    assert "张师傅".encode() not in chain[0].holder_name_sealed


@pytest.mark.parametrize(
    "values", [{"said": "ABCDEF"}, {"place": ""}, {"place": "长" * 61}, {"name": "长" * 41}, {"account_id": 10**9}]
)
def test_a_hand_over_that_does_not_fit_is_refused(world, values):
    code = taken(world)
    with pytest.raises(InvalidError):
        passed(world, code, Holder.BORDER, **values)
    assert scalar("SELECT count(*) FROM medicine_pass") == 0


def test_only_medicine_passes_from_hand_to_hand(world):
    with pytest.raises(ConflictError):
        passed(world, taken(world, HelpKind.ERRAND), Holder.BORDER)


def test_what_was_asked_for_twice_becomes_one_with_its_photos_owner_and_the_sooner_time(world):
    first = world.request(HelpKind.MEDICINE)
    hours_pass(1)
    second = taken(world, photos=[PHOTO])
    note_step(world.here.lead, second, note="药房有货", vault=world.vault)
    coordinator = world.coordinator
    assert [each.code for each in duplicates_of(coordinator, request_for(coordinator, second))] == [first]
    merge_requests(coordinator, second, into=first, vault=world.vault)
    merge_requests(coordinator, second, into=first, vault=world.vault)
    stays = request_for(coordinator, first)
    assert (stays.state, stays.owner_id) == ("taken", world.here.lead.account_id)
    (photo,) = photos_of(stays)
    assert read_photo(coordinator, first, photo.id, vault=world.vault).content == PHOTO
    assert [each.code for each in merged_into(coordinator, stays)] == [second]
    assert "药房有货" in read_request(coordinator, second, vault=world.vault).notes.values()
    assert [each.code for each in requests_for(world.here.resident, Which())] == [first]
    solve(world.here.lead, first, vault=world.vault)
    assert scalar("SELECT count(*) FROM help_photo") == 0
    assert [finding.law.name for finding in audit() if finding.offending] == []


def test_what_is_not_about_the_same_is_not_merged(world):
    errand, neighbours = world.request(), world.request(asker=world.here.lead, household_id=world.here.homes[1].id)
    medicine, foreign = world.request(HelpKind.MEDICINE), world.request(asker=world.there.resident, household_id=None)
    coordinator = world.coordinator
    for code, into in ((errand, neighbours), (errand, medicine), (errand, errand), (errand, foreign)):
        with pytest.raises(InvalidError):
            merge_requests(coordinator, code, into=into, vault=world.vault)
    with pytest.raises(NotFoundError):
        merge_requests(world.here.lead, errand, into=foreign, vault=world.vault)
    stranger = world.request(asker=world.here.lead, household_id=None)
    merge_requests(world.here.lead, stranger, into=errand, vault=world.vault)


def test_what_is_past_due_is_said_once_and_must_be_seen_by_a_lead_or_coordinator(world):
    code = world.request(HelpKind.TRANSPORT)
    assert (sweep_overdue(), unseen_for(world.here.lead)) == (0, [])
    hours_pass(2)
    assert (sweep_overdue(), sweep_overdue()) == (1, 0)
    for sees in (world.here.lead, world.coordinator):
        assert [each.code for each in unseen_for(sees)] == [code]
    for other in (world.there.lead, world.here.resident, world.here.volunteer, world.depot):
        assert unseen_for(other) == []
    with pytest.raises(NotYoursError):
        see_overdue(world.here.resident, code)
    see_overdue(world.here.lead, code)
    see_overdue(world.here.lead, code)
    assert unseen_for(world.coordinator) == []
    assert done(world, code) == ["opened", "overdue", "overdue_seen"]
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'help_overdue'") == 1


def test_a_lead_sees_that_medicine_is_past_due_without_opening_it(world):
    code = world.request(HelpKind.MEDICINE)
    hours_pass(24)
    (late,) = unseen_for(world.here.lead)
    assert (late.code, late.opens, late.door, late.facts) == (code, False, None, {})
    see_overdue(world.here.lead, code)


def test_handed_on_or_opened_again_it_must_be_seen_again(world):
    code = taken(world, HelpKind.TRANSPORT)
    hours_pass(2)
    sweep_overdue()
    see_overdue(world.here.lead, code)
    hand_on(world.here.lead, code, 2, vault=world.vault)
    assert [each.code for each in unseen_for(world.there.lead)] == [code]
    take_request(world.there.lead, code)
    solve(world.there.lead, code, vault=world.vault)
    assert unseen_for(world.there.lead) == []
    reopen(world.there.lead, code, vault=world.vault)
    assert (sweep_overdue(), unseen_for(world.there.lead)) == (0, [])
    hours_pass(3)
    assert sweep_overdue() == 1


def test_thirty_days_after_its_end_nothing_is_left_to_read(world):
    code = taken(world, photos=[PHOTO])
    other = taken(world, HelpKind.ERRAND, photos=[PHOTO])
    for each in (code, other):
        solve(world.here.lead, each, note="好了", vault=world.vault)
    hours_pass(30 * 24 - 1)
    assert forget_ended() == 0
    hours_pass(1)
    assert (forget_ended(), forget_ended()) == (2, 0)
    assert scalar("SELECT count(*) FROM help_photo") == 0
    assert rows("SELECT wrapped_key, text_sealed, facts FROM help_request") == [(None, None, {})] * 2
    assert read_request(world.coordinator, code, vault=world.vault).destroyed
    for refused in (
        lambda: note_step(world.coordinator, code, note="再看", vault=world.vault),
        lambda: reopen(world.coordinator, code, vault=world.vault),
    ):
        with pytest.raises(ConflictError):
            refused()
    assert [finding.law.name for finding in audit() if finding.offending] == []


def test_a_household_says_within_three_days_that_it_is_not_solved(world):
    code = taken(world, HelpKind.ERRAND)
    solve(world.here.lead, code, vault=world.vault)
    hours_pass(73)
    with pytest.raises(ConflictError):
        reopen(world.here.resident, code, vault=world.vault)
    reopen(world.here.lead, code, vault=world.vault)


def test_the_board_counts_what_each_sees(world):
    world.request(HelpKind.MEDICINE)
    taken(world, HelpKind.ERRAND)
    world.request(asker=world.there.resident)
    counts = board_counts(world.here.lead)
    assert (counts.new, counts.taken, counts.mine, counts.opened_today) == (1, 1, 1, 2)
    assert kind_counts(world.coordinator) == {"medicine": 1, "errand": 2}
    assert count_requests_for(world.coordinator, Which(grid=2)) == 1
    assert count_requests_for(world.here.lead, Which(grid=2)) == 0
    assert [each.kind for each in requests_for(world.here.lead, Which(mine=True))] == ["errand"]


def test_who_can_take_it_is_named_with_how_much_they_do(world):
    code = world.request()
    assign_request(world.here.lead, code, world.here.volunteer.account_id)
    takers = takers_for(request_for(world.here.lead, code))
    assert [(each.role, each.doing) for each in takers] == [("grid_lead", 0), ("volunteer", 1), ("coordinator", 0)]


def test_the_audit_finds_who_read_without_being_allowed_and_what_was_kept_too_long(world):
    code = taken(world)
    with transaction():
        execute(
            "INSERT INTO help_step (request_id, step, account_id) SELECT id, 'read', :by FROM help_request",
            by=world.there.lead.account_id,
        )
    (finding,) = [finding for finding in audit() if finding.offending]
    assert (finding.law.number, finding.offending) == (10, 1)
    solve(world.here.lead, code, vault=world.vault)
    hours_pass(32 * 24)
    with transaction():
        execute(
            "INSERT INTO help_photo (request_id, media_type, content_sealed, added_by)"
            " SELECT id, 'image/jpeg', 'x', opened_by FROM help_request"
        )
    (finding,) = [finding for finding in audit() if finding.offending]
    assert finding.offending == 4


def a_check(world: HelpWorld) -> int:
    """Return a check-in call that is due at the first household."""
    case = in_care(world.here.homes[0])
    return saved(CareCheck(case_id=case.id, due_on=date.today())).id  # noqa: DTZ011 - any day will do


def checked(world: HelpWorld, check: int, key: UUID, **values: object) -> str:
    given = {"kind": HelpKind.ERRAND, "text": "燃气快没了", "facts": {"errand": "gas_card"}, "vault": world.vault}
    return open_from_check(world.here.lead, check, CheckOutcome.NEEDS_SOMETHING, key=key, **(given | values))  # type: ignore[arg-type]


def test_a_check_in_call_that_finds_something_is_done_and_opens_a_request_in_one_go(world):
    check, key = a_check(world), uuid4()
    code = checked(world, check, key)
    assert checked(world, check, key) == code
    request = request_for(world.here.lead, code)
    assert (request.channel, request.household_id) == ("check", world.here.homes[0].id)
    assert scalar("SELECT outcome FROM care_check WHERE id = :id", id=check) == "needs_something"
    with pytest.raises(ConflictError):
        checked(world, check, uuid4())


def test_a_call_whose_request_does_not_fit_is_not_done(world):
    check = a_check(world)
    for values in ({"text": "", "facts": {}, "kind": HelpKind.OTHER}, {"kind": HelpKind.COMPLAINT}, {"facts": {}}):
        with pytest.raises(InvalidError):
            checked(world, check, uuid4(), **values)
    with pytest.raises(NotFoundError):
        open_from_check(
            world.there.lead,
            check,
            CheckOutcome.WORRYING,
            key=uuid4(),
            kind=HelpKind.OTHER,
            text="看看",
            vault=world.vault,
        )
    assert scalar("SELECT done_at FROM care_check WHERE id = :id", id=check) is None
    assert scalar("SELECT count(*) FROM help_request") == 0
