"""Cells of a workbook taken into the entries of nodes, with their places and what is to be told of them."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from observance.forms import SEPARATOR, FormEntry
from observance.workbooks.grid import TEXT, Value
from observance.workbooks.labels import LabelFinder
from observance.workbooks.layout import NODE, Column, NodeNote, path_of, single_path
from observance.workbooks.model import ILL_FORMED, Cell, CellProblem, sentences, well_formed
from observance.workbooks.sheet import IdentifiedSheet
from observance.workbooks.values import shown, take, trimmed

_LANGUAGE: Final = re.compile(r"(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)?")


class NodeRow(Struct):
    """A node that is being read: its entries by field, what its hidden cells keep, and the numbers of rows of tables within it."""

    path: str
    entries: dict[tuple[str, ...], list[FormEntry]] = msgspec.field(default_factory=dict)
    nodes: dict[tuple[str, ...], NodeNote] = msgspec.field(default_factory=dict)
    tables: dict[tuple[str, ...], "list[NodeRow]"] = msgspec.field(default_factory=dict)


class CellReader:
    """Takes cells, and remembers where each entry stood and what is to be told; `lang` is the language of the workbook.

    What cannot be taken gives no entry, or one with its text as it stands, if it `keeps_unread`.
    """

    def __init__(self, lang: str, *, keeps_unread: bool = False) -> None:
        """Begin with nothing."""
        self.lang, self.keeps_unread = lang, keeps_unread
        self.choices = LabelFinder(lang)
        self.used: set[str] = set()
        self.problems: list[CellProblem] = []
        self.notices: list[CellProblem] = []
        self.places: dict[str, Cell] = {}

    def problem(self, cell: Cell, path: str, name: str, /, **values: object) -> None:
        """Tell of what cannot be taken."""
        self.problems.append(CellProblem(cell, sentences(name, **values), path))

    def notice(self, cell: Cell, path: str, name: str, /, **values: object) -> None:
        """Tell of what should be known."""
        self.notices.append(CellProblem(cell, sentences(name, **values), path))

    def new_note(self, text: str) -> NodeNote | None:
        """Return what the hidden cell says of a node, which is new if another cell has said it before; None if it cannot be read."""
        try:
            note = msgspec.json.decode(text, type=NodeNote)
        except (msgspec.DecodeError, UnicodeError):
            return None
        if any(ILL_FORMED.search(term) for term in (note.node, *(note.classes or ()))):
            return None
        if note.node and note.node in self.used:
            return NodeNote(classes=note.classes)
        self.used.add(note.node)
        return note

    def keep_node(self, row: NodeRow, keys: tuple[str, ...], sheet: IdentifiedSheet, cell: tuple[int, int]) -> None:
        """Keep what the hidden cell says of the node to which the keys lead."""
        text = sheet.grid.text(*cell)
        if not text:
            return
        note = self.new_note(text)
        if note is not None:
            row.nodes[keys] = note
        else:
            self.problem(sheet.cell(*cell), row.path, "workbooks.damaged-mark", found=shown(text))

    def take(self, row: NodeRow, sheet: IdentifiedSheet, place: tuple[int, int], column: Column) -> None:
        """Take what the cell says."""
        prefix = row.path + SEPARATOR if row.path else ""
        path, cell = prefix + single_path(column.keys), sheet.cell(*place)
        for count in range(1, len(column.keys) + 1):
            self.places.setdefault(prefix + single_path(column.keys[:count]), cell)
        value = self._unmerged(sheet, place, path)
        if value is None:
            return
        taken = take(value, column.field, choices=self.choices)
        entries = row.entries.setdefault(column.keys, [])
        if taken.problem is not None:
            text = trimmed(well_formed(value.text)) if self.keeps_unread else ""
            self.problems.append(CellProblem(cell, taken.problem, path_of(path, len(entries)) if text else path))
            entries += [FormEntry(text, column.language or "")] if text else []
            return
        if taken.notice is not None:
            self.notices.append(CellProblem(cell, taken.notice, path))
        for text in taken.texts:
            self.places[path_of(path, len(entries))] = cell
            entries.append(FormEntry(text, column.language or ""))

    def _unmerged(self, sheet: IdentifiedSheet, place: tuple[int, int], path: str) -> Value | None:
        """The value of the cell; None if it is blank, or if it is merged with others, so that it is not known for which the value is."""
        area = sheet.grid.area_of(place)
        if area is None:
            return sheet.grid.cells.get(place)
        value = sheet.grid.cells.get(area.first)
        if value is not None and not is_blank(value):
            self.problem(sheet.cell(*place), path, "workbooks.merged", found=shown(value.text))
        return None


def unique_labels(columns_by_id: Mapping[str, Column], lang: str) -> Mapping[str, str]:
    """The columns by their names, but for names of several."""
    counts = Counter(column.label(lang) for column in columns_by_id.values())
    return {label: mark for mark, column in columns_by_id.items() if counts[label := column.label(lang)] == 1}


def is_blank(value: Value) -> bool:
    """Return whether nothing but blanks and invisible signs stands in the cell."""
    return value.kind == TEXT and not trimmed(value.text)


def in_other_language(known: Mapping[str, Column], mark: str) -> Column | None:
    """The column of a text in a language that the template does not ask for."""
    base, sign, tag = mark.rpartition(NODE)
    model = next((column for column in known.values() if column.id.rpartition(NODE)[0] == base and column.language is not None), None)
    is_tag = sign and _LANGUAGE.fullmatch(tag) is not None
    return Column(model.keys, model.field, tag, model.outer) if is_tag and model is not None else None


def sentences_of(column: Column) -> Mapping[str, str]:
    """Return the name of the column by language."""
    return {lang: column.label(lang) for lang in column.field.name}
