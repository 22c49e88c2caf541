"""Every term that is used exists: ours are declared in the knowledge, those of closed vocabularies are known to rdflib.

SHACL and SPARQL take a misspelt term without a word (`sh:minCont` checks nothing), so this is checked apart.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from rdflib import URIRef
from rdflib import namespace as closed

from observance.core import HOME, OWL, PREFIXES, SH, compact
from observance.knowledge.faults import Fault, FaultLocator, detail, file_of, sort_key, text

VOCABULARIES: Final = {
    str(vocabulary): vocabulary
    for vocabulary in (
        closed.DCAT, closed.DCTERMS, closed.FOAF, closed.ODRL2, closed.ORG, closed.OWL, closed.PROV, closed.QB, closed.RDF,
        closed.RDFS, closed.SDO, closed.SH, closed.SKOS, closed.TIME, closed.VANN, closed.VOID, closed.XSD,
    )
}  # fmt: skip
"""The vocabularies of which every term is known, by namespace."""

# Versions are names of something that is not a node of the knowledge.
_VERSIONS: Final = frozenset({OWL + "versionIRI", OWL + "priorVersion", OWL + "backwardCompatibleWith", OWL + "incompatibleWith"})
_SPARQL: Final = frozenset(SH + name for name in ("select", "ask", "construct", "update", "expression"))
_TOKEN: Final = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
    | (?P<string>\"{3}(?:[^\\]|\\.)*?\"{3} | '{3}(?:[^\\]|\\.)*?'{3} | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | <(?P<iri>[^<>"{}|^`\\\s]*)>
    | (?P<declares>\bPREFIX\s+(?P<declared>[\w.-]*):\s*<(?P<base>[^<>\s]*)>)
    | (?<![\w?$@:])(?P<prefix>[A-Za-z][\w.-]*)?:(?P<name>(?:[\w:%-]|\\.|\.(?=[\w:%-]))+)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


class TermUse(Struct, frozen=True):
    """A term where it is used: the file, and the node that uses it or None in a query's text."""

    iri: str
    file: str | None
    by: str | None


def term_uses(quads: Iterable[ox.Quad], *, places: FaultLocator) -> Iterator[TermUse]:
    """Every IRI that the quads use otherwise than as a subject: predicates, objects, datatypes and terms in SPARQL text."""
    for quad in quads:
        file, subject, predicate = file_of(quad.graph_name), places.owner(text(quad.subject)), quad.predicate.value
        yield TermUse(predicate, file, subject)
        if isinstance(quad.object, ox.Literal):
            yield TermUse(quad.object.datatype.value, file, subject)
            if predicate in _SPARQL:
                yield from (TermUse(iri, file, subject) for iri in mentioned_terms(quad.object.value))
        elif isinstance(quad.object, ox.NamedNode) and predicate not in _VERSIONS:
            yield TermUse(quad.object.value, file, subject)


def mentioned_terms(query: str) -> Iterator[str]:
    """The IRIs of a SPARQL text, with the project's prefixes where it declares none; comments and strings left out."""
    prefixes = dict(PREFIXES)
    for match in _TOKEN.finditer(query):
        if match["declares"]:
            prefixes[match["declared"]] = match["base"]
        elif match["iri"]:
            yield match["iri"]
        elif match["name"] and (match["prefix"] or "") in prefixes:
            yield prefixes[match["prefix"] or ""] + re.sub(r"\\(.)", r"\1", match["name"])


def undeclared_terms(used: Iterable[TermUse], *, declared: frozenset[str], within: tuple[str, ...] = (HOME,)) -> tuple[Fault, ...]:
    """The terms of the namespaces that are used and that nothing declares, once in each file, with the nearest one."""
    near = frozenset(compact(iri) for iri in declared if _ours(iri, within=within))
    wrong = _first(use for use in used if _ours(use.iri, within=within) and use.iri not in declared)
    return tuple(sorted((_fault(use, "undeclared-term", near=near) for use in wrong), key=sort_key))


def unknown_terms(used: Iterable[TermUse]) -> tuple[Fault, ...]:
    """The terms used of a closed vocabulary that do not exist in it, once in each file, with the nearest one."""
    wrong = _first(use for use in used if not exists(use.iri))
    return tuple(sorted((_fault(use, "unknown-term", near=_near(_vocabulary(use.iri))) for use in wrong), key=sort_key))


def exists(iri: str) -> bool:
    """Whether the IRI is a term of the closed vocabulary whose namespace it begins with, or of no such vocabulary."""
    namespace = _vocabulary(iri)
    return namespace is None or iri == namespace or URIRef(iri) in VOCABULARIES[namespace]


def declared_terms(quads: Iterable[ox.Quad]) -> frozenset[str]:
    """The IRIs about which the quads say something."""
    return frozenset(quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode))


def _ours(iri: str, *, within: tuple[str, ...]) -> bool:
    return iri.startswith(within) and iri not in within and iri not in PREFIXES.values()


def _first(used: Iterable[TermUse]) -> Iterable[TermUse]:
    """The first use of each term in each file."""
    found: dict[tuple[str | None, str], TermUse] = {}
    for use in used:
        found.setdefault((use.file, use.iri), use)
    return found.values()


def _vocabulary(iri: str) -> str | None:
    return next((namespace for namespace in VOCABULARIES if iri.startswith(namespace)), None)


@cache
def _near(namespace: str | None) -> frozenset[str]:
    return frozenset(compact(str(term)) for term in dir(VOCABULARIES[namespace])) if namespace else frozenset()


def _fault(use: TermUse, rule: str, *, near: frozenset[str]) -> Fault:
    nearest = get_close_matches(compact(use.iri), sorted(near), n=1, cutoff=0.75)
    phrase = f"check.{rule}-near" if nearest else f"check.{rule}"
    by = compact(use.by) if use.by else use.file
    return Fault(use.file, use.iri, rule, detail(phrase, term=compact(use.iri), nearest="".join(nearest), by=by))
