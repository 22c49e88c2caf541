"""Workbooks damaged by a generator that knows the right answer: `make workbooks COUNT=1000`.

Each workbook is made from an example and filled in; its sheets are changed as people change them, cells are given values of which it
is known whether they are taken and as what, and the file is checked. A fault is an exception, a value that is not the right
one, a value taken that is no certain one, a problem at another cell, and a problem that is missing; a graph that is not isomorphic to
what was meant, a workbook that is called ready where the form is not, or the other way, and a marked file that is not well-formed.
"""

import argparse
import io
import json
import random
import re
import sys
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

import openpyxl
import pyoxigraph as ox
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

sys.path.insert(0, str(Path(__file__).parents[2] / "service"))

from observance.core import LANGUAGES, ObservanceError
from observance.forms import Field, FilledForm, FilledPart, Form, FormEntry, interpret
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, read_source
from observance.workbooks import WorkbookContent, check_workbook, marked_workbook, new_workbook, read_workbook

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(file for file in (ROOT / "shapes" / "examples").glob("*.ttl") if not file.name.startswith("register"))
Taken = Counter[tuple[str, str, str]]
"""What was taken: address of the cell, text and language."""


@cache
def knowledge_base() -> KnowledgeBase:
    """The knowledge base of all workbooks."""
    return KnowledgeBase.open()


@cache
def filled_example(file: Path) -> tuple[Form, FilledForm]:
    """The form of an example, and the example in it."""
    kb = knowledge_base()
    filled = kb.forms.read(parse_document(read_source(file, settings=kb.settings), settings=kb.settings, contexts=kb.contexts))
    return kb.forms.form(filled.form), filled


def read(content: bytes) -> WorkbookContent:
    """Read a workbook."""
    kb = knowledge_base()
    return read_workbook(content, forms=kb.forms.forms, settings=kb.settings)


def taken(content: WorkbookContent) -> Taken:
    """What was taken of each cell."""
    return Counter((content.places[path].address, text, tag) for path, text, tag in entries(content.filled.part, ""))


def entries(part: FilledPart, path: str) -> Iterator[tuple[str, str, str]]:
    """The path, text and language of each entry."""
    for key, found in part.entries.items():
        for number, entry in enumerate(found):
            inner = f"{path}/{key}/{number}".lstrip("/")
            if entry.part is not None:
                yield from entries(entry.part, inner)
            else:
                yield inner, entry.text, entry.language


class Answer:
    """A cell for an answer: its sheet and place, the field that it is for, and its language."""

    def __init__(self, sheet: Any, row: int, column: int, field: Field, tag: str) -> None:
        """Stand at the place."""
        self.sheet, self.row, self.column, self.field, self.tag = sheet, row, column, field, tag

    @property
    def cell(self) -> Any:
        """The cell of openpyxl."""
        return self.sheet.cell(self.row, self.column)

    @property
    def address(self) -> str:
        """The address as the reader tells it."""
        return address(self.sheet.title, self.row, self.column)


def address(sheet: str, row: int, column: int) -> str:
    """The address of a cell, with quotes round the name of the sheet where formulas have them."""
    plain = re.fullmatch(r"[A-Za-zÀ-ÿ_]{4,}", sheet) or re.fullmatch(r"(?=.*[^\x00-\x7f])[A-Za-zÀ-ÿ_]+", sheet)
    return (sheet if plain else f"'{sheet.replace(chr(39), chr(39) * 2)}'") + f"!{get_column_letter(column)}{row}"


def answers(book: Any, form: Form) -> Iterator[Answer]:
    """The cells for answers, found by the hidden identifiers."""
    for sheet in book.worksheets:
        mark = str(sheet["A1"].value or "")
        marks = {sheet.cell(1, column).value: column for column in range(2, sheet.max_column + 1) if sheet.cell(1, column).value}
        if mark.startswith("observance:form "):
            column = marks["observance:answer"]
            for row in range(2, sheet.max_row + 1):
                found = field_of(form.part, str(sheet.cell(row, 1).value or ""))
                if found is not None and not found[0].is_fixed:
                    yield Answer(sheet, row, column, *found)
        elif mark.startswith("observance:table "):
            table = field_of(form.part, mark.removeprefix("observance:table "))
            assert table is not None
            assert table[0].part is not None
            rows = [row for row in range(2, sheet.max_row + 1) if str(sheet.cell(row, 1).value or "").startswith("{")]
            for name, column in marks.items():
                found = field_of(table[0].part, name)
                if found is not None and not found[0].is_fixed:
                    yield from (Answer(sheet, row, column, *found) for row in rows)


