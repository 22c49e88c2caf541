"""What is found out about a workbook: its problems and the findings about its submission, each at its cell; and the report on them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from observance.core import Settings, translate
from observance.forms import SEPARATOR, CheckedForm, FormService
from observance.workbooks.model import Cell, CellFinding, WorkbookContent, sentences
from observance.workbooks.reading import read_workbook

SIGNS: Mapping[str, str] = {"Violation": "✗", "Warning": "!", "Info": "·"}

_MOST_ALIKE = 3


class CheckedWorkbook(Struct, frozen=True):
    """A workbook with what was found out about it; `turtle` is its submission, empty if a cell could not be taken."""

    name: str
    content: WorkbookContent
    checked: CheckedForm
    findings: tuple[CellFinding, ...]

    @property
    def is_ready(self) -> bool:
        """Whether its submission can be processed."""
        return not self.content.problems and self.checked.is_ready

    @property
    def turtle(self) -> str:
        """The submission in Turtle."""
        return "" if self.content.problems else self.checked.turtle


def check_workbook(content: bytes, *, name: str, forms: FormService, settings: Settings) -> CheckedWorkbook:
    """Return what is found out about the workbook with the name; raises what reading raises."""
    read = read_workbook(content, forms=forms.forms, settings=settings)
    checked = forms.check(read.filled)
    explained = {path for problem in read.problems for path in _paths_to(problem.path)}
    order = {sheet: number for number, sheet in enumerate(read.sheets)}
    findings = [
        *(CellFinding(p.cell, p.message, "Violation", p.path) for p in read.problems),
        *(CellFinding(p.cell, p.message, "Info", p.path) for p in read.notices),
        *(CellFinding(read.cell_of(p.path), p.message, "Violation", p.path) for p in checked.problems),
        *([CellFinding(read.cell_of(""), _on_record(checked), "Info")] if checked.is_on_record else []),
        *(
            CellFinding(read.cell_of(finding.path), finding.message, finding.severity, finding.path, finding.shape)
            for finding in checked.findings
            if finding.path not in explained
        ),
    ]
    rank = tuple(SIGNS).index
    findings.sort(key=lambda f: (rank(f.severity), order.get(f.cell.sheet, 0), f.cell.row, f.cell.column))
    return CheckedWorkbook(name, read, checked, tuple(findings))


def _on_record(checked: CheckedForm) -> Mapping[str, str]:
    return sentences("workbooks.on-record", node=checked.filled.part.node, form=checked.form.name)


def _paths_to(problem: str) -> Iterator[str]:
    """Yield the paths that are missed where a value cannot be taken: its own and those of the parts that it belongs to."""
    keys = problem.split(SEPARATOR) if problem else []
    return (SEPARATOR.join(keys[:count]) for count in range(1, len(keys) + 1))


def folded(findings: Iterable[CellFinding]) -> Iterator[CellFinding]:
    """Yield the findings; of those of one shape at one cell the first three, and how many there are more."""
    found = tuple(findings)
    counts = Counter((finding.cell, finding.shape) for finding in found)
    seen: Counter[tuple[Cell, str]] = Counter()
    for finding in found:
        alike = finding.cell, finding.shape
        seen[alike] += 1
        left = counts[alike] - _MOST_ALIKE
        if not finding.shape or seen[alike] <= _MOST_ALIKE:
            yield finding
        elif seen[alike] == _MOST_ALIKE + 1:
            yield replace(finding, message=sentences("forms.more-alike", count=left), path="")


def report_to_text(checked: CheckedWorkbook, *, lang: str) -> str:
    """Return the report as text: a line for each finding, with its cell."""
    label = checked.checked.form.part.label.get(lang, checked.checked.form.name)
    cells = {finding.cell for finding in checked.findings if finding.severity == "Violation"}
    verdict = "ready" if checked.is_ready else "to-mend"
    return "\n".join(
        [
            f"{checked.name} – {label}",
            *(f"  {SIGNS[f.severity]} {f.cell.address} : {f.message[lang]}" if lang == "fr" else
              f"  {SIGNS[f.severity]} {f.cell.address}: {f.message[lang]}" for f in folded(checked.findings)),
            translate(f"workbooks.{verdict}", lang, count=len(cells)),
        ]
    )  # fmt: skip


def report_to_data(checked: CheckedWorkbook) -> dict[str, Any]:
    """Return the report as values for JSON: each finding with its cell, and the submission in Turtle."""
    return {
        "file": checked.name,
        "form": checked.checked.form.name,
        "processable": checked.is_ready,
        "results": [
            {
                "cell": finding.cell.address,
                "sheet": finding.cell.sheet,
                "reference": finding.cell.reference,
                "severity": finding.severity,
                "message": dict(finding.message),
                "path": finding.path,
                "shape": finding.shape or None,
            }
            for finding in checked.findings
        ],
        "turtle": checked.turtle or None,
    }
