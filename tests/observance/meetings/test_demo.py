"""The meetings and the comparison of the demo register: stages, attendance, status changes, undiscussed reports, levels."""

from datetime import date

import pytest

from observance.benchmarking import build_benchmark
from observance.core import NotFoundError, UsageError, local_name
from observance.knowledge_base import KnowledgeBase
from observance.meetings import build_dossier, changes_between_meetings, counts_without_kind, filter_changes, meeting_register


@pytest.fixture(scope="module")
def demo():
    """A knowledge base with the demo register."""
    with KnowledgeBase.open() as opened:
        yield opened


@pytest.fixture(scope="module")
def literal_meetings(demo: KnowledgeBase):
    """The register of meetings on the last day under the literal reading."""
    return meeting_register(demo.assessment.assess())


def test_meetings(literal_meetings):
    """There are seven meetings, by day: held, postponed, held, held, cancelled, held, planned."""
    stages = [meeting.stage for meeting in literal_meetings.meetings]

    assert stages == ["held", "postponed", "held", "held", "cancelled", "held", "planned"]
    assert literal_meetings.meetings[1].replacement == literal_meetings.meetings[2].iri


def test_attendance(literal_meetings):
    """In 2022 XR has no record and the register is declared complete, XD has none without completeness, and the records of XH conflict."""
    attendances = {
        local_name(attendance.party): attendance for attendance in build_dossier("meeting-2022", register=literal_meetings).attendances
    }

    assert {code: attendances[code].state for code in ("XA", "XB", "XT", "XR", "XD", "XH")} == {
        "XA": "attended", "XB": "absent", "XT": "excused", "XR": "no-record", "XD": "unknown", "XH": "conflicting",
    }  # fmt: skip
    assert attendances["XR"].licence
    assert "XS" not in attendances


def test_undiscussed_reports(literal_meetings):
    """XC's report of February 2020 was followed by three meetings and discussed at none; a report after the last one is not listed."""
    meetings_since = {
        local_name(r.document.party): [m.key for m in since]
        for r, since in build_dossier("meeting-2024", register=literal_meetings).undiscussed_reports
    }

    assert meetings_since["XC"] == ["meeting-2021", "meeting-2022", "meeting-2023"]
    assert "XP" not in meetings_since


def test_meeting_not_yet_known(demo: KnowledgeBase):
    """As of the day before, the meeting of 2023 is not in the register, and the error names the option to change."""
    with pytest.raises(NotFoundError, match="--as-of"):
        build_dossier("meeting-2023", register=meeting_register(demo.assessment.assess(as_of=date(2023, 11, 6))))


def test_duties_of_bearers_by_reading(demo: KnowledgeBase, literal_meetings):
    """A meeting is the occasion of no bearer's duty under the literal reading, of two duties of every bearer under `per-meeting`."""
    per_meeting = build_dossier("meeting-2023", register=meeting_register(demo.assessment.assess(reading="per-meeting")))

    assert [a for a in build_dossier("meeting-2023", register=literal_meetings).duties if a.duty.bearer] == []
    assert len([a for a in per_meeting.duties if a.duty.bearer]) == 2 * 21


def test_change_from_behind_to_fulfilled(demo: KnowledgeBase):
    """Under a reading with a deadline, XP's timetable duty and no other went from behind to fulfilled late between 2021 and 2022."""
    assessment_set = demo.assessment.assess(reading="benchmark")
    statuses = {local_name(iri): iri for iri in assessment_set.inputs.rule_set.statuses}
    first, last, changes = changes_between_meetings("meeting-2021", "meeting-2022", register=meeting_register(assessment_set))
    selected = filter_changes(changes, before=statuses["Behind"], after=statuses["FulfilledLate"])

    assert (first, last) == (date(2021, 4, 20), date(2022, 5, 17))
    assert [change.after.duty.iri.rpartition("/duties/")[2] for change in selected] == ["XP/norm-2.5"]
    assert filter_changes(changes, before=None, after=None) == changes


def test_meeting_in_the_future(demo: KnowledgeBase):
    """Changes up to a future meeting end on the day assessed."""
    _, last, _ = changes_between_meetings("meeting-2023", "meeting-2024", register=meeting_register(demo.assessment.assess()))

    assert last == date(2024, 6, 14)


def test_without_justifications(demo: KnowledgeBase):
    """Without justifications a justified delay is behind, and no other status changes."""
    counts = counts_without_kind("Justification", assessment_set=demo.assessment.assess(as_of=date(2021, 6, 1), reading="benchmark"))
    status_pairs = {(local_name(change.before.status.iri), local_name(change.after.status.iri)) for change in counts.status_changes}

    assert counts.documents == 2
    assert status_pairs == {("JustifiedDelay", "Behind")}
    assert counts.tally_with.counted == counts.tally_without.counted


def test_unknown_kind(demo: KnowledgeBase):
    """For an unknown kind of document, the error lists the kinds."""
    with pytest.raises(NotFoundError, match="ProgressReport"):
        counts_without_kind("Excuse", assessment_set=demo.assessment.assess())


def test_reasons_not_compared(demo: KnowledgeBase):
    """XO reports on another edition and XE on a day before the period: neither is compared, and each has its reason."""
    reasons = {(local_name(s.party), s.reason) for s in build_benchmark(demo.assessment.assess()).not_compared}

    assert {("XO", "edition"), ("XE", "period")} <= reasons
    assert {reason for _, reason in reasons} == {"edition", "period"}


def test_union_has_no_group(demo: KnowledgeBase):
    """Comparing a Union or a former Member with a region is an error."""
    benchmark = build_benchmark(demo.assessment.assess())
    union = next(party for party in benchmark.unions if party.endswith("XU"))

    with pytest.raises(UsageError, match="Union"):
        benchmark.groups_of(union, by="region")
    with pytest.raises(NotFoundError):
        benchmark.groups_of(union.replace("XU", "XQ"), by="region")


def test_groups_are_invented(demo: KnowledgeBase):
    """Invented Members are counted in invented regions and groups only."""
    benchmark = build_benchmark(demo.assessment.assess())

    assert all(group.startswith("https://w3id.org/observance/demo/") for groups in benchmark.groups.values() for group in groups)
    assert sum(len(members) for members in benchmark.groups["region"].values()) == len(benchmark.members) == 18
