"""From bytes to quads, by Oxigraph only, which fetches nothing; every fault becomes one sentence with its place."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core.errors import InvalidInputError, LimitExceededError, ObservanceError, UnsupportedFormatError
from observance.core.model import Document, Source
from observance.core.settings import Settings
from oxishacl.parsing import jsonld_contexts, limits, text_positions
from oxishacl.parsing.blank_nodes import label
from oxishacl.parsing.syntaxes import (
    FAMILY,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    TRIG,
    TURTLE,
    Recognition,
    looks_like_table,
    misled,
    recognise,
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


class _Parsed(Struct, frozen=True):
    quads: tuple[ox.Quad, ...]
    prefixes: Mapping[str, str]
    notes: Notes = ()


class _Failed(Exception):
    """One syntax's parser gave up; `reached` is how far it came, (line, column)."""

    def __init__(self, error: ObservanceError, *, reached: tuple[int, int]) -> None:
        super().__init__(str(error))
        self.error, self.reached = error, reached


def parse(source: Source, *, settings: Settings, contexts: Contexts = MappingProxyType({})) -> Document:
    """The source as quads in document order, in the syntax that its content is in, with a note where its name misled.

    Lexical forms stay as written; blank nodes are labelled alike in every run. `contexts` maps the IRIs of JSON-LD contexts
    that are known to context objects. Raises Unreadable (with line and column), Unsupported, TooLarge or Refused.
    """
    limits.check_size(source.content, name=source.name, settings=settings)
    recognition = recognise(source)
    syntax, parsed = _first_that_reads(recognition, name=source.name, settings=settings, contexts=contexts)
    quads = label(parsed.quads, content=recognition.content, syntax=syntax)
    name = text_positions.quote(source.name)
    notes = tuple(
        ("intake.read-as", MappingProxyType({"name": name, "claimed": claimed, "syntax": syntax}))
        for claimed in misled(recognition, syntax=syntax)
    )
    return Document(source, syntax, quads, parsed.prefixes, notes + parsed.notes)


def _first_that_reads(recognition: Recognition, *, name: str, settings: Settings, contexts: Contexts) -> tuple[str, _Parsed]:
    """The first candidate that reads the whole; else the error of the one that came furthest, the likelier on a tie."""
    failures: list[_Failed] = []
    checked: set[str] = set()
    for syntax in recognition.candidates:
        if syntax not in checked:
            limits.check_nesting(recognition.content, syntax=syntax, name=name, settings=settings)
            checked.update(FAMILY if syntax in FAMILY else {syntax})  # the family nests in one way
        try:
            if syntax == JSON_LD:
                return syntax, _json_ld(recognition.content, name=name, settings=settings, contexts=contexts)
            return syntax, _parsed(recognition.content, syntax=syntax, name=name, settings=settings)
        except _Failed as failure:
            failures.append(failure)
    furthest = max(failures, key=lambda failure: failure.reached)
    if set(recognition.candidates) & set(FAMILY):
        _refuse_other_text(recognition, reached=furthest.reached, name=name)
    raise furthest.error from None


def _refuse_other_text(recognition: Recognition, *, reached: tuple[int, int], name: str) -> None:
    """Raise for text of which no parser read even a statement, unless its name or type claims a syntax to judge it by."""
    first = len(recognition.content) - len(recognition.content.lstrip())
    start = text_positions.position(recognition.content, first)
    if reached[0] <= start["line"] and looks_like_table(recognition.content):
        raise UnsupportedFormatError("intake.table", name=text_positions.quote(name))
    if not recognition.claims and reached <= (start["line"], start["column"]):
        raise UnsupportedFormatError("intake.unknown-format", name=text_positions.quote(name))


def _parsed(content: bytes, *, syntax: str, name: str, settings: Settings) -> _Parsed:
    try:
        quads, prefixes = _quads(content, syntax=syntax, name=name, settings=settings)
    except SyntaxError as error:
        raise _failed(error, content=content, syntax=syntax, name=name) from None
    _check_rdf_1_1(quads, content=content, name=name)
    return _Parsed(tuple(quads), prefixes)


