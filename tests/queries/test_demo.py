"""The demo register: invented, complete as a story, and faulty only where its files say so."""

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT, check_each
from observance.core import DEMO, OBS, PREFIXES, RDF, local_name
from observance.knowledge import Knowledge, checks, faults, graph_name, load_knowledge, room_files
from observance.knowledge.faults import FaultLocator
from observance.knowledge_base import KnowledgeBase

FOLDER = ROOT / "queries" / "demo"
FILES = sorted(FOLDER.glob("*.ttl"))
REGISTER = FOLDER / "register.ttl"
FAULTY = [file for file in FILES if file.name.startswith("faulty-")]
SOUND = [file for file in FILES if file not in (REGISTER, *FAULTY)]
PARTY, ORG, TIME = PREFIXES["party"], PREFIXES["org"], PREFIXES["time"]
DATED, USED = PREFIXES["dcterms"] + "dateSubmitted", PREFIXES["prov"] + "used"
REVISES = PREFIXES["prov"] + "wasRevisionOf"
ORGANIZATION = PREFIXES["wco"] + "organization"


@cache
def quads() -> tuple[ox.Quad, ...]:
    """Every statement of the demo, each file in a graph of its own."""
    return faults.read_turtle(FILES, root=ROOT)


@cache
def knowledge() -> Knowledge:
    """What the rooms say."""
    return load_knowledge(ROOT)


@cache
def index() -> dict[tuple[str, str], tuple[str, ...]]:
    """The objects of each subject and predicate, as text."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for quad in quads():
        key = faults.term_text(quad.subject), quad.predicate.value
        value = quad.object.value if isinstance(quad.object, ox.Literal) else faults.term_text(quad.object)
        found[key] = (*found.get(key, ()), value)
    return found


def objects(subject: str, predicate: str) -> tuple[str, ...]:
    return index().get((subject, predicate), ())


def one(subject: str, predicate: str) -> str:
    """The only object; a test that asks for one has failed where there are several or none."""
    (value,) = objects(subject, predicate)
    return value


def typed(*names: str) -> tuple[str, ...]:
    """The nodes of the demo in one of these classes or a class below it."""
    classes = frozenset[str]().union(*(knowledge().subclasses(OBS + name) for name in names))
    return tuple(dict.fromkeys(s for (s, p), values in index().items() if p == RDF + "type" and classes & set(values)))


def declared() -> tuple[str, ...]:
    return objects(DEMO + "register", OBS + "declares")


def members() -> set[str]:
    return {party for party in declared() if OBS + "CouncilMember" in objects(party, RDF + "type")}


def unions() -> set[str]:
    return {party for party in declared() if OBS + "CustomsOrEconomicUnion" in objects(party, RDF + "type")}


def in_role(party: str, *, day: str) -> bool:
    """Whether the party is in its role on the day."""
    (membership,) = (node for (node, p), values in index().items() if p == ORG + "member" and party in values)
    interval = one(membership, ORG + "memberDuring")
    begin = one(one(interval, TIME + "hasBeginning"), TIME + "inXSDDate")
    end = [one(end, TIME + "inXSDDate") for end in objects(interval, TIME + "hasEnd")]
    return begin <= day and all(day <= last for last in end)


def codes(table: str) -> set[str]:
    """The codes of a table of parties."""
    with (ROOT / "ontology" / "parties" / table).open(encoding="utf-8", newline="") as file:
        return {row["alpha2"] for row in csv.DictReader(file)}


# ── Who is in it ────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_large_enough_to_show_something() -> None:
    """The register declares 14 Members and 2 Unions at least, and nobody who is neither; there are 4 meetings or more, over 4 years."""
    assert len(members()) >= 14
    assert len(unions()) == 2
    assert members() | unions() == set(declared())
    meetings = [node for node in typed("ReviewMeeting") if one(node, OBS + "meetingState") == OBS + "MeetingHeld"]
    assert len({one(node, OBS + "heldOn")[:4] for node in meetings}) >= 4


def test_everybody_in_it_is_invented() -> None:
    """Every bearer is on the invented list and none has the code of a real Member; no other party occurs in any file."""
    found = {local_name(party) for party in declared()}
    assert found <= codes("invented.csv")
    assert found & codes("real.csv") == set()
    mentioned = {faults.term_text(term) for quad in quads() for term in (quad.subject, quad.object) if not isinstance(term, ox.Literal)}
    assert {iri for iri in mentioned if iri.startswith(PARTY)} <= set(declared())


def test_every_member_has_an_administration_and_a_role() -> None:
    """Each Member has one customs administration, and each bearer one role with a time; one Member joined late and one left."""
    assert {one(node, ORG + "unitOf") for node in typed("CustomsAdministration")} == members()
    assert len(typed("CustomsAdministration")) == len(members())
    first, last = {m for m in members() if in_role(m, day="2018-07-01")}, {m for m in members() if in_role(m, day="2024-06-14")}
    assert members() - first
    assert first - last
    assert all(in_role(union, day="2018-07-01") for union in unions())


def test_unions_comprise_members() -> None:
    """One Union comprises three Members and the other two, and no Member is in both."""
    comprised = [objects(union, OBS + "comprises") for union in sorted(unions())]
    assert [len(of) for of in comprised] == [3, 2]
    assert len({m for of in comprised for m in of} & members()) == 5


# ── What is in the files ────────────────────────────────────────────────────────────────────────────────────────


def test_each_file_tells_its_story() -> None:
    """A file begins with the story of the bearer that its submissions are for, and holds no other bearer's."""
    submissions = set(typed("Submission"))

    def check(file: Path) -> None:
        graph = ox.NamedNode(graph_name(file, root=ROOT))
        own = {faults.term_text(quad.subject) for quad in quads() if quad.graph_name == graph} & submissions
        bearers = {party for node in own for party in objects(node, OBS + "onBehalfOf")}
        story = file.read_text(encoding="utf-8").partition("@")[0]
        assert all(local_name(party) in story for party in bearers)
        folders = {node.removeprefix(DEMO).partition("/")[0] for node in own}
        assert len(folders) == 1
        assert PARTY + folders.pop().upper() in bearers
        assert file in FAULTY or bearers == {PARTY + file.stem.upper()}

    check_each(check, [*SOUND, *FAULTY], name=lambda file: file.stem)