def field_of(part: Any, mark: str) -> tuple[Field, str] | None:
    """The field that a hidden identifier names, with the language."""
    path, _, tag = mark.partition("@")
    keys = path.split("/")
    for key in keys[:-1]:
        asked = part.field(key) if part is not None else None
        part = asked.part if asked is not None else None
    asked = part.field(keys[-1]) if part is not None else None
    return (asked, tag) if asked is not None and not path.endswith("/") else None


# ── Values: each gives the texts that are right, or None where the cell is a problem ─────────────────────────────


def write_invisible(answer: Answer, rng: random.Random, lang: str) -> tuple[str, ...] | None:
    """Blanks and invisible signs around a value that is there, which stays what it was."""
    answer.cell.value = (
        rng.choice(["\u00a0", " \u200b", "\ufeff", "\n", "\t "]) + str(answer.cell.value) + rng.choice(["  ", "\u00a0", "\u202f", "\u200b"])
    )
    return ()


def labels(field: Field, lang: str) -> dict[str, str]:
    """The labels of choices that only one choice has and that hold no separator."""
    found = {choice.term: choice.label[lang] for choice in field.choices}
    counts = Counter(label.casefold() for label in found.values())
    return {term: label for term, label in found.items() if counts[label.casefold()] == 1 and ";" not in label}


def write_error(answer: Answer, rng: random.Random, lang: str) -> None:
    """An error value."""
    answer.cell.value = rng.choice(["#REF!", "#N/A", "#VALUE!", "#DIV/0!"])
    answer.cell.data_type = "e"


def write_formula(answer: Answer, rng: random.Random, lang: str) -> None:
    """A formula of which no value was kept."""
    answer.cell.value = rng.choice(["=A1", "=1+1", "='[1]Other'!A1", '=HYPERLINK("http://example.org")', "=SUM(Z1:Z9)"])


def write_ambiguous(answer: Answer, rng: random.Random, lang: str) -> None:
    """A date of which day and month may be either."""
    day, month = rng.sample(range(1, 13), 2)
    answer.cell.value = rng.choice(["{:02}/{:02}/2024", "{}.{}.2023", "{}-{}-2025"]).format(day, month)


def write_date_text(answer: Answer, rng: random.Random, lang: str) -> tuple[str, ...] | None:
    """A date beyond doubt, in one of the ways in which people write one."""
    year, month, day = rng.randrange(2018, 2031), rng.randrange(1, 13), rng.randrange(13, 29)
    french = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"][
        month - 1
    ]
    english = datetime(2000, month, 1).strftime("%B")  # noqa: DTZ001 - a name alone
    months = [f"{french} {year}", f"{english} {year}", f"{year}-{month:02}", f"{month:02}/{year}"]
    days = [
        f"{day}/{month:02}/{year}",
        f"{month}/{day}/{year}",
        f"{day} {french} {year}",
        f"{english} {day}, {year}",
        f"{year}/{month}/{day}",
    ]
    text, iso = rng.choice(
        [*((t, f"{year}-{month:02}") for t in months), *((t, f"{year}-{month:02}-{day:02}") for t in days), (str(year), str(year))]
    )
    answer.cell.value = text
    return (iso,) if precision(iso) in answer.field.precisions else None


def precision(iso: str) -> str:
    """The datatype of a date."""
    return {4: "gYear", 7: "gYearMonth", 10: "date"}[len(iso)]


def write_date_cell(answer: Answer, rng: random.Random, lang: str) -> tuple[str, ...] | None:
    """A cell that holds a date, shown in full or in part."""
    day = datetime(rng.randrange(2010, 2040), rng.randrange(1, 13), rng.randrange(1, 29), rng.choice([0, 0, 0, 9]))  # noqa: DTZ001 - as in a cell
    shown, length = rng.choice(
        [("dd/mm/yyyy", 10), ("yyyy-mm-dd", 10), ("mm-dd-yy", 10), ("mmm-yy", 7), ("mmmm yyyy", 7), ("yyyy", 4), ("d-mmm", 0)]
    )
    answer.cell.value, answer.cell.number_format = day, shown
    iso = day.date().isoformat()[:length]
    return (iso,) if length and not day.hour and precision(iso) in answer.field.precisions else None


