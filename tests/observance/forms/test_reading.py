"""Reading forms from RDF and writing them again: nothing is lost, and what a form shows is what the document says."""

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import cases_of
from conftest import ROOT, check_each
from observance.forms import FilledForm, interpret
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, read_source
from oxishacl import Document, Source

EXAMPLES = sorted((ROOT / "shapes" / "examples").glob("*.ttl"))
CASES = sorted(case.path for folder in (ROOT / "tests" / "shapes").iterdir() if folder.is_dir() for case in cases_of(folder.name))


def document_of(file: Path, kb: KnowledgeBase) -> Document:
    """The parsed file."""
    return parse_document(read_source(file, settings=kb.settings), settings=kb.settings, contexts=kb.contexts)


def canonical(triples: Iterable[ox.Triple | ox.Quad]) -> set[str]:
    """The statements with canonical labels of blank nodes."""
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def filled_forms(document: Document, kb: KnowledgeBase) -> list[FilledForm]:
    """The form of each kind of submission in the document, as it fills it in."""
    return [kb.forms.read(document, name=name) for name in dict.fromkeys(form.name for form, _ in kb.forms.nodes(document))]


@pytest.mark.parametrize("files", [EXAMPLES, CASES], ids=["examples", "cases"])
def test_nothing_is_lost(files: list[Path], kb: KnowledgeBase) -> None:
    """RDF read into a form and written again is isomorphic, with no problem, for every example and every case of a shape."""
    seen = []

    def check(file: Path) -> None:
        document = document_of(file, kb)
        for filled in filled_forms(document, kb):
            interpretation = interpret(kb.forms.form(filled.form), filled)
            assert interpretation.problems == ()
            assert canonical(interpretation.triples) == canonical(document.quads)
            seen.append(file)

    check_each(check, files)
    assert len(seen) >= len(files) * 0.9


def test_examples_are_shown_whole(kb: KnowledgeBase) -> None:
    """A form shows all that an example says of its submission or record and of its parts: none of it is among what it does not know."""

    def check(file: Path) -> None:
        for filled in filled_forms(document_of(file, kb), kb):
            nodes = interpret(kb.forms.form(filled.form), filled).nodes
            shown = tuple(f"<{node}> " if not node.startswith("_:") else f"{node} " for node in nodes)
            assert [line for line in filled.rest if line.startswith(shown)] == []

    check_each(check, EXAMPLES)


SHARED = """
@prefix obs: <https://w3id.org/observance/ns#> . @prefix time: <http://www.w3.org/2006/time#> .
<urn:x:t> a obs:IndicativeTimetable ; obs:milestone <urn:x:m> , <urn:x:n> .
<urn:x:m> a obs:Milestone ; obs:plannedInterval _:shared .
<urn:x:n> a obs:Milestone ; obs:plannedInterval _:shared , [ time:hasEnd <urn:x:e> ] , [ time:hasEnd <urn:x:f> ] .
_:shared time:hasBeginning _:shared .
"""


def test_shared_and_surplus_nodes(kb: KnowledgeBase) -> None:
    """A node that two parts share, one within itself, and more intervals than a step can have are kept, each shown once at the most."""
    document = parse_document(Source("x.ttl", SHARED.encode()), settings=kb.settings)
    filled = kb.forms.read(document)
    intervals = [
        entry.part.node
        for milestone in filled.part.entries["obs:milestone"]
        if milestone.part is not None
        for entry in milestone.part.entries.get("obs:plannedInterval", ())
        if entry.part is not None
    ]
    assert len(intervals) == len(set(intervals)) == 2
    assert len(filled.rest) == 4
    assert canonical(interpret(kb.forms.form("2.5"), filled).triples) == canonical(document.quads)


def test_choices_of_a_register(kb: KnowledgeBase) -> None:
    """The parties to choose from are those of the register; what is on record is offered with its party and its day."""
    parties = kb.forms.form("3").part.field("obs:onBehalfOf")
    revised = kb.forms.form("3").part.field("prov:wasRevisionOf")
    assert parties is not None
    assert revised is not None
    assert {choice.term for choice in parties.choices} == set(kb.register.queried.declared)
    assert [choice.term for choice in revised.choices if not choice.party] == []
    assert {choice.label["fr"] for choice in revised.choices if "2019" in choice.label["fr"]}
