"""From a validation result to a finding: the paragraph it belongs to and its message, filled, in every language."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

import pyoxigraph as ox
from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from observance.graph.convert import from_rdflib, term_text
from observance.graph.knowledge import Knowledge
from observance.model import Finding, Terms
from observance.namespaces import ELI, OBS, PREFIXES, compact, local_name
from observance.shacl.referee import Result, Shapes

_PLACEHOLDER: Final = re.compile(r"\{[?$](this|value|path|nearest)\}")


class Explainer:
    """Explains the results of one document against one knowledge base."""

    def __init__(self, shapes: Shapes, *, knowledge: Knowledge, paragraphs: Mapping[Node, str]) -> None:
        """`paragraphs` gives the paragraph of each node of the document that belongs to a submission."""
        self._shapes, self._knowledge, self._paragraphs = shapes, knowledge, paragraphs

    def finding(self, result: Result) -> Finding:
        """The finding for one result."""
        return Finding(
            paragraph=self._paragraph(result),
            severity=self._shapes.severity(result.shape),
            message={lang: self._filled(text, result=result) for lang, text in sorted(self._shapes.messages(result.shape).items())},
            focus=term_text(result.focus),
            path=result.path,
            value=None if result.value is None else term_text(result.value),
            shape=term_text(result.shape),
            component=result.component,
            terms=_terms(result),
        )

    def _paragraph(self, result: Result) -> str | None:
        source = self._shapes.source(result.shape)
        numbers = self._knowledge.objects(source, ELI + "number") if source else ()
        return numbers[0] if numbers else self._paragraphs.get(result.focus)

    def _filled(self, text: str, *, result: Result) -> str:
        def fill(match: re.Match[str]) -> str:
            match match[1]:
                case "this":
                    return _shown(result.focus)
                case "value":
                    return "" if result.value is None else _shown(result.value)
                case "path":
                    return result.path or ""
                case _:
                    return self._nearest(result)

        return _PLACEHOLDER.sub(fill, text)

    def _nearest(self, result: Result) -> str:
        """The term most like the value among those that the shape would take."""
        wanted = self._shapes.wanted(result.shape)
        among = self._knowledge.own.intersection(self._knowledge.instances(wanted)) if wanted else self._knowledge.own
        near = nearest(str(result.value), among=among - {str(result.value)}) if result.value is not None else None
        return compact(near) if near else "–"


def _terms(result: Result) -> Terms:
    names: dict[Node, ox.BlankNode] = {}

    def term(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        # pySHACL calls the nodes of a path otherwise at every run.
        if isinstance(node, BNode) and node != result.value:
            return names.setdefault(node, ox.BlankNode(f"path{len(names)}"))
        return from_rdflib(node)

    path = None if result.path_node is None else term(result.path_node)
    triples = tuple(ox.Triple(term(s), ox.NamedNode(str(p)), term(o)) for s, p, o in result.path_triples)  # type: ignore[arg-type]
    value = None if result.value is None else from_rdflib(result.value)
    return Terms(from_rdflib(result.focus), value, path, triples)  # type: ignore[arg-type]  # a path is no literal


def nearest(iri: str, *, among: Iterable[str]) -> str | None:
    """The IRI among those given that is most like this one: of the same namespace where there is one, else of any."""
    candidates = list(among)
    base = max((base for base in PREFIXES.values() if iri.startswith(base)), key=len, default="")
    same = [other for other in candidates if base and other.startswith(base)]
    for pool in (same, candidates):
        names = {local_name(other): other for other in sorted(pool)}
        close = get_close_matches(local_name(iri), names, n=1, cutoff=0.5) or get_close_matches(local_name(iri), names, n=1, cutoff=0.2)
        if close:
            return names[close[0]]
    return None


def _shown(term: Node) -> str:
    if isinstance(term, URIRef):
        return compact(str(term))
    if isinstance(term, BNode):
        return f"_:{term}"
    text = str(term)
    shown = text if len(text) <= 80 else text[:77] + "…"
    return f'"{shown}"' if isinstance(term, Literal) else shown


def paragraphs_of(submissions: Mapping[str, str], *, knowledge: Knowledge, stated: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The paragraph of each submission: that of the norm it is evidence for, concerns, or withdraws evidence for.

    `submissions` maps each node to its class; `stated` gives, for a predicate, what a node says with it.
    """
    numbers: dict[str, str] = {}
    for node, kind in submissions.items():
        norms = knowledge.holders(OBS + "evidencedBy", kind)
        concerned = stated.get(OBS + "concerns", {}).get(node)
        withdrawn = stated.get(OBS + "withdraws", {}).get(node, "")
        if concerned:
            norms = (concerned,)
        elif not norms and withdrawn in submissions:
            norms = knowledge.holders(OBS + "evidencedBy", submissions[withdrawn])
        expressed = [p for norm in norms for p in knowledge.objects(norm, OBS + "expressedBy")]
        under = stated.get(OBS + "underParagraph", {}).get(node)
        for paragraph in (*expressed, *((under,) if under else ())):
            for number in knowledge.objects(paragraph, ELI + "number"):
                numbers.setdefault(node, number)
    return numbers
