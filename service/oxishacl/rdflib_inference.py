"""A data graph with what an ontology defines and with what follows from it, as pySHACL's options `ont_graph` and `inference` ask."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import rdflib.term
from rdflib import OWL, RDF, RDFS, BNode, Dataset, Graph, URIRef

from oxishacl.errors import UsageError
from oxishacl.rdflib_graphs import Triple, blank_node_triples, triples, union

_DEFINED_BY: Final = (str(RDFS), str(OWL))
"""The namespaces whose classes and properties define: what an ontology says with them is added to the data."""

# pySHACL's names of the graphs of a dataset to which it adds.
_ONTOLOGY_GRAPH: Final = URIRef("urn:pyshacl:inoculation")
_INFERENCE_GRAPH: Final = URIRef("urn:pyshacl:inference")

_SEMANTICS: Final = {
    "rdfs": "RDFSClosure.RDFS_Semantics", "owlrl": "OWLRL.OWLRL_Semantics",
    "both": "CombinedClosure.RDFS_OWLRL_Semantics", "all": "CombinedClosure.RDFS_OWLRL_Semantics",
    "rdfsowlrl": "CombinedClosure.RDFS_OWLRL_Semantics",
}  # fmt: skip
"""The module and the class of the library owlrl for each value of `inference`."""


def expanded(data: Graph, *, ontology: Graph | None, inference: str | None, inplace: bool) -> Graph:
    """The data graph itself where nothing is added, else one graph of its triples and of those that are added.

    With `inplace` these are added to the data graph too. Raises UsageError for an inference that is not known or cannot be run.
    """
    if inference not in {None, "", "none", *_SEMANTICS}:
        raise UsageError("option-refused", option="inference", value=repr(inference))
    if ontology is None and inference not in _SEMANTICS:
        return data
    whole = union([data] if ontology is None else [data, _prefixes(ontology)])
    defined = [] if ontology is None else list(definitions(ontology))
    for triple in defined:
        whole.add(triple)
    inferred = list(_inferred(whole, inference)) if inference in _SEMANTICS else []
    for triple in inferred:
        whole.add(triple)
    if inplace:
        _add(data, defined, name=_ONTOLOGY_GRAPH)
        _add(data, inferred, name=_INFERENCE_GRAPH)
    return whole


def _prefixes(graph: Graph) -> Graph:
    """A graph without triples that has the prefixes of the graph."""
    empty = Graph(bind_namespaces="none")
    for prefix, namespace in graph.namespaces():
        empty.bind(prefix, namespace)
    return empty


def _add(graph: Graph, added: list[Triple], *, name: URIRef) -> None:
    target = graph.graph(name) if isinstance(graph, Dataset) and added else graph
    for triple in added:
        target.add(triple)


def definitions(ontology: Graph) -> Iterator[Triple]:
    """What the ontology says with the classes and properties of RDFS and OWL, and all that it says about an owl:NamedIndividual."""
    individuals = {subject for subject, _, _ in triples(ontology, (None, RDF.type, OWL.NamedIndividual))}
    for triple in triples(ontology):
        subject, predicate, target = triple
        defines = str(target if predicate == RDF.type else predicate).startswith(_DEFINED_BY)
        if defines or subject in individuals or target in individuals:
            yield triple
            for node in (subject, target):
                if isinstance(node, BNode):
                    yield from blank_node_triples(node, ontology)


@contextmanager
def unchanged_conversions() -> Iterator[None]:
    """Restore rdflib's conversions of literals, which owlrl replaces for the whole process, and puts back only in part."""
    conversions = dict(rdflib.term._toPythonMapping)
    try:
        yield
    finally:
        rdflib.term._toPythonMapping.clear()
        rdflib.term._toPythonMapping.update(conversions)


def _inferred(graph: Graph, inference: Any) -> Iterator[Triple]:
    """The triples that owlrl infers from the graph by the rules of RDFS, of OWL 2 RL, or of both, and that it does not have."""
    try:
        owlrl = importlib.import_module("owlrl")
    except ImportError:
        raise UsageError("no-library", library="owlrl", purpose=f"inference={inference!r}") from None
    module, _, name = _SEMANTICS[inference].partition(".")
    semantics = getattr(getattr(owlrl, module), name)
    if inference == "rdfs":
        # RDFS's rules once for all literals add a blank node for each of them: as in pySHACL, these are left out.
        semantics = type(name, (semantics,), {"one_time_rules": lambda _: None})
    closure = union([graph])
    with unchanged_conversions():
        owlrl.DeductiveClosure(semantics).expand(closure)
    yield from (triple for triple in closure if triple not in graph)
