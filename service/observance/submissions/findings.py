"""Findings: what an engine's results mean, with their paragraphs, facts and causes."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import ELI, LANGUAGES, OBS, RDF, SH, XSD, compact, local_name, message_catalogue, nearest_iri, translate
from observance.knowledge import Knowledge
from observance.submissions.engines import EngineResult, ShapesGraph, from_oxishacl, result_terms
from observance.submissions.model import Cause, CauseBranch, Finding
from oxishacl import FIRST, TYPE, Index, ShapeMetadata, Term, ValidationResult, node_name, sh

_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MOST_SHOWN: Final = 5
_KINDS: Final = {ox.NamedNode: "iri", ox.BlankNode: "blank-node", ox.Literal: "literal"}

Texts = Mapping[str, str]


class CauseVerbaliser(Struct, frozen=True):
    """Says the facts of results against the data and the shapes that they come from; `fill` puts values into an author's message."""

    data: Index
    shapes: Index
    fill: Callable[[str, ValidationResult], str]

    def facts(self, result: ValidationResult) -> Texts:
        """One sentence in each language; for a component that is not SHACL's own, that its values are as given."""
        known = _phrase(result)
        return {lang: translate(f"facts.{known}", lang, **self._values(result, lang=lang)) for lang in LANGUAGES}

    def branches(self, result: ValidationResult) -> tuple[CauseBranch, ...]:
        """What became of each shape on which the constraint rests."""
        return tuple(
            CauseBranch(
                describe(branch.shape, graph=self.shapes), node_text(branch.value), tuple(self.cause(each) for each in branch.causes)
            )
            for branch in result.branches
        )

    def cause(self, result: ValidationResult) -> Cause:
        """The result as a cause of another."""
        return Cause(
            facts=self.facts(result),
            message={text.language: self.fill(text.value, result) for text in result.messages if text.language},
            focus=node_name(result.focus),
            path=None if result.path is None else result.path.sparql,
            value=None if result.value is None else node_name(result.value),
            shape=result.shape.value if isinstance(result.shape, ox.NamedNode) else None,
            component=result.component.value,
            severity=local_name(result.severity.value),
            branches=self.branches(result),
            terms=result_terms(from_oxishacl(result)),
        )

    def _values(self, result: ValidationResult, *, lang: str) -> dict[str, Any]:
        value, parameters = result.value, [term for _, term in result.source.parameters]
        found = {
            "value": node_text(value) if value is not None else node_text(result.focus),
            "path": _path(result),
            "count": result.count if result.count is not None else len(result.branches),
            "holding": sum(not branch.causes for branch in result.branches),
            "branches": len(result.branches),
            "asked": self._asked(result),
            "limit": describe(parameters[0], graph=self.shapes) if parameters else "–",
            "shape": describe(parameters[-1], graph=self.shapes) if parameters else "–",
            "shapes": ", ".join(dict.fromkeys(describe(branch.shape, graph=self.shapes) for branch in result.branches)),
            "component": compact(result.component.value),
            "constraint": compact(node_name(result.constraint or result.shape)),
            "bindings": ", ".join(f"?{variable} = {node_text(term)}" for variable, term in result.bindings),
            "kind": translate(f"facts.kind-{_KINDS[type(value)]}", lang) if value is not None else "",
            "length": len(value.value) if isinstance(value, ox.NamedNode | ox.Literal) else 0,
            "datatype": compact(value.datatype.value) if isinstance(value, ox.Literal) else "–",
            "language": (value.language or "–") if isinstance(value, ox.Literal) else "–",
        }
        return found | self._looked_up(result)

    def _asked(self, result: ValidationResult) -> str:
        values = [value for _, value in result.source.parameters]
        lists = [self.shapes.list_members(value) if self.shapes.objects(value, FIRST) else None for value in values]
        members = [member for value, listed in zip(values, lists, strict=True) for member in listed or (value,)]
        return _listed([describe(member, graph=self.shapes) for member in members])

    def _looked_up(self, result: ValidationResult) -> dict[str, Any]:
        """What the data say: the types of the value, and all values of the path and of the property compared with."""
        types = [] if result.value is None else self.data.objects(result.value, TYPE)
        all_values = () if result.path is None else result.path.values(self.data, result.focus)
        other = next((term for _, term in result.source.parameters if isinstance(term, ox.NamedNode)), None)
        compared = self.data.objects(result.focus, other) if other is not None else ()
        return {"types": _shown(types), "values": _shown(all_values), "others": _shown(compared), "total": len(all_values)}


