"""Questions as examples of queries, in the vocabulary with which editors of SPARQL read them (SHACL, section 5.3, as used by SIB)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from observance.core import PREFIXES, RDF, RDFS, SH
from observance.questions.catalogue import query_form
from observance.questions.model import Question

_EXECUTABLES: Final = {
    "SELECT": ("SPARQLSelectExecutable", "select"),
    "ASK": ("SPARQLAskExecutable", "ask"),
    "CONSTRUCT": ("SPARQLConstructExecutable", "construct"),
}
"""The class of a query of each form, and the property with its text; there are none for DESCRIBE."""


def question_examples(questions: Iterable[tuple[Question, str]], *, address: Callable[[str], str], endpoint: str) -> Iterator[ox.Triple]:
    """The triples about the questions, each with its text; `address` gives the address of the question of a name."""
    for question, text in questions:
        executable = _EXECUTABLES.get(query_form(text))
        if executable is None:
            continue
        kind, written = executable
        node = ox.NamedNode(address(question.name))
        for name in ("SPARQLExecutable", kind):
            yield ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + name))
        yield ox.Triple(node, ox.NamedNode(SH + written), ox.Literal(text))
        yield ox.Triple(node, ox.NamedNode(PREFIXES["schema"] + "target"), ox.NamedNode(endpoint))
        for lang, summary in question.summary.items():
            yield ox.Triple(node, ox.NamedNode(RDFS + "comment"), ox.Literal(summary, language=lang))
