"""Small registers with submissions of every disclosure, and what an audience reads of them, worked out apart from the program."""

from collections.abc import Sequence
from itertools import chain

import pyoxigraph as ox
from hypothesis import strategies as st
from msgspec import Struct

from observance.core import OBS, RDF
from observance.knowledge_base import KnowledgeBase
from observance.register import MEMBERS, PUBLIC, SECRETARIAT, Audience, Register, document_faults, party_audience
from oxishacl import Document, Source

BASE = "https://disclosure.test/"
PARTIES = ("XA", "XB", "XC")
AUDIENCES = (PUBLIC, MEMBERS, SECRETARIAT, *(party_audience(f"https://w3id.org/observance/parties/{code}") for code in PARTIES))
_ORDER = ("Public", "MembersOnly", "Restricted")

_PREFIXES = f"""@base <{BASE}> .
@prefix obs: <{OBS}> .
@prefix res: <https://w3id.org/observance/wco/ecommerce-2018/> .
@prefix fos: <https://w3id.org/observance/wco/ecommerce-framework/> .
@prefix wco: <https://w3id.org/observance/wco/> .
@prefix party: <https://w3id.org/observance/parties/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix time: <http://www.w3.org/2006/time#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
_PARTY = """party:{0} a obs:CouncilMember ; rdfs:label "Land {0}"@en , "Pays {0}"@fr .
<membership-{0}> a org:Membership ; org:member party:{0} ; org:organization wco:council ; org:role obs:MemberRole ;
    org:memberDuring [ a time:ProperInterval ; time:hasBeginning [ a time:Instant ; time:inXSDDate "1971-05-04"^^xsd:date ] ] ;
    obs:recordedAt "2018-07-02T09:30:00Z"^^xsd:dateTime .
<complete-{0}> a obs:CompletenessStatement ; obs:completeFor obs:Submission ; obs:completeAbout party:{0} ;
    obs:completeUntil "2021-12-31"^^xsd:date ; obs:recordedAt "2022-01-01T09:30:00Z"^^xsd:dateTime .
<customs-{0}> a obs:CustomsAdministration ; org:unitOf party:{0} ; skos:prefLabel "Customs {0}"@en , "Douane {0}"@fr .
"""
_MEETING = """<meeting> a obs:ReviewMeeting ; skos:prefLabel "Review"@en , "Bilan"@fr ; obs:meetingState obs:MeetingHeld ;
    obs:plannedFor "2020-10-15"^^xsd:date ; obs:heldOn "2020-10-15"^^xsd:date ; obs:discussed <s0> , <s1> ;
    obs:recordedAt "2020-10-18T09:30:00Z"^^xsd:dateTime .
<register> a obs:Register ; dcterms:title "Register"@en , "Registre"@fr ; obs:declares party:XA , party:XB , party:XC .
"""
_PERIOD = """[ a time:ProperInterval ; time:hasBeginning [ a time:Instant ; time:inXSDgYearMonth "2019-01"^^xsd:gYearMonth ] ;
        time:hasEnd [ a time:Instant ; time:inXSDgYearMonth "2019-12"^^xsd:gYearMonth ] ; rdfs:comment "marker-{0}-period" ]"""
_KINDS = {
    "ProgressReport": 'obs:underParagraph res:p2.8 ; obs:coversPeriod {period} ; obs:progressStatement <s{n}#part> .\n<s{n}#part> a '
    'obs:ProgressStatement ; obs:provision fos:standard-simplified-clearance ; obs:level obs:Partial ; '
    'obs:obstacle "marker-{n}-obstacle"@en ; obs:reportedAsOf "2019-12-31"^^xsd:date',
    "IndicativeTimetable": 'obs:underParagraph res:p2.5 ; obs:milestone <s{n}#part> .\n<s{n}#part> a obs:Milestone ; obs:provision '
    'fos:standard-simplified-clearance ; obs:targetPeriod {period} ; dcterms:description "marker-{n}-milestone"@en',
    "IntentionNotification": "obs:underParagraph res:p3 ; obs:intends true",
    "Justification": 'obs:concerns res:norm-2.5 ; obs:ground obs:CapacityGround ; obs:validUntil "2024-12-31"^^xsd:date',
    "CapacityNeedsStatement": 'obs:underParagraph res:p2.3 ; obs:capacityNeed <s{n}#part> , [ a obs:CapacityNeed ; obs:needKind '
    'obs:Training ; dcterms:description "marker-{n}-course"@en ] .\n<s{n}#part> a obs:CapacityNeed ; obs:needKind obs:OtherNeed ; '
    'dcterms:description "marker-{n}-need"@en',
    "ParticipationStatement": 'obs:participation <s{n}#part> .\n<s{n}#part> a obs:Participation ; obs:meeting <meeting> ; '
    'obs:attendance obs:Attended ; rdfs:comment "marker-{n}-seat"@en',
}  # fmt: skip
_SUBMISSION = """<s{n}> a obs:{kind} ; dcterms:identifier "marker-{n}-id" ; dcterms:title "marker-{n}-title"@en ;
    obs:edition fos:edition-2018 ; obs:submittedBy party:{party} ; obs:onBehalfOf party:{party} ; dcterms:language "en"^^xsd:language ;
    dcterms:dateSubmitted "2020-0{day}-01"^^xsd:date ; obs:receivedOn "2020-0{day}-05"^^xsd:date ;
    obs:recordedAt "2020-0{day}-07T09:30:00Z"^^xsd:dateTime ; {content} .
