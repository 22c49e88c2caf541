"""Opening a register: reading its documents, and telling what is wrong with the folder.

A document that cannot be read, and real parties beside invented ones, refuse a register wherever answers are asked of it. Anything else
that is wrong is told and does not keep it from opening.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import chain, compress
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
from msgspec import Struct

from observance.core import HOME, OBS, RDF, InconsistentDataError, ObservanceError, Settings
from observance.knowledge import Knowledge
from observance.ledger import is_ledger
from observance.rdf import ignored_files, parse_document, rdf_files, read_source
from observance.register.disclosure import Audience, Disclosure
from observance.register.faults import DocumentFaults, RegisterFault, faults_of_files, unreadable
from observance.register.files import FileStamp, file_stamp
from observance.register.parties import check_parties
from oxishacl import EXTENSIONS, Contexts, Document, Source


class Register(Struct, frozen=True, dict=True):
    """The documents of a register, in the order in which they were named, and the faults of the register as a whole."""

    documents: tuple[Document, ...] = ()
    faults: tuple[RegisterFault, ...] = ()
    paths: tuple[Path, ...] = ()

    @cached_property
    def version(self) -> str:
        """A digest of the documents, of their names below the folders of the register, wherever these lie, and of the faults."""
        lines = [f"{document_digest(d)} {self._name(Path(d.source.name))}\n" for d in self.documents]
        lines += [f"{fault.key} {self._name(Path(fault.document))}\n" for fault in self.faults]
        return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()[:16]

    def _name(self, file: Path) -> str:
        folder = next((path for path in self.paths if path in file.parents), file.parent)
        return file.relative_to(folder).as_posix()

    @cached_property
    def document_quads(self) -> tuple[tuple[ox.Quad, ...], ...]:
        """The quads of each document, with blank nodes that no other document has; a quad without any is the document's own."""
        return tuple(tuple(_distinct_quads(document.quads, number=number)) for number, document in enumerate(self.documents))

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The quads of all documents, see `document_quads`."""
        return tuple(chain.from_iterable(self.document_quads))

    @cached_property
    def graph_names(self) -> tuple[str, ...]:
        """The IRI of the graph of each document: its name below the folder; a number follows a name that an earlier document has."""
        names: dict[str, None] = {}
        for number, document in enumerate(self.documents):
            name = f"{HOME}graphs/register/{quote(self._name(Path(document.source.name)), errors='replace')}"
            names[f"{name}#{number}" if name in names else name] = None
        return tuple(names)

    @cached_property
    def iri(self) -> str:
        """The IRI of the register; empty if no document says that it is one."""
        types = (q for q in self.quads if q.predicate.value == RDF + "type" and getattr(q.object, "value", "") == OBS + "Register")
        return next((q.subject.value for q in types if isinstance(q.subject, ox.NamedNode)), "")

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
        return self if len(others) == len(self.documents) else Register(others, self.faults, self.paths)


def document_digest(document: Document) -> str:
    """Return the digest of the document's content or, where it was not read from any, of its statements."""
    content = document.source.content or "\n".join(map(str, document.quads)).encode()
    return hashlib.sha256(content).hexdigest()


class DocumentReader:
    """Reads documents; one whose file has not changed since this reader read it is not read again."""

    def __init__(self, *, settings: Settings, contexts: Contexts) -> None:
        """Know no document yet."""
        self._settings, self._contexts = settings, contexts
        self._known: dict[Path, tuple[FileStamp | str, Document]] = {}

    def read(self, path: Path) -> Document:
        """Return the document in the file; raises what reading and parsing raise."""
        # Before reading: a file that changes meanwhile has another stamp the next time.
        stamp = file_stamp(path)
        known = self._known.get(path)
        if known is not None and stamp is not None and known[0] == stamp:
            return known[1]
        document = parse_document(read_source(path, settings=self._settings), settings=self._settings, contexts=self._contexts)
        if stamp is not None:
            self._known[path] = stamp, document
        return document

    def read_ledger(self, file: Path) -> Iterator[tuple[Path, Document | ObservanceError]]:
        """Yield the documents with statements of the ledger that the file names, in the order of their entry, each with its path below it.

        For one that cannot be read, the error. Raises what opening the ledger raises.
        """
        # Imported here because most registers are folders, and a ledger takes SQLAlchemy: a fifth of a second and 20 MB.
        from observance.ledger import Ledger, locate

        with Ledger(locate(file)) as ledger:
            for name, entry, content in ledger.documents():
                path = file / name
                if path.suffix.lower() not in EXTENSIONS:
                    continue
                try:
                    yield path, self._parsed(path, content, stamp=entry.content)
                except ObservanceError as error:
                    yield path, error

    def _parsed(self, path: Path, content: bytes, *, stamp: str) -> Document:
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            document = parse_document(Source(str(path), content), settings=self._settings, contexts=self._contexts)
            known = self._known[path] = stamp, document
        return known[1]

    def forget_all_but(self, paths: Iterable[Path]) -> None:
        """Forget the documents of other files."""
        kept = set(paths)
        self._known = {path: known for path, known in self._known.items() if path in kept}

    def ending(self, path: Path) -> str | None:
        """Return the ending of names of the syntax in which the file holds statements; None if it holds none."""
        try:
            document = self.read(path)
        except ObservanceError:
            return None
        return next(ending for ending, syntax in EXTENSIONS.items() if syntax == document.syntax) if document.quads else None


