"""Turtle whose bytes depend on nothing but the triples and their order."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pyoxigraph as ox

from observance.core import PREFIXES, RDF, XSD, compact

_PREFIX: Final = "@prefix "


def serialize_turtle(triples: Iterable[ox.Triple]) -> str:
    """The triples in the order given, with those of our prefixes that they use, in the order of the alphabet."""
    text = (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=dict(PREFIXES)) or b"").decode()
    lines = text.splitlines(keepends=True)
    # Oxigraph keeps prefixes in a hash table: it writes all of them, in another order at every run.
    heads = sum(line.startswith(_PREFIX) for line in lines[: len(PREFIXES)])
    body = "".join(lines[heads:])
    used = [line for line in sorted(lines[:heads]) if f"{line[len(_PREFIX) :].partition(':')[0]}:" in body]
    return "".join(used) + ("\n" if used else "") + body


_NAME: Final = re.compile(r"[a-z]+:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_BARE: Final = frozenset(XSD + name for name in ("integer", "boolean"))
_BARE_FORM: Final = re.compile(r"[+-]?[0-9]+|true|false")
_DEEPEST: Final = 20

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Edges = Mapping[Term, list[tuple[ox.NamedNode, Term]]]


def snippet(triples: Iterable[ox.Triple]) -> str:
    """The statements about each node that no other holds.

    For an IRI a whole statement; for a blank node, which has no name outside its file, `predicate object ;` to put between its brackets.
    """
    edges: dict[Term, list[tuple[ox.NamedNode, Term]]] = {}
    for triple in triples:
        edges.setdefault(triple.subject, []).append((triple.predicate, triple.object))  # type: ignore[arg-type]
    inner = {target for listed in edges.values() for _, target in listed if isinstance(target, ox.BlankNode)}
    return "\n".join(line for node in edges if node not in inner for line in _statement(node, edges=edges))


def subject_texts(text: str, *, known: Mapping[str, str]) -> str:
    """The prefix declarations that the snippet needs and the document does not have."""
    used = dict.fromkeys(name.partition(":")[0] for name in _NAME.findall(re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', "", text)))
    needed = [prefix for prefix in used if prefix in PREFIXES and known.get(prefix) != PREFIXES[prefix]]
    return "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in needed)


def _statement(node: Term, *, edges: Edges) -> Iterator[str]:
    written = [f"{_predicate(predicate)} {_term(target, edges=edges, depth=0)}" for predicate, target in edges[node]]
    if isinstance(node, ox.BlankNode):
        yield from (f"{text} ;" for text in written)
    else:
        yield f"{_term(node, edges=edges, depth=0)} " + " ;\n    ".join(written) + " ."


def _predicate(predicate: ox.NamedNode) -> str:
    return "a" if predicate.value == RDF + "type" else _iri(predicate.value)


def _term(term: Term, *, edges: Edges, depth: int) -> str:
    if isinstance(term, ox.NamedNode):
        return _iri(term.value)
    if isinstance(term, ox.BlankNode):
        inner = edges.get(term, []) if depth < _DEEPEST else []
        return "[ " + " ; ".join(f"{_predicate(p)} {_term(o, edges=edges, depth=depth + 1)}" for p, o in inner) + " ]" if inner else "[]"
    if term.datatype.value in _BARE and _BARE_FORM.fullmatch(term.value):
        return term.value
    quoted = str(ox.Literal(term.value))
    if term.language:
        return f"{quoted}@{term.language}"
    return quoted if term.datatype.value == XSD + "string" else f"{quoted}^^{_iri(term.datatype.value)}"


def _iri(iri: str) -> str:
    short = compact(iri)
    return short if _NAME.fullmatch(short) else f"<{iri}>"
