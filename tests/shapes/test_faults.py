"""One fault gives one finding, in the first round; and each finding says whether the text or the form of this register is concerned."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from cases import cases_of
from conftest import ROOT, WHOLE, check_each, sample
from observance.core import OBS, SH, XSD
from observance.knowledge import read_files
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, read_source
from observance.submissions import REGISTER_FORM
from oxishacl import Source

SHAPES = sorted((ROOT / "shapes").glob("*.ttl"))
EXAMPLES = sorted((ROOT / "shapes" / "examples").glob("[!r]*.ttl"))
"""The examples of submissions; those of a register's records (`register-…`) are none."""
VALID = [
    case.path
    for file in SHAPES
    for case in cases_of(file.stem)
    if case.worst is None and not case.registers and not file.stem.startswith("register-")
]
# For each datatype the forms in which it is often written and that are none: day first, a day that does not exist, a number, a text.
ILL_FORMED = {
    "date": ("04/11/2019", "4 novembre 2019", "2019-02-30", "2019-11", ""),
    "gYear": ("19", "2019-11-04", ""),
    "gYearMonth": ("11/2019", "2019-13", ""),
    "language": ("français", "french", "fr_FR", ""),
    "boolean": ("oui", "yes", ""),
}
OTHERS = (ox.Literal("text"), ox.Literal("2019", datatype=ox.NamedNode(XSD + "integer")), ox.NamedNode("https://example.org/page"))


def damages(term: object, *, kb: KnowledgeBase) -> Iterator[ox.Literal | ox.NamedNode]:
    """What stands in place of the value by mistake: an ill-formed value, one of another kind, a text without language, an unknown term."""
    if isinstance(term, ox.Literal):
        name = term.datatype.value.rpartition("#")[2]
        yield from (ox.Literal(text, datatype=term.datatype) for text in ILL_FORMED.get(name, ()))
        if name in ILL_FORMED or name == "langString":
            yield from (other for other in OTHERS if other != term)
    elif isinstance(term, ox.NamedNode) and term.value in kb.knowledge.subjects:
        yield from (ox.Literal(term.value), ox.NamedNode(term.value + "x"), ox.NamedNode(term.value.replace("https:", "http:")))


class Faults:
    """A document and its findings with one of its values replaced, or several."""

    def __init__(self, file: Path, *, kb: KnowledgeBase) -> None:
        """Read the document."""
        self._kb = kb
        self.quads = parse_document(read_source(file, settings=kb.settings), settings=kb.settings).quads
        quads = [(number, quad) for number, quad in enumerate(self.quads) if not quad.predicate.value.endswith("#type")]
        self.single = [(number, new) for number, quad in quads for new in damages(quad.object, kb=kb)]

    def findings(self, *changes: tuple[int, ox.Literal | ox.NamedNode]) -> Counter[tuple[str | None, ...]]:
        """The findings after the changes: shape, path, value and origin of each."""
        new = dict(changes)
        quads = [ox.Quad(s, p, new.get(number, o), g) for number, (s, p, o, g) in enumerate(self.quads)]
        report = self._kb.submissions.validate(Source("faults.nq", ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""))
        return Counter((f.shape, f.path, f.value, f.fault_of) for f in report.findings)


def test_one_fault_is_one_finding(kb: KnowledgeBase) -> None:
    """A value that is ill-formed, or of another kind, is one finding of form; nothing that would follow from it is said."""

    def check(file: Path) -> None:
        faults = Faults(file, kb=kb)
        # A recipient, a filer or a witness may be anybody, whom this register need not know.
        open_ = {OBS + name for name in ("submittedBy", "recipient", "participant")}
        wrong = []
        for number, new in sample(faults.single, 8):
            if isinstance(new, ox.NamedNode) and faults.quads[number].predicate.value in open_:
                continue
            found = faults.findings((number, new))
            if found.total() != 1 or {origin for *_, origin in found} != {REGISTER_FORM}:
                wrong.append((str(faults.quads[number].predicate), str(new), [shape for shape, *_ in found]))
        assert wrong == []

    check_each(check, EXAMPLES, name=lambda file: file.name)


def test_ill_formed_values_have_no_consequence(kb: KnowledgeBase) -> None:
    """In every valid case, a literal that is ill-formed or of another kind is one finding, whatever it is compared with there."""

    def check(file: Path) -> None:
        faults = Faults(file, kb=kb)
        literals = sample([(n, new) for n, new in faults.single if isinstance(faults.quads[n].object, ox.Literal)], 5)
        found = {(n, str(new)): faults.findings((n, new)).total() for n, new in literals}
        own = {OBS + "label", "http://www.w3.org/2000/01/rdf-schema#label"}
        assert {key for key, count in found.items() if count != 1 and faults.quads[key[0]].predicate.value not in own} == set()

    check_each(check, VALID, name=lambda file: f"{file.parent.name}/{file.name}")


def test_two_faults_are_two_findings(kb: KnowledgeBase) -> None:
    """Two faults in different values are both told in the first round, as each alone is."""

    def check(file: Path) -> None:
        faults = Faults(file, kb=kb)
        chosen = random.Random(file.name).sample(faults.single, min(30 if WHOLE else 10, len(faults.single)))
        for one, other in zip(chosen[::2], chosen[1::2], strict=False):
            if one[0] != other[0]:
                assert faults.findings(one, other) == faults.findings(one) + faults.findings(other), (one, other)

    check_each(check, EXAMPLES, name=lambda file: file.name)


def test_every_fault_has_an_origin() -> None:
    """Every shape with a message says once whether its finding concerns the text or this register's form; a violation is one of form."""

    def check(file: Path) -> None:
        quads = read_files((file,), root=ROOT)
        values = {(quad.subject, quad.predicate.value): quad.object for quad in quads}
        speaking = {quad.subject for quad in quads if quad.predicate.value == SH + "message"}
        origins = Counter(quad.subject for quad in quads if quad.predicate.value == OBS + "faultOf")
        assert origins == Counter(dict.fromkeys(speaking, 1))
        for shape in speaking:
            if values[shape, SH + "severity"] == ox.NamedNode(SH + "Violation"):
                assert values[shape, OBS + "faultOf"] == ox.NamedNode(REGISTER_FORM), shape
            assert str(values[shape, OBS + "faultOf"]) in {f"<{REGISTER_FORM}>", f"<{OBS}TextualRequest>"}

    check_each(check, [file for file in SHAPES if file.stem != "prefixes"], name=lambda file: file.stem)
