"""The filing service: it adds records and received files to a register.

Everything is validated before anything is written, and nothing is written over anything.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import (
    LANGUAGES,
    OBS,
    PREFIXES,
    VERSION,
    InvalidInputError,
    NotFoundError,
    ObservanceError,
    Settings,
    UsageError,
    compact,
    translate,
)
from observance.filing.communications import Communications
from observance.filing.examination import Examination, examine_source, stated_in
from observance.filing.model import Entry, ReceiptEntry
from observance.filing.receiving import Receiver
from observance.filing.records import RecordMaker, receipt_record, record_turtle, register_record
from observance.filing.store import NewDocument, RegisterStore, create_register, register_store
from observance.filing.transfer import import_folder
from observance.knowledge import KnowledgeLookup
from observance.ledger import LedgerGrownError, Particulars, opened_ledger
from observance.rdf import is_iri, parse_document, read_source
from observance.register import Register, RegisterService, document_faults
from observance.submissions import Finding, ShapesGraph, SubmissionReport, register_graph
from oxishacl import EXTENSIONS, Contexts, Document, Source, node_name

ENDING: Final = ".ttl"
Validate = Callable[[Source], SubmissionReport]
"""Gives the report on a document beside the register that is open."""
_TYPE: Final = PREFIXES["rdf"] + "type"


class FiledDocument(Struct, frozen=True):
    """A document that was added to a register, what validation has to say of it, and whether it is what somebody sent."""

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
    """Adds records to one register."""

    def __init__(
        self,
        path: Path,
        *,
        lookup: KnowledgeLookup,
        shapes: ShapesGraph,
        register: RegisterService,
        settings: Settings,
        contexts: Contexts,
        validate: Validate,
    ) -> None:
        """Hold the path of the register, a folder or a ledger; it is read when something is added."""
        self.path = path
        self._lookup, self._shapes, self._service, self._settings, self._contexts = lookup, shapes, register, settings, contexts
        self._validate = validate

    def create(self, base: str, *, title: Mapping[str, str], now: datetime) -> FiledDocument:
        """Create the register with its own record; `base` is the IRI with which the IRIs of its records begin.

        Raises UsageError if the path holds anything, or for a base that is no IRI of a folder.
        """
        if "://" not in base or not base.endswith(("/", "#")) or not is_iri(base):
            raise UsageError("register.bad-base", base=ascii(base)[1:-1])
        record = register_record(f"{base}register", title=title, version=VERSION)
        create_register(self.path, base=base)
        return self._write({record.path + ENDING: NewDocument(record_turtle(record))}, Register(), now=now)[0]

    def add(self, entry: Entry, *, now: datetime) -> tuple[FiledDocument, ...]:
        """Add the records of the entry and return them; `now` is the time of the clock.

        Raises NotFoundError for a name that stands for nothing, RefusedEntryError for a record that is not valid, UsageError for a document
        that exists, or for a time of entry that is still to come.
        """

        def documents() -> dict[str, NewDocument]:
            return {record.path + ENDING: NewDocument(record_turtle(record)) for record in self._maker.records(entry)}

        return self._added(documents, entered=entry.entered, now=now)

    def _added(self, documents: Callable[[], dict[str, NewDocument]], *, entered: datetime, now: datetime) -> tuple[FiledDocument, ...]:
        """Add the documents, made anew for the register as it is each time that somebody else adds to it meanwhile."""
        if entered > now:
            raise UsageError("register.entered-later", time=entered.isoformat())
        while True:
            try:
                return self._write(documents(), self._register, now=now, entered=entered)
            except LedgerGrownError:
                self._forget()

    def check(self, name: str, content: bytes, *, register: Register, entered: date) -> None:
        """Check a record, to be entered under the name on the day, in its place in the register; nothing is written.

        Raises RefusedEntryError for one that is not valid, in which files have their names below the register, and what parsing raises.
        """
        try:
            self._checked({name: NewDocument(content)}, register, today=entered)
        except RefusedEntryError as error:
            message: Mapping[str, str] = error.values["message"]  # type: ignore[assignment]
            texts = {lang: text.replace(f"{self.path}/", "") for lang, text in message.items()}
            raise RefusedEntryError(error.key, file=name, message=texts) from None

    def _forget(self) -> None:
        for name in ("_seen", "_register", "_maker", "_described"):
            self.__dict__.pop(name, None)

    def receive(self, entry: ReceiptEntry, *, now: datetime) -> tuple[FiledDocument, ...]:
        """Put a file that was received on record, unchanged, with the receipt of its submissions beside it; `now` is the time of the clock.

        A submission that is not valid was received all the same. Raises InvalidInputError for a file without a submission or with one that
        has no IRI, and UsageError for one whose receipt is on record, or for a time of entry that is still to come.
        """
        source = read_source(entry.file, settings=self._settings)
        document = parse_document(source, settings=self._settings, contexts=self._contexts)
        return self._added(lambda: self._received(entry, document, self._submissions(document)), entered=entry.entered, now=now)

    def _received(self, entry: ReceiptEntry, document: Document, submissions: Sequence[str]) -> dict[str, NewDocument]:
        source = document.source
        name = f"{entry.received.isoformat()}-{entry.file.stem}"
        on_record = [other for other in self._register.documents if other.source.content == source.content]
        received = {node_name(quad.subject) for quad in self._register.quads if quad.predicate.value == OBS + "receivedOn"}
        if repeated := [iri for iri in submissions if iri in received]:
            raise UsageError("register.already-received", node=compact(repeated[0]))
        sender = self._maker.resolve(entry.sender)
        receipt = receipt_record(
            f"receipts/{name}", submissions, sender=sender, received=entry.received, addressed=entry.addressed, entered=entry.entered
        )
        documents = {receipt.path + ENDING: NewDocument(record_turtle(receipt))}
        if not on_record:
            stated = stated_in(document, knowledge=self._lookup.knowledge)
            stated = replace(stated, sender=sender, dated=entry.addressed, received=entry.received, file_name=entry.file.name)
            letter = NewDocument(source.content, is_received=True, particulars=stated)
            documents = {f"received/{name}{entry.file.suffix}": letter, **documents}
        return documents

    def add_verdicts(self, *, now: datetime) -> int:
        """Enter a verdict on each communication that has none under the present shapes and program, and return how many these are.

        The register must be the one that the knowledge base has open. Raises UsageError for a register in a folder.
        """
        with opened_ledger(self.path) as ledger:
            receiver = Receiver(ledger, Communications(ledger))
            register, count = self._service.open([self.path]), 0
            for record in receiver.communications.all():
                stated = record.particulars
                if stated is None or not stated.submissions or record.is_kept_back:
                    continue
                source = Source(stated.name, ledger.content(record.number))
                examination = self._examination(source, register=register)
                if examination.verdict and receiver.last_verdict(record) != examination.verdict:
                    receiver.add_verdict(record.number, examination, now=now)
                    count += 1
            return count

    def _examination(self, source: Source, *, register: Register) -> Examination:
        """Examine a document beside all others of the register."""
        others = Register(tuple(other for other in register.documents if other.source.content != source.content))
        return examine_source(
            source,
            validate=self._validate,
            register=others,
            disclosed=others,
            is_made_here=True,
            knowledge=self._lookup.knowledge,
            settings=self._settings,
            contexts=self._contexts,
        )

    def import_folder(self, folder: Path, *, origin: str | None, now: datetime) -> tuple[str, ...]:
        """Enter all files of the folder into this register, which is a ledger, and return their names.

        With `origin`, the name of its log, the ledger is created. What holds a submission, or no statement that can be read, is what
        somebody sent; the rest are records. Raises what `import_folder` of `filing.transfer` raises.
        """
        return import_folder(folder, self.path, origin=origin, now=now, settings=self._settings, received=self._received_as)

    def _received_as(self, name: str, content: bytes) -> Particulars | None:
        """Return what the file states of its submissions, if somebody sent it."""
        if Path(name).suffix.lower() not in EXTENSIONS:
            return Particulars()
        try:
            document = parse_document(Source(name, content), settings=self._settings, contexts=self._contexts)
        except ObservanceError:
            return Particulars()
        graph = register_graph(Register((document,)), knowledge=self._lookup.knowledge, shapes=self._shapes)
        return None if graph.is_record(0) else stated_in(document, knowledge=self._lookup.knowledge)

    def _submissions(self, document: Document) -> tuple[str, ...]:
        classes = self._lookup.knowledge.subclasses(OBS + "Submission")
        nodes = dict.fromkeys(q.subject for q in document.quads if q.predicate.value == _TYPE and node_name(q.object) in classes)
        if not nodes:
            raise InvalidInputError("register.no-submission", name=document.source.name)
        if any(not isinstance(node, ox.NamedNode) for node in nodes):
            raise InvalidInputError("register.submission-without-iri", name=document.source.name)
        return tuple(map(node_name, nodes))

    @cached_property
    def _seen(self) -> int | None:
        """The state of the register that is read."""
        return self._store.state()

    @cached_property
    def _register(self) -> Register:
        _ = self._seen  # before reading: what is added meanwhile shows
        return self._service.open([self.path])

    @cached_property
    def _store(self) -> RegisterStore:
        return register_store(self.path)

    @cached_property
    def _maker(self) -> RecordMaker:
        quads = self._register.quads
        registers = [node_name(q.subject) for q in quads if q.predicate.value == _TYPE and node_name(q.object) == OBS + "Register"]
        if not registers:
            raise NotFoundError("register.none", folder=self.path)
        return RecordMaker(registers[0], self._resolve, lambda path: self._store.has(f"{path}{ENDING}"))

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
        self, new: Mapping[str, NewDocument], register: Register, *, now: datetime, entered: datetime | None = None
    ) -> tuple[FiledDocument, ...]:
        """Validate the documents in their place in the register, see `_checked`, and add them."""
        paths = {name: self.path / name for name in new}
        for name, path in paths.items():
            if self._store.has(name):
                raise UsageError("register.file-exists", file=path)
        findings = self._checked(new, register, today=entered.date() if entered is not None else None)
        self._store.add(new, now=now, seen=self._seen if register.documents else None)
        self._forget()
        return tuple(FiledDocument(paths[name], found, new[name].is_received) for name, found in zip(new, findings, strict=True))

    def _checked(self, new: Mapping[str, NewDocument], register: Register, *, today: date | None) -> list[tuple[Finding, ...]]:
        """Validate the documents in their place in the register; a Violation in one that nobody sent refuses all.

        Nothing that they say can have happened after the day of entry.
        """
        documents = tuple(
            parse_document(Source(str(self.path / name), document.content), settings=self._settings, contexts=self._contexts)
            for name, document in new.items()
        )
        findings = self._findings(register, documents)
        for name, found in zip(new, findings, strict=True):
            fault = next((finding for finding in found if finding.severity == "Violation" and not new[name].is_received), None)
            if fault is not None:
                raise RefusedEntryError("register.refused", file=name, message=fault.message)
        names = [document.source.name for document in documents]
        self._refuse_faults((*register.documents, *documents), names=names, today=today)
        return findings

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
