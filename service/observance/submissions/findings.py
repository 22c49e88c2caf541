"""Findings: validation results with their paragraphs, facts and causes."""

import hashlib
import json
import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import (
    HOME,
    LANGUAGES,
    OBS,
    RDF,
    SH,
    XSD,
    compact,
    format_month,
    intended_iri,
    iri_in_text,
    local_name,
    message_catalogue,
    nearest_iri,
    translate,
)
from observance.knowledge import Knowledge
from observance.submissions.engines import ShapesGraph
from observance.submissions.model import Cause, CauseBranch, Finding, ResultTerms
from oxishacl import FIRST, TYPE, Index, ShapeMetadata, Term, ValidationResult, node_name, sh

_WORD_BOUNDARY: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MAX_LISTED: Final = 5
_DATE: Final = ox.NamedNode(XSD + "date")
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTHS: Final = 12
_NODE_KINDS: Final = {ox.NamedNode: "iri", ox.BlankNode: "blank-node", ox.Literal: "literal"}

Texts = Mapping[str, str]


class CauseVerbaliser(Struct, frozen=True):
    """Verbalises results in terms of data and shapes; `fill` fills the placeholders of an author's message."""

    data: Index
    shapes: Index
    fill: Callable[[str, ValidationResult], str]

    def facts(self, result: ValidationResult) -> Texts:
        """Return a sentence in each language with the value found and the constraint; a generic one if the component is not in SHACL."""
        phrase = _phrase(result)
        return {lang: translate(f"facts.{phrase}", lang, **self._values(result, lang=lang)) for lang in LANGUAGES}

    def branches(self, result: ValidationResult) -> tuple[CauseBranch, ...]:
        """Return the validation of each shape that the constraint refers to."""
        return tuple(
            CauseBranch(
                describe(branch.shape, graph=self.shapes), node_text(branch.value), tuple(self.cause(cause) for cause in branch.causes)
            )
            for branch in result.branches
        )

    def cause(self, result: ValidationResult) -> Cause:
        """Return the result as a cause of another result."""
        return Cause(
            facts=self.facts(result),
            message={message.language: self.fill(message.value, result) for message in result.messages if message.language},
            focus=node_name(result.focus),
            path=None if result.path is None else result.path.sparql,
            value=None if result.value is None else node_name(result.value),
            shape=result.shape.value if isinstance(result.shape, ox.NamedNode) else None,
            component=result.component.value,
            severity=local_name(result.severity.value),
            branches=self.branches(result),
            terms=result_terms(result),
        )

    def _values(self, result: ValidationResult, *, lang: str) -> dict[str, Any]:
        value, parameters = result.value, [term for _, term in result.source.parameters]
        values = {
            "value": node_text(value) if value is not None else node_text(result.focus),
            "path": _path(result),
            "count": result.count if result.count is not None else len(result.branches),
            "holding": sum(not branch.causes for branch in result.branches),
            "branches": len(result.branches),
            "asked": self._parameters(result),
            "limit": describe(parameters[0], graph=self.shapes) if parameters else "–",
            "shape": describe(parameters[-1], graph=self.shapes) if parameters else "–",
            "shapes": ", ".join(dict.fromkeys(describe(branch.shape, graph=self.shapes) for branch in result.branches)),
            "component": compact(result.component.value),
            "constraint": compact(node_name(result.constraint or result.shape)),
            "bindings": ", ".join(f"?{variable} = {node_text(term)}" for variable, term in result.bindings),
            "kind": translate(f"facts.kind-{_NODE_KINDS[type(value)]}", lang) if value is not None else "",
            "length": len(value.value) if isinstance(value, ox.NamedNode | ox.Literal) else 0,
            "datatype": compact(value.datatype.value) if isinstance(value, ox.Literal) else "–",
            **self._month(result, lang=lang),
            "language": (value.language or "–") if isinstance(value, ox.Literal) else "–",
        }
        return values | self._data_values(result)

    @staticmethod
    def _month(result: ValidationResult, *, lang: str) -> dict[str, Any]:
        found = _impossible_day(result) if _is_datatype(result) else None
        return {} if found is None else {"month": format_month(found[0], lang), "days": found[1]}

    def _parameters(self, result: ValidationResult) -> str:
        values = [value for _, value in result.source.parameters]
        lists = [self.shapes.list_members(value) if self.shapes.objects(value, FIRST) else None for value in values]
        members = [member for value, list_ in zip(values, lists, strict=True) for member in list_ or (value,)]
        return _joined([describe(member, graph=self.shapes) for member in members])

    def _data_values(self, result: ValidationResult) -> dict[str, Any]:
        """Return what the data graph holds: the types of the value, the value nodes, and the values of the property compared with."""
        types = [] if result.value is None else self.data.objects(result.value, TYPE)
        value_nodes = () if result.path is None else result.path.values(self.data, result.focus)
        property_ = next((term for _, term in result.source.parameters if isinstance(term, ox.NamedNode)), None)
        compared = self.data.objects(result.focus, property_) if property_ is not None else ()
        lists = {"types": types, "values": value_nodes, "others": compared}
        return {name: _joined_terms(terms) for name, terms in lists.items()} | {"total": len(value_nodes)}


