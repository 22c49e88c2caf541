"""From bytes to quads, by Oxigraph only, which fetches nothing; every fault becomes one sentence with its place."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.errors import InvalidInputError, LimitExceededError, OxishaclError, UnsupportedFormatError
from oxishacl.parsing import bounds, jsonld_contexts, text_positions
from oxishacl.parsing.source import Document, Limits, Source
from oxishacl.parsing.syntaxes import (
    FAMILY,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    TRIG,
    TURTLE,
    SyntaxDetection,
    contradicted_claims,
    detect_syntax,
    is_tabular,
)

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | ox.DefaultGraph
Contexts = Mapping[str, Mapping[str, object]]
Notes = tuple[tuple[str, Mapping[str, object]], ...]

_FORMATS: Final = MappingProxyType(
    {
        TURTLE: ox.RdfFormat.TURTLE,
        TRIG: ox.RdfFormat.TRIG,
        N_TRIPLES: ox.RdfFormat.N_TRIPLES,
        N_QUADS: ox.RdfFormat.N_QUADS,
        JSON_LD: ox.RdfFormat.JSON_LD,
        RDF_XML: ox.RdfFormat.RDF_XML,
    }
)
# What the parser puts before its own words: "Parser error at line 3 between columns 1 and 4: ".
_PLACE: Final = re.compile(r"^Parser error (?:at|between|from) .*?\d: |(?: \(line \d+\))$")
_QUOTED: Final = re.compile(r"'([^']+)'")
_NO_SCHEME: Final = "No scheme found"
_TRIPLE_TERM: Final = re.compile(rb"<<|\{\||~|parseType\s*+=\s*+[\"']Triple|\bannotation")
_DIRECTION: Final = re.compile(rb"--(?:ltr|rtl)|@direction|\bdir\s*+=")
_MOST_KEYS_NAMED: Final = 10


class _ParsedQuads(Struct, frozen=True):
    quads: tuple[ox.Quad, ...]
    prefixes: Mapping[str, str]
    notes: Notes = ()


class _ParseFailedError(Exception):
    """One syntax's parser gave up; `reached` is how far it came, (line, column)."""

    def __init__(self, error: OxishaclError, *, reached: tuple[int, int]) -> None:
        super().__init__(str(error))
        self.error, self.reached = error, reached


def parse_source(source: Source, *, limits: Limits = Limits(), contexts: Contexts = MappingProxyType({})) -> Document:  # noqa: B008 - frozen
    """The source as quads in document order, in the syntax that its content is in, with a note where its name misled.

    Lexical forms stay as written; blank nodes are labelled alike in every run. `contexts` maps the IRIs of JSON-LD contexts
    that are known to context objects. Raises InvalidInputError (with line and column), UnsupportedFormatError,
    LimitExceededError or ForbiddenError.
    """
    bounds.check_size(source.content, name=source.name, limits=limits)
    recognition = detect_syntax(source)
    syntax, parsed = _parse_first_matching(recognition, name=source.name, limits=limits, contexts=contexts)
    quads = label_blank_nodes(parsed.quads, content=recognition.content, syntax=syntax)
    name = text_positions.quote(source.name)
    notes = tuple(
        ("read-as", MappingProxyType({"name": name, "claimed": claimed, "syntax": syntax}))
        for claimed in contradicted_claims(recognition, syntax=syntax)
    )
    return Document(source, syntax, quads, parsed.prefixes, notes + parsed.notes)


def _parse_first_matching(recognition: SyntaxDetection, *, name: str, limits: Limits, contexts: Contexts) -> tuple[str, _ParsedQuads]:
    """The first candidate that reads the whole; else the error of the one that came furthest, the likelier on a tie."""
    failures: list[_ParseFailedError] = []
    checked: set[str] = set()
    for syntax in recognition.candidates:
        if syntax not in checked:
            bounds.check_nesting(recognition.content, syntax=syntax, name=name, limits=limits)
            checked.update(FAMILY if syntax in FAMILY else {syntax})  # the family nests in one way
        try:
            if syntax == JSON_LD:
                return syntax, _json_ld(recognition.content, name=name, limits=limits, contexts=contexts)
            return syntax, _parsed(recognition.content, syntax=syntax, name=name, limits=limits)
        except _ParseFailedError as failure:
            failures.append(failure)
    furthest = max(failures, key=lambda failure: failure.reached)
    if set(recognition.candidates) & set(FAMILY):
        _refuse_other_text(recognition, reached=furthest.reached, name=name)
    raise furthest.error from None