def write_number(answer: Answer, rng: random.Random, lang: str) -> tuple[str, ...] | None:
    """A number where a date belongs: a year at most."""
    number = rng.choice([45123, 43831.5, 2024, 2019, 3, 20240331, -5])
    answer.cell.value, answer.cell.number_format = number, "General"
    return (str(number),) if 2000 < number < 2100 and "gYear" in answer.field.precisions else None


def write_choice(answer: Answer, rng: random.Random, lang: str) -> tuple[str, ...]:
    """A choice by its label in either language, in capitals or as an IRI; several where they are taken."""
    count = rng.choice([1, 2]) if answer.field.most != 1 else 1
    own = {one: labels(answer.field, one) for one in LANGUAGES}
    elsewhere = Counter(label.casefold() for one in LANGUAGES for label in own[one].values())
    both = [term for term in own["fr"] if term in own["en"]]
    terms = rng.sample(both, min(count, len(both)))
    texts = []
    for term in terms:
        other = own["en" if lang == "fr" else "fr"][term]
        is_same = own["fr"][term].casefold() == own["en"][term].casefold()
        forms = [
            own[lang][term],
            own[lang][term].upper() if own[lang][term].upper().casefold() == own[lang][term].casefold() else term,
            term,
        ]
        texts.append(rng.choice([*forms, *([other] if elsewhere[other.casefold()] == 1 + is_same else [])]))
    answer.cell.value = rng.choice(["; ", " ;  ", ";\n"]).join(texts)
    return tuple(terms)


def write_wrong_choice(answer: Answer, rng: random.Random, lang: str) -> None:
    """A label with a slip, or with an invisible sign in it."""
    label = rng.choice(list(labels(answer.field, lang).values()))
    place = rng.randrange(1, len(label)) if len(label) > 1 else 1
    answer.cell.value = rng.choice(
        [label + "x", label[:place] + "\u00a0" + label[place:], label[:place] + "\u200b" + label[place:], "?" + label]
    )


def write_boolean(answer: Answer, rng: random.Random, lang: str) -> tuple[str, ...] | None:
    """A truth value, which only some fields take."""
    is_true = rng.choice([True, False])
    answer.cell.value = is_true
    return (str(is_true).lower(),) if "boolean" in answer.field.precisions else None


Write = Callable[[Answer, random.Random, str], tuple[str, ...] | None]


def writes(answer: Answer) -> list[Write]:
    """The values that the cell may be given."""
    found: list[Write] = [write_error, write_formula, write_boolean]
    if answer.cell.value is not None:
        found.append(write_invisible)
    if any(name in answer.field.precisions for name in ("date", "gYearMonth", "gYear")):
        found += [write_ambiguous, write_date_text, write_date_text, write_date_cell, write_date_cell, write_number]
    if len(answer.field.choices) > 1 and all(labels(answer.field, lang) for lang in LANGUAGES):
        found += [write_choice, write_choice]
        found += [] if answer.field.is_open and "" not in answer.field.precisions else [write_wrong_choice]
    return found


# ── Sheets: each changes the place of cells, and tells where a cell that was expected is now ─────────────────────

Moved = Callable[[tuple[str, int, int]], tuple[str, int, int] | None]


def tables(book: Any) -> list[Any]:
    """The sheets of tables."""
    return [sheet for sheet in book.worksheets if str(sheet["A1"].value or "").startswith("observance:table ")]


def insert_rows(book: Any, rng: random.Random) -> Moved:
    """Blank rows, in a table or on the main sheet."""
    sheets = [s for s in book.worksheets if str(s["A1"].value or "").startswith(("observance:table ", "observance:form "))]
    sheet, count = rng.choice(sheets), rng.choice([1, 2, 5])
    at = rng.randrange(2, max(4, min(sheet.max_row, 40)))
    sheet.insert_rows(at, count)
    return lambda c: (c[0], c[1] + count, c[2]) if c[0] == sheet.title and c[1] >= at else c


