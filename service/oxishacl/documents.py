"""The files of a data graph or a shapes graph: read, unpacked and parsed within limits; the place that a validation result is about."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.errors import InvalidInputError
from oxishacl.parsing import blank_labels, parse_source, renamed_quads
from oxishacl.parsing.archives import unpack
from oxishacl.parsing.source import Document, Limits, Place, Source, quote
from oxishacl.positions import QuadFinder, SourcePositions
from oxishacl.report import ValidationResult

STDIN: Final = "-"
_LIMITS: Final = Limits()
# The blank node labels of `report_quads`.
_REPORT_LABEL: Final = re.compile(r"report|result\d+(?:-\d+)*")


class ParsedDocument(Struct, frozen=True, dict=True):
    """A document, and its quads in document order with blank node labels that no other document has."""

    document: Document
    quads: tuple[ox.Quad, ...]

    @property
    def name(self) -> str:
        """The name of the file, as it was given; in a zip archive, followed by that of the member."""
        return self.document.source.name

    @cached_property
    def positions(self) -> SourcePositions:
        """The places of the quads."""
        return SourcePositions(self.document, limits=_LIMITS, contexts={})


class DataDocuments(Struct, frozen=True, dict=True):
    """The documents whose quads make up a data graph."""

    documents: tuple[ParsedDocument, ...]

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The data graph."""
        return tuple(chain.from_iterable(document.quads for document in self.documents))

    @cached_property
    def _finder(self) -> QuadFinder:
        return QuadFinder(self.quads)

    def position(self, result: ValidationResult) -> tuple[str, Place] | None:
        """The name of the document, and the place in it, that the result is about; None for a node that no document names."""
        located = self._finder.find(result.focus, path=None if result.path is None else result.path.node, value=result.value)
        if located is None:
            return None
        number = located.number
        for document in self.documents:
            if number < len(document.quads):
                place = document.positions.of_subject(number) if located.subject_only else document.positions.of(number)
                return None if place is None else (document.name, place)
            number -= len(document.quads)
        return None


def read_documents(names: Sequence[str], *, used_labels: set[str]) -> DataDocuments:
    """The documents of the files, parsed; `used_labels` as in `parsed_document`. Raises what `read_sources` and `parse_source` raise."""
    return DataDocuments(tuple(parsed_document(source, used_labels=used_labels) for source in read_sources(names)))


def read_sources(names: Iterable[str]) -> tuple[Source, ...]:
    """The documents of the files, of those in gzip files and zip archives too; `-` is standard input.

    Raises what `unpack` raises, and InvalidInputError for a file that cannot be read.
    """
    return tuple(source for name in names for source in unpack(_read(name), limits=_LIMITS))


def parsed_document(source: Source, *, used_labels: set[str]) -> ParsedDocument:
    """The parsed document, in which RDF 1.2 is accepted.

    Blank nodes whose labels are in `used_labels` are renamed, and the labels of the document added to these.
    """
    document = parse_source(source, limits=_LIMITS, rdf_1_2=True)
    return ParsedDocument(document, with_unused_labels(document.quads, used_labels=used_labels))


def file_iris(names: Iterable[str]) -> list[str]:
    """The IRIs by which other files may import these: their addresses as files."""
    return [Path(name).resolve().as_uri() for name in names if name != STDIN]


def _read(name: str) -> Source:
    try:
        if name == STDIN:
            return Source(name, sys.stdin.buffer.read(_LIMITS.max_bytes + 1))
        with open(name, "rb") as file:  # noqa: PTH123 - the name is shown as it was given
            return Source(name, file.read(_LIMITS.max_bytes + 1))
    except (FileNotFoundError, ValueError):
        raise InvalidInputError("no-file", name=quote(name)) from None
    except OSError as error:
        raise InvalidInputError("cannot-read", name=quote(name), detail=error.strerror or type(error).__name__) from None


def with_unused_labels(quads: tuple[ox.Quad, ...], *, used_labels: set[str]) -> tuple[ox.Quad, ...]:
    """The quads with blank node labels that are neither in `used_labels`, to which theirs are added, nor those of a report."""
    labels = set(blank_labels(quads, has_graphs=True))
    renamed: dict[str, ox.BlankNode] = {}
    for label in sorted(label for label in labels if label in used_labels or _REPORT_LABEL.fullmatch(label)):
        unused = next(name for name in _numbered(label) if name not in used_labels and name not in labels)
        renamed[label] = ox.BlankNode(unused)
    used_labels.update(labels, (node.value for node in renamed.values()))
    return tuple(renamed_quads(quads, lambda node: renamed.get(node.value, node))) if renamed else quads


def _numbered(label: str) -> Iterator[str]:
    return (f"{label}.{number}" for number in count(1))
