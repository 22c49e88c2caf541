"""The documents on record, and the meetings at which progress reports were, or never were, discussed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from observance.datasets import RegisterQuestions, row_day
from observance.meetings.meetings import Meeting


class ReceivedDocument(Struct, frozen=True):
    """A document received: `status` is current, superseded, withdrawn or unusable; `change` is new, revised or withdrawal.

    `about` is the document that it revises or withdraws. A document that only the Organization may see is `withheld`: it is counted,
    never named.
    """

    iri: str
    kind: str
    party: str
    received: date
    status: str
    change: str
    about: str | None
    disclosure: str | None
    withheld: bool


class ReceivedReport(Struct, frozen=True):
    """A progress report, the first and last day of its period, and the meetings at which it or an earlier version was discussed."""

    document: ReceivedDocument
    first: date | None
    last: date | None
    discussed_at: tuple[str, ...]


def received_documents(questions: RegisterQuestions) -> tuple[ReceivedDocument, ...]:
    """The documents received, by day of receipt."""
    documents: dict[str, ReceivedDocument] = {}
    for row in questions.rows("documents"):
        received = row_day(row, "received")
        if received is None or row["document"] in documents:
            continue
        about = row.get("taken", row.get("revised"))
        change = "withdrawal" if "taken" in row else "revised" if "revised" in row else "new"
        documents[row["document"]] = ReceivedDocument(
            row["document"], row["kind"], row["party"], received, row["fate"], change, about, row.get("disclosure"),
            withheld=row["withheld"] == "true",
        )  # fmt: skip
    return tuple(documents.values())


def received_reports(
    questions: RegisterQuestions, *, documents: Iterable[ReceivedDocument], meetings: Sequence[Meeting]
) -> tuple[ReceivedReport, ...]:
    """The progress reports, by day of receipt; only a meeting that was held counts as an exchange of views."""
    held = {meeting.iri for meeting in meetings if meeting.was_held}
    rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in questions.rows("reports"):
        rows[row["report"]].append(row)
    return tuple(_received_report(document, rows[document.iri], held=held) for document in documents if document.iri in rows)


def _received_report(document: ReceivedDocument, rows: Sequence[Mapping[str, str]], *, held: set[str]) -> ReceivedReport:
    discussed_at = {row["meeting"] for row in rows if row.get("meeting") in held}
    return ReceivedReport(document, row_day(rows[0], "first"), row_day(rows[0], "last"), tuple(sorted(discussed_at)))


def reports_never_taken_up(
    reports: Iterable[ReceivedReport], *, meetings: Sequence[Meeting], until: date
) -> tuple[tuple[ReceivedReport, tuple[Meeting, ...]], ...]:
    """The current reports that no meeting discussed, each with the meetings held since its receipt, up to the day `until`.

    A report that no meeting has followed yet is not among them.
    """
    pairs = ((report, _meetings_since(report, meetings=meetings, until=until)) for report in reports if report.document.status == "current")
    return tuple((report, since) for report, since in pairs if since and not report.discussed_at)


def _meetings_since(report: ReceivedReport, *, meetings: Sequence[Meeting], until: date) -> tuple[Meeting, ...]:
    return tuple(m for m in meetings if m.was_held and m.held is not None and report.document.received <= m.held <= until)