def _refuse_other_text(recognition: SyntaxDetection, *, reached: tuple[int, int], name: str) -> None:
    """Raise for text of which no parser read even a statement, unless its name or type claims a syntax to judge it by."""
    first = len(recognition.content) - len(recognition.content.lstrip())
    start = text_positions.position(recognition.content, first)
    if reached[0] <= start["line"] and is_tabular(recognition.content):
        raise UnsupportedFormatError("table", name=text_positions.quote(name))
    if not recognition.claims and reached <= (start["line"], start["column"]):
        raise UnsupportedFormatError("unknown-format", name=text_positions.quote(name))


def _parsed(content: bytes, *, syntax: str, name: str, limits: Limits) -> _ParsedQuads:
    try:
        quads, prefixes = _quads(content, syntax=syntax, name=name, limits=limits)
    except SyntaxError as error:
        raise _parse_failure(error, content=content, syntax=syntax, name=name) from None
    _check_rdf_1_1(quads, content=content, name=name)
    return _ParsedQuads(tuple(quads), prefixes)


def _json_ld(content: bytes, *, name: str, limits: Limits, contexts: Contexts) -> _ParsedQuads:
    resolved = jsonld_contexts.resolve_contexts(content, name=name, limits=limits, contexts=contexts)
    try:
        quads, prefixes = _quads(resolved.content, syntax=JSON_LD, name=name, limits=limits)
        # JSON-LD leaves out, in silence, what has no absolute IRI; the lenient parser shows what that was.
        everything, _ = _quads(resolved.content, syntax=JSON_LD, name=name, limits=limits, lenient=True)
    except SyntaxError as error:
        raise _parse_failure(error, content=content, syntax=JSON_LD, name=name, resolved=resolved) from None
    if not quads and not resolved.contexts and b'"@' not in content:
        raise UnsupportedFormatError("plain-json", name=text_positions.quote(name))
    _check_rdf_1_1(quads, content=content, name=name)
    notes = _undefined_keys(everything, content=content, name=name) if len(everything) > len(quads) else ()
    return _ParsedQuads(tuple(quads), prefixes, notes)


def _quads(content: bytes, *, syntax: str, name: str, limits: Limits, lenient: bool = False) -> tuple[list[ox.Quad], Mapping[str, str]]:
    parser = ox.parse(content, format=_FORMATS[syntax], lenient=lenient)
    quads: list[ox.Quad] = []
    for quad in parser:
        quads.append(quad)
        if len(quads) > limits.max_triples:
            raise LimitExceededError("too-many-triples", name=text_positions.quote(name), limit=limits.max_triples)
    return quads, MappingProxyType(dict(sorted(parser.prefixes.items())))


def _parse_failure(
    error: SyntaxError, *, content: bytes, syntax: str, name: str, resolved: jsonld_contexts.ResolvedContexts | None = None
) -> _ParseFailedError:
    """The parser's verdict as a sentence, at its place or at the place of what it quotes."""
    words = _PLACE.sub("", str(error.msg))
    quoted = _QUOTED.search(words)
    place: dict[str, int] | None = None
    if error.lineno is not None:
        place = {"line": error.lineno, "column": error.offset or 1}
        place = resolved.original(**place) if resolved else place
    elif quoted:
        place = text_positions.find(content, quoted[1])
    reached = (place["line"], place["column"]) if place else (0, 0)
    relative = _NO_SCHEME in words
    phrase = ("relative-iri" if relative else "syntax") + ("" if place else "-somewhere")
    detail = _relative(error, content=content) or (quoted[1] if quoted else words) if relative else words
    values: dict[str, object] = {
        "name": text_positions.quote(name),
        "syntax": syntax,
        "detail": text_positions.quote(detail),
        **(place or {}),
    }
    return _ParseFailedError(InvalidInputError(phrase, **values), reached=reached)


