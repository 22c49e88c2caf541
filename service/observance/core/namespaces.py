"""The namespaces and prefixes of the project.

A test compares the prefixes of every Turtle and SPARQL file with this table, so that a prefix has the same IRI everywhere.
Queries may use `PREFIXES` without declaring them.
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

# The project's own IRIs begin with this one: a term there must be declared in a knowledge file …
HOME: Final = "https://w3id.org/observance/"
# … except in the demo's documents, which are data.
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
        "fictional": HOME + "parties/invented/",
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
        "sd": "http://www.w3.org/ns/sparql-service-description#",
        "undo": "https://w3id.org/un/ontology/undo/",
        "dpv": "https://w3id.org/dpv/owl#",
        "nrv": "http://ns.inria.fr/nrv#",
        "lrmlmm": "http://docs.oasis-open.org/legalruleml/ns/v1.0/metamodel#",
        "odrl": "http://www.w3.org/ns/odrl/2/",
        "report": "https://w3id.org/force/compliance-report#",
        "dash": "http://datashapes.org/dash#",
        "ex": "https://example.org/",
    }
)


def compact(iri: str) -> str:
    """Return the IRI as `prefix:name` if a prefix of the table covers it, else between angle brackets."""
    for prefix, base in sorted(PREFIXES.items(), key=lambda item: len(item[1]), reverse=True):
        name = iri.removeprefix(base)
        if name != iri and name and all(c.isalnum() or c in "-_." for c in name) and not name.endswith("."):
            return f"{prefix}:{name}"
    return f"<{iri}>"


def local_name(iri: str) -> str:
    """Return the part of the IRI after the last `#` or `/`."""
    return iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2]


def nearest_iri(iri: str, *, among: Iterable[str]) -> str | None:
    """Return the candidate with the most similar local name, from the IRI's own namespace if possible; None if none is similar."""
    from difflib import get_close_matches

    candidates = list(among)
    base = max((base for base in PREFIXES.values() if iri.startswith(base)), key=len, default="")
    same_namespace = [candidate for candidate in candidates if base and candidate.startswith(base)]
    for group in (same_namespace, candidates):
        names = {local_name(candidate): candidate for candidate in sorted(group)}
        matches = get_close_matches(local_name(iri), names, n=1, cutoff=0.5) or get_close_matches(local_name(iri), names, n=1, cutoff=0.2)
        if matches:
            return names[matches[0]]
    return None