def _phrase(result: ValidationResult) -> str:
    """Return the message key for the component, or a more specific one where the result requires it."""
    local = result.component.value.rpartition("#")[2].removesuffix("ConstraintComponent")
    key = _WORD_BOUNDARY.sub("-", local).lower()
    if key not in message_catalogue("facts"):
        return "other"
    if key == "datatype" and _impossible_day(result) is not None:
        return "impossible-day"
    if key == "datatype" and isinstance(result.value, ox.Literal) and result.value.datatype == result.source.parameters[0][1]:
        return "ill-formed"
    if key == "sparql" and not result.bindings:
        return "sparql-plain"
    return f"{key}-none" if result.count == 0 and key in {"min-count", "has-value"} else key


def _is_datatype(result: ValidationResult) -> bool:
    return result.component.value == SH + "DatatypeConstraintComponent"


def _impossible_day(result: ValidationResult) -> tuple[date, int] | None:
    """Return the month, as its first day, and its number of days, if the value is written as a day that its month does not have."""
    if not isinstance(result.value, ox.Literal) or result.source.parameters[0][1] != _DATE:
        return None
    match = _DAY.fullmatch(result.value.value)
    if match is None or not 1 <= int(match[2]) <= _MONTHS or int(match[1]) == 0:
        return None
    first = date(int(match[1]), int(match[2]), 1)
    length = monthrange(first.year, first.month)[1]
    return (first, length) if int(match[3]) > length else None


def _path(result: ValidationResult) -> str:
    if result.path is None:
        return "–"
    return "rdf:type" if result.path.sparql == f"<{RDF}type>" else re.sub(r"<([^>]*)>", lambda match: compact(match[1]), result.path.sparql)


def _joined_terms(terms: Sequence[Term]) -> str:
    return _joined([node_text(term) for term in terms])


def _joined(texts: Sequence[str]) -> str:
    count = f", … ({len(texts)})" if len(texts) > _MAX_LISTED else ""
    return ", ".join(texts[:_MAX_LISTED]) + count if texts else "–"


_MAX_DEPTH: Final = 4
_MAX_LENGTH: Final = 160
_UNQUOTED: Final = frozenset(XSD + name for name in ("integer", "decimal", "boolean"))
# Properties that annotate a shape and do not constrain values.
_ANNOTATIONS: Final = frozenset(sh(name) for name in ("message", "severity", "name", "description", "order", "group", "sparql", "prefixes"))


def describe(node: Term, *, graph: Index) -> str:
    """Return the IRI in compact form, or the constraints of a blank node, abbreviated: `sh:not [ sh:datatype xsd:date ]`."""
    text = node_text(node) if not isinstance(node, ox.BlankNode) else " ; ".join(_properties(node, graph=graph, depth=0))
    return text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 1] + "…"


def node_text(term: Term) -> str:
    """Return the term as a person would write it: an IRI in compact form, a literal between quotation marks and abbreviated."""
    if isinstance(term, ox.NamedNode):
        return compact(term.value)
    if isinstance(term, ox.Literal):
        if term.datatype.value in _UNQUOTED:
            return term.value[:80]
        text = term.value if len(term.value) <= 80 else term.value[:77] + "…"
        return f'"{text}"' + (f"@{term.language}" if term.language else "")
    return str(term)


def _properties(node: Term, *, graph: Index, depth: int) -> Iterator[str]:
    for predicate in graph.predicates(node):
        if predicate.value.startswith(SH) and predicate not in _ANNOTATIONS:
            for value in graph.objects(node, predicate):
                yield f"{compact(predicate.value)} {_value(value, graph=graph, depth=depth)}"


