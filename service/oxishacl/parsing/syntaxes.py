"""What is checked before any parser sees the content: encoding, syntax, size and nesting, in linear time and without recursion.

The file name and the media type claim a syntax; the content decides.
"""

import re
from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Final
from xml.parsers import expat

from msgspec import Struct

from oxishacl.errors import ForbiddenError, InvalidInputError, LimitExceededError, UnsupportedFormatError
from oxishacl.parsing.reasons import reason_of
from oxishacl.parsing.source import Limits, Source, position, quote

TURTLE: Final = "Turtle"
TRIG: Final = "TriG"
N_TRIPLES: Final = "N-Triples"
N_QUADS: Final = "N-Quads"
JSON_LD: Final = "JSON-LD"
RDF_XML: Final = "RDF/XML"

TURTLE_FAMILY: Final = (TURTLE, TRIG, N_TRIPLES, N_QUADS)
EXTENSIONS: Final = MappingProxyType(
    {
        ".ttl": TURTLE,
        ".trig": TRIG,
        ".nt": N_TRIPLES,
        ".nq": N_QUADS,
        ".jsonld": JSON_LD,
        ".json": JSON_LD,
        ".rdf": RDF_XML,
        ".xml": RDF_XML,
        ".owl": RDF_XML,
    }
)
MEDIA_TYPES: Final = MappingProxyType(
    {
        "text/turtle": TURTLE,
        "application/x-turtle": TURTLE,
        "application/trig": TRIG,
        "application/n-triples": N_TRIPLES,
        "application/n-quads": N_QUADS,
        "application/ld+json": JSON_LD,
        "application/json": JSON_LD,
        "application/rdf+xml": RDF_XML,
        "application/xml": RDF_XML,
        "text/xml": RDF_XML,
    }
)
# A document in a syntax is one in its supersets too.
_SUPERSETS: Final = MappingProxyType({N_TRIPLES: {TURTLE, TRIG, N_QUADS}, TURTLE: {TRIG}})

_UTF8_BOM: Final = b"\xef\xbb\xbf"
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_SIGNATURES: Final = (
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "spreadsheet"),
    (b"\x1f\x8b", "compressed"),
    (b"BZh", "compressed"),
    (b"\xfd7zXZ\x00", "compressed"),
    (b"{\\rtf", "word-processor"),
)
_XML_PROLOGUE: Final = rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+"
_HTML: Final = re.compile(_XML_PROLOGUE + rb"<(?:!doctype\s++html|html[\s>])", re.IGNORECASE | re.DOTALL)
# An element with an attribute, a declaration or a comment: no document of the Turtle family starts with one.
_XML: Final = re.compile(rb"<(?:\?|!|[A-Za-z_][\w.-]*+(?::[\w.-]++)?\s++[\w:.-]++\s*+=)")
_BARE_ROOT: Final = re.compile(rb"<([A-Za-z_][\w.-]*+(?::[\w.-]++)?)\s*+/?>")
_JSON: Final = re.compile(rb"\{\s*+(?:\"|\}\s*+\Z)|\[\s*+(?:[\[{\"]|\]\s*+\Z)")
_STATEMENT_LINE: Final = re.compile(rb"(?:\s++|#[^\n]*+)*+(?:<[^>\s]*+>|_:\S++)[ \t]++<[^>\s]*+>[ \t]++[<_\"][^\n]*\.[ \t]*+(?:#|\r|\n|\Z)")
_SEPARATORS: Final = (",", ";", "\t")
_MAX_ROWS: Final = 20


class SyntaxDetection(Struct, frozen=True):
    """The text without a byte order mark, the syntaxes to try in order, and the syntaxes that the source claims."""

    content: bytes
    candidates: tuple[str, ...]
    claims: tuple[str, ...]


