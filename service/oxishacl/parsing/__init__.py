"""RDF documents parsed by Oxigraph within limits; nothing is fetched, and every error names the place in the document."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.errors import InvalidInputError, LimitExceededError, OxishaclError, UnsupportedFormatError
from oxishacl.parsing.jsonld_contexts import ResolvedContexts, resolve_contexts
from oxishacl.parsing.reasons import Reason, reason_of, separator_offset, separator_reason
from oxishacl.parsing.source import Document, Limits, Source, byte_offset, line_bounds, position, quote, quoted_position
from oxishacl.parsing.syntaxes import (
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    TRIG,
    TURTLE,
    TURTLE_FAMILY,
    SyntaxDetection,
    check_nesting,
    check_size,
    detect_syntax,
    false_claims,
    is_tabular,
)

_QuadTerm = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | ox.DefaultGraph
Contexts = Mapping[str, Mapping[str, object]]
"""JSON-LD contexts by their IRIs."""
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
# The place in a message of Oxigraph: "Parser error at line 3 between columns 1 and 4: ".
_MESSAGE_PLACE: Final = re.compile(r"^Parser error (?:at|between|from) .*?\d: |(?: \(line \d+\))$")
_QUOTED: Final = re.compile(r"'([^']+)'")
_NO_SCHEME: Final = "No scheme found"
_TRIPLE_TERM: Final = re.compile(rb"<<|\{\||~|parseType\s*+=\s*+[\"']Triple|\bannotation")
_DIRECTION: Final = re.compile(rb"--(?:ltr|rtl)|@direction|\bdir\s*+=")
_MAX_KEYS: Final = 10
_JSON_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_MALFORMED: Final = re.compile(r"[\s<>\"{}|\\^`]")
_MAX_SHOWN: Final = 40


class _ParsedQuads(Struct, frozen=True):
    quads: tuple[ox.Quad, ...]
    prefixes: Mapping[str, str]
    notes: Notes = ()


class _ParseFailedError(Exception):
    """The parser of one syntax failed; `reached` is where, as (line, column)."""

    def __init__(self, error: OxishaclError, *, reached: tuple[int, int]) -> None:
        super().__init__(str(error))
        self.error, self.reached = error, reached


def parse_source(
    source: Source,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    contexts: Contexts = MappingProxyType({}),
    rdf_1_2: bool = False,
) -> Document:
    """Parse the source in the syntax of its content, with a note when its name or media type claims another.

    Lexical forms stay as written; blank nodes get the same labels in every run. `contexts` are the remote JSON-LD contexts that documents
    may use. Triple terms, annotations and base directions are accepted with `rdf_1_2` only. Raises InvalidInputError (with line and
    column), UnsupportedFormatError, LimitExceededError or ForbiddenError.
    """
    check_size(source.content, name=source.name, limits=limits)
    detection = detect_syntax(source)
    syntax, parsed = _parse_first_matching(detection, name=source.name, limits=limits, contexts=contexts)
    if not rdf_1_2:
        _check_rdf_1_1(parsed.quads, content=detection.content, name=source.name)
    quads = label_blank_nodes(parsed.quads, content=detection.content, syntax=syntax)
    name = quote(source.name)
    notes = tuple(
        ("read-as", MappingProxyType({"name": name, "claimed": claimed, "syntax": syntax}))
        for claimed in false_claims(detection, syntax=syntax)
    )
    return Document(source, syntax, quads, parsed.prefixes, notes + parsed.notes)


def _parse_first_matching(detection: SyntaxDetection, *, name: str, limits: Limits, contexts: Contexts) -> tuple[str, _ParsedQuads]:
    """The first candidate that parses the whole text; raises the error of the one that got furthest, on a tie of the one claimed."""
    failures: list[tuple[bool, _ParseFailedError]] = []
    checked: set[str] = set()
    for syntax in detection.candidates:
        if syntax not in checked:
            check_nesting(detection.content, syntax=syntax, name=name, limits=limits)
            checked.update(TURTLE_FAMILY if syntax in TURTLE_FAMILY else {syntax})  # the syntaxes of the family nest alike
        try:
            if syntax == JSON_LD:
                return syntax, _json_ld(detection.content, name=name, limits=limits, contexts=contexts)
            return syntax, _parsed(detection.content, syntax=syntax, name=name, limits=limits)
        except _ParseFailedError as failure:
            failures.append((syntax in detection.claims, failure))
    _, furthest = max(failures, key=lambda failed: (failed[1].reached, failed[0]))
    if set(detection.candidates) & set(TURTLE_FAMILY):
        _check_is_rdf(detection, reached=furthest.reached, name=name)
    raise furthest.error from None


def _check_is_rdf(detection: SyntaxDetection, *, reached: tuple[int, int], name: str) -> None:
    """Raise UnsupportedFormatError for text that is no RDF: no parser got past its start, and it is a table or claims no syntax."""
    first = len(detection.content) - len(detection.content.lstrip())
    start = position(detection.content, first)
    if reached[0] <= start["line"] and is_tabular(detection.content):
        raise UnsupportedFormatError("table", name=quote(name))
    if not detection.claims and reached <= (start["line"], start["column"]):
        raise UnsupportedFormatError("unknown-format", name=quote(name))


def _parsed(content: bytes, *, syntax: str, name: str, limits: Limits) -> _ParsedQuads:
    try:
        quads, prefixes = _quads(content, syntax=syntax, name=name, limits=limits)
    except SyntaxError as error:
        raise _parse_failure(error, content=content, syntax=syntax, name=name) from None
    return _ParsedQuads(tuple(quads), prefixes)


def _json_ld(content: bytes, *, name: str, limits: Limits, contexts: Contexts) -> _ParsedQuads:
    resolved = resolve_contexts(content, name=name, limits=limits, contexts=contexts)
    try:
        quads, prefixes = _quads(resolved.content, syntax=JSON_LD, name=name, limits=limits)
        # JSON-LD silently drops terms without an absolute IRI; the lenient parser keeps them.
        lenient_quads, _ = _quads(resolved.content, syntax=JSON_LD, name=name, limits=limits, lenient=True)
    except SyntaxError as error:
        raise _parse_failure(error, content=content, syntax=JSON_LD, name=name, resolved=resolved) from None
    if not quads and not resolved.contexts and b'"@' not in content:
        raise UnsupportedFormatError("plain-json", name=quote(name))
    notes = _undefined_keys(lenient_quads, content=content, name=name) if len(lenient_quads) > len(quads) else ()
    return _ParsedQuads(tuple(quads), prefixes, notes)


def _quads(content: bytes, *, syntax: str, name: str, limits: Limits, lenient: bool = False) -> tuple[list[ox.Quad], Mapping[str, str]]:
    parser = ox.parse(content, format=_FORMATS[syntax], lenient=lenient)
    quads: list[ox.Quad] = []
    for quad in parser:
        quads.append(quad)
        if len(quads) > limits.max_triples:
            raise LimitExceededError("too-many-triples", name=quote(name), limit=limits.max_triples)
    return quads, MappingProxyType(dict(sorted(parser.prefixes.items())))


def _parse_failure(
    error: SyntaxError, *, content: bytes, syntax: str, name: str, resolved: ResolvedContexts | None = None
) -> _ParseFailedError:
    """The parser's error with its place, or with the place of the text that its message quotes."""
    message = _MESSAGE_PLACE.sub("", str(error.msg))
    quoted = _QUOTED.search(message)
    place: dict[str, int] | None = None
    reason: Reason | None = None
    if error.lineno is not None:
        place = {"line": error.lineno, "column": error.offset or 1}
        place = resolved.original(**place) if resolved else place
    elif quoted:
        place = quoted_position(content, quoted[1])
    reached = (place["line"], place["column"]) if place else (0, 0)
    if place is not None:
        offset = byte_offset(content, **place)
        separator = separator_offset(message, content=content, offset=offset) if syntax in TURTLE_FAMILY else None
        reason = reason_of(message, text=content[offset : offset + _MAX_SHOWN].decode("utf-8", errors="replace"))
        if separator is not None:
            place, reason = dict(position(content, separator)), separator_reason()
    relative = _NO_SCHEME in message
    code = ("relative-iri" if relative else "syntax") + ("" if place else "-somewhere")
    detail = _relative_iri(error, content=content) or (quoted[1] if quoted else message) if relative else message
    values: dict[str, object] = {
        "name": quote(name),
        "syntax": syntax,
        "detail": quote(detail),
        **(reason or reason_of(message, text="")),
        **(place or {}),
    }
    return _ParseFailedError(InvalidInputError(code, **values), reached=reached)


