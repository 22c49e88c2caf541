"""The documents that came in between two days, and the reports that were, or never were, taken up at a meeting."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from observance.assessment.inputs import AssessmentInputs
from observance.datasets.register_questions import RegisterQuestions, row_day
from observance.meetings.meetings import Meeting
from observance.rdf.fact_base import Row


@dataclass(frozen=True, slots=True)
class ReceivedDocument:
    """A document received: `fate` is current, superseded, withdrawn or unusable; `change` is new, revised or withdrawal.

    `about` is the document that it revises or takes back. What only the Organization may see is `withheld`: counted, never named.
    """

    document: str
    kind: str
    party: str
    received: date
    fate: str
    change: str
    about: str | None
    disclosure: str | None
    withheld: bool


@dataclass(frozen=True, slots=True)
class ReceivedReport:
    """A progress report with its period, as first and last day, and the meetings at which it or an earlier version was discussed."""

    paper: ReceivedDocument
    first: date | None
    last: date | None
    discussed: tuple[str, ...]


def received_documents(asked: RegisterQuestions) -> tuple[ReceivedDocument, ...]:
    """Every document received, by day."""
    found: dict[str, ReceivedDocument] = {}
    for row in asked.rows("documents"):
        received = row_day(row, "received")
        if received is None or row["document"] in found:
            continue
        about = row.get("taken", row.get("revised"))
        change = "withdrawal" if "taken" in row else "revised" if "revised" in row else "new"
        found[row["document"]] = ReceivedDocument(
            row["document"], row["kind"], row["party"], received, row["fate"], change, about, row.get("disclosure"),
            withheld=row["withheld"] == "true",
        )  # fmt: skip
    return tuple(found.values())


def received_reports(asked: RegisterQuestions, *, among: Iterable[ReceivedDocument], held: Sequence[Meeting]) -> tuple[ReceivedReport, ...]:
    """Every progress report, by day of receipt; only what happened at a meeting held counts as an exchange of views."""
    places = {meeting.iri for meeting in held if meeting.was_held}
    rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in asked.rows("reports"):
        rows[row["report"]].append(row)
    return tuple(_report(paper, rows[paper.document], places=places) for paper in among if paper.document in rows)


def _report(paper: ReceivedDocument, rows: Sequence[Mapping[str, str]], *, places: set[str]) -> ReceivedReport:
    taken = dict.fromkeys(row["meeting"] for row in rows if row.get("meeting") in places)
    return ReceivedReport(paper, row_day(rows[0], "first"), row_day(rows[0], "last"), tuple(sorted(taken)))


def never_taken_up(
    found: Iterable[ReceivedReport], *, held: Sequence[Meeting], until: date
) -> tuple[tuple[ReceivedReport, tuple[Meeting, ...]], ...]:
    """The reports in force that were received by the day, with the meetings held since; none of those took them up.

    A report that no meeting has followed yet is not among them.
    """
    pairs = ((report, _since(report, held=held, until=until)) for report in found if report.paper.fate == "current")
    return tuple((report, since) for report, since in pairs if since and not report.discussed)


def _since(report: ReceivedReport, *, held: Sequence[Meeting], until: date) -> tuple[Meeting, ...]:
    return tuple(m for m in held if m.was_held and m.held is not None and report.paper.received <= m.held <= until)


@dataclass(frozen=True)
class DataFault:
    """One thing wrong: the question that found it, and what it found."""

    name: str
    sentence: Mapping[str, str]
    row: Row
    case: AssessmentInputs

    def said(self, lang: str) -> str:
        """What is wrong, where, and what to do."""
        return self.sentence[lang].format(**{name: self.case.term(term, lang) for name, term in self.row.items()})


def data_faults(asked: RegisterQuestions) -> tuple[DataFault, ...]:
    """What the questions of trouble find, in the order of their names."""
    return tuple(
        DataFault(name, question.summary, row, asked.answers.case)
        for name, question in asked.troubles.items()
        for row in asked.terms(question)
    )