def detect_syntax(source: Source) -> SyntaxDetection:
    """The syntaxes that the source may be in, likeliest first; several only where just a parser can tell them apart.

    Raises InvalidInputError for text that is not UTF-8, and UnsupportedFormatError for content that is recognisably in another format.
    """
    content = decode_text(source)
    head = content.lstrip()
    if _HTML.match(head):
        raise UnsupportedFormatError("html", name=quote(source.name))
    claims = claimed_syntaxes(source)
    return SyntaxDetection(content, _candidates(head, claims=claims), claims)


def decode_text(source: Source) -> bytes:
    """The content without a byte order mark; raises what `detect_syntax` raises unless it is UTF-8 text without NUL."""
    name, content = quote(source.name), source.content
    for signature, code in _SIGNATURES:
        if content.startswith(signature):
            raise UnsupportedFormatError(code, name=name)
    if content.startswith(_UTF16_BOMS) or _alternates_with_nul(content):
        raise InvalidInputError("utf-16", name=name)
    content = content.removeprefix(_UTF8_BOM)
    if not content.strip():
        raise InvalidInputError("empty-file", name=name)
    if b"\0" in content:
        raise InvalidInputError("binary", name=name, **position(content, content.index(b"\0")))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError("not-utf-8", name=name, **position(content, error.start)) from None
    return content


def claimed_syntaxes(source: Source) -> tuple[str, ...]:
    """The syntaxes of the file name extension and of the media type, in this order, where they have one."""
    by_name = EXTENSIONS.get(PurePath(source.name.lower().removesuffix(".gz")).suffix)
    by_type = MEDIA_TYPES.get((source.media_type or "").partition(";")[0].strip().lower())
    return tuple(dict.fromkeys(syntax for syntax in (by_name, by_type) if syntax))


def false_claims(detection: SyntaxDetection, *, syntax: str) -> tuple[str, ...]:
    """The claims that are false for a document in the syntax."""
    return tuple(claim for claim in detection.claims if claim != syntax and claim not in _SUPERSETS.get(syntax, ()))


def is_tabular(content: bytes) -> bool:
    """Whether the first lines (at least two) have the same number of separators each (at least one)."""
    rows = [row for row in content[:65_536].decode("utf-8", errors="ignore").splitlines() if row.strip()][:_MAX_ROWS]
    return len(rows) > 1 and any(len({row.count(sign) for row in rows}) == 1 and sign in rows[0] for sign in _SEPARATORS)


def _candidates(head: bytes, *, claims: tuple[str, ...]) -> tuple[str, ...]:
    if _XML.match(head) or _bare_xml(head):
        return (RDF_XML,)
    if _JSON.match(head):
        return (JSON_LD,)
    plausible = (N_TRIPLES, N_QUADS, TURTLE, TRIG) if _STATEMENT_LINE.match(head) else (TURTLE, TRIG, N_QUADS)
    # A claim within the family goes first, because many texts are valid in several of its members. Any other claim goes last:
    # the content does not support it, but its parser gives the error that the sender expects.
    in_family = tuple(claim for claim in claims if claim in TURTLE_FAMILY)
    other = tuple(claim for claim in claims if claim not in TURTLE_FAMILY)
    return tuple(dict.fromkeys(in_family + plausible + other))


def _bare_xml(head: bytes) -> bool:
    root = _BARE_ROOT.match(head)
    return root is not None and (root[0].endswith(b"/>") or b"</" + root[1] in head)


def _alternates_with_nul(content: bytes) -> bool:
    sample = content[:64]
    pairs = len(sample) // 2
    return pairs > 1 and (sample[1::2].count(0) == pairs or sample[::2][:pairs].count(0) == pairs) and any(sample)


