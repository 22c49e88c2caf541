"""Opening a register: reading its documents and checking the parties that it declares."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from msgspec import Struct

from observance.core import OBS, Settings
from observance.knowledge import Knowledge
from observance.rdf import parse_document, rdf_files, read_source
from observance.register.parties import check_parties
from oxishacl import Contexts, Document


class Register(Struct, frozen=True, dict=True):
    """The documents of a register, in the order in which they were named."""

    documents: tuple[Document, ...] = ()

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The quads of all documents, each document in a graph of its own, its blank nodes renamed to be distinct."""
        return tuple(quad for number in range(len(self.documents)) for quad in self.document_quads(number))

    def document_quads(self, number: int) -> tuple[ox.Quad, ...]:
        """Return the quads of the document with this index, in a graph of its own, with blank nodes that no other document has."""
        return tuple(_graph_quads(self.documents[number], number=number))

    @cached_property
    def declared(self) -> tuple[str, ...]:
        """The parties that the register declares as bearers, in order."""
        return tuple(dict.fromkeys(quad.object.value for quad in self.quads if _declares(quad) and isinstance(quad.object, ox.NamedNode)))

    def without(self, document: Document) -> "Register":
        """Return the register without the documents of the same content, so that a file is not validated against itself."""
        others = tuple(other for other in self.documents if other.source.content != document.source.content)
        return self if len(others) == len(self.documents) else Register(others)


class RegisterService:
    """Opens registers for one knowledge base; `opened` is the register of the settings."""

    def __init__(
        self, paths: Sequence[Path], *, demo: Sequence[Path], knowledge: Callable[[], Knowledge], settings: Settings, contexts: Contexts
    ) -> None:
        """`paths` are the files and folders of the register; `demo` those of the register that answers questions when `paths` is empty."""
        self._paths, self._demo = paths, demo
        self._knowledge, self._settings, self._contexts = knowledge, settings, contexts

    @cached_property
    def opened(self) -> Register:
        """The register that the settings name, empty if they name none. Raises what `open` raises."""
        return self.open(self._paths)

    @cached_property
    def queried(self) -> Register:
        """The register for questions and assessments: the one of the settings, else the demo's."""
        return self.opened if self._paths else self.open(self._demo)

    def open(self, paths: Sequence[Path | str]) -> Register:
        """Return the register in the files and folders, empty for none. Raises what `open_register` raises."""
        if not paths:
            return Register()
        return open_register(map(Path, paths), knowledge=self._knowledge(), settings=self._settings, contexts=self._contexts)


def open_register(paths: Iterable[Path], *, knowledge: Knowledge, settings: Settings, contexts: Contexts) -> Register:
    """Read the register in the files and folders.

    Raises what parsing a document and `check_parties` raise.
    """
    register = Register(
        tuple(parse_document(read_source(path, settings=settings), settings=settings, contexts=contexts) for path in rdf_files(paths))
    )
    check_parties(register.declared, register.quads, knowledge=knowledge)
    return register


Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def _declares(quad: ox.Quad) -> bool:
    return quad.predicate.value == OBS + "declares"


def _graph_quads(document: Document, *, number: int) -> Iterable[ox.Quad]:
    graph = ox.NamedNode(f"urn:observance:register:{number}")
    for subject, predicate, object_, graph_name in document.quads:
        document_graph = graph if isinstance(graph_name, ox.DefaultGraph) else graph_name
        yield ox.Quad(_distinct(subject, number=number), predicate, _distinct(object_, number=number), document_graph)  # type: ignore[arg-type]


def _distinct(term: Term, *, number: int) -> Term:
    return ox.BlankNode(f"r{number}{term.value}") if isinstance(term, ox.BlankNode) else term
