"""The drafts that the workbook of a register gives: a revision of each submission that differs from the one on record, and new ones.

What a cell of the workbook would hold for the submission on record is read in the same way as the cell itself. Where the two agree, the
draft has what is on record, so that nothing is lost that a cell cannot show.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property

from msgspec import Struct

from observance.core import Settings
from observance.forms import CheckedForm, FilledForm, FilledPart, Form, FormEntry, FormService, Part, start_from
from observance.workbooks.cell_reading import NodeRow
from observance.workbooks.layout import PartTable, part_at, single_path
from observance.workbooks.model import CellFinding, CellProblem, cell_at, sentences
from observance.workbooks.register_content import (
    PARTY,
    REVISES,
    RegisterContent,
    RegisterSubmission,
    field_key,
    main_table,
    submissions_on_record,
)
from observance.workbooks.register_reading import Languages, RegisterSheet, SubmissionRows, read_register_workbook
from observance.workbooks.register_writing import register_workbook, table_rows
from observance.workbooks.values import shown

_Key = tuple[str, str]


class RegisterDraft(Struct, frozen=True):
    """A draft: its form as it was checked, and the submission on record that it revises; None for a new one."""

    checked: CheckedForm
    revised: RegisterSubmission | None = None

    @property
    def party(self) -> str:
        """The IRI of its party; empty if it names none."""
        entries = self.checked.filled.part.entries.get(field_key(self.checked.form, PARTY), ())
        return next((entry.text for entry in entries), "")


class RegisterDrafts(Struct, frozen=True):
    """What a workbook gives: drafts in its order, what is to be told of cells, and how many submissions are as they are on record.

    A finding with severity Violation is about a cell that cannot be taken; its submission gives no draft. `absent` is the number of
    submissions on record that the workbook does not hold.
    """

    drafts: Sequence[RegisterDraft]
    findings: Sequence[CellFinding]
    unchanged: int
    absent: int


def drafts_from_workbook(content: bytes, *, forms: FormService, version: str, settings: Settings) -> RegisterDrafts:
    """Return the drafts that the workbook gives beside the register of the forms; raises what `read_register_workbook` raises."""
    sheets = read_register_workbook(content, forms=forms.forms, settings=settings)
    on_record = _OnRecord(forms, version, settings)
    drafts, findings, unchanged = [], [], 0
    for sheet in sheets:
        expected = on_record.expected(sheet.lang)
        findings += [CellFinding(p.cell, p.message) for p in sheet.problems]
        findings += [CellFinding(p.cell, p.message, "Info") for p in sheet.notices]
        for rows in sheet.submissions:
            comparison = _Comparison(sheet, rows, on_record.by_key.get((rows.form.name, rows.node)), expected)
            findings += [CellFinding(p.cell, p.message, "Info") for p in comparison.new(rows.cells.notices)]
            problems = [*comparison.new(rows.cells.problems), *comparison.problems()]
            if problems:
                findings += [CellFinding(p.cell, p.message) for p in problems]
            elif comparison.draft is None:
                unchanged += 1
            else:
                checked = forms.check(comparison.draft)
                findings += [CellFinding(cell_at(rows.cells.places, p.path), p.message) for p in checked.problems]
                drafts += [RegisterDraft(checked, comparison.submission)] if not checked.problems else []
    held = {(rows.form.name, rows.node) for sheet in sheets for rows in sheet.submissions}
    return RegisterDrafts(drafts, sorted(findings, key=lambda f: f.cell), unchanged, len(on_record.by_key.keys() - held))


class _OnRecord:
    """The submissions on record, and what a workbook of them would say."""

    def __init__(self, forms: FormService, version: str, settings: Settings) -> None:
        """Read the register."""
        self.forms, self.version, self.settings = forms.forms, version, settings
        self.content: RegisterContent = submissions_on_record(forms)
        self.by_key = {(name, one.node): one for name, found in self.content.submissions.items() for one in found}
        self._expected: dict[str, Mapping[_Key, SubmissionRows]] = {}

    def expected(self, lang: str) -> Mapping[_Key, SubmissionRows]:
        """Return what the rows of each submission would say in the language."""
        if lang not in self._expected:
            content = register_workbook(self.content, forms=self.forms, lang=lang, version=self.version, settings=self.settings)
            sheets = read_register_workbook(content, forms=self.forms, settings=self.settings) if self.by_key else ()
            self._expected[lang] = {(rows.form.name, rows.node): rows for sheet in sheets for rows in sheet.submissions}
        return self._expected[lang]


class _Comparison:
    """The rows of one submission beside what is on record of it; `submission` is None for a new one."""

    def __init__(
        self,
        sheet: RegisterSheet,
        rows: SubmissionRows,
        submission: RegisterSubmission | None,
        expected: Mapping[_Key, SubmissionRows],
    ) -> None:
        """Find what the rows would say if nothing had been changed."""
        self.sheet, self.rows, self.submission = sheet, rows, submission
        self.form: Form = rows.form
        self.table: PartTable | None = main_table(rows.form)
        self.unchanged = expected.get((rows.form.name, rows.node)) if submission is not None else None

    def new(self, problems: Sequence[CellProblem]) -> Sequence[CellProblem]:
        """Return the problems that do not come from what is on record itself."""
        cells = self.unchanged.cells if self.unchanged is not None else None
        known = [p.message for p in (*cells.problems, *cells.notices)] if cells is not None else []
        return [problem for problem in problems if problem.message not in known]

    def problems(self) -> Iterator[CellProblem]:
        """Yield what keeps the rows from being compared."""
        rows = self.rows
        if rows.node and self.submission is None:
            yield CellProblem(rows.cell, sentences("workbooks.no-submission", found=shown(rows.node)))
        elif self.unchanged is not None and not rows.has_first:
            yield CellProblem(rows.cell, sentences("workbooks.no-first-row", found=shown(rows.node)))
        elif self.unchanged is not None and (key := field_key(self.form, REVISES)):
            keys = (key,)
            before, now = (_sorted(top.entries.get(keys, ())) for top in (self.unchanged.top, rows.top))
            if keys in self.sheet.known and before != now:
                yield CellProblem(cell_at(rows.cells.places, single_path(keys)), sentences("workbooks.revision-changed"))

    @cached_property
    def draft(self) -> FilledForm | None:
        """The draft; None if nothing differs from what is on record."""
        record = self.submission.filled if self.submission is not None else None
        unchanged = self.unchanged.top if self.unchanged is not None else None
        part = self._part(self.form.part, self.rows.top, unchanged, record.part if record is not None else None, known=self.sheet.known)
        if record is None:
            return FilledForm(self.form.name, part)
        filled = FilledForm(self.form.name, FilledPart(part.entries, record.part.node, record.part.classes))
        draft, before = (start_from(self.form, one, is_revision=True, keeps_all=True) for one in (filled, record))
        return draft if draft != before else None

    def _part(
        self,
        part: Part,
        row: NodeRow,
        unchanged: NodeRow | None,
        record: FilledPart | None,
        *,
        known: Languages,
        keys: tuple[str, ...] = (),
    ) -> FilledPart:
        """The part to which the keys lead from the row: what the row says where that differs from `unchanged`, else what is on record."""
        entries: dict[str, tuple[FormEntry, ...]] = {}
        for asked in part.fields:
            inner = (*keys, asked.key)
            held = record.entries.get(asked.key, ()) if record is not None else ()
            found = held
            if asked.part is None:
                found = _entries(row, unchanged, held, inner, known.get(inner, frozenset()))
            elif asked.most == 1:
                target = part_at(record, (asked.key,)) if record is not None else None
                within = self._part(asked.part, row, unchanged, target, known=known, keys=inner)
                found = (FormEntry(part=within),) if within.entries or target is not None else ()
            elif self.table is not None and inner == self.table.keys and row is self.rows.top:
                found = tuple(FormEntry(part=one) for one in self._rows(self.table))
            if found:
                entries[asked.key] = found
        return FilledPart(entries)

    def _rows(self, table: PartTable) -> Iterator[FilledPart]:
        """Yield the rows of the table: those on record in their order, but for removed ones, and the new ones after them."""
        record = dict(enumerate(table_rows(table, self.submission.filled.part), 1)) if self.submission is not None else {}
        unchanged = dict(self.unchanged.rows) if self.unchanged is not None else {}
        written = {number: row for number, row in self.rows.rows if number in record}
        for number, held in record.items():
            if number in written:
                yield self._part(table.part, written[number], unchanged.get(number), held, known=self.sheet.known_of_table)
            elif number not in unchanged or not self.sheet.known_of_table:
                # Nothing of it can be seen in a workbook, so nobody can have removed it.
                yield held
        for number, row in self.rows.rows:
            if number not in record:
                yield self._part(table.part, row, None, None, known=self.sheet.known_of_table)


def _entries(
    row: NodeRow, unchanged: NodeRow | None, held: tuple[FormEntry, ...], keys: tuple[str, ...], languages: AbstractSet[str]
) -> tuple[FormEntry, ...]:
    """The entries of the row where they differ from the unchanged ones, else those on record, as always in languages without a column."""
    before = unchanged.entries.get(keys, ()) if unchanged is not None else ()
    if _sorted(row.entries.get(keys, ())) == _sorted(entry for entry in before if entry.language in languages):
        return held
    return (*row.entries.get(keys, ()), *(entry for entry in held if entry.language not in languages))


def _sorted(entries: Iterable[FormEntry]) -> list[tuple[str, str]]:
    """The entries in an order that does not depend on that of their cells."""
    return sorted((entry.text, entry.language) for entry in entries)
