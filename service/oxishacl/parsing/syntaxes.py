"""Which syntax are these bytes? What the name and the sender say is a claim; the content decides."""

import re
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from oxishacl.errors import InvalidInputError, UnsupportedFormatError
from oxishacl.parsing import text_positions
from oxishacl.parsing.source import Source

TURTLE: Final = "Turtle"
TRIG: Final = "TriG"
N_TRIPLES: Final = "N-Triples"
N_QUADS: Final = "N-Quads"
JSON_LD: Final = "JSON-LD"
RDF_XML: Final = "RDF/XML"

FAMILY: Final = (TURTLE, TRIG, N_TRIPLES, N_QUADS)
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
# A claim of the wider syntax is true of a document in the narrower one.
_WIDER: Final = MappingProxyType({N_TRIPLES: {TURTLE, TRIG, N_QUADS}, TURTLE: {TRIG}})

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
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
# An element with an attribute, a declaration or a comment: nothing in the Turtle family starts so.
_XML: Final = re.compile(rb"<(?:\?|!|[A-Za-z_][\w.-]*+(?::[\w.-]++)?\s++[\w:.-]++\s*+=)")
_BARE_ROOT: Final = re.compile(rb"<([A-Za-z_][\w.-]*+(?::[\w.-]++)?)\s*+/?>")
_JSON: Final = re.compile(rb"\{\s*+(?:\"|\}\s*+\Z)|\[\s*+(?:[\[{\"]|\]\s*+\Z)")
_LINE_BASED: Final = re.compile(rb"(?:\s++|#[^\n]*+)*+(?:<[^>\s]*+>|_:\S++)[ \t]++<[^>\s]*+>[ \t]++[<_\"][^\n]*\.[ \t]*+(?:#|\r|\n|\Z)")
_SEPARATORS: Final = (",", ";", "\t")
_ROWS_TO_JUDGE: Final = 20


class SyntaxDetection(Struct, frozen=True):
    """What a source may be: the text without a byte order mark, the syntaxes to try in order, and what was claimed."""

    content: bytes
    candidates: tuple[str, ...]
    claims: tuple[str, ...]


def detect_syntax(source: Source) -> SyntaxDetection:
    """The syntaxes that the source may be in, likeliest first; one unless only parsing tells members of a family apart.

    Raises InvalidInputError for what is no UTF-8 text and UnsupportedFormatError for other formats that are known by their look.
    """
    content = decode_text(source)
    head = content.lstrip()
    if _HTML.match(head):
        raise UnsupportedFormatError("html", name=text_positions.quote(source.name))
    claims = claimed_syntaxes(source)
    return SyntaxDetection(content, _candidates(head, claims=claims), claims)


def decode_text(source: Source) -> bytes:
    """The content, certain to be UTF-8 text without a byte order mark and without NUL."""
    name, content = text_positions.quote(source.name), source.content
    for signature, phrase in _SIGNATURES:
        if content.startswith(signature):
            raise UnsupportedFormatError(phrase, name=name)
    if content.startswith(_UTF16_MARKS) or _alternates_with_nul(content):
        raise InvalidInputError("utf-16", name=name)
    content = content.removeprefix(_UTF8_MARK)
    if not content.strip():
        raise InvalidInputError("empty-file", name=name)
    if b"\0" in content:
        raise InvalidInputError("binary", name=name, **text_positions.position(content, content.index(b"\0")))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError("not-utf-8", name=name, **text_positions.position(content, error.start)) from None
    return content


def claimed_syntaxes(source: Source) -> tuple[str, ...]:
    """The syntaxes that the name and the declared media type stand for, in this order; unknown ones claim nothing."""
    by_name = EXTENSIONS.get(PurePath(source.name).suffix.lower())
    by_type = MEDIA_TYPES.get((source.media_type or "").partition(";")[0].strip().lower())
    return tuple(dict.fromkeys(syntax for syntax in (by_name, by_type) if syntax))


def contradicted_claims(recognition: SyntaxDetection, *, syntax: str) -> tuple[str, ...]:
    """The claims that a document read in the syntax contradicts."""
    return tuple(claim for claim in recognition.claims if claim != syntax and claim not in _WIDER.get(syntax, ()))


def is_tabular(content: bytes) -> bool:
    """Whether the first lines hold the same number of separators each, two lines and one separator at least."""
    rows = [row for row in content[:65_536].decode("utf-8", errors="ignore").splitlines() if row.strip()][:_ROWS_TO_JUDGE]
    return len(rows) > 1 and any(len({row.count(sign) for row in rows}) == 1 and sign in rows[0] for sign in _SEPARATORS)


def _candidates(head: bytes, *, claims: tuple[str, ...]) -> tuple[str, ...]:
    if _XML.match(head) or _bare_xml(head):
        return (RDF_XML,)
    if _JSON.match(head):
        return (JSON_LD,)
    likely = (N_TRIPLES, N_QUADS, TURTLE, TRIG) if _LINE_BASED.match(head) else (TURTLE, TRIG, N_QUADS)
    # A claim inside the family goes first, since much text is valid in several of its members; a claim outside it goes
    # last: nothing in the content speaks for it, but its parser gives the error that the sender expects.
    inside = tuple(claim for claim in claims if claim in FAMILY)
    outside = tuple(claim for claim in claims if claim not in FAMILY)
    return tuple(dict.fromkeys(inside + likely + outside))


def _bare_xml(head: bytes) -> bool:
    root = _BARE_ROOT.match(head)
    return root is not None and (root[0].endswith(b"/>") or b"</" + root[1] in head)


def _alternates_with_nul(content: bytes) -> bool:
    sample = content[:64]
    pairs = len(sample) // 2
    return pairs > 1 and (sample[1::2].count(0) == pairs or sample[::2][:pairs].count(0) == pairs) and any(sample)