def _relative_iri(error: SyntaxError, *, content: bytes) -> str | None:
    """The text that the parser read as an IRI without a scheme, when it is within one line."""
    if error.lineno is None or error.lineno != error.end_lineno or not error.offset or not error.end_offset:
        return None
    start, end = line_bounds(content, error.lineno)
    return content[start:end].decode("utf-8", errors="replace")[error.offset - 1 : error.end_offset - 1] or None


def _check_rdf_1_1(quads: Iterable[ox.Quad], *, content: bytes, name: str) -> None:
    """Raise UnsupportedFormatError for a triple term or a base direction (RDF 1.2)."""
    for quad in quads:
        term = quad.object
        if isinstance(term, ox.Triple):
            raise _rdf_1_2_error("triple-term", _TRIPLE_TERM, content=content, name=name)
        if isinstance(term, ox.Literal) and term.direction is not None:
            raise _rdf_1_2_error("base-direction", _DIRECTION, content=content, name=name)


def _rdf_1_2_error(code: str, pattern: re.Pattern[bytes], *, content: bytes, name: str) -> UnsupportedFormatError:
    match = pattern.search(content)
    return UnsupportedFormatError(code, name=quote(name), **position(content, match.start() if match else 0))


def _undefined_keys(quads: Iterable[ox.Quad], *, content: bytes, name: str) -> Notes:
    """A note that names the keys which no context defines; raises InvalidInputError for any other relative or malformed term."""
    keys: dict[str, None] = {}
    for subject, predicate, target, graph in quads:
        if ":" not in predicate.value:
            keys[predicate.value] = None
        else:
            _check_term(predicate, content=content, name=name)
        for term in (subject, target, graph):
            _check_term(term, content=content, name=name)
    names = ", ".join(quote(key) for key in list(keys)[:_MAX_KEYS]) + (", …" if len(keys) > _MAX_KEYS else "")
    return (("undefined-keys", MappingProxyType({"name": quote(name), "keys": names})),) if keys else ()