def test_no_statement_is_made_twice() -> None:
    """No statement stands in two files or in the knowledge too: a query over the union of graphs would count it twice."""
    stated = [quad.triple for quad in (*quads(), *knowledge().quads) if not isinstance(quad.subject, ox.BlankNode)]
    once: set[ox.Triple] = set()
    twice = {triple for triple in stated if triple in once or once.add(triple)}  # type: ignore[func-returns-value]
    assert {str(triple) for triple in twice if triple in {quad.triple for quad in quads()}} == set()


def test_all_terms_exist() -> None:
    """Every term that a sound file uses exists, ours and those of other vocabularies."""
    sound = tuple(quad for quad in quads() if "faulty-" not in quad.graph_name.value)  # type: ignore[union-attr]
    used = [use for use in checks.term_uses(sound, locator=FaultLocator(sound)) if not use.iri.startswith(DEMO)]
    rule_room = faults.read_turtle(room_files(ROOT, "shapes"), root=ROOT)
    assert checks.undeclared_terms(used, declared=checks.declared_terms((*knowledge().quads, *rule_room))) == ()
    assert checks.unknown_terms(used) == ()


def test_what_is_named_is_there() -> None:
    """Every node of the demo that is referred to is described, but for the report that a broken chain revises."""
    named = {quad.object.value for quad in quads() if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(DEMO)}
    assert named - {subject for subject, _ in index()} == {DEMO + "xc/report-9"}


def test_days_are_in_order() -> None:
    """A submission is dated, received and recorded in that order, between July 2018 and June 2024; some are recorded much later."""
    days = {node: [one(node, p) for p in (DATED, OBS + "receivedOn", OBS + "recordedAt")] for node in typed("Submission")}
    assert {node for node, found in days.items() if [day[:10] for day in found] != sorted(day[:10] for day in found)} == set()
    assert {node for node, found in days.items() if not "2018-07" <= found[0][:7] <= found[2][:7] <= "2024-06"} == set()
    assert any(found[1][:7] < "2023-10" < found[2][:7] for found in days.values())


