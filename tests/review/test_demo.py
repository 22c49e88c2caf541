"""The meetings of the demo register: what became of each, who was there, what moved, what was never taken up."""

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
def literal(demo: KnowledgeBase):
    """The meetings on the last day, literally."""
    return meeting_register(demo.assessment.assess())


def test_meetings(literal):
    """Seven meetings, by their days: held, postponed, held, held, cancelled, held, planned."""
    stages = [meeting.stage for meeting in literal.meetings]

    assert stages == ["held", "postponed", "held", "held", "cancelled", "held", "planned"]
    assert literal.meetings[1].replacement == literal.meetings[2].iri


def test_attendance(literal):
    """In 2022 XR has no record and the register is complete, XD has none and nobody says so, and the records about XH disagree."""
    found = {local_name(p.party): p for p in build_dossier("meeting-2022", register=literal).attendances}

    assert {code: found[code].state for code in ("XA", "XB", "XT", "XR", "XD", "XH")} == {
        "XA": "attended", "XB": "absent", "XT": "excused", "XR": "no-record", "XD": "unknown", "XH": "conflicting",
    }  # fmt: skip
    assert found["XR"].licence
    assert "XS" not in found


def test_never_taken_up(literal):
    """XC's report of February 2020 was followed by three meetings and discussed at none; a report after the last one is not listed."""
    found = {
        local_name(r.document.party): [m.key for m in since] for r, since in build_dossier("meeting-2024", register=literal).never_taken_up
    }

    assert found["XC"] == ["meeting-2021", "meeting-2022", "meeting-2023"]
    assert "XP" not in found


def test_a_meeting_not_yet_known(demo: KnowledgeBase):
    """As of the day before, or as known before it was recorded, the meeting of 2023 is not there, and the error says what to do."""
    with pytest.raises(NotFoundError, match="--as-of"):
        build_dossier("meeting-2023", register=meeting_register(demo.assessment.assess(as_of=date(2023, 11, 6))))


def test_nothing_is_due_literally(demo: KnowledgeBase, literal):
    """Literally nothing of a bearer is tied to a meeting; under the reading of each meeting two instances of every bearer are."""
    each = build_dossier("meeting-2023", register=meeting_register(demo.assessment.assess(reading="per-meeting")))

    assert [a for a in build_dossier("meeting-2023", register=literal).duties if a.duty.bearer] == []
    assert len([a for a in each.duties if a.duty.bearer]) == 2 * 21


def test_from_behind_to_fulfilled(demo: KnowledgeBase):
    """Under a reading with a deadline XP's timetable, and no other duty, went from behind to fulfilled late between 2021 and 2022."""
    found = demo.assessment.assess(reading="benchmark")
    statuses = {local_name(iri): iri for iri in found.inputs.rule_set.statuses}
    first, last, every = changes_between_meetings("meeting-2021", "meeting-2022", register=meeting_register(found))
    chosen = filter_changes(every, before=statuses["Behind"], after=statuses["FulfilledLate"])

    assert (first, last) == (date(2021, 4, 20), date(2022, 5, 17))
    assert [change.after.duty.iri.rpartition("/duties/")[2] for change in chosen] == ["XP/norm-2.5"]
    assert filter_changes(every, before=None, after=None) == every


def test_a_meeting_ahead(demo: KnowledgeBase):
    """For a meeting that is still ahead, the later day is the one looked at: nothing is said of days to come."""
    _, last, _ = changes_between_meetings("meeting-2023", "meeting-2024", register=meeting_register(demo.assessment.assess()))

    assert last == date(2024, 6, 14)


def test_without_justifications(demo: KnowledgeBase):
    """Without justifications a justified delay is behind, no other status moves, and the register still holds the documents."""
    found = counts_without_kind("Justification", assessment_set=demo.assessment.assess(as_of=date(2021, 6, 1), reading="benchmark"))
    changed = {(local_name(change.before.status.iri), local_name(change.after.status.iri)) for change in found.status_changes}

    assert found.documents == 2
    assert changed == {("JustifiedDelay", "Behind")}
    assert found.tally_with.counted == found.tally_without.counted


def test_unknown_kind(demo: KnowledgeBase):
    """A kind of document that does not exist is an error that lists those that do."""
    with pytest.raises(NotFoundError, match="ProgressReport"):
        counts_without_kind("Excuse", assessment_set=demo.assessment.assess())


def test_refused_for_a_reason(demo: KnowledgeBase):
    """XO speaks of another edition and XE of a day too far back: neither is compared, and each has its reason."""
    reasons = {(local_name(s.party), s.reason) for s in build_benchmark(demo.assessment.assess()).not_compared}

    assert {("XO", "edition"), ("XE", "period")} <= reasons
    assert {reason for _, reason in reasons} == {"edition", "period"}


def test_a_union_has_no_group(demo: KnowledgeBase):
    """To put a Union beside a region is refused, since the text speaks of Members; so is who left before the day."""
    found = build_benchmark(demo.assessment.assess())
    union = next(party for party in found.unions if party.endswith("XU"))

    with pytest.raises(UsageError, match="Union"):
        found.groups_of(union, by="region")
    with pytest.raises(NotFoundError):
        found.groups_of(union.replace("XU", "XQ"), by="region")


def test_groups_are_invented(demo: KnowledgeBase):
    """Invented Members are counted in invented regions and groups only: of a real region the demo says nothing."""
    found = build_benchmark(demo.assessment.assess())

    assert all(group.startswith("https://w3id.org/observance/demo/") for groups in found.groups.values() for group in groups)
    assert sum(len(members) for members in found.groups["region"].values()) == len(found.members) == 18
