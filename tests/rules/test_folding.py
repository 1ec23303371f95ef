"""Long lists in folds: in the order of a menu, short ones open."""

from __future__ import annotations

from types import SimpleNamespace

from supplyhub.web.pages.folding import SHORT, folds_of


def lines(*kinds: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(category=kind, place=place, counted=None) for place, kind in enumerate(kinds)]


def test_kinds_come_as_on_a_menu_and_lines_keep_their_order():
    folds = folds_of(lines("水果", "蔬菜", "别的", "水果"))
    assert [(fold.key, [line.place for line in fold.lines]) for fold in folds] == [
        ("蔬菜", [1]),
        ("水果", [0, 3]),
        ("别的", [2]),
    ]


def test_a_short_list_and_what_was_searched_for_stand_open_and_a_long_one_is_folded():
    many = lines("蔬菜", "水果") * SHORT
    assert [fold.open for fold in folds_of(many)] == [False, False]
    assert all(fold.open for fold in folds_of(many, searched=True))
    assert all(fold.open for fold in folds_of(many[:SHORT]))


def test_what_is_wanted_and_what_comes_first_stand_open():
    many = lines("蔬菜", "水果", "肉类") * SHORT
    assert [fold.key for fold in folds_of(many, wanted=lambda line: line.place == 1) if fold.open] == ["水果"]
    assert next((fold.key, fold.open) for fold in folds_of(many, first=("肉类",))) == ("肉类", True)


def test_a_fold_says_how_far_it_is():
    many = lines("蔬菜", "蔬菜")
    many[0].counted = 3
    (fold,) = folds_of(many)
    assert (fold.count("counted"), fold.total("place")) == (1, 1)
