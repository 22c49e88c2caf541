"""Where the duties of a register stand: the assessments that a knowledge base answers."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from observance.core import Settings
from observance.knowledge import KnowledgeLookup
from observance.rdf import parse_document, read_source
from observance.register import Register
from oxishacl import Contexts

# Validating needs none of these; importing them takes as long as validating does.
if TYPE_CHECKING:
    from datetime import date, datetime

    from observance.assessment import AssessmentInputs, AssessmentSet
    from observance.datasets import DatasetRequest as Layers
    from observance.notifications import TransmissionPlan
    from observance.submissions import ShapesGraph


class AssessmentQueries(KnowledgeLookup):
    """The assessments of one knowledge base over the register that is asked."""

    settings: Settings

    @cached_property
    def contexts(self) -> Contexts:
        """The JSON-LD contexts that are known; the class that inherits says which."""
        raise NotImplementedError

    @cached_property
    def _queried_register(self) -> Register:
        raise NotImplementedError

    @cached_property
    def shapes(self) -> ShapesGraph:
        """The shapes of the knowledge base; the class that inherits reads them."""
        raise NotImplementedError

    @cached_property
    def case(self) -> AssessmentInputs:
        """The register that is open, else the demo's, ready to be assessed."""
        from observance.assessment import AssessmentInputs, RuleBase

        return AssessmentInputs(RuleBase(self.knowledge), self._queried_register.quads, self._queried_register.declared)

    def assess(
        self, *, as_of: date | None = None, known_at: datetime | None = None, reading: str | None = None, what_if: Path | None = None
    ) -> AssessmentSet:
        """Where every duty stands at the moment, by default the last one recorded; `reading`: a name, or a file that holds one.

        `what_if` names a document that is supposed to be in the register. Raises what reading these files raises, NotFoundError for an
        unknown reading, UsageError for a moment before the instrument, InconsistentDataError for rules or a register that
        contradict themselves.
        """
        from observance.assessment import assess, with_supposed_document

        own = self._quads(Path(reading)) if reading and reading.endswith(".ttl") else ()
        case = (
            self.case if what_if is None else with_supposed_document(self._quads(what_if), case=self.case, as_of=as_of, known_at=known_at)
        )
        return assess(case, as_of=as_of, known_at=known_at, reading=reading, own=own)

    def relay(self, *, as_of: date | None = None, known_at: datetime | None = None, reading: str | None = None) -> TransmissionPlan:
        """Who is to receive what was notified, who did and who is missing, from what the rules conclude; raises what `assess` raises."""
        return self.planned(self.assess(as_of=as_of, known_at=known_at, reading=reading))

    def planned(self, found: AssessmentSet) -> TransmissionPlan:
        """The same from answers that there are already."""
        from observance.notifications import plan_transmissions

        return plan_transmissions(found)

    def _quads(self, file: Path) -> tuple[ox.Quad, ...]:
        return parse_document(read_source(file, settings=self.settings), settings=self.settings, contexts=self.contexts).quads

    def layers(self, wanted: Layers) -> bytes:
        """What the layers of a question hold, as N-Triples; worked out here, without a deadline."""
        from observance.datasets import dataset_triples

        return ox.serialize(dataset_triples(wanted, case=self.case, results=self._results), format=ox.RdfFormat.N_TRIPLES) or b""

    def _results(self, parties: frozenset[str]) -> tuple[ox.Triple, ...]:
        """The results of validating the documents that hold something of these parties (none: all), each against the others."""
        from observance.submissions import register_results

        return register_results(self._queried_register, parties=parties, knowledge=self.knowledge, shapes=self.shapes)
