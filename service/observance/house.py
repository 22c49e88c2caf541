"""The one wiring place: `open_house()` gives a House, whose verbs are what the command line and the service do.

An example: `with open_house() as house: print(house.validate("timetable.ttl").processable)`.
"""

import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyoxigraph as ox

from observance.assessment.answer import Answers, answers, supposed
from observance.assessment.case import Canon, Case
from observance.errors import NotFound
from observance.graph import knowledge as rooms
from observance.graph.knowledge import Knowledge
from observance.graph.workers import Workers
from observance.intake import context
from observance.intake.engines import ENGINES, Shapes
from observance.intake.explain import nearest
from observance.intake.parse import Contexts, parse
from observance.intake.read import read
from observance.intake.register import Register, open_register
from observance.intake.validate import Background, validate
from observance.model import Answer, Question, Report, Source
from observance.namespaces import ELI, OBS, SKOS, local_name
from observance.querying import catalogue, run
from observance.relay.plan import Facts, plan
from observance.relay.values import Plan
from observance.settings import Settings

_DEMO: Final = Path("queries") / "demo"
_PAGES: Final = Path("queries") / "pages"
_EXAMPLES: Final = Path("shapes") / "examples"


class House:
    """One knowledge base that is open, with the registers named in its settings.

    Not for two threads at once, unless it was started: then `report`, `ask`, `answer`, `page` and what is looked up are.
    """

    def __init__(self, settings: Settings) -> None:
        """Nothing is read before it is needed."""
        self.settings = settings
        self.root = rooms.find(settings.knowledge)
        self._scratch = tempfile.TemporaryDirectory(prefix="observance-")
        self._workers: Workers | None = None
        self._lock = threading.Lock()
        self._validators: Workers | None = None

    def start(self) -> Self:
        """Everything is read and every worker runs, so that from now on several threads may use the house.

        Raises what opening a register raises.
        """
        _ = (self.knowledge, self.register, self.contexts, self.questions, self.pages, self.paragraphs, self.examples)
        _ = (self.workers, self.validators)
        return self

    # ── Validating ──────────────────────────────────────────────────────────────────────────────────────────────

    def validate(self, source: Source | Path | str, *, registers: Sequence[Path | str] | None = None, engine: str = ENGINES[0]) -> Report:
        """The report on the submissions of a file or source, against the knowledge and the registers named (none: those open).

        `engine` is one of `intake.engines.ENGINES`: our own, or pySHACL, the referee. Raises an ObservanceError when the source
        cannot be read or holds no submission; what is not valid is a result.
        """
        register = self.register if registers is None else self.open(registers)
        content = source if isinstance(source, Source) else read(Path(source), settings=self.settings)
        document = parse(content, settings=self.settings, contexts=self.contexts)
        others = register.without(document)
        if others is self.register:
            return validate(document, background=self._background, engine=engine)
        return validate(document, background=Background(self.knowledge, self.shapes, others.quads), engine=engine)

    def report(self, source: Source, *, format: str) -> Answer:
        """The report on a source as JSON or Turtle, made in a worker within `settings.validate_seconds`.

        Raises what `validate` raises, DeadlineExceeded and Interrupted.
        """
        request = {"name": source.name, "media_type": source.media_type, "format": format}
        header, body = self.validators.call(request, source.content, deadline=self.settings.validate_seconds)
        return Answer(header["media_type"], body)

    @property
    def validators(self) -> Workers:
        """The processes in which `report` validates, started when they are first needed."""
        if self._validators is None:
            # A worker needs no password.
            limits = {f.name: getattr(self.settings, f.name) for f in fields(self.settings) if f.name != "registers" and f.repr}
            self._validators = Workers(
                "observance.intake.worker:open_validator",
                {
                    "root": str(self.root.absolute()),
                    "registers": [str(path.absolute()) for path in self.settings.registers],
                    "contexts": self.contexts,
                    "settings": limits,
                },
                count=self.settings.workers,
                memory_mb=self.settings.worker_memory_mb,
            )
        return self._validators

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the rooms `ontology` and `rules` say."""
        return rooms.load(self.root)

    @cached_property
    def shapes(self) -> Shapes:
        """The shapes of the room `shapes`."""
        return Shapes(rooms.read(rooms.files(self.root, "shapes"), root=self.root))

    @cached_property
    def register(self) -> Register:
        """The register that is open; empty when none is named."""
        return self.open(self.settings.registers)

    @cached_property
    def contexts(self) -> Contexts:
        """Our own JSON-LD context, by its IRI, if the knowledge base has one."""
        return context.own(self.root)

    @cached_property
    def _background(self) -> Background:
        return Background(self.knowledge, self.shapes, self.register.quads)

    def open(self, paths: Sequence[Path | str]) -> Register:
        """The register in the files and folders; raises Inconsistent when it mixes real and invented parties."""
        named = tuple(Path(path) for path in paths)
        return open_register(named, knowledge=self.knowledge, settings=self.settings, contexts=self.contexts) if named else Register()

    # ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The catalogue, in the order of names."""
        return catalogue.read(self.root / "queries")

    def ask(self, text: str, *, format: str, deadline: float | None = None) -> Answer:
        """The answer to a query over the knowledge and the register that is open, else the demo's."""
        return run.ask(text, workers=self.workers, settings=self.settings, format=format, deadline=deadline)

    def answer(self, name: str, params: Mapping[str, str], *, format: str, deadline: float | None = None) -> Answer:
        """The answer to a question of the catalogue with its parameters, given as text."""
        return self._asked(catalogue.find(name, questions=self.questions), params, format=format, deadline=deadline)

    def page(self, name: str, params: Mapping[str, str], *, deadline: float | None = None) -> Answer:
        """The answer in JSON to a question that the pages of the service are made from (`queries/pages`); not of the catalogue."""
        return self._asked(catalogue.find(name, questions=self.pages), params, format="json", deadline=deadline)

    @cached_property
    def pages(self) -> tuple[Question, ...]:
        """The questions that pages are made from, in the order of names; the knowledge base may replace any by its own."""
        found = {question.name: question for root in (rooms.find(), self.root) for question in catalogue.read(root / _PAGES)}
        return tuple(found[name] for name in sorted(found))

    def _asked(self, question: Question, params: Mapping[str, str], *, format: str, deadline: float | None) -> Answer:
        terms = catalogue.bind(question, params, resolve=self.resolve)
        return run.ask(question.text, workers=self.workers, settings=self.settings, format=format, substitutions=terms, deadline=deadline)

    @property
    def resolve(self) -> catalogue.Resolve:
        """How the code of a party or paragraph becomes its IRI."""
        return {"party": self.party, "paragraph": self.paragraph}

    @property
    def workers(self) -> Workers:
        """The processes in which queries run, started when they are first needed."""
        with self._lock:
            if self._workers is None:
                target = "observance.querying.evaluate:open_dataset"
                count, memory_mb = self.settings.workers, self.settings.worker_memory_mb
                self._workers = Workers(target, {"files": self._files()}, count=count, memory_mb=memory_mb)
            return self._workers

    def _files(self) -> list[list[str]]:
        known = [file for room in ("ontology", "rules", "shapes") for file in rooms.files(self.root, room)]
        files = [[str(file), rooms.graph_name(file, root=self.root)] for file in known]
        register = self.register if self.settings.registers else self.open(self.demo)
        if register.documents:
            # The worker loads what was read here, within bounds, whatever syntax it was in.
            path = Path(self._scratch.name) / "register.nq"
            path.write_bytes(ox.serialize(register.quads, format=ox.RdfFormat.N_QUADS) or b"")
            files.append([str(path), "urn:observance:register"])
        return files

    @property
    def demo(self) -> tuple[Path, ...]:
        """The folder of the demo register, if the knowledge base has one."""
        folder = self.root / _DEMO
        return (folder,) if folder.is_dir() else ()

    # ── Assessing ───────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def case(self) -> Case:
        """The register that is open, else the demo's, ready to be assessed."""
        register = self.register if self.settings.registers else self.open(self.demo)
        return Case(Canon(self.knowledge), register.quads, register.declared)

    def assess(
        self, *, as_of: date | None = None, known_at: datetime | None = None, reading: str | None = None, what_if: Path | None = None
    ) -> Answers:
        """Where every duty stands at the moment, by default the last one recorded; `reading`: a name, or a file that holds one.

        `what_if` names a document that is supposed to be in the register. Raises what reading these files raises, NotFound for an
        unknown reading, Misused for a moment before the instrument, Inconsistent for rules or a register that contradict themselves.
        """
        own = self._quads(Path(reading)) if reading and reading.endswith(".ttl") else ()
        case = self.case if what_if is None else supposed(self._quads(what_if), case=self.case, as_of=as_of, known_at=known_at)
        return answers(case, as_of=as_of, known_at=known_at, reading=reading, own=own)

    def relay(self, *, as_of: date | None = None, known_at: datetime | None = None, reading: str | None = None) -> Plan:
        """Who is to receive what was notified, who did and who is missing, from what the rules conclude; raises what `assess` raises."""
        found = self.assess(as_of=as_of, known_at=known_at, reading=reading)
        facts = Facts(found.derivation.facts, found.register, found.statuses, found.case.names.name)
        return plan(facts, knowledge=self.knowledge, reading=found.derivation.reading, moment=found.derivation.moment)

    def _quads(self, file: Path) -> tuple[ox.Quad, ...]:
        return parse(read(file, settings=self.settings), settings=self.settings, contexts=self.contexts).quads

    # ── Looking up ──────────────────────────────────────────────────────────────────────────────────────────────

    def party(self, code: str) -> str:
        """The IRI of the party with this code or IRI; NotFound names the nearest."""
        listed = self.knowledge.instances(OBS + "ListedParty")
        if code in listed:
            return code
        for party in listed:
            if self.knowledge.objects(party, SKOS + "notation") == (code.upper(),):
                return party
        near = nearest(code, among=listed)
        raise NotFound("validate.no-party", name=code, nearest=local_name(near) if near else "–")

    @cached_property
    def paragraphs(self) -> Mapping[str, str]:
        """The IRI of each operative paragraph, by its number, in the order of the text."""
        found = self.knowledge.instances(OBS + "OperativeParagraph")
        ordered = sorted(found, key=lambda iri: int(next(iter(self.knowledge.objects(iri, OBS + "position")), "0")))
        return {number: iri for iri in ordered for number in self.knowledge.objects(iri, ELI + "number")}

    def paragraph(self, number: str) -> str:
        """The IRI of the paragraph with this number or IRI; NotFound lists those that exist."""
        if number in self.paragraphs.values():
            return number
        if number not in self.paragraphs:
            raise NotFound("validate.no-paragraph", name=number, known=", ".join(self.paragraphs))
        return self.paragraphs[number]

    def template(self, number: str) -> str:
        """The commented example of the paragraph, in Turtle; NotFound when no submission exists under it."""
        self.paragraph(number)
        if number not in self.examples:
            raise NotFound("validate.no-template", name=number, known=", ".join(self.examples))
        return self.examples[number].read_text(encoding="utf-8")

    @cached_property
    def examples(self) -> Mapping[str, Path]:
        """The file of the example of each paragraph that has one, by number."""
        return {number: file for number, iri in self.paragraphs.items() if (file := self._example(iri)).is_file()}

    def _example(self, paragraph: str) -> Path:
        stem = next(iter(self.knowledge.objects(paragraph, "http://purl.org/dc/terms/identifier")), "")
        return self.root / _EXAMPLES / f"{stem}.ttl"

    # ── Closing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def close(self) -> None:
        """No process and no scratch file is left."""
        for workers in (self._workers, self._validators):
            if workers is not None:
                workers.close()
        self._workers = self._validators = None
        self._scratch.cleanup()

    def __enter__(self) -> Self:
        """The house itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()


def open_house(settings: Settings | None = None, *, registers: Sequence[Path | str] = ()) -> House:
    """A house on the knowledge base of the settings, with the registers opened; close it, or use it with `with`.

    Raises NotFound when the knowledge folder lacks a room.
    """
    chosen = settings or Settings()
    return House(replace(chosen, registers=tuple(Path(path) for path in registers)) if registers else chosen)