def _check_term(term: _QuadTerm, *, content: bytes, name: str) -> None:
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
        place = quoted_position(content, text) or _written_position(content, text)
        code = ("relative-iri" if relative else "bad-term") + ("" if place else "-somewhere")
        values: dict[str, object] = {"name": quote(name), "detail": quote(text), **(place or {})}
        values |= {} if relative else reason_of(str(error), text="")
        raise InvalidInputError(code, **values) from None


def _written_position(content: bytes, iri: str) -> dict[str, int] | None:
    """The place of the JSON string that a malformed IRI ends with, whole or after a prefix, where it is the only part that is malformed."""
    for match in _JSON_STRING.finditer(content):
        try:
            written = str(json.loads(match[0]))
        except ValueError:
            continue
        name = written.partition(":")[2] or written
        if _MALFORMED.search(name) and iri.endswith(name):
            return position(content, match.start())
    return None


_WITH_GRAPHS: Final = frozenset({TRIG, N_QUADS, JSON_LD})
# The parser's labels are numbers of 128 bits.
_RANDOM: Final = re.compile(r"[0-9a-f]{20,32}")
_RANDOM_LABEL: Final = re.compile(rb"_:([0-9a-f]{20,32})")
_LABEL: Final = re.compile(rb"_:([^\s\"',;\[\](){}<>\\]+)")
_NODE_ID: Final = re.compile(rb"\bnodeID\s*+=\s*+[\"']([^\"'<>&\s]++)[\"']")


