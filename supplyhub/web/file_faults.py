"""What is wrong with a file that was refused, in the reader's language.

Readers of files say it in English, with what they found in it; for Chinese each sentence is known here by its form, and the
columns by the words that stand above them. A sentence that isn't known stays as it is, after its line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supplyhub.catalog.offer_file import COLUMNS as OFFERS
from supplyhub.depot.delivery_note import COLUMNS as DELIVERY_NOTE
from supplyhub.depot.sheets import CONFIRMATION
from supplyhub.web.language import look

if TYPE_CHECKING:
    from supplyhub.files import FileRefusedError

COLUMN_WORDS = {
    column.key: column.headers[0] for column in (*DELIVERY_NOTE, *OFFERS, *CONFIRMATION) if column.key != "expires_on"
} | {"expires_on": "到期日", "quantity": "数量", "cost": "进价"}
IN_BRACKETS = re.compile(r"^\w+ \((.+)\)$")
PLACE = re.compile(r"(?:, (line|feature) (\d+))?: ")
SHEET = re.compile(r"sheet (“.*?”): ")
# What a group is that names a column.
NAMED = ("column", "key")
FORMS = [
    (re.compile(form), words)
    for form, words in (
        # Of a cell
        (
            r"case_size is empty: how many (?P<unit>.*) of (?P<what>.+) come in a case\?",
            "箱规没填：{what}一箱几{unit}？",
        ),
        (r"(?P<column>(?!it is).+) is empty", "{column}没填"),
        (r"(?P<column>.+) is (?P<said>.+), which is no whole number", "{column}是{said}，不是整数"),
        (
            r"(?P<column>.+) is (?P<said>.+), which is no day such as (?P<day>.+)",
            "{column}是{said}，不是日期，要写成 {day}",
        ),
        (
            r"(?P<column>.+) is (?P<said>.+), which is no amount such as (?P<sum>.+)",
            "{column}是{said}，不是钱数，要写成 {sum}",
        ),
        (
            r"(?P<column>.+) is (?P<said>.+), which names no number from (?P<a>\d+) to (?P<b>\d+)",
            "{column}是{said}，里面没有 {a} 到 {b} 的号",
        ),
        (
            r"(?P<column>.+) is (?P<said>.+); it must be between (?P<a>.+) and (?P<b>.+)",
            "{column}是 {said}，要在 {a} 到 {b} 之间",
        ),
        (r"(?P<column>.+) is (?P<said>.+); it must be at most (?P<most>.+)", "{column}是 {said}，最多 {most}"),
        (r"(?P<column>.+) is (?P<said>.+); it must be 1 or 0", "{column}是{said}，要写 1 或 0"),
        (
            r"(?P<column>.+) has (?P<count>.+) characters; at most (?P<most>.+) fit",
            "{column}有 {count} 个字，最多 {most} 个",
        ),
        (r"(?P<column>.+) contains (?P<code>U\+.+), which is no text", "{column}里有不能读的字（{code}）"),
        (
            r"(?P<column>.+): the cells (?P<where>.+) are merged; give each its own",
            "{column}：{where} 是合并的格子，请拆开，每行各填各的",
        ),
        (
            r"(?P<column>.+): (?P<where>.+) is a formula without a result; put the number there",
            "{column}：{where} 是没有算出来的公式，请填上数",
        ),
        # Of a row
        (r"sku (?P<said>“.*”) is not on this purchase order", "货号{said}不在这张采购单上"),
        (
            r"sku (?P<said>“.*”): (?P<count>.+) confirmed, (?P<most>.+) ordered",
            "货号{said}确认了 {count}，只订了 {most}",
        ),
        (
            r"(?P<key>\S+) (?P<said>.+) stands in line (?P<line>.+) already",
            "{key}{said}在第 {line} 行已经有了",
        ),
        (r"(?P<count>.+) columns where the header has (?P<head>.+)", "有 {count} 列，表头是 {head} 列"),
        (r"neither number nor name of the goods", "没有货号，也没有品名"),
        (r"a door needs a building \(楼栋\) and a number \(门牌号\)", "楼栋和门牌号都要填"),
        (r"micro_grid \(小网格\) is given without its grid \(网格\)", "填了小网格，没填网格"),
        (r"phone \(联系方式\) has fewer than 5 or more than 20 digits", "联系方式少于 5 位，或者多于 20 位"),
        (r"can't be read as CSV: .+", "这一行的引号不成对，读不了"),
        # Of the header
        (r"unknown column (?P<said>.+)", "不认识这一列：{said}"),
        (r"column (?P<column>.+) comes twice", "{column}这一列有两次"),
        (r"column .+ \((?P<column>.+)\) is missing", "少了{column}这一列"),
        (r"the columns (?P<columns>.*) are missing", "少了这些列：{columns}"),
        (
            r"the sheets (?P<names>.+) all have these columns; keep the one that counts",
            "{names} 都有这些列，请只留一张",
        ),
        # Of the file
        (r"it is empty", "是空的"),
        (r"it has a header and no (?:offer|household.*)", "只有表头，没有一行内容"),
        (r"it has (?P<count>.+) bytes; at most (?P<most>.+) are read", "太大：{count} 字节，最多 {most}"),
        (
            r"it has (?P<count>.+) rows; at most (?P<most>.+) are read\. Is it the right file\?",
            "有 {count} 行，最多读 {most} 行。是不是选错了文件？",
        ),
        (r"it has more than (?P<most>.+) rows", "多于 {most} 行"),
        (
            r"unpacked it has more than (?P<most>.+) bytes; is it the right file\?",
            "解开以后太大，多于 {most} 字节。是不是选错了文件？",
        ),
        (r"it is cut off or damaged; send it again", "文件不完整，请重新发一次"),
        (r"it is damaged; save it again", "文件坏了，请另存一次"),
        (r"it is another kind of spreadsheet; save it as XLSX", "这种表格读不了，请另存为 XLSX"),
        (
            r"something stands far below or far beside the table; take it away and save it again",
            "离表格很远的地方还有内容，请删掉再另存一次",
        ),
        (r"it can't be opened as a spreadsheet; is it protected by a password\?", "打不开。是不是加了密码？"),
        (
            r"it is an old spreadsheet, or protected by a password; save it as XLSX without one",
            "是老的表格格式，或者加了密码；另存成不加密码的 XLSX",
        ),
        (r"it is a spreadsheet or an archive; save it as CSV \(UTF-8\)", "是表格或压缩包，请另存为 CSV（UTF-8）"),
        (r"it is an old spreadsheet; save it as CSV \(UTF-8\)", "是旧版表格，请另存为 CSV（UTF-8）"),
        (r"it is UTF-16; save it as UTF-8", "编码是 UTF-16，请另存为 UTF-8"),
        (r"line (?P<line>.+) has a NUL character; it is no text file", "第 {line} 行有空字符，不是文本文件"),
        (r"line (?P<line>.+) is neither UTF-8 nor GB18030", "第 {line} 行的编码不是 UTF-8，也不是 GB18030"),
        # Of a map
        (r"it has no features", "里面没有图形"),
        (r"line (?P<line>.+) is no JSON: .+", "第 {line} 行不是 JSON"),
        (r"it is no usable JSON: .+", "不是能用的 JSON"),
        (r"it is no GeoJSON FeatureCollection with a list of features", "不是 GeoJSON 图形集"),
    )
]


def faults_of(refusal: FileRefusedError) -> list[str]:
    """Return what is wrong with a refused file, a sentence each, with its line."""
    problems = [str(problem) for problem in refusal.data["problems"]]  # type: ignore[attr-defined]
    return problems if look().lang == "en" else [in_chinese(problem, str(refusal.data["file"])) for problem in problems]


def in_chinese(problem: str, file: str) -> str:
    """Return in Chinese what a reader of files says about one of its lines, or of the whole."""
    if more := re.fullmatch(r"and (\d+) more", problem):
        return f"还有 {more[1]} 处"
    what, where = problem, ""
    if problem.startswith(file) and (place := PLACE.match(problem, len(file))):
        kind, number = place.groups()
        where = "" if number is None else f"第 {number} {'行' if kind == 'line' else '个图形'}："
        what = problem[place.end() :]
    sheet = SHEET.match(what)
    what = what[sheet.end() :] if sheet else what
    return where + (f"表{sheet[1]}：" if sheet else "") + _said(what)


def _said(what: str) -> str:
    for form, words in FORMS:
        if found := form.fullmatch(what):
            values = {name: _column(said) if name in NAMED else said for name, said in found.groupdict().items()}
            return words.format(**values)
    return what


def _column(name: str) -> str:
    """Return what stands above a column: 网格 for "grid (网格)"."""
    if named := IN_BRACKETS.match(name):
        return named[1]
    return {"door": "门牌"}.get(name) or COLUMN_WORDS.get(name, name)