def swap_columns(book: Any, rng: random.Random) -> Moved:
    """Two columns of a table change places, headers and all."""
    if not tables(book):
        return lambda c: c
    sheet = rng.choice(tables(book))
    one, two = rng.sample(range(2, sheet.max_column + 1), 2)
    for row in range(1, sheet.max_row + 1):
        a, b = sheet.cell(row, one), sheet.cell(row, two)
        a.value, b.value = b.value, a.value
    swapped = {one: two, two: one}
    return lambda c: (c[0], c[1], swapped.get(c[2], c[2])) if c[0] == sheet.title else c


def rename_headers(book: Any, rng: random.Random) -> Moved:
    """Headers in words of one's own."""
    for sheet in tables(book):
        header = next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == "observance:header")
        sheet.cell(header, rng.randrange(2, sheet.max_column + 1)).value = "Ma colonne"
    return lambda c: c


def rename_sheet(book: Any, rng: random.Random) -> Moved:
    """A sheet under another name."""
    sheet = rng.choice([s for s in book.worksheets if s.title != "observance"])
    old, new = sheet.title, rng.choice(["Feuille 1", "Mes réponses", "O'Brien", "2024", "Été"])
    sheet.title = new
    return lambda c: (new, c[1], c[2]) if c[0] == old else c


def add_sheet(book: Any, rng: random.Random) -> Moved:
    """A sheet of one's own."""
    sheet = book.create_sheet("Brouillon", rng.randrange(0, 2))
    sheet["B2"] = "03/04/2024"
    return lambda c: c


def copy_row(book: Any, rng: random.Random) -> Moved:
    """A row of a table copied below it, with its hidden cells."""
    found = [(sheet, row) for sheet in tables(book) for row in range(2, sheet.max_row + 1) if str(sheet.cell(row, 1).value)[:1] == "{"]
    if found:
        sheet, row = rng.choice(found)
        copy = sheet.max_row + rng.choice([1, 3])
        for column in range(1, sheet.max_column + 1):
            sheet.cell(copy, column).value = sheet.cell(row, column).value
        return lambda c: (c[0], copy, c[2]) if (c[0], c[1]) == (sheet.title, row) else None
    return lambda _: None


def delete_column(book: Any, rng: random.Random) -> Moved:
    """A column of a table is deleted."""
    if not tables(book):
        return lambda c: c
    sheet = rng.choice(tables(book))
    marks = {column: str(sheet.cell(1, column).value or "") for column in range(2, sheet.max_column + 1)}
    at = rng.choice([column for column, mark in marks.items() if not mark.endswith("/@")])
    sheet.delete_cols(at)
    return lambda c: c if c[0] != sheet.title or c[2] < at else None if c[2] == at else (c[0], c[1], c[2] - 1)


STRUCTURES = (insert_rows, insert_rows, swap_columns, rename_headers, rename_sheet, add_sheet, delete_column)


def split_address(text: str) -> tuple[str, int, int]:
    """The sheet, row and column of an address."""
    sheet, _, reference = text.rpartition("!")
    found = re.fullmatch(r"([A-Z]+)(\d+)", reference)
    assert found is not None
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, int(found[2]), openpyxl.utils.column_index_from_string(found[1])


def meant(book: Any, form: Form, filled: FilledForm, expected: Taken, problems: Counter[str]) -> FilledForm:
    """The form that the cells were meant to give: built from the hidden identifiers, apart from the reader."""
    texts: dict[tuple[str, int, int], list[tuple[str, str]]] = {}
    for (place, text, tag), count in expected.items():
        texts.setdefault(split_address(place), []).extend([(text, tag)] * count)
    written = set(texts) | set(map(split_address, problems))
    used: set[str] = set()
    top: dict[str, Any] = {}
    for sheet in book.worksheets:
        mark = str(sheet["A1"].value or "")
        marks = {column: str(sheet.cell(1, column).value or "") for column in range(2, sheet.max_column + 1)}
        for row in range(2, sheet.max_row + 1):
            key = str(sheet.cell(row, 1).value or "")
            if mark.startswith("observance:form "):
                column = next(column for column, found in marks.items() if found == "observance:answer")
                put(top, key, str(sheet.cell(row, column).value or ""), texts.get((sheet.title, row, column), []), used)
            elif mark.startswith("observance:table "):
                one: dict[str, Any] = {"@row": []}
                put(one, "@", key, [], used)
                for column, found in marks.items():
                    put(one, found, str(sheet.cell(row, column).value or ""), texts.get((sheet.title, row, column), []), used)
                if any((sheet.title, row, column) in written for column in marks):
                    at(top, mark.removeprefix("observance:table ").split("/")[:-1]).setdefault(
                        mark.rpartition("/")[2].split()[-1], []
                    ).append(one)
    return FilledForm(form.name, part_of(top), filled.rest)


