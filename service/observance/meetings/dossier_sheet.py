"""Meetings and their dossiers as sheets in one language."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from observance.assessment import Assessment, Verbaliser
from observance.core import LANGUAGES, format_days, translate
from observance.meetings.dossier import Dossier, MeetingRegister
from observance.meetings.meetings import ATTENDANCE_STATES, Attendance, Meeting, ReceivedDocument, ReceivedReport
from observance.meetings.status_changes import DutyStatusChange
from observance.presentation import (
    Cell,
    Link,
    ParagraphReference,
    Section,
    Sheet,
    SheetWriter,
    Table,
    TimelinePoint,
    attendance_grid,
    format_counts,
    quoted_paragraphs,
    timeline,
)

MeetingAddress = Callable[[Meeting], str | None]


class MeetingSheetWriter(SheetWriter, frozen=True):
    """A sheet writer for meetings; `address` returns the address of the page with a meeting's dossier, None if there is no such page."""

    address: MeetingAddress = lambda _meeting: None

    def place(self, meeting: Meeting) -> str:
        """The place of the meeting, in the language of the sheet if it is recorded in that language; a dash if no place is."""
        return next((meeting.places[lang] for lang in (self.lang, *LANGUAGES, "") if lang in meeting.places), "–")

    def stage(self, meeting: Meeting) -> str:
        """The stage of the meeting in words."""
        return self.translate(f"stage-{meeting.stage}") if meeting.stage else self.translate("stage-unknown")

    def document_name(self, document: ReceivedDocument) -> str:
        """The name of the document, with its disclosure in brackets if it has one."""
        name = self.verbaliser.name(document.iri)
        return f"{name} [{self.verbaliser.name(document.disclosure)}]" if document.disclosure else name


def build_meetings_sheet(register: MeetingRegister, *, writer: MeetingSheetWriter) -> Sheet:
    """The meetings in the order of their days, with the counts of their attendance; their keys where no page leads to a dossier."""
    attendances = {meeting.iri: of_meeting for meeting, of_meeting in register.attendances}
    names = {meeting.iri: writer.verbaliser.name(meeting.iri) for meeting in register.meetings}
    has_keys = not any(writer.address(meeting) for meeting in register.meetings)
    rows = tuple(
        (
            _linked(names[m.iri], writer.address(m)), *((m.key,) if has_keys else ()),
            writer.stage(m), writer.day_cell(m.planned), writer.day_cell(m.held) if m.held else "–",
            writer.place(m), names.get(m.replacement or "", "–"), _attendance_counts(attendances.get(m.iri, ()), writer=writer) or "–",
        )
        for m in register.meetings
    )  # fmt: skip
    headings = writer.column_headings(
        "meeting", *(("key",) if has_keys else ()), "stage", "planned", "held", "place", "replacement", "attendance"
    )
    points = [TimelinePoint(_short_label(writer, m), m.day, m.stage, writer.address(m)) for m in register.meetings if m.day]
    title = writer.translate("line-title", count=len(points))
    picture = timeline(points, title=title, lang=writer.lang) if points else None
    sentences = () if rows else (writer.translate("no-meetings"),)
    table = Section("meetings", writer.translate("meetings-table"), sentences, Table(headings, rows), picture)
    return Sheet(
        writer.translate("meetings"),
        (writer.translate("meetings-lead"), writer.moment_sentence(register.assessment_set)),
        (table, *_data_faults(register, writer=writer)),
        quoted_paragraphs("meetings", questions=register.questions, lang=writer.lang),
    )


def _linked(text: str, address: str | None) -> Cell:
    return Link(text, address) if address else text


def _short_label(writer: MeetingSheetWriter, meeting: Meeting) -> str:
    label = writer.verbaliser.inputs.names.label(meeting.iri, writer.lang) or meeting.key
    return label if len(label) <= 24 else label[:23] + "…"


def dossier_title(meeting: Meeting, verbaliser: Verbaliser) -> str:
    """The title of the dossier of the meeting, in the language of the verbaliser."""
    return translate("review.dossier", verbaliser.lang, meeting=verbaliser.name(meeting.iri))


def build_dossier_sheet(dossier: Dossier, *, writer: MeetingSheetWriter) -> Sheet:
    """The dossier of one meeting as a sheet."""
    register, meeting = dossier.register, dossier.meeting
    lead = writer.translate("dossier-lead", stage=writer.stage(meeting), day=writer.format_day(meeting.day), place=writer.place(meeting))
    sections = (
        _attendance(dossier, writer=writer), *_duties(dossier, writer=writer), _reports(dossier, writer=writer),
        _status_changes(dossier, writer=writer), _documents(dossier, writer=writer), _undiscussed_reports(dossier, writer=writer),
        *_data_faults(register, writer=writer),
    )  # fmt: skip
    title = dossier_title(meeting, writer.verbaliser)
    quotes = quoted_paragraphs("meetings", questions=register.questions, lang=writer.lang)
    return Sheet(title, (lead, writer.moment_sentence(register.assessment_set)), sections, quotes)


