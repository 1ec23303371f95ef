"""Giving care packs (爱心包): donated goods promised to households of the care register, in one step before the cut-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import cycle_for, cycle_for_update
from supplyhub.catalog.states import CycleState
from supplyhub.db import execute, row, scalar, transaction
from supplyhub.depot.batching import seed_of
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.help.pack_errors import NameTakenError, OtherPreviewError, TooLateError
from supplyhub.help.pack_stock import GridPart, cases_in, goods_for_care, left_out, parts_of, take_over
from supplyhub.help.packs import Home, packs_of, share_packs
from supplyhub.people.states import Role
from supplyhub.residents.states import AccessPurpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.residents.states import CareCategory

LONGEST_NAME = 40
MOST_UNITS = 100
# As the register marks its categories.
CATEGORY_PURPOSE = "care_category"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is in each pack, units by product, and whom it is for: all of the care register, or those of one category.

    `unasked`: also whom nobody asked yet whether they want packs, as after an import. Who said no never gets one.
    """

    units: Mapping[int, int]
    category: CareCategory | None = None
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What a giving would come to: packs that the goods make, households that get one, each grid's part, what is left.

    `left`: units by product, after it.
    """

    possible: int
    packs: int
    grids: list[GridPart]
    left: dict[int, int]


def preview_packs(asker: Asker, cycle_id: int, wish: Wish, *, vault: Vault) -> Preview:
    """Try out a giving, in numbers alone: nothing is written, and no door is named.

    For a coordinator. Raises InvalidError, TooLateError once the cycle is cut off.
    """
    _only_coordinators(asker)
    cycle = cycle_for(asker, cycle_id)
    _refuse_late(cycle)
    goods = _goods(cycle_id, wish)
    cases = cases_in(asker.community_id, cycle_id, _mark(wish, vault))
    given = _draw(cases, goods, wish, _seed(cycle_id))
    return _preview(cases, goods, wish, given)


def give_packs(
    asker: Asker, cycle_id: int, wish: Wish, *, name: str, key: UUID, packs: int | None = None, vault: Vault
) -> int:
    """Promise the packs and return the giving's id; by its `key` once. At the cut-off they become lines of orders.

    `packs`: how many the preview showed; OtherPreviewError when it is another number by now. Whoever was looked for by a
    category finds that among the reads of its entry. For a coordinator. Raises InvalidError, TooLateError, NameTakenError,
    ConflictError where nobody would get one.
    """
    _only_coordinators(asker)
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidError(f"a pack has a name of 1 to {LONGEST_NAME} characters")
    with transaction():
        # Whoever else gives, cuts off or brings goods waits for this.
        cycle = cycle_for_update(asker, cycle_id)
        if (
            known := scalar("SELECT id FROM care_pack WHERE key = :key AND cycle_id = :c", key=key, c=cycle_id)
        ) is not None:
            return int(known)
        _refuse_late(cycle)
        _hold_menus(cycle_id)
        _refuse_name(cycle_id, name)
        take_over(cycle_id, list(wish.units))
        goods = _goods(cycle_id, wish)
        cases = cases_in(asker.community_id, cycle_id, _mark(wish, vault))
        seed = _seed(cycle_id)
        given = _draw(cases, goods, wish, seed)
        _refuse_other(given, packs, shut=any(left_out(case, unasked=wish.unasked) == "closed" for case in cases))
        pack_id = _write(asker, cycle_id, wish, key=key, name=name, seed=seed, donors=_donors(goods))
        _promise(pack_id, [case for case in cases if case.household_id in given])
        if wish.category is not None:
            _note_reads(asker, cases)
        return pack_id


def decline_pack(asker: Asker, pack_id: int, household_id: int | None = None) -> None:
    """Take a household's pack back before the cut-off, because it doesn't want it; again changes nothing.

    A resident declines the own household's, a coordinator anybody's. Raises NotFoundError, TooLateError.
    """
    if asker.role not in {Role.RESIDENT, Role.COORDINATOR}:
        raise NotAllowedError("a household declines its pack, or a coordinator for it", role=asker.role)
    home = asker.household() if asker.role == Role.RESIDENT else household_id
    with transaction():
        share = row(
            """
            SELECT k.cycle_id, s.declined_at FROM care_pack_share AS s
            JOIN care_pack AS k ON k.id = s.pack_id JOIN cycle AS c ON c.id = k.cycle_id
            WHERE s.pack_id = :pack AND s.household_id = :home AND c.community_id = :community
            """,
            pack=pack_id,
            home=home,
            community=asker.community_id,
        )
        if share is None:
            raise NotFoundError("no such pack", pack=pack_id)
        if share.declined_at is not None:
            return
        _refuse_late(cycle_for_update(asker, share.cycle_id))
        execute(
            "UPDATE care_pack_share SET declined_at = clock_timestamp(), declined_by = :by"
            " WHERE pack_id = :pack AND household_id = :home AND declined_at IS NULL",
            by=asker.account_id,
            pack=pack_id,
            home=home,
        )


def _only_coordinators(asker: Asker) -> None:
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator gives care packs", role=asker.role)


def _refuse_late(cycle: Row[Any]) -> None:
    if cycle.state != CycleState.ORDERING:
        raise TooLateError(cycle=cycle.id, number=cycle.number, state=str(cycle.state))


def _hold_menus(cycle_id: int) -> None:
    """Keep menus from closing until the promise is written: which of them still take orders is asked after this."""
    execute("SELECT FROM menu WHERE cycle_id = :cycle ORDER BY id FOR SHARE", cycle=cycle_id)


def _refuse_name(cycle_id: int, name: str) -> None:
    if scalar("SELECT count(*) FROM care_pack WHERE cycle_id = :cycle AND name = :name", cycle=cycle_id, name=name):
        raise NameTakenError(name=name)


def _goods(cycle_id: int, wish: Wish) -> list[Row[Any]]:
    """Return the goods of the wish. Raises InvalidError for none, for products that nobody gave, for odd numbers."""
    if not wish.units or not all(1 <= units <= MOST_UNITS for units in wish.units.values()):
        raise InvalidError(f"a pack holds 1 to {MOST_UNITS} units of each of its goods")
    found = [goods for goods in goods_for_care(cycle_id) if goods.product_id in wish.units]
    if missing := sorted(wish.units.keys() - {goods.product_id for goods in found}):
        raise InvalidError("nobody gave these for care", products=missing)
    return found


def _mark(wish: Wish, vault: Vault) -> bytes | None:
    return None if wish.category is None else vault.lookup_hash(wish.category, CATEGORY_PURPOSE)


def _seed(cycle_id: int) -> str:
    """Return the seed of the next giving: known beforehand, so that nobody repeats the draw until it suits."""
    return f"{seed_of(cycle_id)}/{scalar('SELECT count(*) FROM care_pack WHERE cycle_id = :cycle', cycle=cycle_id) + 1}"


def _draw(cases: Sequence[Row[Any]], goods: Sequence[Row[Any]], wish: Wish, seed: str) -> set[int]:
    homes = [
        Home(case.household_id, case.grid_id, case.priority)
        for case in cases
        if not left_out(case, unasked=wish.unasked)
    ]
    return set(share_packs(homes, _possible(goods, wish), seed))


def _possible(goods: Sequence[Row[Any]], wish: Wish) -> int:
    return packs_of({each.product_id: max(0, each.left) for each in goods}, wish.units)


def _preview(cases: Sequence[Row[Any]], goods: Sequence[Row[Any]], wish: Wish, given: set[int]) -> Preview:
    return Preview(
        possible=_possible(goods, wish),
        packs=len(given),
        grids=parts_of(cases, given, unasked=wish.unasked),
        left={each.product_id: each.left - len(given) * wish.units[each.product_id] for each in goods},
    )


def _refuse_other(given: set[int], packs: int | None, *, shut: bool) -> None:
    if shut and not given:
        raise TooLateError("every menu that a pack would go into has reached its cut-off")
    if packs is not None and packs != len(given):
        raise OtherPreviewError(packs=len(given), shown=packs)
    if not given:
        raise ConflictError("nobody would get a pack")


def _donors(goods: Sequence[Row[Any]]) -> str:
    return "、".join(sorted({name for each in goods for name in each.donors.split("、") if name}))


def _write(asker: Asker, cycle_id: int, wish: Wish, *, key: UUID, name: str, seed: str, donors: str) -> int:
    pack_id = scalar(
        """
        INSERT INTO care_pack (key, cycle_id, name, donors, seed, given_by, given_at)
        VALUES (:key, :cycle, :name, :donors, :seed, :by, clock_timestamp()) RETURNING id
        """,
        key=key,
        cycle=cycle_id,
        name=name,
        donors=donors,
        seed=seed,
        by=asker.account_id,
    )
    execute(
        "INSERT INTO care_pack_line (pack_id, product_id, units)"
        " SELECT :pack, w.* FROM unnest(CAST(:products AS bigint[]), CAST(:units AS bigint[])) AS w",
        pack=pack_id,
        products=list(wish.units),
        units=list(wish.units.values()),
    )
    return int(pack_id)


def _promise(pack_id: int, cases: Sequence[Row[Any]]) -> None:
    execute(
        "INSERT INTO care_pack_share (pack_id, household_id, grid_id)"
        " SELECT :pack, w.* FROM unnest(CAST(:homes AS bigint[]), CAST(:grids AS bigint[])) AS w",
        pack=pack_id,
        homes=[case.household_id for case in cases],
        grids=[case.grid_id for case in cases],
    )


def _note_reads(asker: Asker, cases: Sequence[Row[Any]]) -> None:
    execute(
        "INSERT INTO care_access (care_case_id, account_id, purpose)"
        " SELECT id, :by, :purpose FROM unnest(CAST(:cases AS bigint[])) AS w(id)",
        by=asker.account_id,
        purpose=AccessPurpose.CARE_PACK,
        cases=[case.case_id for case in cases],
    )
