"""Terms of vocabularies that rdflib does not know in full are used only when a list here has them.

The lists hold the terms that were seen in the vocabulary's own files; a term in neither place is not used.
"""

import re
from pathlib import Path

import pyoxigraph as ox

from conftest import check_each
from observance.core import HOME, PREFIXES
from observance.knowledge import checks, faults
from observance.knowledge.faults import FaultLocator

ROOT = Path(__file__).parents[2]
LISTS = sorted((Path(__file__).parent / "terms").glob("*.txt"))
TYPE = PREFIXES["rdf"] + "type"


def read(file: Path) -> tuple[str, list[str]]:
    """The namespace and the terms of a list."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return lines[0].removeprefix("# Namespace: "), [line for line in lines if not line.startswith("#")]


KNOWN = dict(read(file) for file in LISTS)


def knowledge() -> tuple[ox.Quad, ...]:
    """Every triple of the rooms' Turtle files, examples and demo included."""
    rooms = ("ontology", "rules", "shapes", "queries")
    return faults.read_turtle(sorted(file for room in rooms for file in (ROOT / room).rglob("*.ttl")), root=ROOT)


def uses() -> list[checks.TermUse]:
    """Every use of a term in the rooms, query texts included."""
    quads = knowledge()
    queries = ((file, file.read_text(encoding="utf-8")) for file in sorted((ROOT / "queries").rglob("*.rq")))
    query_uses = [
        checks.TermUse(iri, file.relative_to(ROOT).as_posix(), None) for file, text in queries for iri in checks.mentioned_terms(text)
    ]
    subjects = [checks.TermUse(faults.term_text(quad.subject), faults.file_of(quad.graph_name), None) for quad in quads]
    return [*checks.term_uses(quads, locator=FaultLocator(quads)), *subjects, *query_uses]


def unlisted(used: list[checks.TermUse]) -> set[tuple[str | None, str]]:
    """The (file, term) pairs whose vocabulary has a list that lacks the term."""
    spaces = [(use, next((space for space in KNOWN if use.iri.startswith(space)), None)) for use in used]
    return {(use.file, use.iri) for use, space in spaces if space and use.iri.removeprefix(space) not in ("", *KNOWN[space])}


def test_terms_of_listed_vocabularies_are_listed() -> None:
    """Every term used of ELI, UNDO, DPV, LegalRuleML, NRV, ELI-DL, CCCEV and the report model is in its list."""
    assert unlisted(uses()) == set()


def test_terms_of_closed_vocabularies_exist() -> None:
    """Every term used of SHACL, OWL, SKOS, PROV and the other closed vocabularies is one that rdflib knows."""
    assert [(fault.file, fault.node, fault.detail["en"]) for fault in checks.unknown_terms(uses())] == []


def test_every_vocabulary_is_known() -> None:
    """Every property and every type is ours, of a listed vocabulary or of a closed one: no other vocabulary is used."""
    vocabularies = (HOME, *KNOWN, *checks.VOCABULARIES)
    names = {quad.predicate.value for quad in knowledge()}
    names |= {faults.term_text(quad.object) for quad in knowledge() if quad.predicate.value == TYPE}
    assert {name for name in names if not name.startswith(vocabularies)} == set()


def test_unlisted_term_is_noticed() -> None:
    """A misspelt term of a listed vocabulary is reported with its file; a listed one and the bare namespace are not."""
    eli = PREFIXES["eli"]
    used = [checks.TermUse(eli + name, "ontology/x.ttl", None) for name in ("has_part", "hasPart", "")]
    assert unlisted(used) == {("ontology/x.ttl", eli + "hasPart")}


def test_lists_are_well_formed() -> None:
    """A list names its namespace and its source, has one term a line, sorted, none twice; its prefix is the house's."""

    def check(file: Path) -> None:
        namespace, names = read(file)
        assert file.read_text(encoding="utf-8").splitlines()[1].startswith(("# Source: modelling.md §1, marked [V]", "# Source: DASH"))
        assert names == sorted(set(names))
        assert all(re.fullmatch(r"[A-Za-z_]+", name) for name in names)
        assert PREFIXES.get(file.stem, namespace) == namespace

    check_each(check, LISTS, name=lambda file: file.stem)