def _attendance_counts(attendances: Sequence[Attendance], *, writer: MeetingSheetWriter) -> str:
    counts = Counter(attendance.state for attendance in attendances)
    return format_counts({state: counts[state] for state in ATTENDANCE_STATES}, key_prefix="review.attendance-", lang=writer.lang)


def _attendance(dossier: Dossier, *, writer: MeetingSheetWriter) -> Section:
    """The attendance of the meetings held up to the end of the dossier's period, as a table and a grid."""
    held_meetings = [
        (m, {attendance.party: attendance.state for attendance in attendances})
        for m, attendances in dossier.register.attendances
        if (m.day or date.max) <= dossier.until
    ]
    sentences = [writer.translate("attendance-not-held")]
    if dossier.meeting.was_held:
        sentences = [writer.translate("attendance-counts", counts=_attendance_counts(dossier.attendances, writer=writer) or "–")]
    if any(attendance.state == "unknown" for attendance in dossier.attendances):
        sentences.append(writer.translate("attendance-unknown-means"))
    parties = sorted({party for _, states in held_meetings for party in states}, key=lambda party: (writer.verbaliser.name(party), party))
    names = [writer.verbaliser.name(party) for party in parties]
    days = [writer.format_day(m.held) for m, _ in held_meetings]
    states_by_party = [[states.get(party) for _, states in held_meetings] for party in parties]
    rows = tuple(
        (name, *(writer.translate(f"attendance-{state}") if state else writer.translate("not-in-role") for state in row))
        for name, row in zip(names, states_by_party, strict=True)
    )
    title = writer.translate("grid-title", parties=len(names), meetings=len(days))
    picture = (
        attendance_grid(days, list(zip(names, states_by_party, strict=True)), title=title, lang=writer.lang) if held_meetings else None
    )
    table = Table((*writer.column_headings("party"), *(writer.format_day(m.held) for m, _ in held_meetings)), rows)
    return Section("attendance", writer.translate("attendance"), tuple(sentences), table, picture)


def _duties(dossier: Dossier, *, writer: MeetingSheetWriter) -> Iterator[Section]:
    """The duties whose occasion is this meeting; announcements, which have no bearer, are in a section of their own."""
    with_bearer = [a for a in dossier.duties if a.duty.bearer]
    announcements = [a for a in dossier.duties if not a.duty.bearer]
    parameters = {p.iri: p for p in dossier.register.assessment_set.reading.parameters}
    parameter_iris = dict.fromkeys(a.duty.set_by for a in with_bearer if a.duty.set_by)
    count = writer.translate("due-some", count=len(with_bearer)) if with_bearer else writer.translate("due-none")
    sentences = (count, *(writer.verbaliser.parameter(parameters[iri]) for iri in parameter_iris if iri in parameters))
    table = Table(writer.column_headings("party", "paragraph", "deed", "status"), _duty_rows(with_bearer, writer))
    yield Section("due", writer.translate("due"), sentences, table)
    if announcements:
        completeness = "records-complete" if dossier.records_complete else "records-not-complete"
        sentences = (writer.translate("announced-means"), writer.translate(completeness))
        table = Table(writer.column_headings("deed", "paragraph", "status"), _announcement_rows(announcements, writer))
        yield Section("announced", writer.translate("announced"), sentences, table)


def _duty_rows(assessments: Sequence[Assessment], writer: MeetingSheetWriter) -> tuple[tuple[Cell, ...], ...]:
    verbaliser = writer.verbaliser
    return tuple(
        (
            verbaliser.name(a.duty.bearer or ""),
            ParagraphReference(verbaliser.paragraph(a.duty.norm)),
            verbaliser.norm_label(a.duty.norm),
            a.status.label[writer.lang],
        )
        for a in assessments
    )


def _announcement_rows(assessments: Sequence[Assessment], writer: MeetingSheetWriter) -> tuple[tuple[Cell, ...], ...]:
    verbaliser = writer.verbaliser
    return tuple(
        (verbaliser.norm_label(a.duty.norm), ParagraphReference(verbaliser.paragraph(a.duty.norm)), a.status.label[writer.lang])
        for a in assessments
    )


