"""Where the fields of a form stand in a workbook: on the main sheet, a row for each; of a repeated part, a column of its table.

Hidden cells say what a sheet, row or column is, so that it is known again wherever it is moved and however it is named.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct

from observance.core import LANGUAGES, translate
from observance.forms import SEPARATOR, Field, FilledPart, Form, FormEntry, Part

MARK: Final = "observance:"
"""Begins each hidden cell that says what something is."""
FORM_SHEET: Final = MARK + "form "
TABLE_SHEET: Final = MARK + "table "
REGISTER_SHEET: Final = MARK + "register "
"""Begins the hidden cell of a sheet with the submissions of one form in a register."""
SUBMISSION: Final = MARK + "submission"
"""The column with the addresses of submissions."""
REMARKS: Final = MARK + "remarks"
ROW: Final = MARK + "row "
"""Begins what the hidden cell of a row of a register sheet says, the number of the row in its table; and that of a column of the table."""
FIRST: Final = MARK + "first "
"""The same for the first row of a submission, which holds the fields that are not of the table."""
LISTS_SHEET: Final = MARK + "lists"
ANSWERS: Final = MARK + "answer"
TITLE_ROW: Final = MARK + "title"
HELP: Final = MARK + "help"
QUESTIONS: Final = MARK + "question"
HEADER_ROW: Final = MARK + "header"
SUGGESTED_ROW: Final = MARK + "suggested "
REST: Final = MARK + "rest"
NODE: Final = "@"
NUMBER: Final = MARK + "number"
"""The column of a table with tables within it, that numbers its rows."""
OUTER: Final = MARK + "outer"
"""The column of a table within a table, that says by that number to which row each of its rows belongs."""
READ_ME: Final = MARK + "read-me"
"""The sheets that are there to be read alone."""
_TAG: Final = "@"


class Origin(Struct, frozen=True, omit_defaults=True):
    """What the hidden cell of the main sheet says: the name of the form, and the language and version of the workbook."""

    form: str
    lang: str
    version: str


class NodeNote(Struct, frozen=True, omit_defaults=True):
    """What a hidden cell keeps of a node: see FilledPart; `is_bare` says that nothing but the node is known of it."""

    node: str = ""
    classes: tuple[str, ...] | None = None
    is_bare: bool = False


class Column(Struct, frozen=True):
    """A field of its own cells: the keys that lead to it from its table or form, and the language of its texts; None if it takes none.

    `outer` are the fields of the parts around it.
    """

    keys: tuple[str, ...]
    field: Field
    language: str | None = None
    outer: tuple[Field, ...] = ()

    @property
    def id(self) -> str:
        """What its hidden cell says."""
        keys = SEPARATOR.join(self.keys)
        return keys if self.language is None else f"{keys}{_TAG}{self.language}"

    def label(self, lang: str) -> str:
        """Return its name after those of the fields around it, with the language of its texts."""
        names = [asked.name.get(lang, asked.key) for asked in self.outer]
        # The name of the only field of a part says no more than that of the part.
        is_only = bool(self.outer) and self.outer[-1].part is not None and len(self.outer[-1].part.fields) == 1
        name = " – ".join(names if is_only else [*names, self.field.name.get(lang, self.field.key)])
        if self.language is None:
            return name
        tag = translate(f"workbooks.in-{self.language}", lang) if self.language in LANGUAGES else f"({self.language or '–'})"
        return f"{name} {tag}"


class PartTable(Struct, frozen=True):
    """A repeated part: the keys that lead to its field from the form, with those of tables around it; `outer` is the nearest of these."""

    keys: tuple[str, ...]
    field: Field
    outer: "PartTable | None" = None

    @property
    def part(self) -> Part:
        """What is asked of each row."""
        assert self.field.part is not None
        return self.field.part

    @property
    def id(self) -> str:
        """What its hidden cell says."""
        return SEPARATOR.join(self.keys)


def tables(form: Form) -> Iterator[PartTable]:
    """Yield the repeated parts of the form, each before those within it."""
    yield from _tables(form.part, (), None)


def _tables(part: Part, keys: tuple[str, ...], outer: PartTable | None) -> Iterator[PartTable]:
    for asked in part.fields:
        if asked.part is not None and asked.most == 1:
            yield from _tables(asked.part, (*keys, asked.key), outer)
        elif asked.part is not None:
            table = PartTable((*keys, asked.key), asked, outer)
            yield table
            yield from _tables(asked.part, table.keys, table)


def columns(part: Part, filled: tuple[FilledPart, ...] = ()) -> Iterator[Column]:
    """Yield the cells of the part: a text has one in each language, also in others in which it is filled in."""
    for keys, asked in part.columns():
        outer = _fields_to(part, keys)
        if not asked.takes_language:
            yield Column(keys, asked, None, outer)
            continue
        found = dict.fromkeys(entry.language for one in filled for entry in entries_at(one, keys))
        yield from (Column(keys, asked, tag, outer) for tag in dict.fromkeys((*LANGUAGES, *found)))


def _fields_to(part: Part, keys: tuple[str, ...]) -> tuple[Field, ...]:
    """The fields of the parts through which the keys lead."""
    found: list[Field] = []
    inner: Part | None = part
    for key in keys[:-1]:
        asked = inner.field(key) if inner is not None else None
        if asked is not None:
            found.append(asked)
            inner = asked.part
    return tuple(found)


def help_text(asked: Field, lang: str) -> str:
    """Return what a workbook says beside the cells of the field."""
    several = translate("workbooks.several-values", lang) if asked.choices and asked.most != 1 else ""
    return " ".join(filter(None, (asked.help.get(lang, ""), several)))


def parts_within(part: Part, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Part]]:
    """Yield the part and those within it of which there is one, with the keys that lead to each."""
    yield keys, part
    for asked in part.fields:
        if asked.part is not None and asked.most == 1:
            yield from parts_within(asked.part, (*keys, asked.key))


def node_id(keys: tuple[str, ...]) -> str:
    """Return what the hidden cell of a column of nodes says."""
    return SEPARATOR.join((*keys, NODE))


def part_at(filled: FilledPart, keys: tuple[str, ...]) -> FilledPart | None:
    """Return the part to which the keys lead, each to the only part of its field; None if there is none."""
    part: FilledPart | None = filled
    for key in keys:
        found = part.entries.get(key, ()) if part is not None else ()
        part = found[0].part if found else None
    return part


def entries_at(filled: FilledPart, keys: tuple[str, ...]) -> tuple[FormEntry, ...]:
    """Return the entries of the field to which the keys lead."""
    part = part_at(filled, keys[:-1])
    return part.entries.get(keys[-1], ()) if part is not None else ()


def path_of(*keys: str | int) -> str:
    """Return the path through the keys and numbers."""
    return SEPARATOR.join(map(str, keys))


def single_path(keys: tuple[str, ...]) -> str:
    """Return the path to the field: each key before the last leads to the first part of its field."""
    return f"{SEPARATOR}0{SEPARATOR}".join(keys)


def note_text(part: FilledPart | None) -> str:
    """Return what the hidden cell of the part holds; empty if nothing need be kept."""
    if part is None or not (part.node or part.classes is not None or _is_bare(part)):
        return ""
    return msgspec.json.encode(NodeNote(part.node, part.classes, _is_bare(part))).decode()


def _is_bare(part: FilledPart) -> bool:
    """Whether no text is known of it, nor of the parts within it."""
    return all(entry.part is not None and _is_bare(entry.part) for found in part.entries.values() for entry in found)
