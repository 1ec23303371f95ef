"""The tables of moves, whole: every state x every move."""

from __future__ import annotations

from itertools import product

import pytest

from supplyhub.errors import ConflictError
from supplyhub.moves import move
from tests.states_page import PAGE, TABLES, page

EVERY = [
    pytest.param(moves, state, action, id=f"{title.split()[0]}-{state}-{action}")
    for title, states, moves in TABLES
    for state, action in product(states, sorted({name for _, name in moves}))
]


@pytest.mark.parametrize(("moves", "state", "action"), EVERY)
def test_a_state_moves_as_its_table_says_and_no_other_way(moves, state, action):
    if (state, action) in moves:
        assert move(moves, state, action) == moves[state, action]
        return
    with pytest.raises(ConflictError) as caught:
        move(moves, state, action)
    assert caught.value.data["state"] == str(state)


@pytest.mark.parametrize(("title", "states", "moves"), TABLES, ids=[title for title, _, _ in TABLES])
def test_every_state_but_the_first_can_be_reached(title, states, moves):
    first = next(iter(states))
    assert {first, *moves.values()} == set(states)


def test_the_page_of_states_is_what_the_tables_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.states_page"
