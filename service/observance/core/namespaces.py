"""Every prefix of the project, once.

A test compares the prefixes written in every Turtle and SPARQL file with this table, so that one prefix has one IRI
everywhere; `PREFIXES` is also what queries may use without declaring it.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

OBS: Final = "https://w3id.org/observance/ns#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
SH: Final = "http://www.w3.org/ns/shacl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
ELI: Final = "http://data.europa.eu/eli/ontology#"
PROV: Final = "http://www.w3.org/ns/prov#"

# What lies below this IRI is ours: a term there that no knowledge file declares does not exist …
HOME: Final = "https://w3id.org/observance/"
# … but for the demo's documents, which are data.
DEMO: Final = HOME + "demo/"

PREFIXES: Final = MappingProxyType(
    {
        "obs": OBS,
        "wco": HOME + "wco/",
        "res": HOME + "wco/ecommerce-2018/",
        "fos": HOME + "wco/ecommerce-framework/",
        "luxor": HOME + "wco/luxor-2017/",
        "instrument": HOME + "instruments/",
        "body": HOME + "bodies/",
        "link": HOME + "links/",
        "mapping": HOME + "mappings/",
        "source": HOME + "sources/",
        "party": HOME + "parties/",
        "reading": HOME + "readings/",
        "shape": HOME + "shapes/",
        "rule": HOME + "rules/",
        "demo": DEMO,
        "rdf": RDF,
        "rdfs": RDFS,
        "owl": OWL,
        "xsd": XSD,
        "sh": SH,
        "skos": SKOS,
        "dcterms": DCTERMS,
        "eli": ELI,
        "prov": PROV,
        "org": "http://www.w3.org/ns/org#",
        "time": "http://www.w3.org/2006/time#",
        "vann": "http://purl.org/vocab/vann/",
        "void": "http://rdfs.org/ns/void#",
        "dcat": "http://www.w3.org/ns/dcat#",
        "qb": "http://purl.org/linked-data/cube#",
        "schema": "https://schema.org/",
        "undo": "https://w3id.org/un/ontology/undo/",
        "dpv": "https://w3id.org/dpv/owl#",
        "nrv": "http://ns.inria.fr/nrv#",
        "lrmlmm": "http://docs.oasis-open.org/legalruleml/ns/v1.0/metamodel#",
        "odrl": "http://www.w3.org/ns/odrl/2/",
        "report": "https://w3id.org/force/compliance-report#",
        "ex": "https://example.org/",
    }
)


def compact(iri: str) -> str:
    """The IRI as `prefix:name` where a prefix of the table covers it, else between angle brackets."""
    for prefix, base in sorted(PREFIXES.items(), key=lambda item: len(item[1]), reverse=True):
        name = iri.removeprefix(base)
        if name != iri and name and all(c.isalnum() or c in "-_." for c in name) and not name.endswith("."):
            return f"{prefix}:{name}"
    return f"<{iri}>"


def local_name(iri: str) -> str:
    """What follows the last `#` or `/` of the IRI."""
    return iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2]


def nearest_iri(iri: str, *, among: Iterable[str]) -> str | None:
    """The IRI among those given that is most like this one: of the same namespace where there is one, else of any."""
    from difflib import get_close_matches

    candidates = list(among)
    base = max((base for base in PREFIXES.values() if iri.startswith(base)), key=len, default="")
    same = [other for other in candidates if base and other.startswith(base)]
    for pool in (same, candidates):
        names = {local_name(other): other for other in sorted(pool)}
        close = get_close_matches(local_name(iri), names, n=1, cutoff=0.5) or get_close_matches(local_name(iri), names, n=1, cutoff=0.2)
        if close:
            return names[close[0]]
    return None
