"""Statements written in the syntax of a document, with a gap where the author's own value belongs."""

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

from observance.core import PREFIXES, RDF, XSD
from observance.rdf import missing_prefixes, snippet, turtle_iri
from oxishacl import Document, Term

GAP: Final = "…"
Gaps = Mapping[Term, Literal["value", "language"]]
"""The trial values that are written as a gap: in place of the whole value, or of the language alone."""
_Edges = Mapping[Term, list[tuple[ox.NamedNode, Term]]]
_MAX_DEPTH: Final = 20
_XMLNS: Final = re.compile(rb"""\bxmlns:([A-Za-z_][\w.-]*)\s*=\s*["']([^"'<>&\s]+)["']""")


def statements_text(triples: Iterable[ox.Triple], *, syntax: str, prefixes: Mapping[str, str], gaps: Gaps = MappingProxyType({})) -> str:
    """Return the statements as lines to write into a document of the syntax, which declares the prefixes.

    In Turtle an IRI gets a complete statement and a blank node `predicate object ;`; in JSON-LD and RDF/XML they are the members or
    elements of the object or element that describes the subject.
    """
    triples = tuple(triples)
    if syntax in {"N-Triples", "N-Quads"}:
        return "\n".join(f"{t.subject} {t.predicate} {_n_triples(t.object, gaps=gaps)} ." for t in triples)
    edges: dict[Term, list[tuple[ox.NamedNode, Term]]] = {}
    for triple in triples:
        edges.setdefault(triple.subject, []).append((triple.predicate, triple.object))  # type: ignore[arg-type]
    nested = {target for outgoing in edges.values() for _, target in outgoing if isinstance(target, ox.BlankNode)}
    roots = [node for node in edges if node not in nested]
    if syntax == "JSON-LD":
        return ",\n".join(
            f"{json.dumps(_name(p, prefixes))}: {json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False)}"
            for node in roots
            for p, values in _members(node, edges=edges, prefixes=prefixes, gaps=gaps).items()
        )
    if syntax == "RDF/XML":
        return "\n".join(_element(p, o, edges=edges, prefixes=prefixes, gaps=gaps) for node in roots for p, o in edges[node])
    text = snippet(triples, gaps={term: _turtle_gap(term, kind) for term, kind in gaps.items()})
    return missing_prefixes(text, declared=prefixes) + text


def declared_prefixes(document: Document) -> Mapping[str, str]:
    """Return the prefixes that the document declares; of RDF/XML, those of all its elements, which its parser does not tell."""
    if document.syntax != "RDF/XML":
        return document.prefixes
    return {prefix.decode(): base.decode("utf-8", "replace") for prefix, base in _XMLNS.findall(document.source.content)}


def _turtle_gap(term: Term, kind: str) -> str:
    if isinstance(term, ox.Literal) and kind == "language":
        return f"{ox.Literal(term.value)}@{GAP}"
    if isinstance(term, ox.Literal) and term.language:
        return f'"{GAP}"@{GAP}'
    if isinstance(term, ox.Literal) and term.datatype.value not in {XSD + "boolean", XSD + "integer", XSD + "string"}:
        return f'"{GAP}"^^{turtle_iri(term.datatype.value)}'
    return f'"{GAP}"' if isinstance(term, ox.Literal) and term.datatype.value == XSD + "string" else GAP


def _n_triples(term: Any, *, gaps: Gaps) -> str:
    if term not in gaps:
        return str(term)
    if isinstance(term, ox.Literal) and not term.language:
        return f'"{GAP}"^^{term.datatype}'
    return f"<{GAP}>" if isinstance(term, ox.NamedNode) else _turtle_gap(term, gaps[term])


def _members(node: Term, *, edges: _Edges, prefixes: Mapping[str, str], gaps: Gaps, depth: int = 0) -> dict[ox.NamedNode, list[Any]]:
    members: dict[ox.NamedNode, list[Any]] = {}
    for predicate, target in edges.get(node, ()) if depth < _MAX_DEPTH else ():
        members.setdefault(predicate, []).append(_json(predicate, target, edges=edges, prefixes=prefixes, gaps=gaps, depth=depth))
    return members


def _json(predicate: ox.NamedNode, term: Term, *, edges: _Edges, prefixes: Mapping[str, str], gaps: Gaps, depth: int) -> Any:
    value = GAP if gaps.get(term) == "value" else None
    if isinstance(term, ox.NamedNode):
        iri = value or _name(term, prefixes)
        return iri if predicate.value == RDF + "type" else {"@id": iri}
    if isinstance(term, ox.BlankNode):
        members = _members(term, edges=edges, prefixes=prefixes, gaps=gaps, depth=depth + 1)
        return {_name(p, prefixes): values[0] if len(values) == 1 else values for p, values in members.items()}
    text = value or term.value
    if term.language:
        return {"@value": text, "@language": GAP if term in gaps else term.language}
    return {"@value": text} if term.datatype.value == XSD + "string" else {"@value": text, "@type": _name(term.datatype, prefixes)}


def _name(term: ox.NamedNode, prefixes: Mapping[str, str]) -> str:
    """Return a name in JSON-LD: the keyword for rdf:type, a compact IRI with a prefix of the document, or the IRI."""
    if term.value == RDF + "type":
        return "@type"
    bases = [(base, prefix) for prefix, base in prefixes.items() if prefix and base and term.value.startswith(base)]
    base, prefix = max(bases, default=("", ""))
    return f"{prefix}:{term.value.removeprefix(base)}" if prefix else term.value


def _element(predicate: ox.NamedNode, term: Term, *, edges: _Edges, prefixes: Mapping[str, str], gaps: Gaps, depth: int = 0) -> str:
    tag, attributes = _tag(predicate, prefixes)
    value = GAP if gaps.get(term) == "value" else None
    if isinstance(term, ox.NamedNode):
        return f"<{tag}{attributes} rdf:resource={quoteattr(value or term.value)}/>"
    if isinstance(term, ox.BlankNode):
        inner = edges.get(term, ()) if depth < _MAX_DEPTH else ()
        content = "".join(_element(p, o, edges=edges, prefixes=prefixes, gaps=gaps, depth=depth + 1) for p, o in inner)
        return f'<{tag}{attributes} rdf:parseType="Resource">{content}</{tag}>'
    if term.language:
        attributes += f' xml:lang="{GAP if term in gaps else term.language}"'
    elif term.datatype.value != XSD + "string":
        attributes += f" rdf:datatype={quoteattr(term.datatype.value)}"
    return f"<{tag}{attributes}>{escape(value or term.value)}</{tag}>"


def _tag(predicate: ox.NamedNode, prefixes: Mapping[str, str]) -> tuple[str, str]:
    """Return the qualified name of an element, and the declaration of its prefix if the document has none."""
    cut = max(predicate.value.rfind("#"), predicate.value.rfind("/")) + 1
    base, name = predicate.value[:cut], predicate.value[cut:]
    declared = next((prefix for prefix, declared in prefixes.items() if prefix and declared == base), None)
    if declared is not None:
        return f"{declared}:{name}", ""
    prefix = next((prefix for prefix, known in PREFIXES.items() if known == base), "ns")
    return f"{prefix}:{name}", f" xmlns:{prefix}={quoteattr(base)}"
