"""The filing service: it adds records and received files to the folder of a register.

Everything is validated before anything is written; a file is written atomically and never over another one.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import (
    LANGUAGES,
    OBS,
    PREFIXES,
    VERSION,
    InvalidInputError,
    NotFoundError,
    Settings,
    UsageError,
    compact,
    create_durably,
    translate,
)
from observance.filing.model import Entry, ReceiptEntry
from observance.filing.records import Record, RecordMaker, receipt_record, register_record
from observance.knowledge import KnowledgeLookup
from observance.rdf import missing_prefixes, parse_document, read_source, snippet
from observance.register import Register, RegisterService, document_faults
from observance.submissions import Finding, ShapesGraph, register_graph
from oxishacl import Contexts, Document, Source, node_name

ENDING: Final = ".ttl"
_TYPE: Final = PREFIXES["rdf"] + "type"


class FiledDocument(Struct, frozen=True):
    """A file that was added to a register, what validation has to say of it, and whether it is what somebody sent."""

    file: Path
    findings: tuple[Finding, ...]
    is_received: bool = False


class RefusedEntryError(InvalidInputError):
    """A record that is not valid; nothing was written. The value `message` says why, by language."""

    def __init__(self, key: str, /, **values: object) -> None:
        """Hold the message's key and values."""
        super().__init__(key, **values)
        self.args = (self.sentence("en"),)

    def sentence(self, lang: str) -> str:
        """Return the message in the language."""
        message: Mapping[str, str] = self.values["message"]  # type: ignore[assignment]
        return translate(self.key, lang, **{**self.values, "message": message[lang]})


