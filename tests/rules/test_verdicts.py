"""What counts follows from validation: of every document that has a Violation, the item that it was sent for is to be clarified.

The documents are the cases of the shapes, each in a register that is said to be complete about everything.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyoxigraph as ox

from conftest import check_each, sample
from fixtures_of_rules import KNOWLEDGE, ROOT, SHAPES, kebab_case, parse_turtle, register_inputs
from observance.assessment import AssessmentSet, assess
from observance.assessment.model import Duty
from observance.core import OBS, PREFIXES, RDF, XSD, calendar
from observance.rdf import quad_as_meant
from observance.register import TO_CLARIFY

FOLDERS = sorted(f for f in (ROOT / "tests" / "shapes").iterdir() if f.is_dir() and not f.name.startswith("register-"))
CASES = [case for folder in FOLDERS for case in sorted(folder.glob("invalid.*.ttl"))]
MISSPELT = OBS.replace("ns#", "nss#")
DAY, TIME = "2023-06-01", "2023-06-01T09:30:00Z"
DECLARED = {f"{PREFIXES['party']}X{letter}" for letter in "ABCDEFGHIJLMNOPQRSTUVWXYZ"}
CLASSES = KNOWLEDGE.subclasses(OBS + "Submission")


def test_what_is_refused_is_to_be_clarified() -> None:
    """Never provided and never absent, although the register is complete; a fault that the receipt supplies keeps nothing from counting."""
    check_each(_check, sample(CASES, 25), name=lambda path: f"{path.parent.name}/{path.stem}")


def test_a_misspelt_namespace_hides_nothing() -> None:
    """A document whose namespace has a slip of the pen was received: the item that it was sent for is to be clarified, and no other."""
    cases = [path for folder in FOLDERS for path in sorted(folder.glob("valid*.ttl"))[:1]]
    check_each(lambda path: _check(path, misspelt=True), cases, name=lambda path: path.parent.name)


def _check(path: Path, *, misspelt: bool = False) -> None:
    assessed, submissions = _assess(path, misspelt=misspelt)
    unclear = {node for node in submissions if (str(node), f"<{RDF}type>", f"<{TO_CLARIFY}>") in assessed.derivation.facts}
    shapes = {finding.finding.shape for finding in _violations(assessed)}
    assert unclear or all(SHAPES.metadata.first_value(shape, OBS + "suppliedByReceipt") for shape in shapes), shapes
    clear = {kind for node, (kind, _) in submissions.items() if node not in unclear}
    for node in unclear:
        kind, bearers = submissions[node]
        if misspelt and bearers & DECLARED:
            assert not any(assessed.derivation.facts.objects(node.value, OBS + "unsettles"))
        norms = KNOWLEDGE.subjects_with(OBS + "evidencedBy", kind)
        for a in assessed.assessments:
            if a.duty.norm in norms and a.duty.bearer in bearers and kind not in clear and not _is_settled(node, a.duty, assessed):
                assert kebab_case(a.status.iri) in {"received-not-valid", "not-applicable"}, (a.duty.iri, a.status.iri)


def _is_settled(node: ox.NamedNode | ox.BlankNode, duty: Duty, assessed: AssessmentSet) -> bool:
    """Whether another document has taken its place, or something received later is on record for the same duty."""
    facts, name = assessed.derivation.facts, node.value if isinstance(node, ox.NamedNode) else str(node)
    received = list(facts.objects(name, OBS + "receivedOn"))
    later = (day for other in facts.subjects(OBS + "onRecordFor", duty.iri) for day in facts.objects(other, OBS + "receivedOn"))
    is_replaced = any(list(facts.objects(name, OBS + predicate)) for predicate in ("supersededBy", "withdrawnBy"))
    return is_replaced or (bool(received) and any(day > received[0] for day in later))


def _violations(assessed: AssessmentSet) -> Iterator[object]:
    verdicts = assessed.inputs.opened_verdicts
    assert verdicts is not None
    return (item for item in verdicts.graph.findings((1,)) if item.finding.severity == "Violation")


def _assess(path: Path, *, misspelt: bool) -> tuple[AssessmentSet, dict[ox.NamedNode | ox.BlankNode, tuple[str, set[str]]]]:
    """The assessment of the case in a complete register that received it, and the kind and bearers of each of its submissions."""
    text = path.read_text(encoding="utf-8")
    document = tuple(ox.parse(text.replace(OBS, MISSPELT) if misspelt else text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))
    quads = tuple(map(quad_as_meant, document))
    bearers: dict[object, set[str]] = {}
    for quad in quads:
        if quad.predicate.value == OBS + "onBehalfOf":
            bearers.setdefault(quad.subject, set()).add(getattr(quad.object, "value", ""))
    kinds = {q.subject: q.object.value for q in quads if q.predicate.value == RDF + "type" and getattr(q.object, "value", "") in CLASSES}
    submissions = {node: (kind, bearers.get(node, set())) for node, kind in kinds.items()}
    others = path.parent / "register.ttl"
    register = tuple(parse_turtle(others)) if others.is_file() else ()
    inputs = register_inputs(tuple(_records()), document, tuple(_receipts(submissions)), register)
    return assess(inputs, as_of=date.fromisoformat(DAY), known_at=calendar.parse_time(TIME)), submissions


def _receipts(submissions: dict[ox.NamedNode | ox.BlankNode, tuple[str, set[str]]]) -> Iterator[ox.Quad]:
    for node in submissions:
        if isinstance(node, ox.NamedNode):
            yield ox.Quad(node, ox.NamedNode(OBS + "receivedOn"), ox.Literal(DAY, datatype=ox.NamedNode(XSD + "date")))


def _records() -> Iterator[ox.Quad]:
    """The parties of all cases in their roles, and a statement that the register is complete about them for every kind of record."""
    lines = [f"""
        ex:register obs:declares <{party}> .
        [] a org:Membership ; org:member <{party}> ; org:role obs:MemberRole ; org:memberDuring ex:always .
        ex:everything obs:completeAbout <{party}> .""" for party in sorted(DECLARED)]  # fmt: skip
    prefixes = {"ex": "https://example.org/"} | {name: PREFIXES[name] for name in ("obs", "org", "time", "xsd")}
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
    turtle = f"""{head} ex:register a obs:Register .
        ex:always a time:ProperInterval ; time:hasBeginning [ a time:Instant ; time:inXSDDate "1970-01-01"^^xsd:date ] .
        ex:everything a obs:CompletenessStatement ; obs:completeFor obs:Submission ; obs:completeUntil "2030-12-31"^^xsd:date .
        {"".join(lines)}"""
    return iter(ox.parse(turtle, format=ox.RdfFormat.TURTLE))