# Possessive alternatives, and an unclosed string extends to where the parser stops too: no text is scanned twice.
_TURTLE_TOKEN: Final = re.compile(
    rb'"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)'
    rb"|'''(?:[^'\\]|\\.|'(?!''))*+(?:'''|\Z)"
    rb'|"(?:[^"\\\r\n]|\\.)*+"?'
    rb"|'(?:[^'\\\r\n]|\\.)*+'?"
    rb"|\#[^\r\n]*+"
    rb"|\\."
    rb"|(?P<open><<|[\[({])"
    rb"|<[^>\r\n]*+>?"
    rb"|(?P<close>>>|[\])}])",
    re.DOTALL,
)
_JSON_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)
_TURTLE_OPENERS: Final = (b"[", b"(", b"{", b"<<")
_JSON_OPENERS: Final = (b"[", b"{")

_DOCTYPE: Final = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_CHUNK: Final = 65_536
_MAX_SHOWN: Final = 40
_ENCODINGS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def check_size(content: bytes, *, name: str, limits: Limits) -> None:
    """Raise LimitExceededError for content of more than `limits.max_bytes` bytes."""
    if len(content) > limits.max_bytes:
        raise LimitExceededError("too-big", name=quote(name), limit=limits.max_bytes)


def check_nesting(content: bytes, *, syntax: str, name: str, limits: Limits) -> None:
    """Raise LimitExceededError, with line and column, for content nested more than `limits.max_nesting` deep.

    For RDF/XML, raise also ForbiddenError for a DOCTYPE, so that no entity is ever declared or expanded, and InvalidInputError for XML
    that is not well-formed.
    """
    if syntax == RDF_XML:
        _check_xml(content, name=name, limits=limits)
    elif syntax == JSON_LD:
        _check_brackets(content, tokens=_JSON_TOKEN, openers=_JSON_OPENERS, name=name, limits=limits)
    else:
        _check_brackets(content, tokens=_TURTLE_TOKEN, openers=_TURTLE_OPENERS, name=name, limits=limits)


def _check_brackets(content: bytes, *, tokens: re.Pattern[bytes], openers: tuple[bytes, ...], name: str, limits: Limits) -> None:
    if sum(content.count(opener) for opener in openers) <= limits.max_nesting:
        return
    depth = 0
    for token in tokens.finditer(content):
        if token.lastgroup == "open":
            depth += 1
            if depth > limits.max_nesting:
                raise _too_deep(content, offset=token.start(), name=name, limits=limits)
        elif token.lastgroup == "close" and depth:
            depth -= 1


def _check_xml(content: bytes, *, name: str, limits: Limits) -> None:
    doctype = _DOCTYPE.match(content)
    if doctype:
        # Refused before expat sees it: after an exception in a handler, expat continues to the end of its chunk.
        raise _doctype(content, offset=doctype.end() - len(b"<!DOCTYPE"), name=name)
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    depth = 0

    def start(_name: str, _attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.max_nesting:
            raise _too_deep(content, offset=parser.CurrentByteIndex, name=name, limits=limits)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def xml_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise InvalidInputError("xml-encoding", name=quote(name), encoding=quote(encoding))

    def start_doctype(*_: object) -> None:
        raise _doctype(content, offset=parser.CurrentByteIndex, name=name)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.XmlDeclHandler = xml_declaration
    parser.StartDoctypeDeclHandler = start_doctype
    try:
        for begin in range(0, len(content), _CHUNK):
            parser.Parse(content[begin : begin + _CHUNK], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        place = position(content, parser.ErrorByteIndex)
        detail = expat.ErrorString(error.code) or "not well-formed"
        reason = reason_of(detail, text=content[parser.ErrorByteIndex :][:_MAX_SHOWN].decode("utf-8", errors="replace"))
        raise InvalidInputError("syntax", name=quote(name), syntax=RDF_XML, detail=detail, **reason, **place) from None


def _too_deep(content: bytes, *, offset: int, name: str, limits: Limits) -> LimitExceededError:
    place: Mapping[str, int] = MappingProxyType(position(content, offset))
    return LimitExceededError("too-deep", name=quote(name), limit=limits.max_nesting, **place)


def _doctype(content: bytes, *, offset: int, name: str) -> ForbiddenError:
    return ForbiddenError("doctype", name=quote(name), **position(content, offset))
