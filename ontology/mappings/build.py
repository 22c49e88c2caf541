"""Write the SSSOM tables and `linksets.ttl` from the graph: `python ontology/mappings/build.py`.

The graph is the source: links are kept in `instruments/links.csv`, the alignments in `alignments/*.ttl`, the codes of parties in
`parties/real.csv`. Each table is what the graph says, in the columns of SSSOM; a test builds them again and compares.

SSSOM wants a number for the confidence. Ours are degrees, so the numbers only rank: confirmed 1.0, likely 0.7, unconfirmed 0.4.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import DCTERMS, RDF, RDFS, SKOS, VOID, Graph, Literal, Namespace, URIRef

from observance.core.namespaces import HOME, PREFIXES, compact

HERE = Path(__file__).parent
OBS = Namespace(PREFIXES["obs"])
MAPPING = Namespace(PREFIXES["mapping"])
COUNTRY = "http://publications.europa.eu/resource/authority/country"
PREDICATES = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch, RDFS.subClassOf)
NUMBERS = {OBS.Confirmed: "1.0", OBS.Likely: "0.7", OBS.Unconfirmed: "0.4"}
COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification",
    "author_label", "confidence", "other", "see_also", "comment",
)  # fmt: skip
# Vocabularies and tables of others, with the names under which the linksets show them.
OTHERS = {
    COUNTRY: ("EU Publications Office, country authority table", "Office des publications de l'UE, table d'autorité des pays"),
    PREFIXES["dpv"]: ("Data Privacy Vocabulary, OWL form", "Data Privacy Vocabulary, forme OWL"),
    PREFIXES["lrmlmm"]: ("LegalRuleML 1.0 metamodel", "Métamodèle de LegalRuleML 1.0"),
    PREFIXES["odrl"]: ("ODRL 2.2", "ODRL 2.2"),
    PREFIXES["undo"]: ("United Nations System Document Ontology", "Ontologie des documents du système des Nations Unies"),
}

Row = dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table: its title, the rows that the graph gives for it, and a comment of its own."""

    title: str
    rows: Callable[[Graph], Iterator[Row]]
    comment: str


def knowledge() -> Graph:
    """What every file of the knowledge but our own says."""
    graph = Graph()
    for file in sorted(HERE.parent.rglob("*.ttl")):
        if file.parent != HERE:
            graph.parse(file, format="turtle")
    return graph


def label(graph: Graph, node: URIRef) -> str:
    """The English name of a node, if it has one here."""
    names = [name for prop in (SKOS.prefLabel, RDFS.label) for name in graph.objects(node, prop)]
    return next((str(name) for name in names if isinstance(name, Literal) and name.language == "en"), "")


def curie(iri: URIRef) -> str:
    """The IRI with a prefix."""
    return f"country:{iri.removeprefix(COUNTRY + '/')}" if iri.startswith(COUNTRY) else compact(iri)


def row(graph: Graph, subject: URIRef, predicate: URIRef, target: URIRef, **more: str) -> Row:
    """The columns that every mapping has."""
    ends = {"subject_id": curie(subject), "object_id": curie(target), "predicate_id": curie(predicate)}
    labels = {"subject_label": label(graph, subject), "object_label": label(graph, target)}
    return {**ends, **labels, "mapping_justification": "semapv:ManualMappingCuration", **more}


def linked(graph: Graph, *, wanted: Callable[[URIRef, URIRef], bool]) -> Iterator[Row]:
    """The links whose ends are wanted; the predicate is the property of the kind of link."""
    for link in graph.subjects(RDF.type, OBS.InstrumentLink):
        one, other = graph.value(link, OBS.linkFrom), graph.value(link, OBS.linkTo)
        if wanted(one, other):
            confidence, by = graph.value(link, OBS.confidence), graph.value(link, OBS.assertedBy)
            predicate = graph.value(graph.value(link, OBS.linkKind), OBS.linkProperty)
            reason = next(str(text) for text in graph.objects(link, OBS.linkReason) if text.language == "en")
            said = {"author_label": label(graph, by), "confidence": NUMBERS[confidence], "other": label(graph, confidence)}
            sources = "|".join(sorted(map(str, graph.objects(link, DCTERMS.source))))
            yield row(graph, one, predicate, other, **said, see_also=sources, comment=reason)


