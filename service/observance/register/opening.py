"""Opening a register: reading its documents, and telling what is wrong with the folder.

A document that cannot be read, and real parties beside invented ones, refuse a register wherever answers are asked of it. Anything else
that is wrong is told and does not keep it from opening.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from msgspec import Struct

from observance.core import OBS, InconsistentDataError, ObservanceError, Settings
from observance.knowledge import Knowledge
from observance.rdf import ignored_files, parse_document, rdf_files, read_source
from observance.register.faults import DocumentFaults, RegisterFault, faults_of_files, unreadable
from observance.register.parties import check_parties
from oxishacl import EXTENSIONS, Contexts, Document


class Register(Struct, frozen=True, dict=True):
    """The documents of a register, in the order in which they were named, and the faults of the register as a whole."""

    documents: tuple[Document, ...] = ()
    faults: tuple[RegisterFault, ...] = ()

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
        return tuple(party for party, _ in self.declarations)

    @cached_property
    def declarations(self) -> tuple[tuple[str, str], ...]:
        """Each declared party with the name of the first document that declares it, in order."""
        names: dict[str, str] = {}
        for document in self.documents:
            for quad in document.quads:
                if _declares(quad) and isinstance(quad.object, ox.NamedNode):
                    names.setdefault(quad.object.value, document.source.name)
        return tuple(names.items())

    def without(self, document: Document) -> "Register":
        """Return the register without the documents of the same content, so that a file is not validated against itself."""
        others = tuple(other for other in self.documents if other.source.content != document.source.content)
        return self if len(others) == len(self.documents) else Register(others, self.faults)


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
        """Return the register in the files and folders, empty for none.

        Raises what parsing a document raises, and InconsistentDataError if the register declares a party that is on no list, or parties
        of several lists: real and invented parties must never appear in the same answer.
        """
        register = self.inspect(paths) if paths else Register()
        for fault in register.faults:
            if fault.error is not None:
                raise fault.error
        return register

    def inspect(self, paths: Sequence[Path | str], *, today: date | None = None) -> Register:
        """Return the register in the files and folders, with the faults that `open` refuses too; raises what `open_register` raises."""
        return open_register(
            tuple(map(Path, paths)), knowledge=self._knowledge(), settings=self._settings, contexts=self._contexts, today=today
        )


def open_register(
    paths: Sequence[Path], *, knowledge: Knowledge, settings: Settings, contexts: Contexts, today: date | None = None
) -> Register:
    """Read the register in the files and folders; a file of a folder that cannot be read is a fault.

    `today` is the day after which nothing on record can have happened, if known. Raises InvalidInputError for a folder that holds no RDF,
    and what parsing a document raises for a file that is named itself.
    """
    documents: list[Document] = []

    def ending(path: Path) -> str | None:
        return _ending(path, settings=settings, contexts=contexts)

    faults = list(faults_of_files(ignored_files(paths), ending=ending))
    for path in rdf_files(paths):
        try:
            documents.append(parse_document(read_source(path, settings=settings), settings=settings, contexts=contexts))
        except ObservanceError as error:
            if path in paths:
                raise
            faults.append(unreadable(str(path), error))
    faults += document_faults(tuple(documents), knowledge=knowledge, settings=settings, contexts=contexts, today=today)
    return Register(tuple(documents), tuple(faults))


def _ending(path: Path, *, settings: Settings, contexts: Contexts) -> str | None:
    """Return the ending of names of the syntax in which the file holds statements; None if it holds none."""
    try:
        document = parse_document(read_source(path, settings=settings), settings=settings, contexts=contexts)
    except ObservanceError:
        return None
    return next(ending for ending, syntax in EXTENSIONS.items() if syntax == document.syntax) if document.quads else None


def document_faults(
    documents: tuple[Document, ...], *, knowledge: Knowledge, settings: Settings, contexts: Contexts, today: date | None
) -> Iterator[RegisterFault]:
    """Yield the faults of the documents of a register beside each other; nothing can have happened after `today`, if given."""
    yield from _faults_of_parties(Register(documents), knowledge=knowledge)
    yield from DocumentFaults(documents, knowledge, settings, contexts).all(today=today)


def _faults_of_parties(register: Register, *, knowledge: Knowledge) -> Iterator[RegisterFault]:
    """Yield the first fault of the parties declared, if there is one, in the document that declares the party."""
    quads = ((quad, document.source.name) for document in register.documents for quad in document.quads)
    try:
        check_parties(register.declarations, quads, knowledge=knowledge)
    except InconsistentDataError as error:
        yield unreadable(str(error.values["name"]), error)


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
