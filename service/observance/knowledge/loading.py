"""The knowledge base: a folder with four rooms (`ontology/ shapes/ rules/ queries/`), in a checkout or in the wheel.

Another instrument is another folder with the same rooms; nothing here knows this one. It speaks the vocabulary that the
program is written for by importing it (`owl:imports` in its `ontology/core.ttl`): the import is answered from what is shipped.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import pyoxigraph as ox
from msgspec import Struct

from observance.core import DEMO, HOME, OBS, OWL, PREFIXES, RDF, RDFS, NotFoundError
from observance.knowledge import faults
from observance.rdf import StatementTable, read_table, write_table

ROOMS: Final = ("ontology", "shapes", "rules", "queries")
# What lies in a room to be looked at, not believed.
ILLUSTRATIONS: Final = (Path("shapes") / "examples", Path("queries") / "demo")

CORE: Final = Path("ontology") / "core.ttl"
"""The file of a knowledge folder's own terms, and of its imports."""
# What the import of the vocabulary brings: its terms and the code lists that are defined with them.
_VOCABULARY: Final = (CORE, Path("ontology") / "concepts.ttl")
_SUBCLASS: Final = ox.NamedNode(RDFS + "subClassOf")
_IMPORT: Final = (ox.NamedNode(OWL + "imports"), ox.NamedNode(OBS.rstrip("#")))

_PACKAGE: Final = Path(__file__).parents[1]


def find_root(folder: str = "") -> Path:
    """The folder with the four rooms: the one named, else the wheel's, else the checkout's.

    Raises NotFoundError when a room is missing from the folder named.
    """
    if folder:
        root = Path(folder)
        missing = [room for room in ROOMS if not (root / room).is_dir()]
        if missing:
            raise NotFoundError("validate.no-rooms", folder=folder, missing=", ".join(missing))
        return root
    shipped = _PACKAGE / "_knowledge"
    return shipped if shipped.is_dir() else _PACKAGE.parents[1]


def is_shipped(root: Path) -> bool:
    """Whether this is the folder of the knowledge that comes with the program."""
    return root.resolve() == find_root().resolve()


def room_files(root: Path, room: str) -> tuple[Path, ...]:
    """The Turtle files of a room in name order, without those that only illustrate, after those that the program lends to it."""
    illustrations = tuple(f"{root / part}{os.sep}" for part in ILLUSTRATIONS)
    own = tuple(file for file in sorted((root / room).rglob("*.ttl")) if not str(file).startswith(illustrations))
    return (*_lent(root), *own) if room == CORE.parts[0] else own


def _lent(root: Path) -> tuple[Path, ...]:
    """The files of the program's own vocabulary, for another folder that imports it."""
    shipped, core = find_root(), root / CORE
    if is_shipped(root) or not core.is_file():
        return ()
    quads = faults.read_turtle((core,), root=root)
    return tuple(shipped / file for file in _VOCABULARY) if any((q.predicate, q.object) == _IMPORT for q in quads) else ()


