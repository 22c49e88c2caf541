"""From a validation result to a finding: the paragraph it belongs to and its message, filled, in every language."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import pyoxigraph as ox
from msgspec.structs import replace

from observance.core import ELI, OBS, compact, nearest_iri
from observance.knowledge import Knowledge
from observance.submissions.causes import CauseVerbaliser
from observance.submissions.engines import EngineResult, ShapesGraph, Term, from_oxishacl, result_terms
from observance.submissions.model import Finding
from oxishacl import Index, ShapeMetadata, ValidationResult, node_name

_NEAREST: Final = re.compile(r"\{[?$]nearest\}")
_PLACEHOLDER: Final = re.compile(r"\{[?$](this|value|path|nearest)\}")


class FindingBuilder:
    """Explains the results of one document against one knowledge base."""

    def __init__(
        self, shapes: ShapesGraph, *, knowledge: Knowledge, paragraphs: Mapping[str, str], ways: Mapping[str, str], data: Index | None
    ) -> None:
        """`paragraphs` gives the paragraph of each node that belongs to a submission, `ways` the way to each, `data` what was validated."""
        self._said, self._knowledge, self._paragraphs, self._ways = shapes.metadata, knowledge, paragraphs, ways
        self._speaker = None if data is None else CauseVerbaliser(data, shapes.compiled.graph, self._spoken)

    def finding(self, result: EngineResult) -> Finding:
        """The finding for one result, with its fingerprint, and its facts and causes where the engine gives them."""
        found = self._finding(result)
        if self._speaker is not None and result.result is not None:
            facts, branches = self._speaker.facts(result.result), self._speaker.branches(result.result)
            found = replace(found, facts=facts, branches=branches)
        return replace(found, fingerprint=fingerprint(found, ways=self._ways))

    def _finding(self, result: EngineResult) -> Finding:
        return Finding(
            paragraph=self._paragraph(result),
            severity=self._said.severity(result.shape),
            message={lang: self._filled(text, result=result) for lang, text in sorted(self._said.messages(result.shape).items())},
            focus=node_name(result.focus),
            path=result.path,
            value=None if result.value is None else node_name(result.value),
            shape=result.shape,
            component=result.component,
            terms=result_terms(result),
        )

    def _paragraph(self, result: EngineResult) -> str | None:
        number = source_number(result.shape, said=self._said, knowledge=self._knowledge)
        return number or self._paragraphs.get(node_name(result.focus))

    def _spoken(self, text: str, result: ValidationResult) -> str:
        return self._filled(text, result=from_oxishacl(result))

    def _filled(self, text: str, *, result: EngineResult) -> str:
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

    def _nearest(self, result: EngineResult) -> str:
        near = self._near(result)
        return compact(near) if near else "–"

    def near(self, result: EngineResult) -> str | None:
        """The term that the shape's message proposes instead of the value; None where it proposes none."""
        speaks = any(_NEAREST.search(text) for text in self._said.messages(result.shape).values())
        return self._near(result) if speaks else None

    def _near(self, result: EngineResult) -> str | None:
        """The term most like the value among those that the shape would take."""
        if result.value is None:
            return None
        wanted = self._said.wanted(result.shape)
        among = self._knowledge.own.intersection(self._knowledge.instances(wanted)) if wanted else self._knowledge.own
        return nearest_iri(node_name(result.value), among=among - {node_name(result.value)})


def source_number(shape: str, *, said: ShapeMetadata, knowledge: Knowledge) -> str | None:
    """The number of the paragraph that the shape rests on, when it is one."""
    source = said.source(shape)
    return next(iter(knowledge.objects(source, ELI + "number")), None) if source else None


def order_of(paragraph: str | None) -> tuple[int, ...]:
    """The key that puts paragraphs into the order of the text; what belongs to none comes first."""
    return tuple(int(part) if part.isdigit() else 0 for part in (paragraph or "").split("."))


def _shown(term: Term) -> str:
    if isinstance(term, ox.NamedNode):
        return compact(term.value)
    if isinstance(term, ox.BlankNode):
        return str(term)
    shown = term.value if len(term.value) <= 80 else term.value[:77] + "…"
    return f'"{shown}"'


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


_LENGTH: Final = 32


def paths_from_submissions(quads: Iterable[ox.Quad], *, roots: Collection[str]) -> Mapping[str, str]:
    """For each node that a submission reaches, its shortest way from one, as a digest; the least of them where there are several."""
    outward: dict[str, list[tuple[str, str]]] = {}
    for quad in quads:
        if not isinstance(quad.object, ox.Literal):
            outward.setdefault(node_name(quad.subject), []).append((quad.predicate.value, node_name(quad.object)))
    found: dict[str, str] = {}
    level = dict.fromkeys(roots, "")
    while level:
        found |= level
        following: dict[str, str] = {}
        for node, way in level.items():
            for predicate, target in outward.get(node, ()):
                if target not in found:
                    longer = _digest(way, predicate)
                    following[target] = min(following.get(target, longer), longer)
        level = following
    return found


def fingerprint(finding: Finding, *, ways: Mapping[str, str]) -> str:
    """32 hexadecimal digits, the first half of a SHA-256."""
    assert finding.terms is not None
    way = ways.get(finding.focus, _nameless(finding.terms.focus))
    value = "" if finding.terms.value is None else _nameless(finding.terms.value)
    return _digest(finding.paragraph or "", finding.shape, way, finding.path or "", finding.component, value)


def _nameless(term: Term) -> str:
    return "_:" if isinstance(term, ox.BlankNode) else str(term)


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_LENGTH]
