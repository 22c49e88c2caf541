"""What an audience reads of a register: what a document says of its own submissions, and what others may say of them."""

import time

import pyoxigraph as ox
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from disclosed_registers import AUDIENCES, Submission, documents_of, plainly_read, submissions
from observance.knowledge_base import KnowledgeBase
from observance.register import MEMBERS, PUBLIC, SECRETARIAT, Audience, Disclosure, Register, party_audience
from oxishacl import Document, Source

PARTY = "https://w3id.org/observance/parties/"
PREFIXES = f"""@prefix obs: <https://w3id.org/observance/ns#> . @prefix party: <{PARTY}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix org: <http://www.w3.org/ns/org#> . @prefix ex: <https://example.org/> . """
RESTRICTED = "ex:secret a obs:Justification ; obs:onBehalfOf party:XA ; obs:disclosure obs:Restricted ; rdfs:label 'secret' ; "


def disclosed(kb: KnowledgeBase, audience: Audience, *texts: str) -> Disclosure:
    """The disclosure to the audience of documents with these texts."""
    documents = tuple(
        Document(Source(f"{number}.ttl", text.encode()), "turtle", tuple(ox.parse(PREFIXES + text, format=ox.RdfFormat.TURTLE)))
        for number, text in enumerate(texts)
    )
    return Disclosure(Register(documents).document_quads, audience, kb.knowledge)


def read_by(kb: KnowledgeBase, audience: Audience, *texts: str) -> str:
    """What the audience reads of documents with these texts."""
    return "\n".join(map(str, disclosed(kb, audience, *texts).quads))


@pytest.mark.parametrize(
    ("stated", "readers"),
    [
        ("obs:disclosure obs:Public .", "public members secretariat party"),
        ("obs:disclosure obs:MembersOnly .", "members secretariat party"),
        ("rdfs:comment 'It does not say.' .", "members secretariat party"),
        ("obs:disclosure obs:Restricted .", "secretariat party"),
        ("obs:disclosure obs:Public , obs:Restricted .", "secretariat party"),
        ("obs:disclosure obs:Unknown .", "secretariat party"),
        ("obs:disclosure 'Public' .", "secretariat party"),
    ],
)
def test_disclosures(kb: KnowledgeBase, stated: str, readers: str):
    """Each disclosure has its readers; of contradictory ones the narrowest applies, and without one it is for Members."""
    text = f"ex:sent a obs:ProgressReport ; obs:onBehalfOf party:XA ; {stated}"
    audiences = (PUBLIC, MEMBERS, SECRETARIAT, party_audience(PARTY + "XA"))
    assert [audience.name for audience in audiences if "sent" in read_by(kb, audience, text)] == readers.split()
    assert ("sent" in read_by(kb, party_audience(PARTY + "XB"), text)) is ("members" in readers)


@pytest.mark.parametrize(
    "other",
    [
        "ex:other a obs:Justification ; obs:disclosure obs:Public . ex:secret obs:disclosure obs:Public .",
        "ex:secret a obs:Justification ; obs:onBehalfOf party:XB ; obs:disclosure obs:Public .",
        "ex:secret a obs:ReviewMeeting . ex:part a obs:ReviewMeeting .",
        "ex:other a obs:Justification ; obs:disclosure obs:Public ; rdfs:seeAlso ex:secret , ex:part .",
        "ex:other a obs:Justification ; obs:disclosure obs:Public ; rdfs:seeAlso ex:part . ex:part rdfs:label 'mine' .",
    ],
)
def test_others_cannot_disclose(kb: KnowledgeBase, other: str):
    """What another document claims of a restricted submission, or of its part, discloses neither to anybody."""
    secret = (
        RESTRICTED + "obs:capacityNeed ex:part . ex:part a obs:CapacityNeed ; rdfs:label 'secret part' . ex:loose rdfs:label 'secret' ."
    )
    for audience in (PUBLIC, MEMBERS, party_audience(PARTY + "XB")):
        assert "secret'" not in read_by(kb, audience, secret, other).replace('"', "'")
        assert "example.org/secret" not in read_by(kb, audience, secret, other)
        assert "secret part" not in read_by(kb, audience, other, secret)
        assert {f"<https://example.org/{name}>" for name in ("secret", "part")} <= disclosed(kb, audience, other, secret).withheld