def label_blank_nodes(quads: Sequence[ox.Quad], *, content: bytes, syntax: str) -> tuple[ox.Quad, ...]:
    """The quads with the random blank node labels of the parser replaced by b0, b1 … in order of first occurrence.

    Labels that the author wrote stay, and are not used for other nodes.
    """
    author_labels = _author_labels(content, syntax=syntax)
    found = dict.fromkeys(blank_labels(quads, has_graphs=syntax in _WITH_GRAPHS))
    random_labels = [label for label in found if _RANDOM.fullmatch(label) and label not in author_labels]
    taken = author_labels | found.keys()
    new_labels = (name for name in (f"b{number}" for number in count()) if name not in taken)
    labels = {old.encode(): b"_:" + new.encode() for old, new in zip(random_labels, new_labels, strict=False)}
    if not labels:
        return tuple(quads)
    # A quad made in Python costs 6 µs, because each term is tried as several types; one that is written and parsed again costs 1.5.
    # No text of the document can hold a random label.
    written = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    renamed = _RANDOM_LABEL.sub(lambda match: labels.get(match[1], match[0]), written)
    return tuple(ox.parse(renamed, format=ox.RdfFormat.N_QUADS))


def blank_labels(quads: Iterable[ox.Quad], *, has_graphs: bool) -> Iterator[str]:
    """The labels of the blank nodes, those within triple terms too, each as often as it occurs; of graphs only if there are any."""
    for quad in quads:
        for term in (quad.subject, quad.object, quad.graph_name) if has_graphs else (quad.subject, quad.object):
            if term.__class__ is ox.BlankNode:
                yield term.value
            elif isinstance(term, ox.Triple):
                yield from _labels_of_triple(term)


def _labels_of_triple(triple: ox.Triple) -> Iterator[str]:
    for term in (triple.subject, triple.object):
        if isinstance(term, ox.BlankNode):
            yield term.value
        elif isinstance(term, ox.Triple):
            yield from _labels_of_triple(term)


def renamed_quads(quads: Iterable[ox.Quad], rename: Callable[[ox.BlankNode], ox.BlankNode]) -> Iterator[ox.Quad]:
    """The quads with their blank nodes renamed, also those within triple terms."""
    blank, triple = ox.BlankNode, ox.Triple
    for quad in quads:
        # Each term that is taken out of a quad is made anew: the graph, which is rarely a blank node, is asked for last.
        subject, target = quad.subject, quad.object
        if subject.__class__ is blank or target.__class__ in (blank, triple) or quad.graph_name.__class__ is blank:
            yield ox.Quad(_renamed(subject, rename), quad.predicate, _renamed(target, rename), _renamed(quad.graph_name, rename))
        else:
            yield quad


def _renamed(term: Any, rename: Callable[[ox.BlankNode], ox.BlankNode]) -> Any:
    if term.__class__ is ox.BlankNode:
        return rename(term)
    if term.__class__ is ox.Triple:
        return ox.Triple(_renamed(term.subject, rename), term.predicate, _renamed(term.object, rename))
    return term


def _author_labels(content: bytes, *, syntax: str) -> frozenset[str]:
    pattern = _NODE_ID if syntax == RDF_XML else _LABEL
    return frozenset(match.rstrip(b".").decode("utf-8", errors="replace") for match in pattern.findall(content))
