"""What is wrong with the knowledge itself, and in which file: the values that the checks of `observance check` give back."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import pyoxigraph as ox
from msgspec import Struct

from observance.core import LANGUAGES, OWL, RDF, InvalidInputError, translate

BORROWED: Final = "observance/"
"""Below this path are the files that a knowledge folder has from the program."""

_FILE: Final = "file:"
_TYPE: Final = RDF + "type"
_IMPORTS: Final = OWL + "imports"


class Fault(Struct, frozen=True):
    """One fault of the knowledge.

    `file` is the file's path below the knowledge folder, None where no file holds the node; `node` a full IRI, or
    `_:label` for a blank node that no IRI leads to; `rule` names the check; `detail` maps a language to what to do.
    """

    file: str | None
    node: str
    rule: str
    detail: Mapping[str, str]


def sort_key(fault: Fault) -> tuple[str, str, str, str]:
    """The key that puts faults into one order whatever found them first."""
    return fault.file or "", fault.node, fault.rule, fault.detail["en"]


def detail(phrase: str, /, **values: object) -> dict[str, str]:
    """The phrase in every language."""
    return {lang: translate(phrase, lang, **values) for lang in LANGUAGES}


def read_turtle(files: Iterable[Path], *, root: Path) -> tuple[ox.Quad, ...]:
    """The quads of the Turtle files, each file in a graph of its own that is named by its path below the root.

    Raises InvalidInputError with file, line and column for the first file that is not Turtle.
    """
    return tuple(quad for file in files for quad in _read(file, name=path_of(file, root=root)))


def path_of(file: Path, *, root: Path) -> str:
    """The file's path below the knowledge folder; a file that the program lends to it is below `LENT`, by room and name."""
    try:
        return file.relative_to(root).as_posix()
    except ValueError:
        return BORROWED + "/".join(file.parts[-2:])


def graph_name(name: str) -> str:
    """The IRI of the graph of the file with this path below the knowledge folder."""
    return _FILE + quote(name)


def _read(file: Path, *, name: str) -> Iterable[ox.Quad]:
    graph = ox.NamedNode(graph_name(name))
    try:
        # Two files may both have a node `_:a`, which are not the same node.
        for quad in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)
    except SyntaxError as error:
        line, column = error.lineno or 0, error.offset or 0
        raise InvalidInputError("check.syntax", file=name, line=line, column=column, reason=error.msg) from None
    except (OSError, ValueError) as error:
        raise InvalidInputError("check.unreadable", file=name, reason=error) from None


class FaultLocator:
    """Where each node is: the files whose graphs have it as a subject, and for blank nodes the IRI that leads to them."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        """Index the quads; of several files that speak about a node, the one that types it counts, else the first by name."""
        self._files: dict[str, tuple[bool, str]] = {}
        self._parents: dict[str, str] = {}
        for quad in quads:
            subject, file = text(quad.subject), file_of(quad.graph_name)
            if file is not None:
                rank = (quad.predicate.value != _TYPE, file)
                self._files[subject] = min(rank, self._files.get(subject, rank))
            if isinstance(quad.object, ox.BlankNode):
                self._parents[text(quad.object)] = subject

    def owner(self, node: str) -> str:
        """The node itself, or the nearest IRI that leads to a blank node."""
        seen = {node}
        while node.startswith("_:") and node in self._parents and self._parents[node] not in seen:
            node = self._parents[node]
            seen.add(node)
        return node

    def file(self, node: str) -> str | None:
        """The file that says something about the node."""
        place = self._files.get(node)
        return place[1] if place else None

    def fault(self, node: str, rule: str, sentence: Mapping[str, str]) -> Fault:
        """The fault at the node or, for a blank node, at the node it belongs to."""
        owner = self.owner(node)
        return Fault(self.file(node) or self.file(owner), owner, rule, sentence)


def file_of(graph: object) -> str | None:
    """The path of the file whose graph has this name; None for the default graph."""
    return unquote(graph.value.removeprefix(_FILE)) if isinstance(graph, ox.NamedNode) else None


def text(term: object) -> str:
    """The IRI, `_:label`, or the literal's lexical form."""
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    return str(term)


def without_imports(quads: Iterable[ox.Quad], *, syntax: ox.RdfFormat) -> bytes:
    """The triples as one document, but for `owl:imports`: whatever reads it would go and fetch the ontology named."""
    triples = [quad.triple for quad in quads if quad.predicate.value != _IMPORTS]
    return ox.serialize(triples, format=syntax) or b""
