"""Faults of the knowledge and the files that they are in: the values that the checks of `observance check` return."""

import codecs
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import pyoxigraph as ox
from msgspec import Struct

from observance.core import HOME, LANGUAGES, OWL, RDF, InvalidInputError, translate

IMPORTED: Final = "observance/"
"""The path below which the files of the imported vocabulary are listed."""

_FILE: Final = HOME + "graphs/knowledge/"
_TYPE: Final = RDF + "type"
_IMPORTS: Final = OWL + "imports"


class Fault(Struct, frozen=True):
    """A fault of the knowledge.

    `file` is the file's path below the knowledge folder, None if no file describes the node; `node` a full IRI, or
    `_:label` for a blank node that no IRI leads to; `rule` names the check; `detail` maps a language to what to do.
    """

    file: str | None
    node: str
    rule: str
    detail: Mapping[str, str]


def sort_key(fault: Fault) -> tuple[str, str, str, str]:
    """Return the key that orders faults in the same way in every run."""
    return fault.file or "", fault.node, fault.rule, fault.detail["en"]


def detail(key: str, /, **values: object) -> dict[str, str]:
    """Return the message in every language."""
    return {lang: translate(key, lang, **values) for lang in LANGUAGES}


def read_turtle(files: Iterable[Path], *, root: Path) -> tuple[ox.Quad, ...]:
    """Return the quads of the Turtle files, each file in a graph of its own that is named by its path below the root.

    Raises InvalidInputError with file, line and column for the first file that is not Turtle.
    """
    return tuple(quad for file in files for quad in _read(file, path=path_of(file, root=root)))


def path_of(file: Path, *, root: Path) -> str:
    """Return the file's path below the knowledge folder; for a file of the imported vocabulary `IMPORTED`, room and name."""
    try:
        return file.relative_to(root).as_posix()
    except ValueError:
        return IMPORTED + "/".join(file.parts[-2:])


def graph_name(path: str) -> str:
    """Return the IRI of the graph of the file with this path below the knowledge folder."""
    return _FILE + quote(path)


def _read(file: Path, *, path: str) -> Iterable[ox.Quad]:
    graph = ox.NamedNode(graph_name(path))
    try:
        # Blank nodes are renamed because `_:a` in two files is not the same node.
        content = file.read_bytes().removeprefix(codecs.BOM_UTF8)
        for quad in ox.parse(content, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)
    except SyntaxError as error:
        line, column = error.lineno or 0, error.offset or 0
        raise InvalidInputError("check.syntax", file=path, line=line, column=column, reason=error.msg) from None
    except (OSError, ValueError) as error:
        raise InvalidInputError("check.unreadable", file=path, reason=error) from None


class FaultLocator:
    """Finds the files whose graphs have a node as a subject, and the IRI that leads to a blank node."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        """Index the quads; if several files describe a node, the file that types it counts, else the first by name."""
        self._files: dict[str, tuple[bool, str]] = {}
        self._parents: dict[str, str] = {}
        for quad in quads:
            subject, file = term_text(quad.subject), file_of(quad.graph_name)
            if file is not None:
                rank = (quad.predicate.value != _TYPE, file)
                self._files[subject] = min(rank, self._files.get(subject, rank))
            if isinstance(quad.object, ox.BlankNode):
                self._parents[term_text(quad.object)] = subject

    def owner(self, node: str) -> str:
        """Return the node itself, or the nearest IRI that leads to a blank node."""
        seen = {node}
        while node.startswith("_:") and node in self._parents and self._parents[node] not in seen:
            node = self._parents[node]
            seen.add(node)
        return node

    def file(self, node: str) -> str | None:
        """Return the path of the file that describes the node, None if none does."""
        rank = self._files.get(node)
        return rank[1] if rank else None

    def fault(self, node: str, rule: str, sentence: Mapping[str, str]) -> Fault:
        """Return the fault at the node or, for a blank node, at the node that owns it."""
        owner = self.owner(node)
        return Fault(self.file(node) or self.file(owner), owner, rule, sentence)


def file_of(graph: object) -> str | None:
    """Return the path of the file whose graph has this name; None for the default graph."""
    return unquote(graph.value.removeprefix(_FILE)) if isinstance(graph, ox.NamedNode) else None


def term_text(term: object) -> str:
    """Return the IRI, `_:label`, or the literal's lexical form."""
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    return str(term)


def without_imports(quads: Iterable[ox.Quad], *, syntax: ox.RdfFormat) -> bytes:
    """Serialise the triples without `owl:imports`, whose ontologies a reader would fetch."""
    triples = [quad.triple for quad in quads if quad.predicate.value != _IMPORTS]
    return ox.serialize(triples, format=syntax) or b""
