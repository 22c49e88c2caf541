"""Descriptions of things: statements and what refers to them, with labels, within bounds."""

import pyoxigraph as ox
import pytest

from observance.rdf import MemoryStore
from observance.resources import ResourceReader, closest, description
from observance.resources.model import Resource, ResourceStatement

PREFIXES = """
@prefix : <urn:x:> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix obs: <https://w3id.org/observance/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def reader(turtle: str, lang: str = "en") -> ResourceReader:
    """The reader of a store that holds the statements in two graphs, as knowledge and register do."""
    quads = list(ox.parse(PREFIXES + turtle, format=ox.RdfFormat.TURTLE))
    graphs = [ox.NamedNode("urn:graph:a"), ox.NamedNode("urn:graph:b")]
    return ResourceReader(MemoryStore(ox.Quad(*quad.triple, graph) for quad in quads for graph in graphs), lang)


def by_label(statements: tuple[ResourceStatement, ...]) -> dict[str, ResourceStatement]:
    """The statements by their label."""
    return {statement.label: statement for statement in statements}


def test_parts_of_a_description():
    """Names, kinds, words, definition, provenance and the rest stand apart, each once though several graphs state them."""
    found: Resource = reader("""
        :a a :Kind ; skos:prefLabel "one"@en , "un"@fr ; skos:notation "A1" ; skos:definition "What it is."@en , "Ce que c'est."@fr ;
            obs:authenticText "les mots"@fr ; dcterms:source :s ; :weight 3 .
        :Kind skos:prefLabel "kind of thing"@en . :weight rdfs:label "weight"@en . :s rdfs:label "a source"@en .
        :b :weight :a .
    """).describe("urn:x:a")

    assert (found.label, found.code, [name.text for name in found.names], [kind.text for kind in found.kinds]) == (
        "one", "A1", ["un"], ["kind of thing"]
    )  # fmt: skip
    assert [value.lang for value in found.words[0].values] == ["fr"]
    assert [value.text for value in found.definition[0].values] == ["What it is."]
    assert [value.text for value in found.provenance[0].values] == ["a source"]
    assert [(s.label, [(v.text, v.kind) for v in s.values]) for s in found.statements] == [("weight", [("3", "integer")])]
    assert [(s.label, s.count, [v.iri for v in s.values]) for s in found.references] == [("weight", 1, ["urn:x:b"])]
    assert found.graphs == ("urn:graph:a", "urn:graph:b")


def test_nested_nodes_and_lists():
    """Nodes without names are shown within, lists as their members, and what refers from within such a node is the thing around it."""
    found = reader('_:x <urn:x:p> "y" . :a :has [ :part [ :end :c ] ] ; :list ( "one" "two" "three" ) .')
    statements = by_label(found.describe("urn:x:a").statements)
    inner = statements["urn:x:has"].values[0].statements[0].values[0].statements[0]

    assert (inner.values[0].iri, statements["urn:x:list"].count) == ("urn:x:c", 3)
    assert {value.text for value in statements["urn:x:list"].values} == {"one", "two", "three"}
    assert [v.iri for s in found.describe("urn:x:c").references for v in s.values] == ["urn:x:a"]


@pytest.mark.parametrize("turtle", [":a :p _:b . _:b :p _:b .", ":a :p _:b . _:b :p _:c . _:c :p _:b .", "_:l <urn:x:q> 1 . :a :p :a ."])
def test_circles_end(turtle: str):
    """Statements that lead round are told within bounds."""
    found = reader(turtle)

    assert found.describe("urn:x:a").label
    assert 1 <= len(found.statements("urn:x:a")) <= 3


def test_deep_nesting_ends():
    """Nodes without names within one another are shown down to a depth."""
    turtle = ":a :p _:n0 . " + " ".join(f"_:n{n} :p _:n{n + 1} ." for n in range(500)) + ' _:n500 :p "end" .'
    values = reader(turtle).describe("urn:x:a").statements[0].values
    depth = 0
    while values and values[0].statements:
        values, depth = values[0].statements[0].values, depth + 1

    assert (depth, values[0].text) == (8, "…")


def test_many_values_are_counted(monkeypatch: pytest.MonkeyPatch):
    """Of many values and references the first are shown; where not all references were counted, that is said."""
    turtle = " ".join(f":a :p :v{n} . :r{n:03} :q :a ." for n in range(100))
    found = reader(turtle).describe("urn:x:a")

    assert [(len(s.values), s.count) for s in (*found.statements, *found.references)] == [(60, 100), (12, 100)]
    assert not found.is_cut
    assert len(reader(turtle).references("urn:x:a", "urn:x:q")) == 100
    monkeypatch.setattr(description, "_MOST_REFERENCES", 30)
    assert reader(turtle).describe("urn:x:a").is_cut


@pytest.mark.parametrize(
    ("turtle", "label"),
    [
        (':a skos:prefLabel "fr"@fr , "en"@en .', "en"),
        (':a skos:prefLabel "fr"@fr .', "fr"),
        (':a rdfs:label "l"@fr ; dcterms:title "t"@en .', "t"),
        (':a a :K ; obs:onBehalfOf :p ; dcterms:identifier "N1" . :K rdfs:label "report" . :p rdfs:label "Al" .', "Report, Al, N1"),
        (":a a :K . :K rdfs:label 'report' .", "Report, urn:x:a"),
        (":a obs:linkFrom :f ; obs:linkTo :t . :f rdfs:label 'from' . :t rdfs:label 'to' .", "from → to"),
        (":a a :a ; obs:onBehalfOf :a .", "urn:x:a, urn:x:a"),
        (":b :p :a .", "urn:x:a"),
        (f':a rdfs:label "{"x" * 500}" .', "x" * 159 + "…"),
    ],
)
def test_labels(turtle: str, label: str):
    """A thing is called by its name in the language, else in another, else by its kind and what it is about."""
    assert reader(turtle).labels.of("urn:x:a").casefold() == label.casefold()


def test_terms_of_other_vocabularies():
    """A term of another vocabulary has the program's name for it, in both languages."""
    iri = "http://www.w3.org/ns/prov#wasRevisionOf"

    assert [reader("", lang).labels.of(iri) for lang in ("en", "fr")] == ["revises", "révise"]


def test_whole_vocabulary():
    """The data of a vocabulary hold all that it defines; those of anything else do not."""
    found = reader(":v a owl:Ontology . :t rdfs:isDefinedBy :v ; :p [ :q 1 ] . :u rdfs:isDefinedBy :w .")

    assert {str(t.subject)[:5] for t in found.whole("urn:x:v")} == {"<urn:", str(found.whole("urn:x:v")[-1].subject)[:5]}
    assert len(found.whole("urn:x:v")) == 4
    assert len(found.whole("urn:x:w")) == 0


def test_find():
    """The first IRI of which anything is said is found, else the first that is named, and no text that is no IRI."""
    found = reader(":a :p :b .")

    assert found.find(["urn:x:b", "urn:x:a"]) == "urn:x:a"
    assert found.find(["urn:x:c", "urn:x:b"]) == "urn:x:b"
    assert found.find(["no iri", "urn:x:c"]) is None
    assert closest("urn:x:abd", ["urn:x:abc", "urn:y"], most=1) == ["urn:x:abc"]