"""
# What else a document may say, of its submission and, as no party should, of another's.
_MORE = {
    "note": '<s{n}> rdfs:seeAlso <s{n}#note> .\n<s{n}#note> rdfs:comment "marker-{n}-note" ; '
    'rdfs:seeAlso [ rdfs:comment "marker-{n}-far" ] .',
    "circle": '<s{n}> rdfs:seeAlso <s{n}#a> . <s{n}#a> rdfs:seeAlso <s{n}#b> . '
    '<s{n}#b> rdfs:seeAlso <s{n}#a> ; rdfs:label "marker-{n}-b"@en .',
    "loose": '<s{n}#loose> rdfs:comment "marker-{n}-loose" .',
    "shared": '<s{n}> rdfs:seeAlso <shared-{file}> . <shared-{file}> rdfs:comment "marker-file-{file}" .',
    "of-party": 'party:{party} rdfs:label "marker-{n}-of-party"@en ; rdfs:seeAlso <only-{n}> .',
    "relay": '<relay-{n}> a obs:NotificationRelay ; prov:used <s{n}> ; obs:informedParty <customs-XB> ; '
    'obs:relayedOn "2020-09-01"^^xsd:date ; obs:recordedAt "2020-09-01T09:30:00Z"^^xsd:dateTime .',
    "revision": "<s{n}> prov:wasRevisionOf <s{other}> .",
    "withdrawal": "<s{n}> obs:withdraws <s{other}> .",
    "mention": '<s{n}> rdfs:seeAlso <s{other}#part> , <s{other}#note> .',
    "describes": '<s{n}> rdfs:seeAlso <s{other}#part> . <s{other}#part> rdfs:comment "marker-{n}-on-{other}" .',
    "claim": '<s{other}> a obs:ProgressReport ; obs:onBehalfOf party:{party} ; obs:disclosure obs:Public .',
    "restriction": "<s{other}> obs:disclosure obs:Restricted .",
}  # fmt: skip
_RECORDS = (
    "Membership",
    "CompletenessStatement",
    "CustomsAdministration",
    "CouncilMember",
    "ReviewMeeting",
    "Register",
    "NotificationRelay",
)


class Submission(Struct, frozen=True):
    """A submission of a register: its file, its disclosures, and what else is said with it."""

    kind: str
    party: str
    disclosures: tuple[str, ...]
    file: int
    more: tuple[str, ...]
    other: int


def submissions() -> st.SearchStrategy[list[Submission]]:
    """A few submissions in a few files."""
    disclosures = st.sampled_from([(), ("Public",), ("Public",), ("MembersOnly",), ("Restricted",), ("Public", "Restricted"), ("Secret",)])
    more = st.lists(st.sampled_from(sorted(_MORE)), max_size=3, unique=True).map(lambda names: tuple(sorted(names)))
    kinds, parties = st.sampled_from(sorted(_KINDS)), st.sampled_from(PARTIES)
    one = st.builds(Submission, kinds, parties, disclosures, st.integers(0, 3), more, st.integers(0, 4))
    return st.lists(one, min_size=2, max_size=5)


def documents_of(chosen: Sequence[Submission]) -> tuple[Document, ...]:
    """The documents: that of the Secretariat, and the files of the submissions."""
    texts = {"a-register": _MEETING + "".join(map(_PARTY.format, PARTIES))}
    for n, one in enumerate(chosen):
        content = _KINDS[one.kind].replace("{period}", _PERIOD.format(n)).replace("{n}", str(n))
        disclosures = "".join(f"<s{n}> obs:disclosure obs:{name} .\n" for name in one.disclosures)
        values = {"n": n, "kind": one.kind, "party": one.party, "day": n + 1, "content": content}
        more = "\n".join(_MORE[name].format(n=n, file=one.file, party=one.party, other=one.other % len(chosen)) for name in one.more)
        texts[f"file-{one.file}"] = texts.get(f"file-{one.file}", "") + _SUBMISSION.format(**values) + disclosures + more + "\n"
    return tuple(_document(name, _PREFIXES + text) for name, text in sorted(texts.items()))


def _document(name: str, text: str) -> Document:
    return Document(Source(f"/register/{name}.ttl", text.encode()), "turtle", tuple(ox.parse(text, format=ox.RdfFormat.TURTLE)))


def opened(kb: KnowledgeBase, documents: tuple[Document, ...]) -> KnowledgeBase:
    """The knowledge base with a register of these documents."""
    new = kb.renewed()
    faults = document_faults(documents, knowledge=kb.knowledge, settings=kb.settings, contexts=kb.contexts, today=None)
    new.register.opened = new.register.queried = Register(documents, tuple(faults))
    return new


def plainly_read(documents: tuple[Document, ...], audience: Audience) -> tuple[Document, ...]:
    """The documents without what the audience does not read, and without those of which nothing is left."""
    files = [[tuple(map(str, quad)) for quad in document.quads] for document in documents]
    hidden = _hidden(files, audience)
    drops = [_dropped(file, hidden) for file in files]
    described = [{s for s, *_ in file} for file in files]
    records = {node for file in files for node in _typed(file, _RECORDS)}
    everywhere = set(hidden)
    for file, dropped in zip(files, drops, strict=True):
        typed = {s for s, p, *_ in file if p == f"<{RDF}type>"}
        everywhere |= {
            node for node in dropped if not node.startswith("_:") and "/parties/" not in node and (node in typed or node not in records)
        }
    left = []
    for number, document in enumerate(documents):
        local, own = drops[number], described[number] - drops[number] - hidden
        blank = {node for node in local if node.startswith("_:")}
        kept = tuple(
            quad
            for quad, (s, _, o, _) in zip(document.quads, files[number], strict=True)
            if s not in local and not {s, o} & blank and not {s, o} & (everywhere - own)
        )
        if len(kept) == len(document.quads):
            left.append(document)
        elif kept:
            left.append(Document(Source(document.source.name, b""), "turtle", kept))
    return tuple(left)


def _typed(file: Sequence[tuple[str, ...]], names: Sequence[str]) -> set[str]:
    return {s for s, p, o, *_ in file if p == f"<{RDF}type>" and any(o.endswith(f"#{name}>") for name in names)}


def _hidden(files: Sequence[Sequence[tuple[str, ...]]], audience: Audience) -> set[str]:
    """The submissions that the audience does not read."""
    hidden = set()
    for node in {node for file in files for node in _typed(file, list(_KINDS))}:
        ranks, claims = [0], []
        for file in files:
            said = [o for s, p, o, *_ in file if s == node and p == f"<{OBS}disclosure>"]
            ranks += [_ORDER.index(name) if (name := value.rpartition("#")[2].rstrip(">")) in _ORDER else 2 for value in said]
            if node in _typed(file, list(_KINDS)):
                ranks += [] if said else [1]
                claims.append(any(s == node and "onBehalfOf" in p and o == f"<{audience.party}>" for s, p, o, *_ in file))
        reaches = {"public": 0, "secretariat": 2}.get(audience.name, 1)
        if max(ranks) > reaches and not all(claims):
            hidden.add(node)
    return hidden


def _dropped(file: Sequence[tuple[str, ...]], hidden: set[str]) -> set[str]:
    """The nodes that a document describes for hidden submissions."""
    subjects, records = {s for s, *_ in file}, _typed(file, _RECORDS)
    submissions = {node for node in subjects if node.removeprefix(f"<{BASE}").rstrip(">")[1:].isdigit()}
    if not subjects & hidden:
        return set()

    def led_to(roots: set[str]) -> set[str]:
        found = set[str]()
        while True:
            new = {o for s, _, o, *_ in file if s in roots | found and o in subjects - submissions - records} - found
            if not new:
                return found
            found |= new

    return subjects - submissions - records - led_to(submissions - hidden) - (led_to(records) - led_to(subjects & hidden))


def literals(documents: Sequence[Document]) -> set[str]:
    """The markers in the documents."""
    values = (quad.object.value for document in documents for quad in document.quads if isinstance(quad.object, ox.Literal))
    return {value for value in values if value.startswith("marker-")}


def names(documents: Sequence[Document]) -> set[str]:
    """The IRIs of the nodes in the documents that only a register names."""
    terms = chain.from_iterable((quad.subject, quad.object) for document in documents for quad in document.quads)
    return {term.value for term in terms if isinstance(term, ox.NamedNode) and term.value.startswith(BASE)}
