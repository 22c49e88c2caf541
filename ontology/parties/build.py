"""Write `real.ttl` and `invented.ttl` from the tables beside this script: `python ontology/parties/build.py`.

A change of the list is one line of a table. French names come from CLDR through Babel and are marked *likely*; English
names, regions and kinds stand in the table. A test rebuilds both files and compares.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from rdflib import DCTERMS, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef

HERE = Path(__file__).parent
OBS = Namespace("https://w3id.org/observance/ns#")
WCO = Namespace("https://w3id.org/observance/wco/")
PARTY = Namespace("https://w3id.org/observance/parties/")
COUNTRY = "http://publications.europa.eu/resource/authority/country/"
CLDR = URIRef("https://cldr.unicode.org/")

# The EU table's own code where it is not the ISO 3166 alpha-3 code (confirmed for Kosovo only).
EU_TABLE_CODE = {"XKX": "1A0"}
KINDS = {
    "state": OBS.State,
    "customs territory": OBS.CustomsTerritory,
    "partially recognised / non-member observer": OBS.PartiallyRecognised,
    "customs union (rights akin to a Member, ad interim)": OBS.UnionKind,
    "customs or economic union": OBS.UnionKind,
}
REGIONS = {
    "AMS": (
        "South America, North America, Central America and the Caribbean",
        "Amérique du Sud, Amérique du Nord, Amérique centrale et Caraïbes",
    ),
    "EUR": ("Europe", "Europe"),
    "ESA": ("East and Southern Africa", "Afrique orientale et australe"),
    "WCA": ("West and Central Africa", "Afrique occidentale et centrale"),
    "MENA": ("North of Africa, Near and Middle East", "Afrique du Nord, Proche et Moyen-Orient"),
    "AP": (
        "Far East, South and South-East Asia, Australasia and the Pacific Islands",
        "Extrême-Orient, Asie du Sud et du Sud-Est, Australasie et îles du Pacifique",
    ),
}


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one table; a code that stands twice stops the build."""
    seen: set[str] = set()
    with (HERE / name).open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if row["alpha2"] in seen:
                sys.exit(f"{name}: code {row['alpha2']} stands twice; remove one line")
            seen.add(row["alpha2"])
            yield row


def empty() -> Graph:
    """A graph with the prefixes of the two files."""
    graph = Graph(bind_namespaces="none")
    for prefix, base in {"obs": OBS, "wco": WCO, "party": PARTY, "skos": SKOS, "dcterms": DCTERMS, "rdfs": RDFS}.items():
        graph.bind(prefix, base)
    return graph


def head(graph: Graph, party_list: URIRef, *, invented: bool, en: str, fr: str) -> None:
    """State the list itself."""
    graph.add((party_list, RDF.type, OBS.PartyList))
    graph.add((party_list, OBS.invented, Literal(invented)))
    graph.add((party_list, SKOS.prefLabel, Literal(en, "en")))
    graph.add((party_list, SKOS.prefLabel, Literal(fr, "fr")))
    graph.add((party_list, RDFS.isDefinedBy, URIRef(str(PARTY))))


def entry(graph: Graph, row: dict[str, str], *, party_list: URIRef, en: str, fr: str) -> URIRef:
    """State one code of a list; the code, its names, region and kind, nothing that anyone did."""
    party = PARTY[row["alpha2"]]
    graph.add((party, RDF.type, OBS.ListedParty))
    graph.add((party, OBS.listedIn, party_list))
    graph.add((party, SKOS.notation, Literal(row["alpha2"])))
    graph.add((party, SKOS.prefLabel, Literal(en, "en")))
    graph.add((party, SKOS.prefLabel, Literal(fr, "fr")))
    graph.add((party, OBS.region, WCO[f"region-{row['wco_region']}"]))
    graph.add((party, OBS.partyKind, KINDS[row["kind"]]))
    graph.add((party, RDFS.isDefinedBy, URIRef(str(PARTY))))
    return party


def real() -> Graph:
    """The 186 Members and the European Union, for look-up only."""
    graph = empty()
    title = {"en": "Members of the WCO and the European Union", "fr": "Membres de l'OMD et Union européenne"}
    head(graph, PARTY["list-real"], invented=False, **title)
    names = Locale("fr").territories
    for row in rows("real.csv"):
        french = names[row["alpha2"] or "EU"]
        party = entry(graph, row, party_list=PARTY["list-real"], en=row["name_en"], fr=french)
        graph.add((party, OBS.confidence, OBS.Likely))
        graph.add((party, OBS.confidenceNote, Literal("The French name is that of CLDR.", "en")))
        graph.add((party, OBS.confidenceNote, Literal("Le nom français est celui du CLDR.", "fr")))
        graph.add((party, DCTERMS.source, CLDR))
        if row["alpha3"]:
            graph.add((party, SKOS.exactMatch, URIRef(COUNTRY + EU_TABLE_CODE.get(row["alpha3"], row["alpha3"]))))
        if row["note"]:
            graph.add((party, SKOS.note, Literal(row["note"], "en")))
    for code, (en, fr) in REGIONS.items():
        region = WCO[f"region-{code}"]
        graph.add((region, RDF.type, OBS.Region))
        graph.add((region, SKOS.notation, Literal(code)))
        graph.add((region, SKOS.prefLabel, Literal(en, "en")))
        graph.add((region, SKOS.prefLabel, Literal(fr, "fr")))
        graph.add((region, RDFS.isDefinedBy, URIRef(str(PARTY))))
    return graph


def invented() -> Graph:
    """The invented parties of examples and tests: XA to XZ without XK, which is Kosovo."""
    graph = empty()
    title = {"en": "Invented parties, for examples and tests", "fr": "Parties inventées, pour les exemples et les essais"}
    head(graph, PARTY["list-invented"], invented=True, **title)
    for row in rows("invented.csv"):
        entry(graph, row, party_list=PARTY["list-invented"], en=f"{row['name_en']} (invented)", fr=f"{row['name_fr']} (inventé)")
    return graph


def text(graph: Graph, source: str) -> str:
    """The graph as Turtle, with a first line that says where it comes from."""
    return f"# Built from {source} by build.py beside it; change the table, not this file.\n\n" + graph.serialize(format="turtle")


if __name__ == "__main__":
    (HERE / "real.ttl").write_text(text(real(), "real.csv"), encoding="utf-8")
    (HERE / "invented.ttl").write_text(text(invented(), "invented.csv"), encoding="utf-8")
