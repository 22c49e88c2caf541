"""Assessment as a service of a knowledge base: where the duties of its register stand."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from observance.assessment.answers import AssessmentSet, assess, with_supposed_document
from observance.assessment.inputs import AssessmentInputs, RuleBase
from observance.assessment.model import Reading
from observance.core import Settings
from observance.knowledge import Knowledge
from observance.rdf import parse_document, read_source
from observance.register import RegisterService
from oxishacl import Contexts, Source


class AssessmentService:
    """Assesses the duties of one register."""

    def __init__(self, *, knowledge: Callable[[], Knowledge], register: RegisterService, settings: Settings, contexts: Contexts) -> None:
        """Nothing is read before it is needed."""
        self._knowledge, self._register, self._settings, self._contexts = knowledge, register, settings, contexts

    @cached_property
    def rule_base(self) -> RuleBase:
        """The knowledge with its rules and readings."""
        return RuleBase(self._knowledge())

    @property
    def readings(self) -> Mapping[str, Reading]:
        """The readings of the knowledge base by name, the default one first."""
        return self.rule_base.readings

    @cached_property
    def inputs(self) -> AssessmentInputs:
        """The register that is open, else the demo's, ready to be assessed."""
        register = self._register.queried
        return AssessmentInputs(self.rule_base, register.quads, register.declared)

    def assess(
        self, *, as_of: date | None = None, known_at: datetime | None = None, reading: str | None = None, what_if: Path | None = None
    ) -> AssessmentSet:
        """Return where every duty stands at the moment, by default the last one recorded.

        `reading` is a name, or a file that holds a reading; `what_if` names a document that is supposed to be in the register. Raises
        what reading these files raises, NotFoundError for an unknown reading, UsageError for a moment before the instrument,
        InconsistentDataError for rules or a register that contradict themselves.
        """
        own = self._read(Path(reading)) if reading and reading.endswith(".ttl") else ()
        inputs = self.inputs
        if what_if is not None:
            inputs = with_supposed_document(self._read(what_if), case=inputs, as_of=as_of, known_at=known_at)
        return assess(inputs, as_of=as_of, known_at=known_at, reading=reading, own=own)

    def parse(self, source: Source) -> tuple[ox.Quad, ...]:
        """Return the statements of a document or reading that was sent; raises what parsing raises."""
        return parse_document(source, settings=self._settings, contexts=self._contexts).quads

    def _read(self, file: Path) -> tuple[ox.Quad, ...]:
        return self.parse(read_source(file, settings=self._settings))