def _value(value: Term, *, graph: Index, depth: int) -> str:
    if not isinstance(value, ox.BlankNode):
        return node_text(value)
    if depth >= _MAX_DEPTH:
        return "…"
    if graph.objects(value, FIRST):
        return "( " + " ".join(_value(member, graph=graph, depth=depth + 1) for member in graph.list_members(value) or ()) + " )"
    return "[ " + " ; ".join(_properties(value, graph=graph, depth=depth + 1)) + " ]"


_PLACEHOLDER: Final = re.compile(r"\{[?$](this|value|path|nearest)\}")


class FindingBuilder:
    """Builds the findings of one document from its validation results."""

    def __init__(
        self, shapes: ShapesGraph, *, knowledge: Knowledge, paragraphs: Mapping[str, str], paths: Mapping[str, str], data: Index | None
    ) -> None:
        """Hold the context of the findings; without `data`, they have neither facts nor causes.

        `paragraphs` gives the paragraph of each node that belongs to a submission, `paths` the digest of the path to each node
        (see `paths_from_submissions`), and `data` is the data graph.
        """
        self._metadata, self._knowledge, self._paragraphs, self._paths = shapes.metadata, knowledge, paragraphs, paths
        self._verbaliser = None if data is None else CauseVerbaliser(data, shapes.compiled.graph, self._fill)

    def finding(self, result: ValidationResult) -> Finding:
        """Return the finding for one result, with its fingerprint."""
        shape, verbaliser = node_name(result.shape), self._verbaliser
        number = source_number(shape, metadata=self._metadata, knowledge=self._knowledge)
        facts = {} if verbaliser is None else verbaliser.facts(result)
        message = self._message(shape, result)
        finding = Finding(
            paragraph=number or self._paragraphs.get(node_name(result.focus)),
            fault_of=self._metadata.first_value(shape, OBS + "faultOf"),
            severity=self._metadata.severity(shape),
            # sh:message is optional (SHACL 1.0, section 2.1.5): without one, what was found is the headline.
            message=message or {lang: translate("facts.headline", lang, path=_path(result), fact=fact) for lang, fact in facts.items()},
            focus=node_name(result.focus),
            path=None if result.path is None else result.path.sparql,
            value=None if result.value is None else node_name(result.value),
            shape=shape,
            component=result.component.value,
            terms=result_terms(result),
            facts=facts if message else {},
            branches=() if verbaliser is None else verbaliser.branches(result),
        )
        return replace(finding, fingerprint=fingerprint(finding, paths=self._paths))

    def _message(self, shape: str, result: ValidationResult) -> Texts:
        """Return the message of the shape, or that a text stands where an IRI is meant, if it spells one."""
        asks_for_iri = result.component.value.removeprefix(SH) in {"ClassConstraintComponent", "NodeKindConstraintComponent"}
        spelt = iri_in_text(result.value.value) if asks_for_iri and isinstance(result.value, ox.Literal) else None
        if spelt is not None:
            text = node_name(result.value)  # type: ignore[arg-type]
            return {lang: translate("facts.text-for-iri", lang, text=text, iri=spelt) for lang in sorted(LANGUAGES)}
        return {lang: self._fill(text, result) for lang, text in sorted(self._metadata.messages(shape).items())}

    def _fill(self, text: str, result: ValidationResult) -> str:
        """Fill the placeholders of an author's message."""

        def value(match: re.Match[str]) -> str:
            match match[1]:
                case "this":
                    return _term_text(result.focus)
                case "value":
                    return "" if result.value is None else _term_text(result.value)
                case "path":
                    return "" if result.path is None else result.path.sparql
                case _:
                    nearest = _nearest_term(result, metadata=self._metadata, knowledge=self._knowledge)
                    return compact(nearest) if nearest else "–"

        return _PLACEHOLDER.sub(value, text)


def result_terms(result: ValidationResult) -> ResultTerms:
    """Return the focus node, value and path, with blank nodes of the path relabelled: engines may label them differently in each run."""
    labels: dict[Term, ox.BlankNode] = {}

    def relabelled(term: Any) -> Any:
        return labels.setdefault(term, ox.BlankNode(f"path{len(labels)}")) if isinstance(term, ox.BlankNode) else term

    if result.path is None:
        return ResultTerms(result.focus, result.value, None)
    node = relabelled(result.path.node)
    triples = tuple(ox.Triple(relabelled(s), p, relabelled(o)) for s, p, o in result.path.triples)
    return ResultTerms(result.focus, result.value, node, triples)


