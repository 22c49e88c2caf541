"""Changes to an XML document that leave every other byte of it as it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.parsers import expat

from msgspec import Struct, field

_TAG: Final = re.compile(rb"<([^\s/>]+)(?:\"[^\"]*\"|'[^']*'|[^>\"'])*>")
_ENCODING: Final = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)")
_COUNT: Final = re.compile(rb"(\scount\s*=\s*[\"'])\d+")


class Element(Struct, frozen=True):
    """An element of a document: `namespace}name`, and the bytes where its first tag begins and ends, and its last one."""

    name: str
    attributes: Mapping[str, str]
    start: int
    open_end: int
    close_start: int
    end: int
    depth: int
    text: str = ""

    @property
    def local_name(self) -> str:
        """Its name without the namespace."""
        return self.name.rpartition("}")[2]


class XmlDocument(Struct):
    """A document and the changes to it, each the bytes from one place to another and what takes their place."""

    content: bytes
    edits: list[tuple[int, int, bytes]] = field(default_factory=list)

    def elements(self, depth: int) -> tuple[Element, ...]:
        """Return the elements that are so deep, the root being 0, in their order; raises ValueError for another encoding than UTF-8."""
        encoding = _ENCODING.match(self.content.removeprefix(b"\xef\xbb\xbf")[:200])
        if (encoding is not None and encoding[1].lower() not in {b"utf-8", b"us-ascii"}) or self.content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise ValueError
        return tuple(self._elements(depth))

    def _elements(self, depth: int) -> Iterator[Element]:
        found: list[Element] = []
        opened: list[tuple[str, Mapping[str, str], int]] = []
        pieces: list[str] = []
        parser = expat.ParserCreate(namespace_separator="}")

        def start(name: str, attributes: Mapping[str, str]) -> None:
            opened.append((name, attributes, parser.CurrentByteIndex))
            if len(opened) == depth + 1:
                pieces.clear()

        def end(_: str) -> None:
            name, attributes, begin = opened.pop()
            if len(opened) == depth:
                tag = _TAG.match(self.content, begin)
                assert tag is not None
                is_empty = tag[0].endswith(b"/>")
                close = tag.end() if is_empty else parser.CurrentByteIndex
                last = close if is_empty else self.content.index(b">", close) + 1
                found.append(Element(name, attributes, begin, tag.end(), close, last, depth, "".join(pieces)))

        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, pieces.append
        parser.Parse(self.content, True)
        yield from found

    def remove(self, element: Element) -> None:
        """Leave out the element."""
        self.edits.append((element.start, element.end, b""))

    def insert(self, place: int, text: str) -> None:
        """Put the text at the place."""
        self.edits.append((place, place, text.encode()))

    def append(self, element: Element, text: str, *, count: int | None = None) -> None:
        """Put the text at the end of the element, whose attribute `count` becomes that number."""
        first = self.content[element.start : element.open_end]
        counted = _COUNT.sub(rb"\g<1>%d" % count, first) if count is not None else first
        if first.endswith(b"/>"):
            name = first[1:].split(b" ")[0].removesuffix(b"/>").strip()
            self.edits.append((element.start, element.end, counted[:-2] + b">" + text.encode() + b"</" + name + b">"))
            return
        if counted != first:
            self.edits.append((element.start, element.open_end, counted))
        self.insert(element.close_start, text)

    def insert_in_order(self, text: str, name: str, order: Sequence[str]) -> None:
        """Put the text, an element with the name, among the children of the root, where the order of the schema has it."""
        (root,) = self.elements(0)
        rank = order.index(name)
        later = (e for e in self.elements(1) if e.local_name in order and order.index(e.local_name) > rank)
        self.insert(next((element.start for element in later), root.close_start), text)

    def changed(self) -> bytes:
        """Return the document with the changes."""
        content, last, pieces = self.content, 0, []
        for start, end, text in sorted(self.edits, key=lambda edit: edit[0]):
            if start < last:
                raise ValueError
            pieces += [content[last:start], text]
            last = end
        return b"".join([*pieces, content[last:]])


def _refuse(*_: Any) -> None:
    raise ValueError