def _phrase(result: ValidationResult) -> str:
    """The phrase for the component, or for what sets the result apart."""
    local = result.component.value.rpartition("#")[2].removesuffix("ConstraintComponent")
    key = _WORDS.sub("-", local).lower()
    if key not in message_catalogue("facts"):
        return "other"
    if key == "datatype" and isinstance(result.value, ox.Literal) and result.value.datatype == result.source.parameters[0][1]:
        return "ill-formed"
    if key == "sparql" and not result.bindings:
        return "sparql-plain"
    return f"{key}-none" if result.count == 0 and key in {"min-count", "has-value"} else key


def _path(result: ValidationResult) -> str:
    if result.path is None:
        return "–"
    return "rdf:type" if result.path.sparql == f"<{RDF}type>" else re.sub(r"<([^>]*)>", lambda match: compact(match[1]), result.path.sparql)


def _shown(terms: Sequence[Term]) -> str:
    return _listed([node_text(term) for term in terms])


def _listed(texts: Sequence[str]) -> str:
    more = f", … ({len(texts)})" if len(texts) > _MOST_SHOWN else ""
    return ", ".join(texts[:_MOST_SHOWN]) + more if texts else "–"


_DEEPEST: Final = 4
_LONGEST: Final = 160
_BARE: Final = frozenset(XSD + name for name in ("integer", "decimal", "boolean"))
# What a shape says about itself, not about values.
_UNSAID: Final = frozenset(sh(name) for name in ("message", "severity", "name", "description", "order", "group", "sparql", "prefixes"))


def describe(node: Term, *, graph: Index) -> str:
    """The IRI, compact, or what the blank node asks for: `sh:not [ sh:datatype xsd:date ]`, cut where it grows long."""
    text = node_text(node) if not isinstance(node, ox.BlankNode) else " ; ".join(_properties(node, graph=graph, depth=0))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def node_text(term: Term) -> str:
    """The term as a person writes it: compact, a literal between quotation marks."""
    if isinstance(term, ox.NamedNode):
        return compact(term.value)
    if isinstance(term, ox.Literal):
        if term.datatype.value in _BARE:
            return term.value[:80]
        shown = term.value if len(term.value) <= 80 else term.value[:77] + "…"
        return f'"{shown}"' + (f"@{term.language}" if term.language else "")
    return str(term)


def _properties(node: Term, *, graph: Index, depth: int) -> Iterator[str]:
    for predicate in graph.predicates(node):
        if predicate.value.startswith(SH) and predicate not in _UNSAID:
            for value in graph.objects(node, predicate):
                yield f"{compact(predicate.value)} {_value(value, graph=graph, depth=depth)}"


def _value(value: Term, *, graph: Index, depth: int) -> str:
    if not isinstance(value, ox.BlankNode):
        return node_text(value)
    if depth >= _DEEPEST:
        return "…"
    if graph.objects(value, FIRST):
        return "( " + " ".join(_value(member, graph=graph, depth=depth + 1) for member in graph.list_members(value) or ()) + " )"
    return "[ " + " ; ".join(_properties(value, graph=graph, depth=depth + 1)) + " ]"


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
                    return _written_term(result.focus)
                case "value":
                    return "" if result.value is None else _written_term(result.value)
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
        wanted = self._said.value_class(result.shape)
        among = self._knowledge.own_terms.intersection(self._knowledge.instances(wanted)) if wanted else self._knowledge.own_terms
        return nearest_iri(node_name(result.value), among=among - {node_name(result.value)})


def source_number(shape: str, *, said: ShapeMetadata, knowledge: Knowledge) -> str | None:
    """The number of the paragraph that the shape rests on, when it is one."""
    source = said.source(shape)
    return next(iter(knowledge.objects(source, ELI + "number")), None) if source else None


def order_of(paragraph: str | None) -> tuple[int, ...]:
    """The key that puts paragraphs into the order of the text; what belongs to none comes first."""
    return tuple(int(part) if part.isdigit() else 0 for part in (paragraph or "").split("."))


def _written_term(term: Term) -> str:
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
        norms = knowledge.subjects_with(OBS + "evidencedBy", kind)
        concerned = stated.get(OBS + "concerns", {}).get(node)
        withdrawn = stated.get(OBS + "withdraws", {}).get(node, "")
        if concerned:
            norms = (concerned,)
        elif not norms and withdrawn in submissions:
            norms = knowledge.subjects_with(OBS + "evidencedBy", submissions[withdrawn])
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