def test_others_cannot_withhold(kb: KnowledgeBase):
    """A restricted document that speaks of a party, a meeting or another's part withholds nothing of what others say of these."""
    secret = RESTRICTED + "rdfs:seeAlso party:XB , ex:meeting , ex:part . party:XB rdfs:label 'secret' . ex:meeting rdfs:label 'secret' ."
    others = (
        "ex:meeting a obs:ReviewMeeting ; rdfs:label 'Meeting' . party:XB a obs:CouncilMember ; rdfs:label 'Land' .",
        "ex:sent a obs:CapacityNeedsStatement ; obs:disclosure obs:Public ; obs:capacityNeed ex:part . ex:part a obs:CapacityNeed .",
    )
    read = read_by(kb, PUBLIC, secret, *others)
    assert read == read_by(kb, PUBLIC, *others)
    assert read == read_by(kb, SECRETARIAT, *others)


def test_records_stay(kb: KnowledgeBase):
    """In a file with restricted submissions the records of the Secretariat are open, but not what they say of those."""
    records = "ex:m a org:Membership ; org:memberDuring [ rdfs:label 'during' ] . ex:relay a obs:NotificationRelay ; rdfs:label 'relay'"
    read = read_by(kb, PUBLIC, f"{RESTRICTED} rdfs:seeAlso [ rdfs:label 'hidden' ] . {records} ; rdfs:seeAlso ex:secret .")
    assert '"during"' in read
    assert '"relay"' in read
    assert "hidden" not in read
    assert "secret" not in read


def test_graphs_and_triple_terms(kb: KnowledgeBase):
    """Neither the name of a graph nor a triple within a triple names a withheld node."""
    quads = tuple(ox.parse(PREFIXES + RESTRICTED + "rdfs:seeAlso ex:x .", format=ox.RdfFormat.TURTLE))
    secret, other = ox.NamedNode("https://example.org/secret"), ox.NamedNode("https://example.org/other")
    more = (ox.Quad(other, other, other, secret), ox.Quad(other, other, ox.Triple(secret, other, other)), ox.Quad(other, other, other))
    assert Disclosure((quads, more), PUBLIC, kb.knowledge).quads == more[2:]


@seed(2018)
@settings(max_examples=150, deadline=None, database=None)
@given(submissions(), st.sampled_from(AUDIENCES))
def test_read_as_worked_out_plainly(kb: KnowledgeBase, chosen: list[Submission], audience: Audience):
    """Of any register, an audience reads what a plain computation apart from the program leaves."""
    documents = documents_of(chosen)
    disclosure = Disclosure(Register(documents).document_quads, audience, kb.knowledge)
    read = [
        tuple(quad for quad, is_read in zip(d.quads, kept, strict=True) if is_read)
        for d, kept in zip(documents, disclosure.read, strict=True)
    ]
    assert [quads for quads in read if quads] == [document.quads for document in plainly_read(documents, audience)]


def test_linear(kb: KnowledgeBase):
    """Eight times as many submissions take no more than some eight times as long, also where each document speaks of another's part."""

    def seconds(count: int) -> float:
        parts = "ex:s{0} a obs:ProgressReport ; obs:progressStatement ex:p{0} , ex:p{1} . "
        parts += "ex:p{0} a obs:ProgressStatement . ex:p{1} rdfs:label 'x' ."
        quads = tuple(tuple(ox.parse(PREFIXES + parts.format(n, (n + 1) % count), format=ox.RdfFormat.TURTLE)) for n in range(count))
        times = []
        for _ in range(3):
            begun = time.process_time()
            _ = Disclosure(quads, PUBLIC, kb.knowledge).quads
            times.append(time.process_time() - begun)
        return min(times)

    assert seconds(4_000) < 20 * seconds(500)