class FilingService:
    """Adds records to the register in one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        lookup: KnowledgeLookup,
        shapes: ShapesGraph,
        register: RegisterService,
        settings: Settings,
        contexts: Contexts,
    ) -> None:
        """Hold the folder; it is read when something is added."""
        self.folder = folder
        self._lookup, self._shapes, self._service, self._settings, self._contexts = lookup, shapes, register, settings, contexts

    def create(self, base: str, *, title: Mapping[str, str]) -> FiledDocument:
        """Create the folder with the record of a new register; `base` is the IRI with which the IRIs of its records begin.

        Raises UsageError if the folder holds anything, or for a base that is no IRI of a folder.
        """
        if self.folder.exists() and any(self.folder.iterdir()):
            raise UsageError("register.not-empty", folder=self.folder)
        if "://" not in base or not base.endswith(("/", "#")):
            raise UsageError("register.bad-base", base=base)
        record = register_record(f"{base}register", title=title, version=VERSION)
        return self._write({record.path + ENDING: _turtle(record)}, Register())[0]

    def add(self, entry: Entry) -> tuple[FiledDocument, ...]:
        """Add the records of the entry, each in a file of its own, and return the files.

        Raises NotFoundError for a name that stands for nothing, RefusedEntryError for a record that is not valid, UsageError for a file
        that exists.
        """
        files = {record.path + ENDING: _turtle(record) for record in self._maker.records(entry)}
        return self._write(files, self._register, today=entry.entered.date())

    def receive(self, entry: ReceiptEntry) -> tuple[FiledDocument, ...]:
        """Put a file that was received on record, unchanged, with the receipt of its submissions beside it.

        A submission that is not valid was received all the same. Raises InvalidInputError for a file without a submission or with one that
        has no IRI, and UsageError for one whose receipt is on record.
        """
        source = read_source(entry.file, settings=self._settings)
        document = parse_document(source, settings=self._settings, contexts=self._contexts)
        submissions = self._submissions(document)
        name = f"{entry.received.isoformat()}-{entry.file.stem}"
        on_record = [other for other in self._register.documents if other.source.content == source.content]
        received = {node_name(quad.subject) for quad in self._register.quads if quad.predicate.value == OBS + "receivedOn"}
        if repeated := [iri for iri in submissions if iri in received]:
            raise UsageError("register.already-received", node=compact(repeated[0]))
        receipt = receipt_record(
            f"receipts/{name}",
            submissions,
            sender=self._maker.resolve(entry.sender),
            received=entry.received,
            addressed=entry.addressed,
            entered=entry.entered,
        )
        letter = {} if on_record else {f"received/{name}{entry.file.suffix}": source.content}
        return self._write(
            {**letter, receipt.path + ENDING: _turtle(receipt)}, self._register, today=entry.entered.date(), unchanged=tuple(letter)
        )

    def _submissions(self, document: Document) -> tuple[str, ...]:
        classes = self._lookup.knowledge.subclasses(OBS + "Submission")
        nodes = dict.fromkeys(q.subject for q in document.quads if q.predicate.value == _TYPE and node_name(q.object) in classes)
        if not nodes:
            raise InvalidInputError("register.no-submission", name=document.source.name)
        if any(not isinstance(node, ox.NamedNode) for node in nodes):
            raise InvalidInputError("register.submission-without-iri", name=document.source.name)
        return tuple(map(node_name, nodes))

    @cached_property
    def _register(self) -> Register:
        return self._service.open([self.folder])

    @cached_property
    def _maker(self) -> RecordMaker:
        quads = self._register.quads
        registers = [node_name(q.subject) for q in quads if q.predicate.value == _TYPE and node_name(q.object) == OBS + "Register"]
        if not registers:
            raise NotFoundError("register.none", folder=self.folder)
        return RecordMaker(registers[0], self._resolve, lambda path: (self.folder / f"{path}{ENDING}").exists())

    def _resolve(self, name: str) -> str:
        """Return the IRI that a name stands for: a record of the register, a party, a term with or without its prefix, or an IRI."""
        prefix, _, local = name.partition(":")
        record, term = self._maker.base + name, OBS + name
        if record in self._described:
            return record
        if "://" in name:
            return name
        if prefix in PREFIXES and local:
            return PREFIXES[prefix] + local
        return term if term in self._lookup.knowledge.subjects else self._lookup.party(name)

    @cached_property
    def _described(self) -> frozenset[str]:
        return frozenset(quad.subject.value for quad in self._register.quads if isinstance(quad.subject, ox.NamedNode))

    def _write(
        self, files: Mapping[str, bytes], register: Register, *, today: date | None = None, unchanged: Sequence[str] = ()
    ) -> tuple[FiledDocument, ...]:
        """Validate the files as documents of the register and write them; a Violation in one that is not `unchanged` refuses all.

        Nothing that the files say can have happened after `today`.
        """
        paths = {name: self.folder / name for name in files}
        for path in paths.values():
            if path.exists():
                raise UsageError("register.file-exists", file=path)
        documents = tuple(
            parse_document(Source(str(paths[name]), content), settings=self._settings, contexts=self._contexts)
            for name, content in files.items()
        )
        findings = self._findings(register, documents)
        for name, found in zip(files, findings, strict=True):
            fault = next((finding for finding in found if finding.severity == "Violation" and name not in unchanged), None)
            if fault is not None:
                raise RefusedEntryError("register.refused", file=name, message=fault.message)
        self._refuse_faults((*register.documents, *documents), names=[document.source.name for document in documents], today=today)
        for name, content in files.items():
            create_durably(paths[name], content)
        self.__dict__.pop("_register", None)
        self.__dict__.pop("_described", None)
        return tuple(FiledDocument(paths[name], found, name in unchanged) for name, found in zip(files, findings, strict=True))

    def _findings(self, register: Register, documents: Sequence[Document]) -> list[tuple[Finding, ...]]:
        graph = register_graph(Register((*register.documents, *documents)), knowledge=self._lookup.knowledge, shapes=self._shapes)
        first = len(register.documents)
        findings: list[dict[tuple[str, str], Finding]] = [{} for _ in documents]
        for found in graph.findings(range(first, first + len(documents))):
            findings[found.number - first].setdefault((found.finding.fingerprint, found.finding.focus), found.finding)
        return [tuple(each.values()) for each in findings]

    def _refuse_faults(self, documents: tuple[Document, ...], *, names: Sequence[str], today: date | None) -> None:
        faults = document_faults(documents, knowledge=self._lookup.knowledge, settings=self._settings, contexts=self._contexts, today=today)
        for fault in faults:
            if fault.document in names:
                message = {lang: fault.sentence(lang) for lang in LANGUAGES}
                raise RefusedEntryError("register.refused", file=Path(fault.document).name, message=message)


def _turtle(record: Record) -> bytes:
    body = snippet(record.triples)
    prefixes = missing_prefixes(body, declared={})
    return f"{prefixes}\n{body}\n".encode()