class Knowledge(Struct, frozen=True, dict=True):
    """What the rooms `ontology` and `rules` say, each file in a graph of its own."""

    root: Path
    statements: StatementTable
    digest: str = ""
    """The digest of the files, where it is known already."""

    @classmethod
    def of(cls, root: Path, quads: Iterable[ox.Quad]) -> Self:
        """The knowledge that the quads are."""
        return cls(root, StatementTable.of(quads))

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The statements as quads, for Oxigraph."""
        return tuple(ox.Quad(*row) for row in self.statements)

    @property
    def subjects(self) -> frozenset[str]:
        """Every IRI about which the knowledge says something."""
        return self.statements.subjects

    @cached_property
    def own(self) -> frozenset[str]:
        """Those of its subjects that are terms of its own: what a document names of them exists here or nowhere."""
        return frozenset(iri for iri in self.subjects if self.owns(iri))

    def owns(self, iri: str) -> bool:
        """Whether the IRI lies in a namespace of the knowledge, so that it should exist; the demo's documents are data."""
        return iri.startswith(self._namespaces) and not iri.startswith(DEMO)

    @cached_property
    def _namespaces(self) -> tuple[str, ...]:
        return namespaces(value for _, value in self.statements.pairs(NAMESPACE))

    def objects(self, subject: str, predicate: str) -> tuple[str, ...]:
        """The objects of the statements with this subject and predicate, in file order."""
        found = self._objects.get((subject, predicate))
        if found is None:
            found = self._objects[subject, predicate] = self.statements.values(subject, predicate)
        return found

    def subclasses(self, iri: str) -> frozenset[str]:
        """The class itself and every class below it."""
        found, todo = set[str](), [iri]
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                todo += self._below.get(current, ())
        return frozenset(found)

    def holders(self, predicate: str, value: str) -> tuple[str, ...]:
        """The subjects of the statements with this predicate and object, in file order."""
        found = self._holders.get((predicate, value))
        if found is None:
            found = self._holders[predicate, value] = self.statements.holders(predicate, value)
        return found

    def instances(self, iri: str) -> tuple[str, ...]:
        """What is typed by the class or one below it, in file order."""
        classes = self.subclasses(iri)
        return tuple(dict.fromkeys(s for c in sorted(classes) for s in self.holders(RDF + "type", c)))

    @cached_property
    def _objects(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    @cached_property
    def _holders(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        below: dict[str, list[str]] = defaultdict(list)
        for narrower, broader in self.statements.pairs(_SUBCLASS):
            if isinstance(broader, ox.NamedNode):
                below[broader.value].append(narrower.value if isinstance(narrower, ox.NamedNode) else "")
        return below


def read_files(paths: tuple[Path, ...], *, root: Path) -> tuple[ox.Quad, ...]:
    """The statements of the files; raises InvalidInputError with file, line and column for one that is not Turtle."""
    return faults.read_turtle(paths, root=root)


def digest_rooms(root: Path, *named: str) -> str:
    """The SHA-256 of the rooms' files, each by its path and content: the same wherever the same knowledge lies."""
    found = hashlib.sha256()
    for file in (file for room in named for file in room_files(root, room)):
        found.update(faults.path_of(file, root=root).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def graph_name(file: Path, *, root: Path) -> str:
    """The IRI of the graph that holds the file's statements."""
    return faults.graph_name(faults.path_of(file, root=root))


def load_knowledge(root: Path, *, cache: Path | None = None) -> Knowledge:
    """The knowledge in the folder; raises InvalidInputError with file, line and column for a file that is not Turtle."""
    found = load_rooms(root, "ontology", "rules", cache=cache)
    found.store()
    return Knowledge(root, found.statements, found.digest)


class LoadedRooms(Struct, frozen=True):
    """What rooms say, and how to keep it for the next run."""

    statements: StatementTable
    digest: str = ""
    """The digest of the files when they were read; empty where nothing is kept."""
    was_cached: bool = False
    store: Callable[[], None] = lambda: None
    """They are kept, if the files are still the same: one that changed meanwhile was perhaps read otherwise than it was digested."""


def load_rooms(root: Path, *named: str, cache: Path | None = None) -> LoadedRooms:
    """What the rooms named say, from what a cache folder keeps of these very files, else from the files, as `read` gives it."""
    made_from = digest_rooms(root, *named) if cache else ""
    known = read_table(cache, digest=made_from) if cache else None
    if known is not None:
        return LoadedRooms(known, made_from, was_cached=True)
    fresh = StatementTable.of(read_files(tuple(file for room in named for file in room_files(root, room)), root=root))

    def keep() -> None:
        if cache and digest_rooms(root, *named) == made_from:
            write_table(cache, fresh, digest=made_from)

    return LoadedRooms(fresh, made_from, store=keep)


NAMESPACE: Final = ox.NamedNode(PREFIXES["vann"] + "preferredNamespaceUri")
"""By it, an ontology declares its own namespace."""


def namespaces(values: Iterable[object]) -> tuple[str, ...]:
    """The program's own namespace, and those that are declared with these values of vann:preferredNamespaceUri."""
    declared = {value.value for value in values if isinstance(value, ox.Literal)}
    return (HOME, *sorted(iri for iri in declared if iri and not iri.startswith(HOME)))
