"""Turtle in a reproducible form: it depends only on the triples and their order."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox

from observance.core import PREFIXES, RDF, XSD, compact

_PREFIX: Final = "@prefix "


def serialize_turtle(triples: Iterable[ox.Triple]) -> str:
    """Serialise the triples in their order, with the project prefixes that they use, sorted."""
    text = (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=dict(PREFIXES)) or b"").decode()
    lines = text.splitlines(keepends=True)
    # Oxigraph writes every prefix that it is given, in the order of a hash table, which differs between runs.
    count = sum(line.startswith(_PREFIX) for line in lines[: len(PREFIXES)])
    body = "".join(lines[count:])
    used = [line for line in sorted(lines[:count]) if f"{line[len(_PREFIX) :].partition(':')[0]}:" in body]
    return "".join(used) + ("\n" if used else "") + body


_PREFIXED_NAME: Final = re.compile(r"[a-z]+:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_UNQUOTED: Final = frozenset(XSD + name for name in ("integer", "boolean"))
_UNQUOTED_FORM: Final = re.compile(r"[+-]?[0-9]+|true|false")
_MAX_DEPTH: Final = 20

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Edges = Mapping[Term, list[tuple[ox.NamedNode, Term]]]


def snippet(triples: Iterable[ox.Triple], *, gaps: Mapping[Term, str] = MappingProxyType({})) -> str:
    """Return Turtle lines to paste into a document, for each node that is not an object of another.

    An IRI gets a complete statement; a blank node, which has no name outside its file, `predicate object ;` to put between its brackets.
    `gaps` has the text that stands in place of an object.
    """
    edges: dict[Term, list[tuple[ox.NamedNode, Term]]] = {}
    for triple in triples:
        edges.setdefault(triple.subject, []).append((triple.predicate, triple.object))  # type: ignore[arg-type]
    nested = {target for outgoing in edges.values() for _, target in outgoing if isinstance(target, ox.BlankNode)}
    return "\n".join(line for node in edges if node not in nested for line in _statement(node, edges=edges, gaps=gaps))


def nested_turtle(triples: Iterable[ox.Triple]) -> str:
    """Serialise the triples by subject with the prefixes that they use, blank nodes within the statement that refers to them.

    Where that cannot be written (a blank node that several statements refer to, or none), the result is that of `serialize_turtle`.
    """
    ordered = tuple(triples)
    references = Counter(triple.object for triple in ordered if isinstance(triple.object, ox.BlankNode))
    described = {triple.subject for triple in ordered if isinstance(triple.subject, ox.BlankNode)}
    has_terms = any(isinstance(term, ox.Triple) for triple in ordered for term in (triple.subject, triple.object))
    if has_terms or any(count > 1 for count in references.values()) or not described <= references.keys() or _is_deep(ordered):
        return serialize_turtle(ordered)
    body = snippet(ordered)
    prefixes = "".join(sorted(missing_prefixes(body, declared={}).splitlines(keepends=True)))
    return f"{prefixes}\n{body}\n" if prefixes else f"{body}\n"


def _is_deep(triples: Iterable[ox.Triple]) -> bool:
    """Whether blank nodes lie deeper in each other than a snippet shows, as they do in a circle."""
    above = {triple.object: triple.subject for triple in triples if isinstance(triple.object, ox.BlankNode)}
    for node in above:
        depth, current = 0, node
        while isinstance(current, ox.BlankNode) and depth <= _MAX_DEPTH:
            current, depth = above.get(current), depth + 1  # type: ignore[assignment]
        if depth > _MAX_DEPTH:
            return True
    return False


def missing_prefixes(text: str, *, declared: Mapping[str, str]) -> str:
    """Return the prefix declarations that the snippet needs and the document lacks."""
    used = dict.fromkeys(name.partition(":")[0] for name in _PREFIXED_NAME.findall(re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', "", text)))
    missing = [prefix for prefix in used if prefix in PREFIXES and declared.get(prefix) != PREFIXES[prefix]]
    return "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in missing)


def _statement(node: Term, *, edges: Edges, gaps: Mapping[Term, str]) -> Iterator[str]:
    pairs = [f"{_predicate(predicate)} {_term(target, edges=edges, gaps=gaps, depth=0)}" for predicate, target in edges[node]]
    if isinstance(node, ox.BlankNode):
        yield from (f"{text} ;" for text in pairs)
    else:
        yield f"{_term(node, edges=edges, gaps={}, depth=0)} " + " ;\n    ".join(pairs) + " ."


def _predicate(predicate: ox.NamedNode) -> str:
    return "a" if predicate.value == RDF + "type" else turtle_iri(predicate.value)


def _term(term: Term, *, edges: Edges, gaps: Mapping[Term, str], depth: int) -> str:
    if term in gaps:
        return gaps[term]
    if isinstance(term, ox.NamedNode):
        return turtle_iri(term.value)
    if isinstance(term, ox.BlankNode):
        properties = edges.get(term, []) if depth < _MAX_DEPTH else []
        return (
            "[ " + " ; ".join(f"{_predicate(p)} {_term(o, edges=edges, gaps=gaps, depth=depth + 1)}" for p, o in properties) + " ]"
            if properties
            else "[]"
        )
    if term.datatype.value in _UNQUOTED and _UNQUOTED_FORM.fullmatch(term.value):
        return term.value
    quoted = str(ox.Literal(term.value))
    if term.language:
        return f"{quoted}@{term.language}"
    return quoted if term.datatype.value == XSD + "string" else f"{quoted}^^{turtle_iri(term.datatype.value)}"


def turtle_iri(iri: str) -> str:
    """Return the IRI as Turtle has it: with a prefix of the project, or between angle brackets."""
    name = compact(iri)
    return name if _PREFIXED_NAME.fullmatch(name) else f"<{iri}>"