def test_whatever_happens_is_recorded() -> None:
    """Meetings, participations, transmissions, roles and statements of completeness each say when they were recorded, once."""
    memberships = tuple(s for (s, p), values in index().items() if p == RDF + "type" and ORG + "Membership" in values)
    records = typed("ReviewMeeting", "NotificationRelay", "CompletenessStatement", "Submission")
    noted = tuple(node for node in typed("Participation") if "#" not in node)
    assert {node for node in (*records, *noted, *memberships) if len(objects(node, OBS + "recordedAt")) != 1} == set()
    assert max(value for (_, p), values in index().items() if p == OBS + "recordedAt" for value in values) == "2024-06-14T17:00:00Z"


@pytest.fixture(scope="module")
def opened() -> Iterator[KnowledgeBase]:
    """A knowledge base with the whole demo register opened."""
    with KnowledgeBase.open(registers=[FOLDER]) as kb:
        yield kb


def test_sound_files_can_be_processed(opened: KnowledgeBase) -> None:
    """Nothing in a file keeps it from being processed, read against the register that holds the others."""

    def check(file: Path) -> None:
        assert [finding for finding in opened.submissions.validate(file).findings if finding.severity == "Violation"] == []

    check_each(check, SOUND, name=lambda file: file.stem)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("faulty-report-period-reversed", "envelope-interval-order"),
        ("faulty-revision-chain", "envelope-revision-cycle"),
        ("faulty-revision-chain", "envelope-revision-bearer"),
        ("faulty-timetable-interval", "envelope-interval-end-missing"),
        ("faulty-two-parties", "envelope-bearer-single"),
        ("faulty-unknown-standard", "para-2-5-timetable-provision-class"),
    ],
)
def test_a_faulty_file_is_refused_for_its_fault(name: str, fault: str, opened: KnowledgeBase) -> None:
    """Each faulty file has a finding that keeps it from being processed, and it is the fault of which the file speaks."""
    findings = opened.submissions.validate(FOLDER / f"{name}.ttl").findings
    assert fault in {local_name(finding.shape) for finding in findings if finding.severity == "Violation"}


def test_every_faulty_file_is_tried() -> None:
    """No faulty file is left out of the test above."""
    source = Path(__file__).read_text(encoding="utf-8")
    assert {file.stem for file in FAULTY} == set(re.findall(r'\("(faulty-[a-z-]+)"', source))


# ── What it lets one ask ────────────────────────────────────────────────────────────────────────────────────────


def test_every_kind_of_submission_occurs() -> None:
    """Each kind of submission that the vocabulary has occurs in the demo, and so do all three disclosures."""
    kinds = knowledge().subclasses(OBS + "Submission") - {OBS + name for name in ("Submission", "RequestedDocument", "VoluntaryRecord")}
    assert {kind for node in typed("Submission") for kind in objects(node, RDF + "type")} == kinds
    assert {local_name(one(node, OBS + "disclosure")) for node in typed("Submission")} == {"Public", "MembersOnly", "Restricted"}


def test_silence_with_and_without_completeness() -> None:
    """Of the Members that filed nothing, the register is said to be complete about one to the last day, and never about the other."""
    filed = {party for node in typed("Submission") for party in objects(node, OBS + "onBehalfOf")}
    about = {party: until for until, kinds, parties in statements() for party in parties if OBS + "Submission" in kinds}
    assert {local_name(party): about.get(party) for party in members() - filed} == {"XD": None, "XM": "2024-06-14"}


def statements() -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """The statements of completeness in the order of their days: day, kinds, parties."""
    found = typed("CompletenessStatement")
    return sorted(
        (one(node, OBS + "completeUntil"), objects(node, OBS + "completeFor"), objects(node, OBS + "completeAbout")) for node in found
    )


def test_no_statement_of_completeness_comes_too_early() -> None:
    """What had been received by the day up to which the register is said to be complete had been recorded when that was said."""
    wrong = set()
    for statement in typed("CompletenessStatement"):
        until, said = one(statement, OBS + "completeUntil"), one(statement, OBS + "recordedAt")
        covered = typed(*(local_name(kind) for kind in objects(statement, OBS + "completeFor")))
        for node in covered:
            late = any(day <= until for day in happened(node)) and objects(node, OBS + "recordedAt") > (said,)
            if late and set(concerned(node)) & set(objects(statement, OBS + "completeAbout")):
                wrong.add((local_name(statement), node))
        assert until <= said[:10]
    assert wrong == set()