def _json_ld(content: bytes, *, name: str, settings: Settings, contexts: Contexts) -> _Parsed:
    resolved = jsonld_contexts.resolve(content, name=name, settings=settings, contexts=contexts)
    try:
        quads, prefixes = _quads(resolved.content, syntax=JSON_LD, name=name, settings=settings)
        # JSON-LD leaves out, in silence, what has no absolute IRI; the lenient parser shows what that was.
        everything, _ = _quads(resolved.content, syntax=JSON_LD, name=name, settings=settings, lenient=True)
    except SyntaxError as error:
        raise _failed(error, content=content, syntax=JSON_LD, name=name, resolved=resolved) from None
    if not quads and not resolved.contexts and b'"@' not in content:
        raise UnsupportedFormatError("intake.plain-json", name=text_positions.quote(name))
    _check_rdf_1_1(quads, content=content, name=name)
    notes = _left_out(everything, content=content, name=name) if len(everything) > len(quads) else ()
    return _Parsed(tuple(quads), prefixes, notes)


def _quads(content: bytes, *, syntax: str, name: str, settings: Settings, lenient: bool = False) -> tuple[list[ox.Quad], Mapping[str, str]]:
    parser = ox.parse(content, format=_FORMATS[syntax], lenient=lenient)
    quads: list[ox.Quad] = []
    for quad in parser:
        quads.append(quad)
        if len(quads) > settings.max_triples:
            raise LimitExceededError("intake.too-many-triples", name=text_positions.quote(name), limit=settings.max_triples)
    return quads, MappingProxyType(dict(sorted(parser.prefixes.items())))


def _failed(error: SyntaxError, *, content: bytes, syntax: str, name: str, resolved: jsonld_contexts.Resolved | None = None) -> _Failed:
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
    phrase = ("intake.relative-iri" if relative else "intake.syntax") + ("" if place else "-somewhere")
    detail = _relative(error, content=content) or (quoted[1] if quoted else words) if relative else words
    values: dict[str, object] = {
        "name": text_positions.quote(name),
        "syntax": syntax,
        "detail": text_positions.quote(detail),
        **(place or {}),
    }
    return _Failed(InvalidInputError(phrase, **values), reached=reached)


def _relative(error: SyntaxError, *, content: bytes) -> str | None:
    """What stands in the text where the parser met an IRI without a scheme, when that is within one line."""
    if error.lineno is None or error.lineno != error.end_lineno or not error.offset or not error.end_offset:
        return None
    start, end = text_positions.line_bounds(content, error.lineno)
    return content[start:end].decode("utf-8", errors="replace")[error.offset - 1 : error.end_offset - 1] or None


def _check_rdf_1_1(quads: Iterable[ox.Quad], *, content: bytes, name: str) -> None:
    """Nothing, for what rdflib and pySHACL can hold; raises Unsupported for a triple term or a base direction (RDF 1.2)."""
    for quad in quads:
        term = quad.object
        if isinstance(term, ox.Triple):
            raise _rdf_1_2("intake.triple-term", _TRIPLE_TERM, content=content, name=name)
        if isinstance(term, ox.Literal) and term.direction is not None:
            raise _rdf_1_2("intake.base-direction", _DIRECTION, content=content, name=name)


def _rdf_1_2(phrase: str, pattern: re.Pattern[bytes], *, content: bytes, name: str) -> UnsupportedFormatError:
    sign = pattern.search(content)
    return UnsupportedFormatError(phrase, name=text_positions.quote(name), **text_positions.position(content, sign.start() if sign else 0))


def _left_out(everything: Iterable[ox.Quad], *, content: bytes, name: str) -> Notes:
    """A note that names the keys which no context defines; raises Unreadable for any other term that is no absolute IRI."""
    keys: dict[str, None] = {}
    for subject, predicate, target, graph in everything:
        if ":" not in predicate.value:
            keys[predicate.value] = None
        else:
            _check_term(predicate, content=content, name=name)
        for term in (subject, target, graph):
            _check_term(term, content=content, name=name)
    named = ", ".join(text_positions.quote(key) for key in list(keys)[:_MOST_KEYS_NAMED]) + (", …" if len(keys) > _MOST_KEYS_NAMED else "")
    return (("intake.undefined-keys", MappingProxyType({"name": text_positions.quote(name), "keys": named})),) if keys else ()


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
        phrase = ("intake.relative-iri" if relative else "intake.bad-term") + ("" if place else "-somewhere")
        detail = text if relative else f"{text} ({error})"
        values: dict[str, object] = {"name": text_positions.quote(name), "detail": text_positions.quote(detail), **(place or {})}
        raise InvalidInputError(phrase, **values) from None