def luxor(graph: Graph) -> Iterator[Row]:
    """Luxor's principles and the Framework."""
    return linked(graph, wanted=lambda one, other: under("luxor", one) and not norm(graph, one, other))


def provisions(graph: Graph) -> Iterator[Row]:
    """Parts of conventions and agreements, and the Framework."""
    part = {*graph.subjects(RDF.type, OBS.Provision)}
    return linked(graph, wanted=lambda one, _: one in part and under("instrument", one))


def duties(graph: Graph) -> Iterator[Row]:
    """What the resolution asks, and what it serves."""
    return linked(graph, wanted=lambda one, other: norm(graph, one, other))


def instruments(graph: Graph) -> Iterator[Row]:
    """Every other link."""
    part = {*graph.subjects(RDF.type, OBS.Provision)}
    return linked(
        graph,
        wanted=lambda one, other: not (norm(graph, one, other) or under("luxor", one) or (one in part and under("instrument", one))),
    )


def under(prefix: str, node: URIRef) -> bool:
    """Whether the node's IRI begins so."""
    return node.startswith(PREFIXES[prefix])


def norm(graph: Graph, *ends: URIRef) -> bool:
    """Whether one end is a norm."""
    return any((end, OBS.expressedBy, None) in graph for end in ends)


def outside(graph: Graph, space: str) -> Iterator[tuple[URIRef, URIRef, URIRef]]:
    """The mappings of the graph into a namespace."""
    for predicate in PREDICATES:
        yield from ((one, predicate, other) for one, other in graph.subject_objects(predicate) if other.startswith(space))


def alignments(graph: Graph) -> Iterator[Row]:
    """The mappings of our vocabulary to those of others."""
    said = {"author_label": "this project", "confidence": NUMBERS[OBS.Likely], "other": "likely"}
    for space in OTHERS:
        if space != COUNTRY:
            yield from (row(graph, *found, **said, see_also=space, comment="") for found in outside(graph, space))


def countries(graph: Graph) -> Iterator[Row]:
    """The parties in the EU's table."""
    said = {"author_label": "this project", "confidence": NUMBERS[OBS.Confirmed], "other": "confirmed"}
    yield from (row(graph, *found, **said, see_also=COUNTRY, comment="") for found in outside(graph, COUNTRY))


TABLES = {
    "luxor-framework": Table(
        "Principles of the Luxor Resolution and the Framework of Standards", luxor, "Never the same thing: order and one member differ."
    ),
    "provisions": Table(
        "Provisions of other instruments and the Framework of Standards",
        provisions,
        "That a provision touches a standard is our inference.",
    ),
    "instruments": Table("Links between instruments", instruments, "The column author_label says who asserts each link."),
    "duties": Table("Provisions of the resolution and what they serve", duties, "The column author_label says who asserts each link."),
    "alignments": Table(
        "Our vocabulary and those of others", alignments, "The terms were seen in the vocabularies; that they mean alike is our judgement."
    ),
    "countries": Table(
        "Parties and the country authority table of the EU", countries, "Kosovo is 1A0 in that table, not its alpha-3 code."
    ),
}


def rows(graph: Graph, table: Table) -> list[Row]:
    """The rows of a table in a stable order."""
    return sorted(table.rows(graph), key=lambda found: [found[column] for column in COLUMNS])