class RegisterService:
    """Opens registers for one knowledge base; `opened` is the register of the settings."""

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        demo: Sequence[Path],
        knowledge: Callable[[], Knowledge],
        settings: Settings,
        contexts: Contexts,
        reader: DocumentReader,
    ) -> None:
        """`paths` are the files and folders of the register; `demo` those of the register that answers questions when `paths` is empty."""
        self._paths, self._demo = paths, demo
        self._knowledge, self._settings, self._contexts = knowledge, settings, contexts
        self._reader = reader

    @property
    def queried_paths(self) -> tuple[Path, ...]:
        """The files and folders of the register for questions and assessments."""
        return tuple(self._paths or self._demo)

    @cached_property
    def opened(self) -> Register:
        """The register that the settings name, empty if they name none. Raises what `open` raises."""
        return self.open(self._paths)

    @cached_property
    def queried(self) -> Register:
        """The register for questions and assessments: the one of the settings, else the demo's."""
        return self.opened if self._paths else self.open(self._demo)

    def disclosed_to(self, audience: Audience) -> "RegisterService":
        """Return the service of the register that is left for the audience: answers from it are those of a register without the rest."""
        service = RegisterService(
            self._paths, demo=self._demo, knowledge=self._knowledge, settings=self._settings, contexts=self._contexts, reader=self._reader
        )
        service.opened = self._disclosed(self.opened, audience)
        service.queried = service.opened if self.queried is self.opened else self._disclosed(self.queried, audience)
        return service

    def _disclosed(self, register: Register, audience: Audience) -> Register:
        disclosure = Disclosure(register.document_quads, audience, self._knowledge())
        found = (_disclosed_document(document, read) for document, read in zip(register.documents, disclosure.read, strict=True))
        documents = tuple(document for document in found if document is not None)
        files = {document.source.name for document in register.documents}
        faults = [fault for fault in register.faults if fault.document not in files]
        faults += document_faults(documents, knowledge=self._knowledge(), settings=self._settings, contexts=self._contexts, today=None)
        return Register(documents, tuple(faults), register.paths)

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
        """Return the register in the files and folders, with the faults that `open` refuses too.

        Raises InvalidInputError for a folder that holds no RDF, and what parsing raises for a file that is named itself.
        """
        files = tuple(map(Path, paths))
        documents, faults = _read_documents(files, reader=self._reader)
        self._reader.forget_all_but(Path(document.source.name) for document in documents)
        faults += document_faults(documents, knowledge=self._knowledge(), settings=self._settings, contexts=self._contexts, today=today)
        return Register(documents, tuple(faults), files)


def _disclosed_document(document: Document, read: Sequence[bool]) -> Document | None:
    """Return the document with the quads that are read; without its content if it has others, and None if nothing is left of it."""
    if all(read):
        return document
    quads = tuple(compress(document.quads, read))
    return Document(Source(document.source.name, b""), "turtle", quads) if quads else None


def _read_documents(paths: Sequence[Path], *, reader: DocumentReader) -> tuple[tuple[Document, ...], list[RegisterFault]]:
    """Read the documents in the files and folders, with the faults of files: one of a folder that cannot be read is a fault.

    Raises InvalidInputError for a folder that holds no RDF, and what parsing a document raises for a file that is named itself.
    """
    documents: list[Document] = []
    faults = list(faults_of_files(ignored_files(paths), ending=reader.ending))
    for path in paths:
        for file, found in reader.read_ledger(path) if is_ledger(path) else _read_files(path, reader=reader):
            if isinstance(found, ObservanceError):
                faults.append(unreadable(str(file), found))
            else:
                documents.append(found)
    return tuple(documents), faults


def _read_files(path: Path, *, reader: DocumentReader) -> Iterator[tuple[Path, Document | ObservanceError]]:
    """Yield the document in each file, or the error of one in a folder that cannot be read; raises that of a file named itself."""
    for file in rdf_files([path]):
        try:
            yield file, reader.read(file)
        except ObservanceError as error:
            if file == path:
                raise
            yield file, error


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


def _distinct_quads(quads: Iterable[ox.Quad], *, number: int) -> Iterator[ox.Quad]:
    for quad in quads:
        subject, target = quad.subject, quad.object
        if isinstance(subject, ox.BlankNode) or isinstance(target, ox.BlankNode):
            yield ox.Quad(_distinct(subject, number=number), quad.predicate, _distinct(target, number=number), quad.graph_name)  # type: ignore[arg-type]
        else:
            yield quad


def _distinct(term: Term, *, number: int) -> Term:
    return ox.BlankNode(label_in_register(term.value, number=number)) if isinstance(term, ox.BlankNode) else term


def label_in_register(label: str, *, number: int) -> str:
    """Return the label, which no other document uses, of the blank node that the document with this number gives this label."""
    # The digits end at a sign that is none, so that document 1 cannot name a node of document 12.
    return f"r{number}_{label}"


def label_in_document(label: str, *, number: int) -> str | None:
    """Return the label that the document with this number gives to the blank node; None for a node of another document."""
    prefix = label_in_register("", number=number)
    return label[len(prefix) :] if label.startswith(prefix) else None
