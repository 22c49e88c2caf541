"""Repairs: confirmed by validation, in the syntax of the document, and never a word in the author's place."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import cases_of
from conftest import ROOT, check_each
from observance.core import OBS, PREFIXES, RDF, InvalidInputError
from observance.core.spelling import corrected_term, edit_distance
from observance.submissions import ReportOptions, repair, service
from observance.submissions.model import Finding, Repair, TextEdit
from observance.submissions.repair_edits import apply_edits, filled_edits
from oxishacl import Place, Source

SUBMISSION = Path(__file__).parent / "reports" / "interval.ttl"
REPAIRS = ReportOptions(repairs=True)


def test_ineffective_candidates_are_not_proposed(kb, monkeypatch):
    """A change after which the document has the same findings is not proposed."""
    proposed = kb.submissions.validate(SUBMISSION, options=REPAIRS)
    tried = []
    monkeypatch.setattr(service, "report_on_document", lambda document, **_others: tried.append(document) or proposed)
    report = kb.submissions.validate(SUBMISSION, options=REPAIRS)

    assert any(finding.repair for finding in proposed.findings)
    assert [finding.repair for finding in report.findings] == [None] * len(report.findings)
    assert tried


def test_severe_findings_first(kb, monkeypatch):
    """If only few candidates can be checked, those for violations are checked before those for good practice."""
    severities = []
    monkeypatch.setattr(repair.Repairer, "_repair", lambda _self, finding, _result, **_others: severities.append(finding.severity))

    kb.submissions.validate(SUBMISSION, options=REPAIRS)
    ranks = [repair.SEVERITIES.index(severity) for severity in severities]

    assert len(set(ranks)) > 1
    assert ranks == sorted(ranks)


SHAPES = sorted(file.stem for file in (ROOT / "shapes").glob("*.ttl"))
FAULTY = [case for stem in SHAPES for case in cases_of(stem) if case.worst and not case.registers and not case.as_of]
GAP = ox.NamedNode("urn:gap")
TURTLE_PREFIXES = "".join(f"@prefix {prefix}: <{base}> .\n" for prefix, base in PREFIXES.items())


def repairs(kb, *, cases=FAULTY) -> Iterator[tuple[str, bytes, Finding]]:
    """The repairs of the findings of all faulty cases, each with the name and the text of its case."""
    for case in cases:
        text = case.path.read_bytes()
        for finding in kb.submissions.validate(case.path, options=REPAIRS).findings:
            if finding.repair is not None:
                yield f"{case.path.parent.name}/{case.path.name}: {finding.shape}", text, finding


def triples_of(text: str) -> list[ox.Quad]:
    """The statements of a repair in Turtle; a gap for a name is `urn:gap`, and one for a text, a value or a language stays a gap."""
    body = "".join(line + "\n" for line in text.splitlines() if not line.startswith("@prefix"))
    body = body.replace('"…"', '"GAP"').replace("@…", "@x-gap").replace(" …", " <urn:gap>").replace("GAP", "…")
    if not body.rstrip().endswith("."):
        body = "_:here " + body.rstrip().removesuffix(";") + " ."
    return list(ox.parse((TURTLE_PREFIXES + body).encode(), format=ox.RdfFormat.TURTLE))


def test_no_word_in_the_author_s_place(kb) -> None:
    """What a repair writes is the author's own, or corrects its spelling, or is a gap: no party, outcome, text or day is chosen for it."""
    found = list(repairs(kb))

    def check(item: tuple[str, bytes, Finding]) -> None:
        _, text, finding = item
        own = [quad.object for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
        texts = {term.value for term in own if not isinstance(term, ox.BlankNode)}
        for quad in triples_of(finding.repair.write):
            term = quad.object
            if isinstance(term, ox.BlankNode) or term == GAP or quad.predicate.value == RDF + "type":
                continue
            if isinstance(term, ox.Literal):
                assert term.value in texts | {"…"}, finding.repair
                continue
            near = {known for known in texts if corrected_term(known, among=[term.value]) == term.value}
            near |= {known for known in texts if known.partition(":")[2] and term.value.endswith(known.partition(":")[2])}
            assert term.value in texts or near, finding.repair

    assert len(found) > 100
    check_each(check, found, name=lambda item: item[0])


def in_syntax(syntax: str, text: str, *, focus: str) -> list[ox.Quad]:
    """The statements of a repair in JSON-LD or RDF/XML, as members or elements of the node."""
    if syntax == "jsonld":
        document = {"@context": {"xsd": PREFIXES["xsd"]}, "@id": focus} | json.loads("{" + text + "}")
        written = json.dumps(document, ensure_ascii=False).replace('"@id": "…"', '"@id": "urn:gap"')
        return list(ox.parse(written.replace('"@language": "…"', '"@language": "x-gap"'), format=ox.RdfFormat.JSON_LD))
    body = f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="{focus}">{text}</rdf:Description></rdf:RDF>'
    body = body.replace('rdf:resource="…"', 'rdf:resource="urn:gap"').replace('xml:lang="…"', 'xml:lang="x-gap"')
    namespaces = " ".join(f'xmlns:{prefix}="{base}"' for prefix, base in PREFIXES.items() if prefix != "rdf" and f"<{prefix}:" in body)
    return list(ox.parse(body.replace("<rdf:RDF ", f"<rdf:RDF {namespaces} ", 1), format=ox.RdfFormat.RDF_XML))


def canonical(quads: list[ox.Quad]) -> list[str]:
    """The statements with canonical blank nodes; Turtle writes a gap for yes or no without its datatype."""
    untyped = ox.Literal("…", datatype=ox.NamedNode(PREFIXES["xsd"] + "boolean"))
    dataset = ox.Dataset(ox.Quad(s, p, GAP if o == untyped else o) for s, p, o, _ in quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(map(str, dataset))


@pytest.mark.parametrize(("syntax", "form"), [("jsonld", ox.RdfFormat.JSON_LD), ("rdf", ox.RdfFormat.RDF_XML)])
def test_own_syntax(syntax: str, form: ox.RdfFormat, kb) -> None:
    """A repair for a document in JSON-LD or RDF/XML is written in that syntax, and says what it says in Turtle."""
    compared = 0
    for case in FAULTY[::6]:
        triples = [quad.triple for quad in ox.parse(case.path.read_bytes(), format=ox.RdfFormat.TURTLE)]
        other = Source(f"other.{syntax}", ox.serialize(triples, format=form) or b"")
        by_print = {f.fingerprint: f for f in kb.submissions.validate(other, options=REPAIRS).findings}
        for finding in kb.submissions.validate(case.path, options=REPAIRS).findings:
            if (
                finding.repair is None
                or finding.focus.startswith("_:")
                # What is written about a part without a name is compared by its focus alone, which is another node.
                or (finding.value or "").startswith("_:")
                or finding.repair.write.count(" .\n") > finding.repair.write.count("@prefix")
            ):
                continue
            written = by_print[finding.fingerprint].repair
            assert canonical(in_syntax(syntax, written.write, focus=finding.focus)) == canonical(triples_of(finding.repair.write)), written
            assert (written.gap, len(written.choices)) == (finding.repair.gap, len(finding.repair.choices))
            compared += 1
    assert compared >= 10


@pytest.mark.parametrize("syntax", ["turtle", "ntriples"])
def test_edits(syntax: str, kb) -> None:
    """Nearly every repair can be made in the text, which is otherwise as it was; without a gap the finding is then gone."""
    made, not_made = 0, []
    for case in FAULTY[::4]:
        text = case.path.read_text()
        if syntax == "ntriples":
            triples = [quad.triple for quad in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]
            text = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
        for finding in kb.submissions.validate(Source("x", text.encode()), options=REPAIRS).findings:
            if finding.repair is None:
                continue
            if not finding.repair.edits:
                not_made.append((case.path.name, finding.repair.write))
                continue
            made += 1
            changed = apply_edits(text, finding.repair.edits)
            assert finding.repair.gap == ("…" in changed) or "…" in text
            assert all(line in text.split("\n") for line in changed.split("\n")[: finding.repair.edits[0].place.line - 1])
            if not finding.repair.gap:
                after = kb.submissions.validate(Source("x", changed.encode())).findings
                assert finding.fingerprint not in {other.fingerprint for other in after}, changed
    assert made > 20
    assert len(not_made) <= made // (10 if syntax == "turtle" else 2), not_made


def test_values_in_gaps() -> None:
    """A value stands in its gap as a text, a name or a language, by the signs on its sides; one that cannot is an error."""
    place = Place(1, 1, 1, 1)

    def filled(text: str, *values: str) -> str:
        return "".join(edit.text for edit in filled_edits(Repair("", "", gap=True, edits=(TextEdit(place, text),)), values))

    assert filled('a "…" ; b …', 'say "hi"\\\nyou', "obs:X") == r'a "say \"hi\"\\\nyou" ; b obs:X'
    assert filled('"x"@…', "fr-CA") == '"x"@fr-CA'
    assert filled("<a> <b> <…> .", "urn:x") == "<a> <b> <urn:x> ."
    for text, values in [("…", ("",)), ("…", ()), ("…", ("a . b",)), ('"x"@…', ('fr . "',)), ("<…>", ("a> <b",)), ("…", ("<a> .",))]:
        with pytest.raises(InvalidInputError):
            filled(text, *values)


MEANT = [
    ("PostalOperater", "PostalOperator"), ("postalOperator", "PostalOperator"), ("PostlaOperator", "PostalOperator"),
]  # fmt: skip
NOT_MEANT = ["Present", "Abset1", "PO", "XQQ", "StandardTwo", "PostalOperator2"]


def test_corrected_terms() -> None:
    """A slip of the pen has one term that is meant; another word, a code, or what two terms are as near to has none."""
    terms = {OBS + name for name in ("PostalOperator", "Absent", "Attended", "Excused", "XQ", "XQA", "ActionDonf", "ActionDong")}

    assert {slip: corrected_term(OBS + slip, among=terms) for slip, _ in MEANT} == {slip: OBS + meant for slip, meant in MEANT}
    assert [slip for slip in (*NOT_MEANT, "ActionDone") if corrected_term(OBS + slip, among=terms)] == []
    assert corrected_term("http://w3id.org/observance/ns#Absent", among=terms) == OBS + "Absent"
    assert corrected_term("https://w3id.org/observance/ns/Absent", among=terms) == OBS + "Absent"


@pytest.mark.parametrize(
    ("one", "other", "distance"), [("", "", 0), ("ab", "ba", 1), ("abc", "abcd", 1), ("abc", "axd", 2), ("a", "abcd", 3)]
)
def test_edit_distance(one: str, other: str, distance: int) -> None:
    """An exchange of neighbours is one step, and a difference of more than two letters is more than two."""
    assert edit_distance(one, other) == edit_distance(other, one) == distance


ASKED = {
    # What is asked for, in an example: what it must not become. The cases of the findings of 2026.
    "obs:attendance obs:Present": ("para-2-7-meetings.ttl", "obs:attendance obs:Attended"),
    "obs:onBehalfOf party:XQQ": ("para-2-9-benchmarking.ttl", "obs:onBehalfOf party:XQ"),
}


@pytest.mark.parametrize("written", ASKED)
def test_unknown_members_of_lists(written: str, kb) -> None:
    """An attendance or a party that does not exist becomes no other: there is a gap, with the closed list where it is short."""
    name, own = ASKED[written]
    text = (ROOT / "shapes" / "examples" / name).read_text(encoding="utf-8")
    assert own in text
    report = kb.submissions.validate(Source(name, text.replace(own, written, 1).encode()), options=REPAIRS)
    proposed = next(finding.repair for finding in report.findings if finding.repair)

    assert proposed.gap
    assert f"{written.split(maxsplit=1)[0]} … " in proposed.write
    assert set(proposed.choices) == ({"obs:Attended", "obs:Excused", "obs:Absent"} if "attendance" in written else set())
