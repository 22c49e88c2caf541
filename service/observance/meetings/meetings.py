"""Review meetings, their attendance, and the documents received, read from a snapshot of the register."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from itertools import groupby
from typing import Final

from msgspec import Struct

from observance.core import NotFoundError, calendar, compact, local_name
from observance.datasets import RegisterQuestions, groups_on, membership_periods, row_day, term_text

ATTENDANCE_STATES: Final = ("attended", "excused", "absent", "conflicting", "no-record", "unknown")


class Meeting(Struct, frozen=True):
    """A meeting: `key` names it in URLs; `stage` is planned, held, postponed or cancelled, None if it is not recorded."""

    iri: str
    key: str
    stage: str | None
    planned: date | None
    held: date | None
    replacement: str | None
    places: Mapping[str, str]

    @property
    def day(self) -> date | None:
        """The day on which the meeting was held, or else the day planned."""
        return self.held or self.planned

    @property
    def was_held(self) -> bool:
        """Whether the meeting was held on a known day. Only such a meeting has attendance and ends a review cycle."""
        return self.stage == "held" and self.held is not None


def read_meetings(questions: RegisterQuestions) -> tuple[Meeting, ...]:
    """The meetings of the snapshot, by day; a meeting without a day comes last."""
    places: dict[str, dict[str, str]] = {}
    for row in questions.term_rows("places"):
        places.setdefault(term_text(row["meeting"]), {})[getattr(row["place"], "language", None) or ""] = term_text(row["place"])
    groups = [(iri, list(rows)) for iri, rows in groupby(questions.rows("meetings"), key=lambda row: row["meeting"])]
    names = [local_name(iri) for iri, _ in groups]
    meetings = (_meeting(iri, rows, places=places.get(iri, {}), is_name_unique=names.count(local_name(iri)) == 1) for iri, rows in groups)
    return tuple(sorted(meetings, key=lambda meeting: (meeting.day or calendar.LATEST, meeting.iri)))


def _meeting(iri: str, rows: Sequence[Mapping[str, str]], *, places: Mapping[str, str], is_name_unique: bool) -> Meeting:
    key = local_name(iri) if is_name_unique else f"{local_name(iri)}-{hashlib.sha256(iri.encode()).hexdigest()[:6]}"
    return Meeting(
        iri, key,
        stage=next((row["stage"] for row in rows if "stage" in row), None),
        planned=_earliest_day(rows, "planned"),
        held=_earliest_day(rows, "held"),
        replacement=next((row["replacement"] for row in rows if "replacement" in row), None),
        places=places,
    )  # fmt: skip


def _earliest_day(rows: Iterable[Mapping[str, str]], name: str) -> date | None:
    return min((day for row in rows if (day := row_day(row, name))), default=None)


def find_meeting(name: str, *, meetings: Sequence[Meeting]) -> Meeting:
    """The meeting with this IRI, compact IRI or key; raises NotFoundError, which names the closest key or else all keys."""
    meeting = next((meeting for meeting in meetings if name in (meeting.iri, compact(meeting.iri), meeting.key)), None)
    if meeting is None:
        keys = [m.key for m in meetings]
        suggestions = ", ".join(get_close_matches(name, keys, n=1) or keys) or "–"
        raise NotFoundError("review.no-meeting", name=name, known=suggestions)
    return meeting


def previous_meeting(meeting: Meeting, *, meetings: Sequence[Meeting]) -> Meeting | None:
    """The last meeting held before the day of this one; None for the first meeting and for one without a day."""
    day = meeting.day
    if day is None:
        return None
    return max(
        (m for m in meetings if m.was_held and m.iri != meeting.iri and (m.held or day) < day),
        key=lambda m: (m.held or day, m.iri),
        default=None,
    )


class Attendance(Struct, frozen=True):
    """The attendance of one party at one meeting.

    `state` is one of ATTENDANCE_STATES; `licence` is the completeness statement that licenses concluding from the absence of records.
    """

    party: str
    group: str
    state: str
    records: tuple[str, ...]
    licence: str | None


class AttendanceRecords:
    """The attendance records of all meetings."""

    def __init__(self, questions: RegisterQuestions) -> None:
        """Read the records, the memberships and the completeness statements."""
        self._memberships = membership_periods(questions)
        self._records: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for row in questions.rows("attendance"):
            self._records[row["meeting"], row["party"]].append((row["attendance"], row.get("record", "")))
        self._completeness: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for row in questions.rows("complete"):
            until = row_day(row, "until")
            if row["subject"] == "attendance" and until:
                self._completeness[row["party"]].append((until, row["statement"]))

    def attendances(self, meeting: Meeting) -> tuple[Attendance, ...]:
        """The attendance of every Member and Union on the day of the meeting; empty for a meeting that was not held."""
        if not meeting.was_held or meeting.held is None:
            return ()
        groups = groups_on(meeting.held, periods=self._memberships)
        return tuple(self._attendance(party, group, meeting=meeting.iri, held=meeting.held) for party, group in groups.items())

    def _attendance(self, party: str, group: str, *, meeting: str, held: date) -> Attendance:
        records = self._records.get((meeting, party), [])
        states = {state for state, _ in records}
        if states:
            state = states.pop() if len(states) == 1 else "conflicting"
            return Attendance(party, group, state, tuple(sorted({record for _, record in records if record})), None)
        licence = next((statement for until, statement in sorted(self._completeness.get(party, [])) if until >= held), None)
        return Attendance(party, group, "no-record" if licence else "unknown", (), licence)


class ReceivedDocument(Struct, frozen=True):
    """A document received: `status` is current, superseded, withdrawn or to-clarify; `change` is new, revised or withdrawal.

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
    """The documents received, each once, by day of receipt."""
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
    """The progress reports, by day of receipt. Only meetings that were held count as meetings that discussed a report."""
    held_iris = {meeting.iri for meeting in meetings if meeting.was_held}
    rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in questions.rows("reports"):
        rows[row["report"]].append(row)
    return tuple(_received_report(document, rows[document.iri], held_iris=held_iris) for document in documents if document.iri in rows)


def _received_report(document: ReceivedDocument, rows: Sequence[Mapping[str, str]], *, held_iris: set[str]) -> ReceivedReport:
    discussed_at = {row["meeting"] for row in rows if row.get("meeting") in held_iris}
    return ReceivedReport(document, row_day(rows[0], "first"), row_day(rows[0], "last"), tuple(sorted(discussed_at)))


def undiscussed_reports(
    reports: Iterable[ReceivedReport], *, meetings: Sequence[Meeting], until: date
) -> tuple[tuple[ReceivedReport, tuple[Meeting, ...]], ...]:
    """The current reports that no meeting discussed, each with the meetings held from its receipt to the day `until`.

    A report is left out if no meeting has been held since its receipt.
    """
    pairs = ((report, _meetings_since(report, meetings=meetings, until=until)) for report in reports if report.document.status == "current")
    return tuple((report, since) for report, since in pairs if since and not report.discussed_at)


def _meetings_since(report: ReceivedReport, *, meetings: Sequence[Meeting], until: date) -> tuple[Meeting, ...]:
    return tuple(m for m in meetings if m.was_held and m.held is not None and report.document.received <= m.held <= until)
