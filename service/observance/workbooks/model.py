"""The values of workbooks: what was read, where it stood, and what was found out about it."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from observance.core import LANGUAGES, translate
from observance.forms import SEPARATOR, FilledForm

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LETTERS: Final = 26
ILL_FORMED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""A sign that XML cannot hold."""
_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü")


class Cell(Struct, frozen=True, order=True):
    """The place of a cell: the name of its sheet, and its row and column from 1."""

    sheet: str
    row: int
    column: int

    @property
    def reference(self) -> str:
        """The place in its sheet, such as `D7`."""
        return f"{column_letters(self.column)}{self.row}"

    @property
    def address(self) -> str:
        """The place in the workbook as formulas write it, such as `Calendrier!D7` or `'Étapes prévues'!D7`."""
        is_plain = set(self.sheet) <= _PLAIN and not (len(self.sheet) <= 3 and self.sheet.isascii())
        name = self.sheet if is_plain else "'{}'".format(self.sheet.replace("'", "''"))
        return f"{name}!{self.reference}"


def well_formed(text: str) -> str:
    """Return the text with the signs that XML cannot hold by their code, such as `[U+0001]`."""
    return ILL_FORMED.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def column_letters(number: int) -> str:
    """Return the letters of the column with the number, from 1: A … Z, AA …"""
    letters = ""
    while number:
        number, rest = divmod(number - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


class CellProblem(Struct, frozen=True):
    """A cell whose content cannot be taken: its place, a sentence by language, and the path of the entry, empty if it is of none."""

    cell: Cell
    message: Mapping[str, str]
    path: str = ""


class CellFinding(Struct, frozen=True):
    """What was found at a cell: a sentence by language, its severity (Violation, Warning, Info), its path in the form and its shape."""

    cell: Cell
    message: Mapping[str, str]
    severity: str = "Violation"
    path: str = ""
    shape: str = ""


class WorkbookContent(Struct, frozen=True):
    """What was read from a workbook of a form.

    `lang` and `version` are those with which the workbook was made. `problems` are the cells that cannot be taken, `notices` those that
    were taken and of which the reader should know something. `places` leads from the paths of parts, fields and entries to cells, and
    from the empty path to the title of the form. `sheets` are the names of all sheets in their order, that of the form first.
    """

    filled: FilledForm
    lang: str
    version: str
    problems: tuple[CellProblem, ...] = ()
    notices: tuple[CellProblem, ...] = ()
    places: Mapping[str, Cell] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()

    def cell_of(self, path: str) -> Cell:
        """Return the cell of the entry or field; where there is none, that of the nearest field or part around it."""
        return cell_at(self.places, path)


def cell_at(places: Mapping[str, Cell], path: str) -> Cell:
    """Return the cell of the path; where there is none, that of the nearest field or part around it, or of the empty path."""
    keys = path.split(SEPARATOR)
    paths = (SEPARATOR.join(keys[:count]) for count in range(len(keys), 0, -1))
    return next((places[one] for one in paths if one in places), places[""])


def sentences(name: str, /, **values: object) -> dict[str, str]:
    """Return the message in every language; a value that is a mapping is by language."""
    return {
        lang: translate(name, lang, **{key: value[lang] if isinstance(value, Mapping) else value for key, value in values.items()})
        for lang in LANGUAGES
    }