def happened(node: str) -> tuple[str, ...]:
    """The day on which a submission was received, a transmission made or a meeting held."""
    held = tuple(day for meeting in objects(node, OBS + "meeting") for day in objects(meeting, OBS + "heldOn"))
    return objects(node, OBS + "receivedOn") or objects(node, OBS + "relayedOn") or held


def concerned(node: str) -> tuple[str, ...]:
    """The party that a record is about: the Organization for transmissions."""
    return objects(node, OBS + "onBehalfOf") or objects(node, OBS + "participant") or (ORGANIZATION,)


def test_meetings_have_every_state() -> None:
    """Meetings are held, planned, cancelled and postponed to one that was held; a report discussed had been received by then."""
    states = {local_name(one(node, OBS + "meetingState")) for node in typed("ReviewMeeting")}
    assert states == {"MeetingHeld", "MeetingPlanned", "MeetingCancelled", "MeetingPostponed"}
    for meeting in typed("ReviewMeeting"):
        for other in objects(meeting, OBS + "postponedTo"):
            assert objects(other, OBS + "heldOn")
        for report in objects(meeting, OBS + "discussed"):
            assert one(report, OBS + "receivedOn") <= one(meeting, OBS + "heldOn")
            assert one(report, OBS + "recordedAt")[:10] <= one(meeting, OBS + "heldOn")
    discussed = {report for meeting in typed("ReviewMeeting") for report in objects(meeting, OBS + "discussed")}
    assert set(typed("ProgressReport")) - discussed


def test_attendance_is_of_those_in_role_at_meetings_held() -> None:
    """A participation that the register records is of a bearer in its role on the day of a meeting held; every attendance occurs."""
    noted = [node for node in typed("Participation") if "#" not in node]
    for node in noted:
        assert in_role(one(node, OBS + "participant"), day=one(one(node, OBS + "meeting"), OBS + "heldOn"))
    assert {local_name(one(node, OBS + "attendance")) for node in noted} == {"Attended", "Excused", "Absent"}


def recipients(day: str) -> set[str]:
    """Who is to receive what is passed on that day, literally: all administrations, and the Unions that had notified."""
    administrations = {a for a in typed("CustomsAdministration") if in_role(one(a, ORG + "unitOf"), day=day)}
    notified = (n for n in typed("IntentionNotification") if one(n, OBS + "intends") == "true" and one(n, OBS + "receivedOn") <= day)
    return administrations | {one(notification, OBS + "onBehalfOf") for notification in notified} & unions()


def reached(notifications: Iterable[str]) -> dict[str, str]:
    """How far each notification was passed on, by the party that notified."""
    found = {}
    for notification in notifications:
        acts = [relay for relay in typed("NotificationRelay") if notification in objects(relay, USED)]
        informed = {party for relay in acts for party in objects(relay, OBS + "informedParty")}
        due = [recipients(one(relay, OBS + "relayedOn")) for relay in acts]
        degree = "none" if not acts else "complete" if any(all_of <= informed for all_of in due) else "partial"
        found[local_name(one(notification, OBS + "onBehalfOf"))] = degree
    return found


def test_transmissions_are_complete_partial_and_missing() -> None:
    """By the literal recipients of their day, most notifications were passed on completely, some in part, some not at all."""
    found = reached(typed("IntentionNotification"))
    assert {party for party, degree in found.items() if degree == "partial"} == {"XB", "XI", "XQ"}
    assert {party for party, degree in found.items() if degree == "none"} == {"XE", "XF", "XO", "XR", "XS"}
    assert sorted(found.values()).count("complete") >= 8


def test_withdrawals_and_revisions_are_of_ones_own() -> None:
    """Outside the faulty files, what is withdrawn or revised is an earlier submission of the same bearer."""
    faulty = {faults.term_text(quad.subject) for quad in quads() if "faulty-" in quad.graph_name.value}  # type: ignore[union-attr]
    pairs = [(node, old) for node in typed("Submission") for p in (OBS + "withdraws", REVISES) for old in objects(node, p)]
    for node, old in pairs:
        if node not in faulty:
            assert objects(node, OBS + "onBehalfOf") == objects(old, OBS + "onBehalfOf")
            assert one(node, OBS + "receivedOn") > one(old, OBS + "receivedOn")
    assert sum(1 for node, old in pairs if node not in faulty) >= 7
