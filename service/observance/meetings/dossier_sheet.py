"""Meetings and their dossiers as a sheet, in one language."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from observance.assessment.model import Assessment
from observance.core.i18n import LANGUAGES
from observance.meetings.documents import ReceivedDocument, ReceivedReport
from observance.meetings.dossier import Dossier, MeetingRegister, StatusMove
from observance.meetings.meetings import STATES, Meeting, Participation
from observance.presentation import drawings
from observance.presentation.sheet import ParagraphReference, Section, Sheet, Table, counted_message
from observance.presentation.verbaliser import SheetVerbaliser, quotes

Address = Callable[[Meeting], str | None]


@dataclass(frozen=True)
class MeetingVerbaliser(SheetVerbaliser):
    """Words for meetings; `address` gives where the dossier of a meeting is shown, if anywhere."""

    address: Address = lambda _meeting: None

    def place(self, meeting: Meeting) -> str:
        """Where it is or was held."""
        return next((meeting.places[lang] for lang in (self.lang, *LANGUAGES, "") if lang in meeting.places), "–")

    def stage(self, meeting: Meeting) -> str:
        """What became of it."""
        return self.say(f"stage-{meeting.stage}") if meeting.stage else self.say("stage-unknown")

    def document(self, paper: ReceivedDocument) -> str:
        """What a document is called, with who may see it."""
        named = self.verbaliser.name(paper.document)
        return f"{named} [{self.verbaliser.name(paper.disclosure)}]" if paper.disclosure else named


def listing(agenda: MeetingRegister, *, speaker: MeetingVerbaliser) -> Sheet:
    """The meetings in the order of their days, with the counts of presence."""
    people = {meeting.iri: found for meeting, found in agenda.presences}
    names = {meeting.iri: speaker.verbaliser.name(meeting.iri) for meeting in agenda.meetings}
    rows = tuple(
        (
            names[m.iri], m.key, speaker.stage(m), speaker.day(m.planned), speaker.day(m.held) if m.held else "–", speaker.place(m),
            names.get(m.replacement or "", "–"), _presence_counts(people.get(m.iri, ()), speaker=speaker) or "–",
        )
        for m in agenda.meetings
    )  # fmt: skip
    heads = speaker.heads("meeting", "key", "stage", "planned", "held", "place", "replacement", "attendance")
    points = [drawings.TimelinePoint(_short(speaker, m), m.day, m.stage, speaker.address(m)) for m in agenda.meetings if m.day]
    title = speaker.say("line-title", count=len(points))
    picture = drawings.line(points, title=title, lang=speaker.lang) if points else None
    sentences = () if rows else (speaker.say("no-meetings"),)
    return Sheet(
        speaker.say("meetings"), (speaker.say("meetings-lead"), speaker.moment(agenda.answers)),
        (Section("meetings", speaker.say("meetings-table"), sentences, Table(heads, rows), picture), *_troubles(agenda, speaker=speaker)),
        quotes("meetings", asked=agenda.asked, lang=speaker.lang),
    )  # fmt: skip


def _short(speaker: MeetingVerbaliser, meeting: Meeting) -> str:
    label = speaker.verbaliser.case.names.label(meeting.iri, speaker.lang) or meeting.key
    return label if len(label) <= 24 else label[:23] + "…"


def sheet(dossier: Dossier, *, speaker: MeetingVerbaliser) -> Sheet:
    """The whole dossier."""
    agenda, meeting = dossier.agenda, dossier.meeting
    lead = speaker.say("dossier-lead", stage=speaker.stage(meeting), day=speaker.day(meeting.day), place=speaker.place(meeting))
    sections = (
        _attendance(dossier, speaker=speaker), *_duties(dossier, speaker=speaker), _reports(dossier, speaker=speaker),
        _changes(dossier, speaker=speaker), _received(dossier, speaker=speaker), _never(dossier, speaker=speaker),
        *_troubles(agenda, speaker=speaker),
    )  # fmt: skip
    title = speaker.say("dossier", meeting=speaker.verbaliser.name(meeting.iri))
    return Sheet(title, (lead, speaker.moment(agenda.answers)), sections, quotes("meetings", asked=agenda.asked, lang=speaker.lang))


def _presence_counts(found: Sequence[Participation], *, speaker: MeetingVerbaliser) -> str:
    counts = Counter(presence.state for presence in found)
    return counted_message({state: counts[state] for state in STATES}, phrase="review.attendance-", lang=speaker.lang)


def _attendance(dossier: Dossier, *, speaker: MeetingVerbaliser) -> Section:
    """This meeting and those before it: who was there, in words and in a picture."""
    shown = [(m, {p.party: p.state for p in found}) for m, found in dossier.agenda.presences if (m.day or date.max) <= dossier.until]
    sentences = [speaker.say("attendance-not-held")]
    if dossier.meeting.was_held:
        sentences = [speaker.say("attendance-counts", counts=_presence_counts(dossier.presences, speaker=speaker) or "–")]
    if any(presence.state == "unknown" for presence in dossier.presences):
        sentences.append(speaker.say("attendance-unknown-means"))
    parties = sorted({party for _, found in shown for party in found}, key=lambda party: (speaker.verbaliser.name(party), party))
    names = [speaker.verbaliser.name(party) for party in parties]
    days = [(m.held or date.max).isoformat() for m, _ in shown]
    cells = [[found.get(party) for _, found in shown] for party in parties]
    rows = tuple(
        (name, *(speaker.say(f"attendance-{state}") if state else speaker.say("not-in-role") for state in row))
        for name, row in zip(names, cells, strict=True)
    )
    title = speaker.say("grid-title", parties=len(names), meetings=len(days))
    picture = drawings.grid(days, list(zip(names, cells, strict=True)), title=title, lang=speaker.lang) if shown else None
    return Section("attendance", speaker.say("attendance"), tuple(sentences), Table((*speaker.heads("party"), *days), rows), picture)


def _duties(dossier: Dossier, *, speaker: MeetingVerbaliser) -> Iterator[Section]:
    """What the reading ties to this meeting, and apart from it what the text announces of nobody."""
    borne = [a for a in dossier.duties if a.duty.bearer]
    announced = [a for a in dossier.duties if not a.duty.bearer]
    parameters = {p.iri: p for p in dossier.agenda.answers.derivation.reading.parameters}
    assumed = dict.fromkeys(a.duty.set_by for a in borne if a.duty.set_by)
    first = speaker.say("due-some", count=len(borne)) if borne else speaker.say("due-none")
    said = (first, *(speaker.verbaliser.parameter(parameters[iri]) for iri in assumed if iri in parameters))
    yield Section("due", speaker.say("due"), said, Table(speaker.heads("party", "paragraph", "deed", "status"), _stand(borne, speaker)))
    if announced:
        means = (speaker.say("announced-means"), speaker.say("records-complete" if dossier.records_complete else "records-not-complete"))
        table = Table(speaker.heads("deed", "paragraph", "status"), _told(announced, speaker))
        yield Section("announced", speaker.say("announced"), means, table)


def _stand(found: Sequence[Assessment], speaker: MeetingVerbaliser) -> tuple[tuple[str | ParagraphReference, ...], ...]:
    verbaliser = speaker.verbaliser
    return tuple(
        (
            verbaliser.name(a.duty.bearer or ""),
            ParagraphReference(verbaliser.paragraph(a.duty.norm)),
            verbaliser.deed(a.duty.norm),
            a.status.label[speaker.lang],
        )
        for a in found
    )


def _told(found: Sequence[Assessment], speaker: MeetingVerbaliser) -> tuple[tuple[str | ParagraphReference, ...], ...]:
    verbaliser = speaker.verbaliser
    return tuple(
        (verbaliser.deed(a.duty.norm), ParagraphReference(verbaliser.paragraph(a.duty.norm)), a.status.label[speaker.lang]) for a in found
    )


def _reports(dossier: Dossier, *, speaker: MeetingVerbaliser) -> Section:
    """What was received since the meeting before, and what was discussed here."""
    start = speaker.day(dossier.since) if dossier.since else speaker.say("the-beginning")
    sentence = speaker.say("reports-since", count=len(dossier.reports), since=start, until=speaker.day(dossier.until))
    rows = tuple(
        (
            speaker.document(r.paper), speaker.verbaliser.name(r.paper.party), speaker.day(r.paper.received), _period(r),
            speaker.say(f"fate-{r.paper.fate}"), _where(r, dossier=dossier, speaker=speaker),
        )
        for r in dossier.reports if not r.paper.withheld
    )  # fmt: skip
    heads = speaker.heads("report", "party", "received", "period", "fate", "discussed")
    return Section("reports", speaker.say("reports"), (sentence,), Table(heads, rows))


def _period(report: ReceivedReport) -> str:
    if report.first is None or report.last is None:
        return "–"
    return f"{report.first.isoformat()} – {report.last.isoformat()}"


def _where(report: ReceivedReport, *, dossier: Dossier, speaker: MeetingVerbaliser) -> str:
    if dossier.meeting.iri in report.discussed:
        return speaker.say("discussed-here")
    return ", ".join(speaker.verbaliser.name(iri) for iri in report.discussed) or speaker.say("discussed-nowhere")


def _changes(dossier: Dossier, *, speaker: MeetingVerbaliser) -> Section:
    """The duties that stand elsewhere than on the day of the meeting before."""
    if dossier.since is None:
        return Section("changes", speaker.say("changes"), (speaker.say("changes-first"),))
    phrase = "changes-some" if dossier.moves else "changes-none"
    sentence = speaker.say(phrase, count=len(dossier.moves), since=speaker.day(dossier.since), until=speaker.day(dossier.until))
    return Section("changes", speaker.say("changes"), (sentence,), moved(dossier.moves, speaker=speaker))


def moved(found: Sequence[StatusMove], *, speaker: MeetingVerbaliser) -> Table:
    """The moves as a table: who or what, the paragraph, from where to where."""
    verbaliser = speaker.verbaliser
    rows = tuple(
        (
            verbaliser.subject(m.after.duty), ParagraphReference(verbaliser.paragraph(m.after.duty.norm)),
            verbaliser.deed(m.after.duty.norm),
            m.before.status.label[speaker.lang] if m.before else speaker.say("no-such-duty"), m.after.status.label[speaker.lang],
        )
        for m in found
    )  # fmt: skip
    return Table(speaker.heads("subject", "paragraph", "deed", "before", "after"), rows)


def _received(dossier: Dossier, *, speaker: MeetingVerbaliser) -> Section:
    """The documents of every kind since the meeting before: new, revised, withdrawn."""
    counts = Counter(paper.change for paper in dossier.papers)
    said = counted_message({name: counts[name] for name in ("new", "revised", "withdrawal")}, phrase="review.change-", lang=speaker.lang)
    rows = tuple(
        (
            speaker.document(p), speaker.verbaliser.name(p.party), speaker.day(p.received), speaker.say(f"change-{p.change}"),
            speaker.verbaliser.name(p.about) if p.about else "–", speaker.say(f"fate-{p.fate}"),
        )
        for p in dossier.papers if not p.withheld
    )  # fmt: skip
    heads = speaker.heads("document", "party", "received", "change", "about", "fate")
    hidden = sum(paper.withheld for paper in dossier.papers)
    sentences = (speaker.say("documents-counts", counts=said or "0"), *((speaker.say("withheld-count", count=hidden),) if hidden else ()))
    return Section("documents", speaker.say("documents"), sentences, Table(heads, rows))


def _never(dossier: Dossier, *, speaker: MeetingVerbaliser) -> Section:
    """The reports that are on record as discussed at no meeting, though one was held since they came."""
    said = [speaker.say("never-some" if dossier.never else "never-none", count=len(dossier.never)), speaker.say("never-means")]
    if not dossier.records_complete:
        said.append(speaker.say("records-not-complete"))
    rows = tuple(
        (
            speaker.document(r.paper),
            speaker.verbaliser.name(r.paper.party),
            speaker.day(r.paper.received),
            ", ".join(speaker.verbaliser.name(m.iri) for m in since),
        )
        for r, since in dossier.never
        if not r.paper.withheld
    )
    return Section("never", speaker.say("never"), tuple(said), Table(speaker.heads("report", "party", "received", "meetings-since"), rows))


def _troubles(agenda: MeetingRegister, *, speaker: MeetingVerbaliser) -> Iterator[Section]:
    if agenda.troubles:
        yield Section("troubles", speaker.say("troubles"), tuple(trouble.said(speaker.lang) for trouble in agenda.troubles))