def at(part: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """The part within the part to which the keys lead."""
    for key in keys:
        part = part.setdefault(key, [{}])[0]
    return part


def put(part: dict[str, Any], mark: str, written: str, texts: list[tuple[str, str]], used: set[str]) -> None:
    """Put what a cell says into the part: a node that is not used yet, or texts."""
    path, _, _ = mark.partition("@")
    keys = path.rstrip("/").split("/") if path else []
    if (mark == "@" or mark.endswith("/@")) and written.startswith("{"):
        note = json.loads(written)
        if note.get("node", "") in used:
            note["node"] = ""
        used.add(note.get("node", "") or " ")
        at(part, keys)["@"] = note
    elif texts:
        at(part, keys[:-1]).setdefault(keys[-1], []).extend(FormEntry(text, tag) for text, tag in texts)


def part_of(found: dict[str, Any]) -> FilledPart:
    """The part as values of the form; but for the rows of tables, parts within it of which nothing is taken are left out."""
    note = found.get("@", {})
    entries: dict[str, tuple[FormEntry, ...]] = {}
    for key, values in found.items():
        parts = [part_of(value) if isinstance(value, dict) else None for value in values] if key[:1] != "@" else []
        kept = [e if p is None else FormEntry(part=p) for e, p in zip(values, parts, strict=False) if p is None or p.entries or "@row" in e]
        if kept:
            entries[key] = tuple(kept)
    classes = note.get("classes")
    return FilledPart(entries, note.get("node", ""), tuple(classes) if classes is not None else None)


def damaged(seed: int) -> tuple[bytes, FilledForm, Taken, Counter[str], str]:
    """A damaged workbook, with the form that was meant, what is to be taken, the addresses of its problems, and what was done to it."""
    rng = random.Random(seed)
    form, filled = filled_example(rng.choice(EXAMPLES))
    lang = rng.choice(LANGUAGES)
    clean = new_workbook(form, lang=lang, version="1", filled=filled, example=filled)
    expected = taken(read(clean))
    book = openpyxl.load_workbook(io.BytesIO(clean))
    done = [f"{form.name} {lang}"]
    if rng.random() < 0.3:
        book.epoch = CALENDAR_MAC_1904
        done.append("1904")
    for structure in rng.sample(STRUCTURES, rng.randrange(0, 4)):
        moved = structure(book, rng)
        done.append(structure.__name__)
        places = [(moved(split_address(a)), text, tag, count) for (a, text, tag), count in expected.items()]
        expected = Counter({(address(*place), text, tag): count for place, text, tag, count in places if place is not None})
    if rng.random() < 0.4:
        copied = copy_row(book, rng)
        done.append(copy_row.__name__)
        places = [(copied(split_address(a)), text, tag, count) for (a, text, tag), count in expected.items()]
        expected.update({(address(*place), text, tag): count for place, text, tag, count in places if place is not None})
    problems: Counter[str] = Counter()
    cached: dict[str, list[tuple[str, str]]] = {}
    cells = list(answers(book, form))
    for answer in rng.sample(cells, min(len(cells), rng.randrange(1, 8))):
        write = rng.choice(writes(answer))
        was_blank = answer.cell.value is None
        texts = write(answer, rng, lang)
        done.append(f"{write.__name__} {answer.address} {answer.cell.value!r}")
        if write is not write_invisible:
            expected = Counter({key: count for key, count in expected.items() if key[0] != answer.address})
        if texts is None:
            problems[answer.address] += 1
        else:
            expected.update((answer.address, text, answer.tag) for text in texts)
            if not was_blank and isinstance(answer.cell.value, str) and rng.random() < 0.3:
                cached.setdefault(answer.sheet.title, []).append((answer.cell.coordinate, answer.cell.value))
    merge(book, cells, expected, problems, rng, done)
    output = io.BytesIO()
    book.save(output)
    form_meant = meant(book, form, filled, expected, problems)
    return with_cached(output.getvalue(), book, cached), form_meant, expected, problems, "; ".join(done)


def merge(book: Any, cells: list[Answer], expected: Taken, problems: Counter[str], rng: random.Random, done: list[str]) -> None:
    """Merge a filled cell of a table with the one below or beside it, where both are for answers."""
    by_place = {(a.sheet.title, a.row, a.column): a for a in cells}
    pairs = [(a, by_place.get((a.sheet.title, a.row, a.column + 1))) for a in cells if a.cell.value is not None]
    found = [(a, b) for a, b in pairs if b is not None and not problems[a.address] and not problems[b.address]]
    if not found or rng.random() < 0.7:
        return
    first, second = rng.choice(found)
    first.sheet.merge_cells(start_row=first.row, end_row=first.row, start_column=first.column, end_column=second.column)
    done.append(f"merge {first.address}")
    for answer in (first, second):
        problems[answer.address] += 1
        for key in [key for key in expected if key[0] == answer.address]:
            del expected[key]


def with_cached(content: bytes, book: Any, cached: dict[str, list[tuple[str, str]]]) -> bytes:
    """The workbook with formulas whose values were kept, in place of some values."""
    if not cached:
        return content
    output = io.BytesIO()
    names = {f"xl/worksheets/sheet{number}.xml": sheet.title for number, sheet in enumerate(book.worksheets, 1)}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name).decode("utf-8") if name in names else None
            for reference, text in cached.get(names.get(name, ""), ()):
                assert part is not None
                escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
                cell = re.compile(rf'<c r="{reference}"[^>]*?(?:/>|>.*?</c>)', re.DOTALL)
                part = cell.sub(lambda _, e=escaped, r=reference: f'<c r="{r}" t="str"><f>\'[1]X\'!A1</f><v>{e}</v></c>', part, count=1)
            new.writestr(name, old.read(name) if part is None else part.encode())
    return output.getvalue()


