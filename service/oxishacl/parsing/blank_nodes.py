"""Blank node labels that are the same in every run: the author's where the syntax has one, else b0, b1 … in order."""

import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

import pyoxigraph as ox

from oxishacl.parsing.syntaxes import RDF_XML

_LABEL: Final = re.compile(rb"_:([^\s\"',;\[\](){}<>\\]+)")
_NODE_ID: Final = re.compile(rb"\bnodeID\s*+=\s*+[\"']([^\"'<>&\s]++)[\"']")


def label(quads: Iterable[ox.Quad], *, content: bytes, syntax: str) -> tuple[ox.Quad, ...]:
    """The quads, in their order, with every label that the parser made up at random replaced by b0, b1 … in order of first appearance.

    Labels that the author wrote stay, and no new one is among them.
    """
    written = _written(content, syntax=syntax)
    fresh = (name for name in (f"b{number}" for number in count()) if name not in written)
    return tuple(_labelled(quads, written=written, fresh=fresh))


def _labelled(quads: Iterable[ox.Quad], *, written: frozenset[str], fresh: Iterator[str]) -> Iterator[ox.Quad]:
    known: dict[ox.BlankNode, ox.BlankNode] = {}

    def stable(node: ox.BlankNode) -> ox.BlankNode:
        if node not in known:
            known[node] = node if node.value in written else ox.BlankNode(next(fresh))
        return known[node]

    for quad in quads:
        subject, predicate, target, graph = quad
        if not isinstance(subject, ox.BlankNode) and not isinstance(target, ox.BlankNode) and not isinstance(graph, ox.BlankNode):
            yield quad
            continue
        subject = stable(subject) if isinstance(subject, ox.BlankNode) else subject
        target = stable(target) if isinstance(target, ox.BlankNode) else target
        graph = stable(graph) if isinstance(graph, ox.BlankNode) else graph
        yield ox.Quad(subject, predicate, target, graph)


def _written(content: bytes, *, syntax: str) -> frozenset[str]:
    pattern = _NODE_ID if syntax == RDF_XML else _LABEL
    return frozenset(match.rstrip(b".").decode("utf-8", errors="replace") for match in pattern.findall(content))
