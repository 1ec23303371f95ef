"""Many grids on a board: in pages, by word, by number; a tile each, or from which to which."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from supplyhub.web.pages.board_rows import MANY, PAGE_SIZE, TILES, rows_of


def a_board(*words: str, first: int = 1) -> Any:
    return SimpleNamespace(
        grids=[SimpleNamespace(grid_number=first + place, word=word) for place, word in enumerate(words)]
    )


def numbers(rows: Any) -> list[int]:
    return [grid.grid_number for grid in rows.rows]


def test_a_few_grids_are_all_shown_in_their_order_whatever_is_asked():
    rows = rows_of(a_board(*["done", "waiting"] * (MANY // 2)), only="done", page=3)
    assert (rows.many, rows.only, numbers(rows)) == (False, "", list(range(1, MANY + 1)))


def test_of_many_those_being_worked_on_come_first_and_those_done_are_left_out():
    rows = rows_of(a_board("done", *["waiting"] * MANY, "packing", "on_way"))
    assert numbers(rows)[:3] == [MANY + 2, MANY + 3, 2]
    assert (rows.all, rows.done, len(rows.rows)) == (MANY + 2, 1, PAGE_SIZE)


def test_one_word_or_one_number_can_be_asked_for():
    board = a_board(*["waiting"] * MANY, "packing", "done")
    assert numbers(rows_of(board, only="done")) == [MANY + 2]
    assert numbers(rows_of(board, only="7")) == [7]
    assert numbers(rows_of(board, only="900")) == []
    assert rows_of(board, only="nonsense").only == ""


def test_every_grid_is_on_one_page_and_a_page_too_far_is_the_last():
    board = a_board(*["waiting"] * 100)
    pages = [numbers(rows_of(board, page=page)) for page in range(1, 10)]
    assert sorted(number for page in pages for number in page) == list(range(1, 101))
    assert numbers(rows_of(board, page=99)) == pages[-1]
    assert numbers(rows_of(board, page=-3)) == pages[0]


def test_a_few_of_a_word_have_tiles_and_of_many_it_is_said_from_which_to_which():
    groups = rows_of(a_board(*["waiting"] * 40, "packing", *["waiting"] * 40, first=101)).groups
    assert [(group.word, group.tiles, group.runs) for group in groups] == [
        ("packing", True, [(141, 141)]),
        ("waiting", False, [(101, 140), (142, 181)]),
    ]
    assert len(groups[1].grids) > TILES