def _relative(error: SyntaxError, *, content: bytes) -> str | None:
    """What stands in the text where the parser met an IRI without a scheme, when that is within one line."""
    if error.lineno is None or error.lineno != error.end_lineno or not error.offset or not error.end_offset:
        return None
    start, end = text_positions.line_bounds(content, error.lineno)
    return content[start:end].decode("utf-8", errors="replace")[error.offset - 1 : error.end_offset - 1] or None


def _check_rdf_1_1(quads: Iterable[ox.Quad], *, content: bytes, name: str) -> None:
    """Nothing, for what rdflib and pySHACL can hold; raises UnsupportedFormatError for a triple term or a base direction (RDF 1.2)."""
    for quad in quads:
        term = quad.object
        if isinstance(term, ox.Triple):
            raise _rdf_1_2("triple-term", _TRIPLE_TERM, content=content, name=name)
        if isinstance(term, ox.Literal) and term.direction is not None:
            raise _rdf_1_2("base-direction", _DIRECTION, content=content, name=name)


def _rdf_1_2(phrase: str, pattern: re.Pattern[bytes], *, content: bytes, name: str) -> UnsupportedFormatError:
    sign = pattern.search(content)
    return UnsupportedFormatError(phrase, name=text_positions.quote(name), **text_positions.position(content, sign.start() if sign else 0))


def _undefined_keys(everything: Iterable[ox.Quad], *, content: bytes, name: str) -> Notes:
    """A note that names the keys which no context defines; raises InvalidInputError for any other term that is no absolute IRI."""
    keys: dict[str, None] = {}
    for subject, predicate, target, graph in everything:
        if ":" not in predicate.value:
            keys[predicate.value] = None
        else:
            _check_term(predicate, content=content, name=name)
        for term in (subject, target, graph):
            _check_term(term, content=content, name=name)
    named = ", ".join(text_positions.quote(key) for key in list(keys)[:_MOST_KEYS_NAMED]) + (", …" if len(keys) > _MOST_KEYS_NAMED else "")
    return (("undefined-keys", MappingProxyType({"name": text_positions.quote(name), "keys": named})),) if keys else ()


def _check_term(term: Term, *, content: bytes, name: str) -> None:
    if not isinstance(term, ox.NamedNode | ox.Literal):
        return
    try:
        if isinstance(term, ox.NamedNode):
            ox.NamedNode(term.value)
        elif term.language is not None:
            ox.Literal(term.value, language=term.language)
    except ValueError as error:
        text = (term.language or "") if isinstance(term, ox.Literal) else term.value
        relative = _NO_SCHEME in str(error)
        place = text_positions.find(content, text)
        phrase = ("relative-iri" if relative else "bad-term") + ("" if place else "-somewhere")
        detail = text if relative else f"{text} ({error})"
        values: dict[str, object] = {"name": text_positions.quote(name), "detail": text_positions.quote(detail), **(place or {})}
        raise InvalidInputError(phrase, **values) from None


_LABEL: Final = re.compile(rb"_:([^\s\"',;\[\](){}<>\\]+)")
_NODE_ID: Final = re.compile(rb"\bnodeID\s*+=\s*+[\"']([^\"'<>&\s]++)[\"']")


def label_blank_nodes(quads: Iterable[ox.Quad], *, content: bytes, syntax: str) -> tuple[ox.Quad, ...]:
    """The quads, in their order, with every label that the parser made up at random replaced by b0, b1 … in order of first appearance.

    Labels that the author wrote stay, and no new one is among them.
    """
    written = _author_labels(content, syntax=syntax)
    fresh = (name for name in (f"b{number}" for number in count()) if name not in written)
    return tuple(_relabelled(quads, written=written, fresh=fresh))


def _relabelled(quads: Iterable[ox.Quad], *, written: frozenset[str], fresh: Iterator[str]) -> Iterator[ox.Quad]:
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


def _author_labels(content: bytes, *, syntax: str) -> frozenset[str]:
    pattern = _NODE_ID if syntax == RDF_XML else _LABEL
    return frozenset(match.rstrip(b".").decode("utf-8", errors="replace") for match in pattern.findall(content))
