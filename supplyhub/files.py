"""Reading files that people send: text in several encodings, CSV with a known header, problems by line.

Pure: bytes in, rows out. A file with any problem is refused whole, with every problem found (`FileRefusedError`).
"""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LARGEST_FILE_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
PROBLEMS_SHOWN = 50
NO_TEXT = {"Cc", "Cs", "Co", "Cn"}
# What spreadsheets save instead of text, by its first bytes.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
NOT_TEXT = {
    b"PK\x03\x04": "it is a spreadsheet or an archive; save it as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "it is an old spreadsheet; save it as CSV (UTF-8)",
    b"\xff\xfe": "it is UTF-16; save it as UTF-8",
    b"\xfe\xff": "it is UTF-16; save it as UTF-8",
}


class FileRefusedError(HubError):
    """A file was refused whole. `problems` names its faults, at most 50; `more` counts the rest."""

    code = "file_refused"

    @classmethod
    def of(cls, file: str, problems: Sequence[str]) -> FileRefusedError:
        """Return the refusal of a file with these faults."""
        more = len(problems) - PROBLEMS_SHOWN
        told = [*problems[:PROBLEMS_SHOWN], f"and {more} more"] if more > 0 else list(problems)
        faults = "a fault" if len(problems) == 1 else f"{len(problems)} faults"
        return cls(f"{file} has {faults}; nothing of it was read in", file=file, problems=told, more=max(more, 0))


class FaultError(ValueError):
    """One thing that is wrong with a line or a feature; the message says what."""


@dataclass(slots=True)
class Problems:
    """What is wrong with one file, by line or feature."""

    file: str
    found: list[tuple[int, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.found)

    def at_line(self, line: int, what: str) -> None:
        """Note a fault of a line, counted from 1 with the header."""
        self.found.append((line, f"{self.file}, line {line}: {what}"))

    def at_feature(self, feature: int, what: str) -> None:
        """Note a fault of a GeoJSON feature, counted from 1."""
        self.found.append((feature, f"{self.file}, feature {feature}: {what}"))

    def raise_any(self) -> None:
        """Raise FileRefusedError when there is one; the first 50 are told in words, in the file's order."""
        if self.count:
            raise FileRefusedError.of(self.file, [what for _, what in sorted(self.found)])


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its key, the headers that mean it, how long its text may be, whether it may be left out."""

    key: str
    headers: tuple[str, ...]
    longest: int = 40
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: the line it starts at, and its cells by column key."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        """Return a cell; empty when the file has no such column."""
        return self.cells.get(key, "")


def refuse(file: str, what: str) -> FileRefusedError:
    """Return the refusal of a file as a whole."""
    return FileRefusedError.of(file, [f"{file}: {what}"])


def read_text(data: bytes, file: str) -> str:
    """Return a file's text: UTF-8 with or without a mark, else GB18030. Raises FileRefusedError."""
    if len(data) > LARGEST_FILE_BYTES:
        raise refuse(file, f"it has {len(data)} bytes; at most {LARGEST_FILE_BYTES} are read")
    for start, what in NOT_TEXT.items():
        if data.startswith(start):
            raise refuse(file, what)
    if (nul := data.find(b"\0")) >= 0:
        raise refuse(file, f"line {data.count(10, 0, nul) + 1} has a NUL character; it is no text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        raise refuse(file, f"line {line} is neither UTF-8 nor GB18030") from None


def is_workbook(data: bytes) -> bool:
    """Return whether a file is a spreadsheet by its first bytes."""
    return data.startswith(WORKBOOKS)


def read_table(data: bytes, file: str, columns: Sequence[Column], problems: Problems) -> list[Line]:
    """Return the rows of a CSV file whose header names `columns`, in any order, in Chinese or English.

    Faults of single lines go to `problems`, and those lines are left out. Raises FileRefusedError when the text or
    the header can't be read. Rows without any text are skipped.
    """
    found = records(data, file, problems)
    header = next(found, None)
    if header is None:
        problems.raise_any()
        raise refuse(file, "it is empty")
    keys = _keys_of(header[1], file, columns)
    longest = {column.key: column.longest for column in columns}
    lines: list[Line] = []
    for number, cells in found:
        if len(lines) >= MOST_ROWS:
            raise refuse(file, f"it has more than {MOST_ROWS} rows")
        if len(cells) != len(keys):
            problems.at_line(number, f"{len(cells)} columns where the header has {len(keys)}")
            continue
        line = Line(number, dict(zip(keys, cells, strict=True)))
        faults = [fault for key in keys for fault in faults_of(line[key], key, longest[key])]
        for fault in faults:
            problems.at_line(number, fault)
        if not faults:
            lines.append(line)
    return lines


def records(data: bytes, file: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, stripped cells) of every row of a CSV file with any text; a broken quotation ends it as a problem.

    Raises FileRefusedError when it is no text.
    """
    reader = csv.reader(io.StringIO(read_text(data, file), newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield start, stripped
            start = reader.line_num + 1
    except csv.Error as error:
        problems.at_line(start, f"can't be read as CSV: {error}")


def faults_of(text: str, name: str, longest: int) -> Iterator[str]:
    """Yield what makes `text` unfit to be kept: control characters, too many characters."""
    if len(text) > longest:
        yield f"{name} has {len(text)} characters; at most {longest} fit"
    for character in text:
        if unicodedata.category(character) in NO_TEXT:
            yield f"{name} contains U+{ord(character):04X}, which is no text"
            return


def plain(text: str) -> str:
    """Return a name or a number as it is compared: full-width letters and digits as ordinary ones, no outer space."""
    return unicodedata.normalize("NFKC", text).strip()


def read_count(text: str, name: str, *, most: int, least: int = 0) -> int:
    """Return a whole number written in digits. Raises FaultError, which says what is wrong."""
    digits = plain(text)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise FaultError(f"{name} is {shown(text)}, which is no whole number")
    if not least <= int(digits) <= most:
        raise FaultError(f"{name} is {int(digits)}; it must be between {least} and {most}")
    return int(digits)


def shown(text: str) -> str:
    """Return text quoted and cut for a message."""
    return f"“{text[:20]}…”" if len(text) > 20 else f"“{text}”"


def _keys_of(header: Sequence[str], file: str, columns: Sequence[Column]) -> list[str]:
    known = {name: column.key for column in columns for name in (column.key, *column.headers)}
    names = [plain(name).lower() for name in header]
    wrong = [f"{file}, line 1: unknown column {shown(name)}" for name in names if name not in known]
    keys = [known[name] for name in names if name in known]
    wrong += [
        f"{file}, line 1: column {key} comes twice" for key in sorted({key for key in keys if keys.count(key) > 1})
    ]
    wrong += [
        f"{file}, line 1: column {column.key} ({column.headers[0]}) is missing"
        for column in columns
        if column.key not in keys and not column.optional
    ]
    if wrong:
        raise FileRefusedError.of(file, wrong)
    return keys