def _reports(dossier: Dossier, *, writer: MeetingSheetWriter) -> Section:
    """The reports received since the previous meeting, and those discussed at this one."""
    start = writer.format_day(dossier.since) if dossier.since else writer.translate("the-beginning")
    sentence = writer.translate("reports-since", count=len(dossier.reports), since=start, until=writer.format_day(dossier.until))
    rows = tuple(
        (
            writer.document_name(r.document), writer.verbaliser.name(r.document.party), writer.day_cell(r.document.received),
            _period(r, lang=writer.lang),
            writer.translate(f"fate-{r.document.status}"), _discussed_at(r, dossier=dossier, writer=writer),
        )
        for r in dossier.reports if not r.document.withheld
    )  # fmt: skip
    headings = writer.column_headings("report", "party", "received", "period", "fate", "discussed")
    return Section("reports", writer.translate("reports"), (sentence,), Table(headings, rows))


def _period(report: ReceivedReport, *, lang: str) -> str:
    if report.first is None or report.last is None:
        return "–"
    return format_days(report.first.isoformat(), report.last.isoformat(), lang)


def _discussed_at(report: ReceivedReport, *, dossier: Dossier, writer: MeetingSheetWriter) -> str:
    if dossier.meeting.iri in report.discussed_at:
        return writer.translate("discussed-here")
    return ", ".join(writer.verbaliser.name(iri) for iri in report.discussed_at) or writer.translate("discussed-nowhere")


def _status_changes(dossier: Dossier, *, writer: MeetingSheetWriter) -> Section:
    """The duties whose status has changed since the day of the previous meeting."""
    if dossier.since is None:
        return Section("changes", writer.translate("changes"), (writer.translate("changes-first"),))
    since, until = writer.format_day(dossier.since), writer.format_day(dossier.until)
    key = "changes-some" if dossier.status_changes else "changes-none"
    sentence = writer.translate(key, count=len(dossier.status_changes), since=since, until=until)
    return Section("changes", writer.translate("changes"), (sentence,), status_change_table(dossier.status_changes, writer=writer))


def status_change_table(changes: Sequence[DutyStatusChange], *, writer: MeetingSheetWriter) -> Table:
    """A row for each status change: the subject and paragraph of the duty, the deed, the status before and after."""
    verbaliser = writer.verbaliser
    rows = tuple(
        (
            verbaliser.subject(m.after.duty), ParagraphReference(verbaliser.paragraph(m.after.duty.norm)),
            verbaliser.norm_label(m.after.duty.norm),
            m.before.status.label[writer.lang] if m.before else writer.translate("no-such-duty"), m.after.status.label[writer.lang],
        )
        for m in changes
    )  # fmt: skip
    return Table(writer.column_headings("subject", "paragraph", "deed", "before", "after"), rows)


def _documents(dossier: Dossier, *, writer: MeetingSheetWriter) -> Section:
    """The documents of every kind received since the previous meeting: new, revised, withdrawn."""
    counts = Counter(document.change for document in dossier.documents)
    changes = {name: counts[name] for name in ("new", "revised", "withdrawal")}
    summary = format_counts(changes, key_prefix="review.change-", lang=writer.lang) or "0"
    rows = tuple(
        (
            writer.document_name(d), writer.verbaliser.name(d.party), writer.day_cell(d.received), writer.translate(f"change-{d.change}"),
            writer.verbaliser.name(d.about) if d.about else "–", writer.translate(f"fate-{d.status}"),
        )
        for d in dossier.documents if not d.withheld
    )  # fmt: skip
    headings = writer.column_headings("document", "party", "received", "change", "about", "fate")
    withheld = sum(document.withheld for document in dossier.documents)
    sentences = [writer.translate("documents-counts", counts=summary)]
    if withheld:
        restricted = writer.verbaliser.inputs.withholds_restricted_alone
        sentences.append(writer.translate("withheld-count" if restricted else "not-public-count", count=withheld))
    return Section("documents", writer.translate("documents"), tuple(sentences), Table(headings, rows))


def _undiscussed_reports(dossier: Dossier, *, writer: MeetingSheetWriter) -> Section:
    """The reports for which no discussion is on record although a meeting was held after their receipt."""
    count = writer.translate("never-some" if dossier.undiscussed_reports else "never-none", count=len(dossier.undiscussed_reports))
    sentences = [count, writer.translate("never-means")]
    if not dossier.records_complete:
        sentences.append(writer.translate("records-not-complete"))
    rows = tuple(
        (
            writer.document_name(r.document),
            writer.verbaliser.name(r.document.party),
            writer.day_cell(r.document.received),
            ", ".join(writer.verbaliser.name(m.iri) for m in meetings),
        )
        for r, meetings in dossier.undiscussed_reports
        if not r.document.withheld
    )
    headings = writer.column_headings("report", "party", "received", "meetings-since")
    return Section("never", writer.translate("never"), tuple(sentences), Table(headings, rows))


def _data_faults(register: MeetingRegister, *, writer: MeetingSheetWriter) -> Iterator[Section]:
    if register.data_faults:
        yield Section("troubles", writer.translate("troubles"), tuple(fault.message(writer.lang) for fault in register.data_faults))
