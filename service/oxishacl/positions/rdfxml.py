"""Which element each statement of RDF/XML comes from: Oxigraph is fed tag by tag and gives a quad as soon as it can."""

import re
from collections.abc import Iterator, Mapping
from typing import IO, Final, cast
from xml.parsers import expat

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.positions.spans import Span, StatementSpan
from oxishacl.terms import RDF

_NAME: Final = re.compile(rb"<[^\s/>]*+")


class _Element(Struct, frozen=True):
    """An element: where it starts, in bytes, and that of the node it describes or belongs to."""

    start: int
    node: int
    is_node: bool


def statements(content: bytes) -> Iterator[StatementSpan]:
    """The statements of a document that Oxigraph has read, in its order, each with the place of its element's name."""
    elements = _elements(content)
    fed = _Fed(content)
    for _ in ox.parse(cast("IO[bytes]", fed), format=ox.RdfFormat.RDF_XML):
        element = elements[content.rfind(b"<", 0, fed.offset)]
        yield StatementSpan(_name(element.node, content=content), _name(element.start, content=content))


def _elements(content: bytes) -> Mapping[int, _Element]:
    """The element of each tag, by where the tag starts."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    found: dict[int, _Element] = {}
    open_: list[_Element] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        offset = parser.CurrentByteIndex
        around = open_[-1] if open_ else None
        is_node = around is None or not around.is_node
        element = found[offset] = _Element(offset, offset if is_node or around is None else around.node, is_node)
        if name == f"{RDF} RDF":
            element = _Element(offset, offset, False)
        elif not is_node and attributes.get(f"{RDF} parseType") == "Resource":
            # « parseType="Resource" »: the element is also the node that its children describe.
            element = _Element(offset, offset, True)
        open_.append(element)

    def end(_name: str) -> None:
        # After an empty element this is already where the next tag starts or ends another element, which then takes the place.
        found[parser.CurrentByteIndex] = found[open_.pop().start]

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(content, True)
    return found


class _Fed:
    """A file that gives its content up to the end of the next tag."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.offset = 0

    def read(self, _size: int = -1) -> bytes:
        """The next piece."""
        end = self._content.find(b">", self.offset) + 1 or len(self._content)
        piece = self._content[self.offset : end]
        self.offset = end
        return piece


def _name(start: int, *, content: bytes) -> Span:
    """The tag from its bracket to the end of its name."""
    found = _NAME.match(content, start)
    return start, found.end() if found else start
