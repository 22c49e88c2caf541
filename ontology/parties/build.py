"""Write `real.ttl` and `invented.ttl` from the tables beside this script: `python ontology/parties/build.py`.

A change of the list is one line of a table: `real.csv` holds the Members and the European Union, `unions.csv` other Customs
or Economic Unions, `statements.csv` what is known of membership in time and of standings, each fact with confidence and
source. French names of `real.csv` come from CLDR through Babel and are marked *likely*. A test rebuilds both files and compares.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from rdflib import DCTERMS, RDF, RDFS, SKOS, VOID, XSD, Graph, Literal, Namespace, URIRef

HERE = Path(__file__).parent
OBS = Namespace("https://w3id.org/observance/ns#")
WCO = Namespace("https://w3id.org/observance/wco/")
PARTY = Namespace("https://w3id.org/observance/parties/")
INVENTED = "https://w3id.org/observance/parties/invented/"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"
CLDR = URIRef("https://cldr.unicode.org/")
MEMBERS = URIRef("https://github.com/prototypefund/undo-ransomware-victim-files")
GENERAL = URIRef("https://w3id.org/observance/general-knowledge")
REGIONAL = URIRef("https://wcoamericaribe.org/en/regional-office")
MEMBER_NOTE = {
    "en": "The French name is that of CLDR; that the party is listed follows from a list of 2017 and later accessions.",
    "fr": "Le nom français est celui du CLDR ; l'inscription découle d'une liste de 2017 et d'adhésions postérieures.",
}
UNION_NOTE = {
    "en": "That it is a Customs or Economic Union, and its names, are general knowledge.",
    "fr": "Qu'il s'agisse d'une Union douanière ou économique, et ses noms, relèvent de la connaissance générale.",
}
REGION_NOTE = {"en": "The French name is our translation.", "fr": "Le nom français est notre traduction."}

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
            code = next(iter(row.values()))
            if code in seen:
                sys.exit(f"{name}: code {code} stands twice; remove one line")
            seen.add(code)
            yield row


def empty() -> Graph:
    """A graph with the prefixes of the two files."""
    graph = Graph(bind_namespaces="none")
    for prefix, base in {
        "obs": OBS,
        "wco": WCO,
        "party": PARTY,
        "skos": SKOS,
        "dcterms": DCTERMS,
        "rdfs": RDFS,
        "void": VOID,
        "xsd": XSD,
    }.items():
        graph.bind(prefix, base)
    return graph


def both(graph: Graph, node: URIRef, prop: URIRef, *, en: str, fr: str) -> None:
    """State one thing in both languages."""
    graph.add((node, prop, Literal(en, "en")))
    graph.add((node, prop, Literal(fr, "fr")))


def head(graph: Graph, party_list: URIRef, *, invented: bool, en: str, fr: str) -> None:
    """State the list itself."""
    graph.add((party_list, RDF.type, OBS.PartyList))
    graph.add((party_list, OBS.invented, Literal(invented)))
    both(graph, party_list, SKOS.prefLabel, en=en, fr=fr)
    graph.add((party_list, RDFS.isDefinedBy, URIRef(str(PARTY))))


def listed(graph: Graph, code: str, *, party_list: URIRef, kind: URIRef, en: str, fr: str) -> URIRef:
    """State one code of a list with its names and kind, nothing that anyone did."""
    party = PARTY[code]
    graph.add((party, RDF.type, OBS.ListedParty))
    graph.add((party, OBS.listedIn, party_list))
    graph.add((party, SKOS.notation, Literal(code)))
    both(graph, party, SKOS.prefLabel, en=en, fr=fr)
    graph.add((party, OBS.partyKind, kind))
    graph.add((party, RDFS.isDefinedBy, URIRef(str(PARTY))))
    return party


def entry(graph: Graph, row: dict[str, str], *, party_list: URIRef, en: str, fr: str) -> URIRef:
    """State one line of a table whose parties have a region."""
    party = listed(graph, row["alpha2"], party_list=party_list, kind=KINDS[row["kind"]], en=en, fr=fr)
    graph.add((party, OBS.region, WCO[f"region-{row['wco_region']}"]))
    return party


def grounded(graph: Graph, node: URIRef, *, confidence: str, sources: list[URIRef]) -> None:
    """State how far something is confirmed, and where it was read."""
    graph.add((node, OBS.confidence, OBS[confidence]))
    for source in sources:
        graph.add((node, DCTERMS.source, source))


def unions(graph: Graph) -> None:
    """State the Customs or Economic Unions that are not in the table of Members; their standing is a statement of its own."""
    for row in rows("unions.csv"):
        party = listed(graph, row["code"], party_list=PARTY["list-real"], kind=OBS.UnionKind, en=row["name_en"], fr=row["name_fr"])
        grounded(graph, party, confidence="Unconfirmed", sources=[GENERAL])
        both(graph, party, OBS.confidenceNote, **UNION_NOTE)


def value(text: str) -> URIRef | Literal:
    """A value of the table as a term: a concept of ours, a number, or a date as precise as it is written."""
    if text.startswith("obs:"):
        return OBS[text.removeprefix("obs:")]
    return moment(text) if "-" in text or text.startswith("20") else Literal(int(text))


def moment(text: str) -> Literal:
    """A day, a month or a year."""
    return Literal(text, datatype={4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}[len(text)], normalize=False)


def statements(graph: Graph) -> None:
    """State what is known of membership in time and of standings, fact by fact."""
    for row in rows("statements.csv"):
        node, about = PARTY[f"statement-{row['id']}"], row["about"].partition(":")
        graph.add((node, RDF.type, OBS.FactStatement))
        graph.add((node, OBS.statesAbout, {"party": PARTY, "wco": WCO}[about[0]][about[2]]))
        graph.add((node, OBS.statesProperty, OBS[row["property"]]))
        if row["value"]:
            graph.add((node, OBS.statesValue, value(row["value"])))
        if row["holds_on"]:
            graph.add((node, OBS.holdsOn, moment(row["holds_on"])))
        both(graph, node, OBS.statement, en=row["statement_en"], fr=row["statement_fr"])
        grounded(graph, node, confidence=row["confidence"], sources=[URIRef(source) for source in row["source"].split()])
        graph.add((node, RDFS.isDefinedBy, URIRef(str(PARTY))))


def real() -> Graph:
    """The 187 Members, the European Union and other Unions, for look-up only."""
    graph = empty()
    title = {"en": "Members of the WCO, the European Union and other Unions", "fr": "Membres de l'OMD, Union européenne et autres Unions"}
    head(graph, PARTY["list-real"], invented=False, **title)
    names = Locale("fr").territories
    for row in rows("real.csv"):
        french = names[row["alpha2"] or "EU"]
        party = entry(graph, row, party_list=PARTY["list-real"], en=row["name_en"], fr=french)
        grounded(graph, party, confidence="Likely", sources=[MEMBERS, CLDR])
        both(graph, party, OBS.confidenceNote, **MEMBER_NOTE)
        if row["alpha3"]:
            graph.add((party, SKOS.exactMatch, URIRef(COUNTRY + EU_TABLE_CODE.get(row["alpha3"], row["alpha3"]))))
        if row["note_en"]:
            both(graph, party, SKOS.note, en=row["note_en"], fr=row["note_fr"])
    unions(graph)
    statements(graph)
    for code, (en, fr) in REGIONS.items():
        region = WCO[f"region-{code}"]
        graph.add((region, RDF.type, OBS.Region))
        graph.add((region, SKOS.notation, Literal(code)))
        both(graph, region, SKOS.prefLabel, en=en, fr=fr)
        grounded(graph, region, confidence="Confirmed", sources=[REGIONAL])
        both(graph, region, OBS.confidenceNote, **REGION_NOTE)
        graph.add((region, RDFS.isDefinedBy, URIRef(str(PARTY))))
    return graph


def invented() -> Graph:
    """The invented parties of examples and tests: XA to XZ without XK, which is Kosovo; a register may add its own in a namespace."""
    graph = empty()
    title = {"en": "Invented parties, for examples and tests", "fr": "Parties inventées, pour les exemples et les essais"}
    head(graph, PARTY["list-invented"], invented=True, **title)
    graph.add((PARTY["list-invented"], VOID.uriSpace, Literal(INVENTED)))
    for row in rows("invented.csv"):
        entry(graph, row, party_list=PARTY["list-invented"], en=f"{row['name_en']} (invented)", fr=f"{row['name_fr']} (inventé)")
    return graph


def text(graph: Graph, source: str) -> str:
    """The graph as Turtle, with a first line that says where it comes from."""
    return f"# Built from {source} by build.py beside it; change the table, not this file.\n\n" + graph.serialize(format="turtle")


if __name__ == "__main__":
    (HERE / "real.ttl").write_text(text(real(), "real.csv, unions.csv and statements.csv"), encoding="utf-8")
    (HERE / "invented.ttl").write_text(text(invented(), "invented.csv"), encoding="utf-8")