def _nearest_term(result: ValidationResult, *, metadata: ShapeMetadata, knowledge: Knowledge) -> str | None:
    """Return the term most similar to the value among those that the shape accepts."""
    if result.value is None:
        return None
    if isinstance(result.value, ox.NamedNode) and (meant := intended_iri(result.value.value)) is not None:
        return meant
    value, value_class = node_name(result.value), metadata.value_class(node_name(result.shape))
    terms = knowledge.own_terms.intersection(knowledge.instances(value_class)) if value_class else knowledge.own_terms
    return nearest_iri(value, among=terms - {value})


def source_number(shape: str, *, metadata: ShapeMetadata, knowledge: Knowledge) -> str | None:
    """Return the name of the paragraph that is the source of the shape, None if its source is no paragraph."""
    source = metadata.source(shape)
    return knowledge.paragraph_name(source) if source else None


def order_of(paragraph: str | None) -> tuple[int, ...]:
    """Return the sort key of a paragraph's name by its number; findings without a paragraph come first."""
    return tuple(int(part) if part.isdigit() else 0 for part in (paragraph or "").rpartition("/")[2].split("."))


def _term_text(term: Term) -> str:
    if isinstance(term, ox.NamedNode):
        return compact(term.value) + _look_alikes(term.value)
    if isinstance(term, ox.BlankNode):
        return str(term)
    text = term.value if len(term.value) <= 80 else term.value[:77] + "…"
    return f'"{text}"'


def paragraphs_of(submissions: Mapping[str, str], *, knowledge: Knowledge, objects: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the name of each submission's paragraph: that of the norm it is evidence for, concerns, or withdraws evidence for.

    `submissions` maps each node to its class; `objects` gives, for a predicate, the object of each node.
    """
    numbers: dict[str, str] = {}
    for node, class_ in submissions.items():
        # A document that one norm names may be evidence for others too.
        norms = knowledge.subjects_with(OBS + "requiresSubmissionOf", class_) or knowledge.subjects_with(OBS + "evidencedBy", class_)
        concerned_norm = objects.get(OBS + "concerns", {}).get(node)
        withdrawn = objects.get(OBS + "withdraws", {}).get(node, "")
        if concerned_norm:
            norms = (concerned_norm,)
        elif not norms and withdrawn in submissions:
            norms = knowledge.subjects_with(OBS + "evidencedBy", submissions[withdrawn])
        paragraphs = [p for norm in norms for p in knowledge.objects(norm, OBS + "expressedBy")]
        stated_paragraph = objects.get(OBS + "underParagraph", {}).get(node)
        for paragraph in (*paragraphs, *((stated_paragraph,) if stated_paragraph else ())):
            if name := knowledge.paragraph_name(paragraph):
                numbers.setdefault(node, name)
    return numbers


def _look_alikes(iri: str) -> str:
    """Return the code points of the letters that are none of the Latin alphabet, for an IRI of ours, which has no others."""
    signs = (
        []
        if not iri.startswith(HOME)
        else [f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".strip() for sign in iri if not sign.isascii()]
    )
    return f" ({', '.join(signs)})" if signs else ""


_FINGERPRINT_LENGTH: Final = 32


def paths_from_submissions(quads: Iterable[ox.Quad], *, roots: Collection[str]) -> Mapping[str, str]:
    """Return, for each node reachable from a submission, a digest of its shortest path from one; the least digest if there are several."""
    edges: dict[str, list[tuple[str, str]]] = {}
    for quad in quads:
        if not isinstance(quad.object, ox.Literal):
            edges.setdefault(node_name(quad.subject), []).append((quad.predicate.value, node_name(quad.object)))
    paths: dict[str, str] = {}
    level = dict.fromkeys(roots, "")
    while level:
        paths |= level
        next_level: dict[str, str] = {}
        for node, path in level.items():
            for predicate, target in edges.get(node, ()):
                if target not in paths:
                    extended = _digest(path, predicate)
                    next_level[target] = min(next_level.get(target, extended), extended)
        level = next_level
    return paths


def fingerprint(finding: Finding, *, paths: Mapping[str, str]) -> str:
    """Return the finding's fingerprint: 32 hexadecimal digits, the first half of a SHA-256."""
    assert finding.terms is not None
    path = paths.get(finding.focus, _without_label(finding.terms.focus))
    value = "" if finding.terms.value is None else _without_label(finding.terms.value)
    return _digest(finding.paragraph or "", finding.shape, path, finding.path or "", finding.component, value)


def _without_label(term: Term) -> str:
    return "_:" if isinstance(term, ox.BlankNode) else str(term)


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_FINGERPRINT_LENGTH]
