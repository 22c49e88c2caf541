"""The prefixes that a query of a shape may use (SHACL 1.0, section 5.2.1)."""

from collections.abc import Mapping

import pyoxigraph as ox

from observance.core.errors import InvalidInputError
from oxishacl.data_graph import Index
from oxishacl.terms import IMPORTS, Term, sh, shown


def declared(node: Term, *, graph: Index) -> Mapping[str, str]:
    """5.2.1: « the values of the SPARQL property path sh:prefixes/owl:imports*/sh:declare »; one namespace for each prefix."""
    found: dict[str, str] = {}
    ontologies = dict.fromkeys(each for start in graph.objects(node, sh("prefixes")) for each in graph.closure(start, IMPORTS))
    for declaration in (each for ontology in ontologies for each in graph.objects(ontology, sh("declare"))):
        prefix, namespace = graph.one(declaration, sh("prefix")), graph.one(declaration, sh("namespace"))
        if not isinstance(prefix, ox.Literal) or not isinstance(namespace, ox.Literal):
            raise InvalidInputError("shacl.prefix", shape=shown(node), prefix=shown(prefix))
        if found.setdefault(prefix.value, namespace.value) != namespace.value:
            raise InvalidInputError("shacl.prefix", shape=shown(node), prefix=prefix.value)
    return found
