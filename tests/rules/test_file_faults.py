"""What is wrong with a file is said in Chinese, whatever a reader of files says in English."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from supplyhub.config import PACKAGE
from supplyhub.depot.delivery_note import read_delivery_note
from supplyhub.files import FileRefusedError
from supplyhub.web.file_faults import in_chinese

if TYPE_CHECKING:
    from pathlib import Path

READERS = [
    "files.py",
    "sheets.py",
    "workbook.py",
    "catalog/offer_file.py",
    "depot/sheets.py",
    "depot/delivery_note.py",
    "residents/register_file.py",
]
LATIN = re.compile(r"[a-z]{3,}")


def sentences(path: Path) -> list[str]:
    """Return what a reader says of faults, "7" for what it found in a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        given = node.args if name in {"refuse", "FaultError", "at_line"} else []  # type: ignore[attr-defined]
        given += [node.value] if isinstance(node, ast.Yield) and node.value is not None else []
        found += [text for text in map(_text, given) if " " in text]
    return found


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values]
        # What names the sheet is a part of its own.
        return re.sub("^7(it|column|the)", r"\1", "".join(parts))
    return str(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("reader", READERS)
def test_every_sentence_of_a_reader_has_its_chinese(reader):
    for sentence in sentences(PACKAGE / reader):
        said = in_chinese(f"a.csv, line 3: {sentence}", "a.csv")
        assert said.startswith("第 3 行："), sentence
        assert not LATIN.search(said), (sentence, said)


def test_a_column_is_called_as_it_stands_in_the_table_and_the_line_comes_first():
    assert (
        in_chinese("n.csv, line 7: quantity is “七”, which is no whole number", "n.csv")
        == "第 7 行：数量是“七”，不是整数"
    )
    assert in_chinese("n.csv, line 2: grid (网格) is “九九”, which names no number from 1 to 9999", "n.csv").startswith(
        "第 2 行：网格是“九九”"
    )
    assert in_chinese("a: b.csv: it is empty", "a: b.csv") == "是空的"
    assert in_chinese("n.xlsx: sheet “九月”: the columns 数量 are missing", "n.xlsx") == "表“九月”：少了这些列：数量"
    assert in_chinese("and 12 more", "n.csv") == "还有 12 处"


def test_what_is_not_known_keeps_its_line_and_its_words():
    assert in_chinese("m.geojson, feature 4: its geometry is odd", "m.geojson") == "第 4 个图形：its geometry is odd"


def test_a_refused_delivery_note_says_so_line_by_line():
    with pytest.raises(FileRefusedError) as refused:
        read_delivery_note("品名,数量,到期日\n土豆,三,明天\n,5,\n".encode(), file="note.csv")
    assert [in_chinese(problem, "note.csv") for problem in refused.value.data["problems"]] == [
        "第 2 行：数量是“三”，不是整数",
        "第 3 行：没有货号，也没有品名",
    ]
