"""Accounts, passwords, links, badges, cards, tokens."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from supplyhub.crypto import Vault
from supplyhub.db import db, execute, rows, scalar
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people import passwords
from supplyhub.people.commands import (
    SignInError,
    create_account,
    create_staff,
    create_volunteer,
    issue_badge,
    link_for,
    mint_token,
    new_sign_in_link,
    revoke_badge,
    set_password,
    sign_in,
    use_sign_in_link,
)
from supplyhub.people.states import Role
from supplyhub.people.training import Trained
from supplyhub.people.tries import FREE_TRIES
from supplyhub.residents.asking import asker_by_token, asker_of
from supplyhub.residents.cards import household_of_card, issue_card, issue_cards, prepare_cards
from supplyhub.residents.commands import mint_tokens
from tests.factories import a_building, a_community, a_grid, a_household, an_account, asking

PASSWORD = "a long walk home"
VAULT = Vault({"k1": bytes(32)})
TRAINED = Trained("上岗培训")


class Office:
    """A community with grids 3 and 4 and a coordinator."""

    def __init__(self) -> None:
        self.community = a_community()
        self.grid, self.other_grid = a_grid(self.community, 3), a_grid(self.community, 4)
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)

    def staff(self, role: Role = Role.DEPOT, login: str | None = None) -> int:
        return create_account(self.community.id, role, "王小明", login=login)


@pytest.fixture
def office(database) -> Office:
    return Office()


def expire(table: str, column: str) -> None:
    execute(f"UPDATE {table} SET {column} = now() - interval '1 second'")
    db.session.commit()


def test_a_link_signs_in_once(office):
    account = office.staff()
    secret = new_sign_in_link(account)
    assert use_sign_in_link(secret) == account
    with pytest.raises(SignInError):
        use_sign_in_link(secret)


def test_a_link_may_be_typed_in_small_letters_and_groups(office):
    account = office.staff()
    secret = new_sign_in_link(account).lower()
    assert use_sign_in_link(f"{secret[:5]}-{secret[5:]} ") == account


def test_a_new_link_ends_the_one_before_and_every_link_ends_after_a_day(office):
    account = office.staff()
    first, second = new_sign_in_link(account), new_sign_in_link(account)
    with pytest.raises(SignInError):
        use_sign_in_link(first)
    expire("sign_in_link", "expires_at")
    with pytest.raises(SignInError):
        use_sign_in_link(second)


def test_only_the_hash_of_a_secret_is_kept(office):
    secret, token = new_sign_in_link(office.staff()), mint_token(office.staff(), days=1)
    for table in ("sign_in_link", "api_token"):
        kept = scalar(f"SELECT string_agg(t::text, '') FROM {table} AS t")
        assert secret not in kept
        assert token not in kept


def test_a_password_signs_in_whatever_the_case_of_the_login(office):
    account = office.staff(login="Wang.Xiaoming")
    set_password(account, PASSWORD)
    assert sign_in(" wang.xiaoming", PASSWORD) == account


@pytest.mark.parametrize(
    ("login", "password"),
    [("wang", "wrong"), ("nobody", PASSWORD), ("wang", ""), ("", ""), ("wang", "x" * 100_000), ("wang\x00", "\ud800")],
)
def test_a_wrong_login_or_password_is_refused_the_same_way(office, login, password):
    set_password(office.staff(login="wang"), PASSWORD)
    with pytest.raises(SignInError, match="login and password don't fit"):
        sign_in(login, password)


def tried(password: str) -> bool:
    """Tell whether a password signs wang in."""
    try:
        return bool(sign_in("wang", password))
    except SignInError:
        return False


def test_wrong_passwords_cost_longer_and_longer_pauses(office):
    account = office.staff(login="wang")
    set_password(account, PASSWORD)
    pauses = []
    for _ in range(FREE_TRIES + 6):
        assert not tried("wrong password")
        paused = (
            "SELECT round(extract(epoch FROM password_paused_until - clock_timestamp())) FROM account WHERE id = :id"
        )
        if seconds := scalar(paused, id=account):
            # Not even the right one, and nothing tells that it is.
            assert not tried(PASSWORD)
            pauses.append(int(seconds))
        execute("UPDATE account SET password_paused_until = password_paused_until - interval '1 hour'")
        db.session.commit()
    assert pauses == [15, 30, 60, 120, 240, 300, 300]
    assert tried(PASSWORD)
    assert scalar("SELECT password_wrong FROM account WHERE id = :id", id=account) == 0


def test_a_right_or_a_new_password_forgives_the_wrong_ones(office):
    account = office.staff(login="wang")
    set_password(account, PASSWORD)
    for _ in range(3):
        assert [tried("wrong password") for _ in range(FREE_TRIES - 1)] == [False] * (FREE_TRIES - 1)
        assert tried(PASSWORD)
    assert [tried("wrong password") for _ in range(FREE_TRIES)] == [False] * FREE_TRIES
    assert not tried(PASSWORD)
    # Came in by a link.
    set_password(account, PASSWORD)
    assert tried(PASSWORD)


def test_an_unknown_login_costs_the_same_work_as_a_known_one(office, monkeypatch):
    set_password(office.staff(login="wang"), PASSWORD)
    office.staff(login="fresh")
    verified = []
    real = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda *args: verified.append(args[1]) or real(*args))
    for login in ("wang", "fresh", "nobody", "not a login"):
        with pytest.raises(SignInError):
            sign_in(login, "wrong password")
    assert len(verified) == 4
    assert {kept.rsplit("$", 2)[0] for kept in verified} == {passwords.nobodys().rsplit("$", 2)[0]}


def test_a_hash_of_old_costs_is_made_anew_on_sign_in(office):
    account = office.staff(login="wang")
    old = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    execute("UPDATE account SET password_hash = :old WHERE id = :id", old=old, id=account)
    db.session.commit()
    sign_in("wang", PASSWORD)
    fresh = scalar("SELECT password_hash FROM account WHERE id = :id", id=account)
    assert fresh != old
    assert not passwords.outdated(fresh)


def test_a_new_password_signs_out_everywhere(office):
    account = office.staff(login="wang")
    before = asking(account).session_version
    assert set_password(account, PASSWORD) == before + 1 == asking(account).session_version


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_of_the_wrong_length_is_refused(office, password):
    with pytest.raises(InvalidError):
        set_password(office.staff(login="wang"), password)


def test_a_deactivated_account_cannot_sign_in_by_any_way(office):
    account = office.staff(login="wang")
    set_password(account, PASSWORD)
    secret, token = new_sign_in_link(account), mint_token(account, days=1)
    execute("UPDATE account SET active = false WHERE id = :id", id=account)
    db.session.commit()
    for attempt in (lambda: sign_in("wang", PASSWORD), lambda: use_sign_in_link(secret)):
        with pytest.raises(SignInError):
            attempt()
    assert asker_by_token(token) is None
    with pytest.raises(NotFoundError):
        mint_token(account, days=1)


def test_a_login_is_taken_once(office):
    office.staff(login="wang")
    with pytest.raises(ConflictError):
        office.staff(login="WANG")


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "a\x00b", "a\nb"])
def test_a_name_that_cannot_be_shown_is_refused(office, name):
    with pytest.raises(InvalidError):
        create_staff(office.coordinator, Role.DEPOT, name)


def test_staff_get_the_grid_that_their_role_has(office):
    lead = create_staff(office.coordinator, Role.GRID_LEAD, "李网格", grid=3)
    assert asking(lead.account_id).grid_id == office.grid.id
    assert use_sign_in_link(lead.link_secret) == lead.account_id
    for role, grid in ((Role.GRID_LEAD, None), (Role.DEPOT, 3), (Role.RESIDENT, None)):
        with pytest.raises(InvalidError):
            create_staff(office.coordinator, role, "某某", grid=grid)
    with pytest.raises(NotFoundError):
        create_staff(office.coordinator, Role.GRID_LEAD, "某某", grid=99)


def test_only_a_coordinator_takes_on_people(office):
    depot = asking(office.staff())
    with pytest.raises(NotAllowedError):
        create_staff(depot, Role.COORDINATOR, "某某")
    with pytest.raises(NotAllowedError):
        create_volunteer(depot, "某某", grid=3, training=TRAINED)
    with pytest.raises(NotAllowedError):
        link_for(depot, office.coordinator.account_id)


def test_a_coordinator_reaches_no_account_of_another_community(office):
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    with pytest.raises(NotFoundError):
        link_for(stranger, office.staff())


def test_a_volunteer_has_one_live_badge_of_one_grid(office):
    volunteer = create_volunteer(office.coordinator, "赵志愿", grid=3, training=TRAINED)
    assert volunteer.badge.code == "3-001"
    assert asking(volunteer.account_id).grid_id == office.grid.id
    with pytest.raises(ConflictError):
        issue_badge(office.coordinator, volunteer.account_id, grid=4)


def test_a_badge_number_is_never_used_again(office):
    volunteer = create_volunteer(office.coordinator, "赵志愿", grid=3, training=TRAINED)
    revoke_badge(office.coordinator, "3-001")
    assert asking(volunteer.account_id).badge_id is None
    assert issue_badge(office.coordinator, volunteer.account_id, grid=3).code == "3-002"
    assert create_volunteer(office.coordinator, "钱志愿", grid=3, training=TRAINED).badge.code == "3-003"
    with pytest.raises(ConflictError):
        revoke_badge(office.coordinator, "3-001")
    with pytest.raises(NotFoundError):
        revoke_badge(office.coordinator, "3-099")


def test_two_communities_number_their_badges_alike_and_each_revokes_its_own(office):
    here = create_volunteer(office.coordinator, "赵志愿", grid=3, training=TRAINED)
    other = Office()
    there = create_volunteer(other.coordinator, "钱志愿", grid=3, training=TRAINED)
    assert here.badge.code == there.badge.code == "3-001"
    revoke_badge(other.coordinator, "3-001")
    assert asking(here.account_id).badge_id == here.badge.id
    assert asking(there.account_id).badge_id is None
    ended = rows("SELECT id, revoked_at FROM badge WHERE revoked_at <= clock_timestamp()")
    assert [badge.id for badge in ended] == [there.badge.id]


def test_a_badge_that_ran_out_makes_room_for_a_new_one(office):
    volunteer = create_volunteer(office.coordinator, "赵志愿", grid=3, training=TRAINED)
    execute("UPDATE badge SET valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'")
    db.session.commit()
    assert asking(volunteer.account_id).badge_id is None
    assert issue_badge(office.coordinator, volunteer.account_id, grid=4).code == "4-001"
    assert scalar("SELECT state FROM badge WHERE code = '3-001'") == "revoked"


def test_a_badge_is_for_volunteers(office):
    with pytest.raises(ConflictError):
        issue_badge(office.coordinator, office.staff(), grid=3)


def test_a_card_signs_a_household_in_until_the_next_is_issued(office):
    home = a_household(a_building(office.grid, number=58), unit=2, door="301")
    card = issue_card(office.coordinator, home.id, vault=VAULT)
    assert (household_of_card(card.secret).account_id, card.door) == (home.account_id, "58-2-301")
    newer = issue_card(office.coordinator, home.id, vault=VAULT)
    assert household_of_card(newer.secret.lower()).household_id == home.id
    for dead in (card.secret, "", "x" * 1000, "\x00", "no such card"):
        with pytest.raises(SignInError):
            household_of_card(dead)


def test_the_card_of_a_deactivated_household_is_dead(office):
    home = a_household(a_building(office.grid))
    card = issue_card(office.coordinator, home.id, vault=VAULT)
    home.active = False
    db.session.commit()
    with pytest.raises(SignInError):
        household_of_card(card.secret)
    with pytest.raises(NotFoundError):
        issue_card(office.coordinator, home.id, vault=VAULT)


def test_a_grid_lead_issues_cards_in_the_own_grid_only(office):
    own, other = a_household(a_building(office.grid)), a_household(a_building(office.other_grid))
    lead = asking(an_account(office.community, Role.GRID_LEAD, grid=office.grid).id)
    assert issue_card(lead, own.id, vault=VAULT).household_id == own.id
    with pytest.raises(NotFoundError):
        issue_card(lead, other.id, vault=VAULT)
    with pytest.raises(NotFoundError):
        prepare_cards(lead, office.other_grid.id)
    with pytest.raises(NotAllowedError):
        issue_card(asking(own.account_id), own.id, vault=VAULT)


def test_the_cards_of_a_grid_come_in_walking_order(office):
    far, near = a_building(office.grid, number=1), a_building(office.grid, number=2)
    far.route_position, near.route_position = 2, 1
    homes = [a_household(far, door="101"), a_household(near, door="1203"), a_household(near, door="301")]
    a_household(near, door="501", active=False)
    old = issue_card(office.coordinator, homes[0].id, vault=VAULT)
    cards = prepare_cards(office.coordinator, office.grid.id)
    assert household_of_card(old.secret).household_id == homes[0].id
    issue_cards(office.coordinator, cards, vault=VAULT)
    with pytest.raises(SignInError):
        household_of_card(old.secret)
    assert [card.household_id for card in cards] == [homes[2].id, homes[1].id, homes[0].id]
    assert {household_of_card(card.secret).household_id for card in cards} == {home.id for home in homes}


def test_tokens_are_minted_for_many_households_at_once(office):
    homes = [a_household(a_building(office.grid)).id for _ in range(3)]
    tokens = mint_tokens(homes, days=1)
    assert {home: asker_by_token(token).household_id for home, token in tokens.items()} == {
        home: home for home in homes
    }
    with pytest.raises(NotFoundError):
        mint_tokens([*homes, 10**12], days=1)


def test_a_revoked_or_expired_token_is_nobody(office):
    token = mint_token(office.coordinator.account_id, days=1)
    assert asker_by_token(token) == asker_of(office.coordinator.account_id)
    expire("api_token", "expires_at")
    assert asker_by_token(token) is None
