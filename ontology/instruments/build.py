"""Write `links.ttl` from the table beside this script: `python ontology/instruments/build.py`.

A link is one line of `links.csv`: what is linked to what, the kind of link, who asserts it, how far it is confirmed, its
sources (several with a space between them) and the reason in both languages. A line without one of these, or with a name
that no other file of the knowledge declares, stops the build. A test rebuilds the file and compares.
"""

import csv
import sys
from pathlib import Path

from rdflib import DCTERMS, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef

from observance.core.namespaces import ELI, PREFIXES

HERE = Path(__file__).parent
OBS = Namespace(PREFIXES["obs"])
LINK = Namespace(PREFIXES["link"])
BUILT = HERE / "links.ttl"
# The kinds for which the mapping between two provisions is stated directly too …
MAPPINGS = (SKOS.closeMatch, SKOS.relatedMatch)
# … and those that a text can assert of itself.
IN_THE_TEXT = (URIRef(ELI + "cites"), OBS.adopts)
_HEAD = """\
# Built from links.csv by build.py beside it; change the table, not this file.
#
# A mapping between two provisions, and what a text says itself, is stated a second time by the property of its kind.

"""


def known() -> Graph:
    """What the other files of the knowledge say."""
    graph = Graph()
    for file in sorted(HERE.parent.rglob("*.ttl")):
        if file != BUILT:
            graph.parse(file, format="turtle")
    return graph


def rows() -> list[dict[str, str]]:
    """The lines of the table; one that lacks something, or a name that stands twice, stops the build."""
    with (HERE / "links.csv").open(encoding="utf-8", newline="") as table:
        lines = list(csv.DictReader(table))
    names = [line["link"] for line in lines]
    for number, line in enumerate(lines, start=2):
        missing = [column for column, text in line.items() if not text]
        if missing:
            sys.exit(f"links.csv, line {number}: nothing stands under {', '.join(missing)}; fill it in")
        if names.count(line["link"]) > 1:
            sys.exit(f"links.csv, line {number}: the name {line['link']} stands twice; give one of them another")
    return lines


def term(text: str) -> URIRef:
    """An IRI, or a name with a prefix of the project."""
    prefix, _, name = text.partition(":")
    return URIRef(PREFIXES[prefix] + name if prefix in PREFIXES else text)


def checked(text: str, *, declared: Graph, line: str) -> URIRef:
    """The term, which some file must declare."""
    node = term(text)
    if (node, None, None) not in declared:
        sys.exit(f"links.csv, {line}: no file declares {text}; correct the name or describe it")
    return node


def add(graph: Graph, row: dict[str, str], *, declared: Graph) -> None:
    """State one link, and its property directly where the text asserts it or where it maps two provisions."""

    def named(column: str, *, space: str = "") -> URIRef:
        return checked(space + row[column], declared=declared, line=row["link"])

    link, kind, by = LINK[row["link"]], named("kind", space="obs:"), named("asserted_by", space="obs:")
    one, other = named("from"), named("to")
    graph.add((link, RDF.type, OBS.InstrumentLink))
    graph.add((link, OBS.linkFrom, one))
    graph.add((link, OBS.linkKind, kind))
    graph.add((link, OBS.linkTo, other))
    graph.add((link, OBS.assertedBy, by))
    graph.add((link, OBS.confidence, named("confidence", space="obs:")))
    for source in row["source"].split():
        graph.add((link, DCTERMS.source, checked(source, declared=declared, line=row["link"])))
    for lang in ("en", "fr"):
        graph.add((link, OBS.linkReason, Literal(row[f"reason_{lang}"], lang)))
    graph.add((link, RDFS.isDefinedBy, URIRef(str(LINK))))
    direct = declared.value(kind, OBS.linkProperty)
    if (direct in MAPPINGS and provision(one, declared) and provision(other, declared)) or (direct in IN_THE_TEXT and by == OBS.TextItself):
        graph.add((one, direct, other))


def provision(node: URIRef, declared: Graph) -> bool:
    """Whether the node is a provision."""
    kinds = {OBS.Provision, *declared.subjects(RDFS.subClassOf, OBS.Provision)}
    return any(kind in kinds for kind in declared.objects(node, RDF.type))


def links() -> Graph:
    """The graph of the table."""
    graph, declared = Graph(bind_namespaces="none"), known()
    used = ("obs", "wco", "res", "fos", "luxor", "instrument", "source", "link", "eli", "skos", "dcterms", "rdfs")
    for prefix in used:
        graph.bind(prefix, PREFIXES[prefix])
    for row in rows():
        add(graph, row, declared=declared)
    label = URIRef(str(LINK))
    graph.add((label, RDFS.label, Literal("Links between instruments", "en")))
    graph.add((label, RDFS.label, Literal("Liens entre instruments", "fr")))
    return graph


if __name__ == "__main__":
    BUILT.write_text(_HEAD + links().serialize(format="turtle"), encoding="utf-8")