def graph(form: Form, filled: FilledForm) -> set[ox.Quad]:
    """The statements of the form, with blank nodes that bear the same labels in isomorphic graphs."""
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in interpret(form, filled).triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def ill_formed(content: bytes) -> Iterator[str]:
    """The parts of the file that are not well-formed."""
    if not content:
        yield "the file, which was not marked,"
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                try:
                    expat.ParserCreate().Parse(archive.read(name), True)
                except expat.ExpatError:
                    yield name


def faults(seed: int) -> list[str]:
    """What is wrong with the reading of one damaged workbook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content, form_meant, expected, problems, done = damaged(seed)
    kb = knowledge_base()
    try:
        checked = check_workbook(content, name="x.xlsx", forms=kb.forms, settings=kb.settings)
        marked = marked_workbook(content, checked.findings, lang="fr", settings=kb.settings)
    except ObservanceError as error:
        return [f"{seed}: {done}: refused: {error}"]
    found = checked.content
    form = kb.forms.form(form_meant.form)
    is_same = graph(form, found.filled) == graph(form, form_meant)
    is_ready = not problems and kb.forms.check(form_meant).is_ready
    actual, told = taken(found), Counter(problem.cell.address for problem in found.problems)
    return [
        *([] if is_same else [f"{seed}: {done}: not the statements that were meant"]),
        *([] if checked.is_ready == is_ready else [f"{seed}: {done}: ready: {checked.is_ready}"]),
        *(f"{seed}: {done}: {name} is not well-formed" for name in ill_formed(marked or b"")),
        *(f"{seed}: {done}: not taken: {item}" for item in expected - actual),
        *(f"{seed}: {done}: taken: {item}" for item in actual - expected),
        *(f"{seed}: {done}: no problem at {item}" for item in problems - told),
        *(f"{seed}: {done}: problem at {item}: {[p.message['en'] for p in found.problems]}" for item in told - problems),
    ]


def main() -> int:
    """Damage workbooks and print the faults; exit code 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begin, found = time.monotonic(), 0
    for seed in range(options.seed, options.seed + options.count):
        for fault in faults(seed):
            found += 1
            print(fault)
    print(f"{options.count} workbooks, {found} faults, {time.monotonic() - begin:.0f} s")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
