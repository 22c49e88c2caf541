"""What is checked before any parser sees the content: size and nesting, in linear time and without recursion."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from xml.parsers import expat

from oxishacl.errors import ForbiddenError, InvalidInputError, LimitExceededError
from oxishacl.parsing import text_positions
from oxishacl.parsing.source import Limits
from oxishacl.parsing.syntaxes import JSON_LD, RDF_XML

# Every alternative is possessive and an unclosed string runs to where the parser stops too, so nothing is scanned twice.
_TURTLE: Final = re.compile(
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
_JSON: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)
_TURTLE_OPENERS: Final = (b"[", b"(", b"{", b"<<")
_JSON_OPENERS: Final = (b"[", b"{")

_DOCTYPE: Final = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_CHUNK: Final = 65_536
_ENCODINGS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def check_size(content: bytes, *, name: str, limits: Limits) -> None:
    """Nothing, for content of at most `limits.max_bytes` bytes; raises LimitExceededError for more."""
    if len(content) > limits.max_bytes:
        raise LimitExceededError("too-big", name=text_positions.quote(name), limit=limits.max_bytes)


def check_nesting(content: bytes, *, syntax: str, name: str, limits: Limits) -> None:
    """Nothing, for content nested at most `limits.max_nesting` deep in the syntax.

    Raises LimitExceededError with line and column; for XML also ForbiddenError for a DOCTYPE (so no entity is ever declared or expanded)
    and InvalidInputError for XML that is not well-formed.
    """
    if syntax == RDF_XML:
        _check_xml(content, name=name, limits=limits)
    elif syntax == JSON_LD:
        _check_brackets(content, tokens=_JSON, openers=_JSON_OPENERS, name=name, limits=limits)
    else:
        _check_brackets(content, tokens=_TURTLE, openers=_TURTLE_OPENERS, name=name, limits=limits)


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
        # Refused here, before expat: it goes on to the end of its chunk after a handler has raised.
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

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise InvalidInputError("xml-encoding", name=text_positions.quote(name), encoding=text_positions.quote(encoding))

    def start_doctype(*_: object) -> None:
        raise _doctype(content, offset=parser.CurrentByteIndex, name=name)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = start_doctype
    try:
        for begin in range(0, len(content), _CHUNK):
            parser.Parse(content[begin : begin + _CHUNK], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        place = text_positions.position(content, parser.ErrorByteIndex)
        detail = expat.ErrorString(error.code) or "not well-formed"
        raise InvalidInputError("syntax", name=text_positions.quote(name), syntax=RDF_XML, detail=detail, **place) from None


def _too_deep(content: bytes, *, offset: int, name: str, limits: Limits) -> LimitExceededError:
    place: Mapping[str, int] = MappingProxyType(text_positions.position(content, offset))
    return LimitExceededError("too-deep", name=text_positions.quote(name), limit=limits.max_nesting, **place)


def _doctype(content: bytes, *, offset: int, name: str) -> ForbiddenError:
    return ForbiddenError("doctype", name=text_positions.quote(name), **text_positions.position(content, offset))
