"""Meetings and dossiers for programs: IRIs in full, days as xsd:date, nothing left out but what only the Organization may see."""

from datetime import date
from typing import Any

from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.outputs import serialisation
from observance.core.namespaces import local_name
from observance.meetings.documents import DataFault, ReceivedDocument, ReceivedReport
from observance.meetings.dossier import Dossier, MeetingRegister, StatusMove
from observance.meetings.meetings import Meeting, Participation
from observance.presentation.verbaliser import moment_object


def listing(agenda: MeetingRegister) -> dict[str, Any]:
    """Every meeting with who was there."""
    people = {meeting.iri: found for meeting, found in agenda.presences}
    meetings = [{**_meeting(m), "attendance": [_presence(p) for p in people.get(m.iri, ())]} for m in agenda.meetings]
    return {**moment_object(agenda.answers), "meetings": meetings, "troubles": [trouble(t) for t in agenda.troubles]}


def dossier(found: Dossier, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """The whole dossier of one meeting."""
    return {
        **moment_object(found.agenda.answers),
        "meeting": _meeting(found.meeting),
        "previous": found.previous.iri if found.previous else None,
        "since": _day(found.since),
        "until": _day(found.until),
        "attendance": [_presence(p) for p in found.presences],
        "duties": [serialisation.as_object(a, verbaliser=verbaliser) for a in found.duties],
        "reports": [_report(r) for r in found.reports if not r.paper.withheld],
        "documents": [_paper(p) for p in found.papers if not p.withheld],
        "withheld": sum(p.withheld for p in found.papers),
        "moved": [move(m, verbaliser=verbaliser) for m in found.moves],
        "neverTakenUp": [{**_report(r), "meetingsSince": [m.iri for m in since]} for r, since in found.never if not r.paper.withheld],
        "recordsOfMeetingsComplete": found.records_complete,
        "troubles": [trouble(t) for t in found.agenda.troubles],
    }


def move(found: StatusMove, *, verbaliser: Verbaliser) -> dict[str, Any]:
    """One duty that moved."""
    return {
        "duty": found.after.duty.iri,
        "bearer": found.after.duty.bearer,
        "paragraph": verbaliser.paragraph(found.after.duty.norm),
        "before": local_name(found.before.status.iri) if found.before else None,
        "after": local_name(found.after.status.iri),
    }


def trouble(found: DataFault) -> dict[str, Any]:
    """One thing wrong, in every language."""
    return {"trouble": found.name, **{f"sentence_{lang}": found.said(lang) for lang in sorted(found.sentence)}}


def _meeting(found: Meeting) -> dict[str, Any]:
    return {
        "meeting": found.iri, "key": found.key, "state": found.stage, "planned": _day(found.planned), "held": _day(found.held),
        "replacement": found.replacement, "places": dict(sorted(found.places.items())),
    }  # fmt: skip


def _presence(found: Participation) -> dict[str, Any]:
    return {
        "party": found.party,
        "group": found.group,
        "attendance": found.state,
        "records": list(found.records),
        "licensedBy": found.licence,
    }


def _paper(found: ReceivedDocument) -> dict[str, Any]:
    return {
        "document": found.document, "kind": local_name(found.kind), "party": found.party, "received": found.received.isoformat(),
        "state": found.fate, "change": found.change, "about": found.about, "disclosure": found.disclosure,
    }  # fmt: skip


def _report(found: ReceivedReport) -> dict[str, Any]:
    return {**_paper(found.paper), "period": {"first": _day(found.first), "last": _day(found.last)}, "discussedAt": list(found.discussed)}


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None
