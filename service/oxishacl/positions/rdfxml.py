"""The element that each quad of an RDF/XML document comes from.

Oxigraph reads the document tag by tag and gives each quad as soon as it can; the last tag read is that of the quad's element.
"""

import re
from collections.abc import Iterator, Mapping
from typing import IO, Final, cast
from xml.parsers import expat

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.parsing.source import Span, StatementSpan
from oxishacl.terms import RDF

_TAG_NAME: Final = re.compile(rb"<[^\s/>]*+")


class _Element(Struct, frozen=True):
    """An element: its start in bytes, the start of the node element that it is or belongs to, and whether its children are properties."""

    start: int
    node_start: int
    is_node: bool


def statement_spans(content: bytes) -> Iterator[StatementSpan]:
    """The spans of the statements of a well-formed document, in Oxigraph's order; each is that of the element's name."""
    elements = _elements(content)
    reader = _TagReader(content)
    for _ in ox.parse(cast("IO[bytes]", reader), format=ox.RdfFormat.RDF_XML):
        element = elements[content.rfind(b"<", 0, reader.offset)]
        yield StatementSpan(_tag_span(element.node_start, content=content), _tag_span(element.start, content=content))


def _elements(content: bytes) -> Mapping[int, _Element]:
    """The element of each start and end tag, by the start of the tag."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    elements: dict[int, _Element] = {}
    open_elements: list[_Element] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        offset = parser.CurrentByteIndex
        parent = open_elements[-1] if open_elements else None
        is_node = parent is None or not parent.is_node
        element = elements[offset] = _Element(offset, offset if is_node or parent is None else parent.node_start, is_node)
        if name == f"{RDF} RDF":
            element = _Element(offset, offset, False)
        elif not is_node and attributes.get(f"{RDF} parseType") == "Resource":
            # rdf:parseType="Resource": the property element is also the node that its children describe.
            element = _Element(offset, offset, True)
        open_elements.append(element)

    def end(_name: str) -> None:
        # For an empty-element tag this is the offset of the next tag, whose own entry replaces this one.
        elements[parser.CurrentByteIndex] = elements[open_elements.pop().start]

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(content, True)
    return elements


class _TagReader:
    """A binary file whose `read` returns the content up to the end of the next tag."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.offset = 0

    def read(self, _size: int = -1) -> bytes:
        """The content up to the end of the next tag."""
        end = self._content.find(b">", self.offset) + 1 or len(self._content)
        piece = self._content[self.offset : end]
        self.offset = end
        return piece


def _tag_span(start: int, *, content: bytes) -> Span:
    """The span from the tag's bracket to the end of its name."""
    match = _TAG_NAME.match(content, start)
    return start, match.end() if match else start
