"""The child process for the Java virtual machine: the OWL API and HermiT, from owlready2's jar.

A process can start a JVM only once, so each call is a process of its own:
`python -m observance.knowledge.owlapi JAR LIBJVM profile` or `… justify [IRI]`, RDF/XML on stdin, JSON on stdout.
The jar holds the OWL API 3, whose RDF/XML parser is the most faithful of its parsers.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final

# The getters for the entity that an axiom is about, in the order in which they are tried.
_SUBJECTS: Final = ("getSubClass", "getOWLClass", "getSubject", "getIndividual", "getSubProperty", "getProperty", "getEntity")
# The getters that every violation has, none of which returns the expression at fault.
_COMMON: Final = frozenset({"getClass", "getOntologyID", "getAxiom", "getImportsClosure", "getDocumentIRI", "getOWLAnnotation"})


def main(arguments: Sequence[str]) -> None:
    """Run one task and write its result as JSON to the original stdout of the process."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Java libraries print to stdout, which is reserved for the result
    jar, libjvm, task, *rest = arguments
    document = sys.stdin.buffer.read().decode("utf-8")
    jpype = import_module("jpype")
    jpype.startJVM(libjvm, "-Xmx1g", "--enable-native-access=ALL-UNNAMED", classpath=[jar], convertStrings=True)
    ontology = _load(jpype, document)
    result = _profile(jpype, ontology) if task == "profile" else _justify(jpype, ontology, rest[0] if rest else None)
    with output:
        json.dump(result, output)
    os._exit(0)  # nothing is left to save, and a JVM's own shutdown is slow


def _load(jpype: Any, document: str) -> Any:
    manager = jpype.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    source = jpype.JClass("org.semanticweb.owlapi.io.StringDocumentSource")(document)
    return manager.loadOntologyFromOntologyDocument(source)


def _profile(jpype: Any, ontology: Any) -> list[dict[str, str]]:
    """Return each violation of OWL 2 RL: its kind, the node it is about, the expression at fault and the axiom."""
    report = jpype.JClass("org.semanticweb.owlapi.profiles.OWL2RLProfile")().checkOntology(ontology)
    name = ontology.getOntologyID().getOntologyIRI()
    header = "" if name is None else str(name.toString())
    return [_violation(violation, header=header) for violation in report.getViolations()]


def _violation(violation: Any, *, header: str) -> dict[str, str]:
    kind = type(violation).__name__.rpartition(".")[2]
    axiom = violation.getAxiom()
    node = header if axiom is None else _subject(axiom)
    if kind == "IllegalPunning":  # the only violation without a getter for its entity, which only its message names
        match = re.search(r"<([^>]+)>", str(violation.toString()))
        node = match[1] if match else node
    return {"kind": kind, "node": node, "expression": _expression(violation), "axiom": "" if axiom is None else str(axiom.toString())}


def _expression(violation: Any) -> str:
    getters = sorted(name for name in dir(violation) if name.startswith("get") and name not in _COMMON)
    values = (getattr(violation, name)() for name in getters)
    return next((str(value.toString()) for value in values if value is not None), "")


def _subject(axiom: Any) -> str:
    for getter in _SUBJECTS:
        value = getattr(axiom, getter)() if hasattr(axiom, getter) else None
        iri = None if value is None else _iri(value)
        if iri is not None:
            return iri
    entities = getattr(axiom, "getNamedClasses", axiom.getSignature)()
    return min((str(entity.getIRI().toString()) for entity in entities or axiom.getSignature()), default="")


def _iri(value: Any) -> str | None:
    """Return the IRI of a named entity, None for an expression or a blank node."""
    if hasattr(value, "isAnonymous") and value.isAnonymous():
        return None
    if hasattr(value, "getIRI"):
        return str(value.getIRI().toString())
    return str(value.toString()) if hasattr(value, "toURI") else None


def _justify(jpype: Any, ontology: Any, unsatisfiable: str | None) -> list[dict[str, str]]:
    """Return a minimal set of axioms that makes the class unsatisfiable, or the ontology inconsistent."""
    axioms = sorted(ontology.getLogicalAxioms(), key=lambda axiom: str(axiom.toString()))
    fails = _failure_test(jpype, unsatisfiable)
    if not fails(axioms):
        return []
    return [{"node": _subject(axiom), "axiom": str(axiom.toString())} for axiom in quickxplain([], axioms, fails=fails)]


def _failure_test(jpype: Any, unsatisfiable: str | None) -> Callable[[Sequence[Any]], bool]:
    manager = jpype.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    reasoner_class = jpype.JClass("org.semanticweb.HermiT.Reasoner")
    settings = jpype.JClass("org.semanticweb.HermiT.Configuration")()
    settings.ignoreUnsupportedDatatypes = True
    iri = jpype.JClass("org.semanticweb.owlapi.model.IRI")

    def fails(axioms: Sequence[Any]) -> bool:
        ontology = manager.createOntology(jpype.java.util.HashSet(axioms))
        try:
            reasoner = reasoner_class(settings, ontology)
            if unsatisfiable is None:
                return not reasoner.isConsistent()
            return not reasoner.isSatisfiable(manager.getOWLDataFactory().getOWLClass(iri.create(unsatisfiable)))
        finally:
            manager.removeOntology(ontology)

    return fails


def quickxplain(
    background: list[Any], constraints: list[Any], *, fails: Callable[[Sequence[Any]], bool], has_delta: bool = False
) -> list[Any]:
    """Return a subset of the constraints, minimal by inclusion, that fails together with the background.

    `has_delta` says whether the background grew since it was last tested (QuickXplain: Junker 2004, algorithm 1).
    """
    if has_delta and fails(background):
        return []
    if len(constraints) == 1:
        return constraints
    middle = len(constraints) // 2
    first, second = constraints[:middle], constraints[middle:]
    from_second = quickxplain(background + first, second, fails=fails, has_delta=bool(first))
    from_first = quickxplain(background + from_second, first, fails=fails, has_delta=bool(from_second))
    return from_first + from_second


if __name__ == "__main__":
    main(sys.argv[1:])