def sssom(name: str, graph: Graph) -> str:
    """The table of that name as an SSSOM file."""
    found = rows(graph, TABLES[name])
    used = {found_row[column].partition(":")[0] for found_row in found for column in ("subject_id", "predicate_id", "object_id")}
    curies = {
        "semapv": "https://w3id.org/semapv/vocab/",
        **{key: iri for key, iri in {**PREFIXES, "country": COUNTRY + "/"}.items() if key in used},
    }
    head = [
        f"#mapping_set_id: {MAPPING[name]}",
        f'#mapping_set_title: "{TABLES[name].title}"',
        "#license: https://creativecommons.org/licenses/by/4.0/",
        '#creator_label: ["Observance, the project"]',
        f'#comment: "{TABLES[name].comment} Confidence ranks only: confirmed 1.0, likely 0.7, unconfirmed 0.4."',
        "#curie_map:",
        *(f"#  {prefix}: {iri}" for prefix, iri in sorted(curies.items())),
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return "\n".join(head) + "\n" + out.getvalue()


def linksets(graph: Graph) -> Graph:
    """One linkset for each dataset that we link to and each property by which we do, with the number of links."""
    built = Graph(bind_namespaces="none")
    for prefix in ("obs", "mapping", "void", "skos", "rdfs", "dcterms"):
        built.bind(prefix, PREFIXES[prefix])
    ours = URIRef(HOME + "dataset")
    both(built, ours, en="Observance, the knowledge graph", fr="Observance, le graphe de connaissances")
    built.add((ours, RDF.type, VOID.Dataset))
    for space, (en, fr) in OTHERS.items():
        counted = Counter(predicate for _, predicate, _ in outside(graph, space))
        for predicate, number in sorted(counted.items()):
            name = f"{'countries' if space == COUNTRY else 'alignments'}-{_short(space)}-{compact(predicate).partition(':')[2]}"
            linkset(built, MAPPING[name], ours=ours, target=URIRef(space), predicate=predicate, number=number, names=(en, fr))
    home = URIRef(str(MAPPING))
    both(built, home, en="Mappings as tables, and linksets", fr="Correspondances sous forme de tables, et ensembles de liens")
    return built


def _short(space: str) -> str:
    return next((prefix for prefix, iri in PREFIXES.items() if iri == space), "eu")


def linkset(built: Graph, node: URIRef, *, ours: URIRef, target: URIRef, predicate: URIRef, number: int, names: tuple[str, str]) -> None:
    """Describe one linkset and the dataset that it leads to."""
    en, fr = names
    built.add((target, RDF.type, VOID.Dataset))
    both(built, target, en=en, fr=fr)
    built.add((node, RDF.type, VOID.Linkset))
    built.add((node, VOID.subjectsTarget, ours))
    built.add((node, VOID.objectsTarget, target))
    built.add((node, VOID.linkPredicate, predicate))
    built.add((node, VOID.triples, Literal(number)))
    built.add((node, DCTERMS.license, URIRef("https://creativecommons.org/licenses/by/4.0/")))
    both(built, node, en=f"Links to: {en}", fr=f"Liens vers : {fr}")
    built.add((ours, VOID.subset, node))


def both(graph: Graph, node: URIRef, *, en: str, fr: str) -> None:
    """Name a node in both languages."""
    graph.add((node, RDFS.label, Literal(en, "en")))
    graph.add((node, RDFS.label, Literal(fr, "fr")))


def linksets_file(graph: Graph) -> str:
    """The linksets as Turtle, with a first line that says where they come from."""
    return "# Built by build.py beside it from what the graph holds; change the graph, not this file.\n\n" + linksets(graph).serialize(
        format="turtle"
    )


def main() -> None:
    """Every file is written anew."""
    graph = knowledge()
    for name in TABLES:
        (HERE / f"{name}.sssom.tsv").write_text(sssom(name, graph), encoding="utf-8")
    (HERE / "linksets.ttl").write_text(linksets_file(graph), encoding="utf-8")


if __name__ == "__main__":
    main()
