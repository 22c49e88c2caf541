"""The knowledge base: a folder with four rooms (`ontology/ shapes/ rules/ queries/`), in a checkout or in the wheel.

Another instrument is another folder with the same rooms; nothing in this module is specific to one. Such a folder imports the program's
vocabulary (`owl:imports` in its `ontology/core.ttl`); the import is resolved to the files that are shipped with the program.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import pyoxigraph as ox
from msgspec import Struct

from observance.core import (
    DEMO,
    ELI,
    HOME,
    OBS,
    OWL,
    PREFIXES,
    RDF,
    RDFS,
    SKOS,
    InconsistentDataError,
    NotFoundError,
    compact,
    local_name,
)
from observance.knowledge import faults
from observance.rdf import StatementTable, read_table, write_table

ROOMS: Final = ("ontology", "shapes", "rules", "queries")
# Folders of examples: their statements are not part of the knowledge.
ILLUSTRATIONS: Final = (Path("shapes") / "examples", Path("queries") / "demo")

CORE: Final = Path("ontology") / "core.ttl"
"""The file of a knowledge folder that declares its own terms and its imports."""
# The files that the import of the vocabulary stands for: its terms, the code lists defined with them, and the words of pages.
_VOCABULARY: Final = (CORE, Path("ontology") / "concepts.ttl", Path("ontology") / "glossary.ttl")
_SUBCLASS: Final = ox.NamedNode(RDFS + "subClassOf")
_IMPORT: Final = (ox.NamedNode(OWL + "imports"), ox.NamedNode(OBS.rstrip("#")))

_PACKAGE: Final = Path(__file__).parents[1]
SCAFFOLD: Final = Path(__file__).parent / "scaffold"
"""The folder of a small, complete knowledge base about an invented instrument, to start another from."""


def find_root(folder: str = "") -> Path:
    """Return the folder with the four rooms: the one named, else the wheel's, else the checkout's.

    Raises NotFoundError if the folder named lacks a room.
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
    """Return the Turtle files of a room in name order, without examples.

    For `ontology`, the files of the imported vocabulary come first.
    """
    illustrations = tuple(f"{root / part}{os.sep}" for part in ILLUSTRATIONS)
    files = tuple(file for file in sorted((root / room).rglob("*.ttl")) if not str(file).startswith(illustrations))
    return (*_imported_files(root), *files) if room == CORE.parts[0] else files


def _imported_files(root: Path) -> tuple[Path, ...]:
    """Return the files of the program's vocabulary if another folder imports it."""
    shipped, core = find_root(), root / CORE
    if is_shipped(root) or not core.is_file():
        return ()
    quads = faults.read_turtle((core,), root=root)
    return tuple(shipped / file for file in _VOCABULARY) if any((q.predicate, q.object) == _IMPORT for q in quads) else ()


class Knowledge(Struct, frozen=True, dict=True):
    """The statements of the rooms `ontology` and `rules`, each file in a graph of its own."""

    root: Path
    statements: StatementTable
    digest: str = ""
    """The digest of the files; empty if it was not computed yet."""

    @classmethod
    def of(cls, root: Path, quads: Iterable[ox.Quad]) -> Self:
        """Return the knowledge that consists of the quads."""
        return cls(root, StatementTable.of(quads))

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The statements as quads, for Oxigraph."""
        return tuple(ox.Quad(*row) for row in self.statements)

    @property
    def subjects(self) -> frozenset[str]:
        """The IRIs that occur as subjects."""
        return self.statements.subjects

    @cached_property
    def own_terms(self) -> frozenset[str]:
        """The subjects in the knowledge's own namespaces."""
        return frozenset(iri for iri in self.subjects if self.owns(iri))

    def owns(self, iri: str) -> bool:
        """Whether the IRI lies in a namespace of the knowledge, which must then declare it; documents of the demo are exempt."""
        return iri.startswith(self._namespaces) and not iri.startswith(DEMO)

    @cached_property
    def prefixes(self) -> Mapping[str, str]:
        """The prefixes of the project and those that the ontologies of the knowledge declare (`vann:preferredNamespacePrefix`)."""
        declared = {
            prefix.value: namespace
            for ontology, prefix in self.statements.pairs(_PREFIX)
            if isinstance(ontology, ox.NamedNode) and isinstance(prefix, ox.Literal)
            for namespace in self.objects(ontology.value, NAMESPACE.value)
        }
        return {**declared, **PREFIXES}

    @cached_property
    def _namespaces(self) -> tuple[str, ...]:
        return namespaces(value for _, value in self.statements.pairs(NAMESPACE))

    def objects(self, subject: str, predicate: str) -> tuple[str, ...]:
        """Return the objects of the statements with this subject and predicate, in file order."""
        objects = self._objects.get((subject, predicate))
        if objects is None:
            objects = self._objects[subject, predicate] = self.statements.values(subject, predicate)
        return objects

    def subclasses(self, iri: str) -> frozenset[str]:
        """Return the class and its subclasses, direct and indirect."""
        classes, todo = set[str](), [iri]
        while todo:
            current = todo.pop()
            if current not in classes:
                classes.add(current)
                todo += self._direct_subclasses.get(current, ())
        return frozenset(classes)

    def subjects_with(self, predicate: str, value: str) -> tuple[str, ...]:
        """Return the subjects of the statements with this predicate and object, in file order."""
        subjects = self._subjects.get((predicate, value))
        if subjects is None:
            subjects = self._subjects[predicate, value] = self.statements.subjects_with(predicate, value)
        return subjects

    def instances(self, iri: str) -> tuple[str, ...]:
        """Return the instances of the class and of its subclasses, in file order for each class."""
        classes = self.subclasses(iri)
        return tuple(dict.fromkeys(s for c in sorted(classes) for s in self.subjects_with(RDF + "type", c)))

    def instrument(self, part: str) -> str | None:
        """Return the instrument that the part of a text belongs to, directly or through other parts; None if it belongs to none."""
        node, visited = part, set[str]()
        while node in self._text_parts and node not in visited:
            visited.add(node)
            node = next(iter(self.objects(node, ELI + "is_part_of")), "")
        return node if node and node not in visited and visited else None

    @cached_property
    def _text_parts(self) -> frozenset[str]:
        return frozenset(self.instances(ELI + "LegalResourceSubdivision"))

    def instrument_name(self, instrument: str) -> str:
        """Return the short name of the instrument: its skos:notation, else its local name."""
        return next(iter(self.objects(instrument, SKOS + "notation")), local_name(instrument))

    @cached_property
    def instruments(self) -> tuple[str, ...]:
        """The instruments with operative paragraphs, sorted by IRI; raises InconsistentDataError if two have the same short name."""
        parts = (self.instrument(paragraph) for paragraph in self.instances(OBS + "OperativeParagraph"))
        instruments = sorted({instrument for instrument in parts if instrument})
        names: dict[str, str] = {}
        for instrument in instruments:
            other = names.setdefault(self.instrument_name(instrument), instrument)
            if other != instrument:
                raise InconsistentDataError(
                    "validate.instrument-name-twice", name=self.instrument_name(instrument), one=compact(other), other=compact(instrument)
                )
        return tuple(instruments)

    @cached_property
    def paragraph_names(self) -> Mapping[str, str]:
        """The names of the operative paragraphs by IRI, in the order of the texts.

        A name is the number of the paragraph; if there are several instruments, the short name of its instrument stands before it, as in
        `ecommerce-2018/2.1`.
        """
        paragraphs = sorted(self.instances(OBS + "OperativeParagraph"), key=self._position)
        return {iri: self.qualified(iri, number, separator="/") for iri in paragraphs for number in self.objects(iri, ELI + "number")}

    def _position(self, part: str) -> tuple[str, int]:
        return self.instrument(part) or "", int(next(iter(self.objects(part, OBS + "position")), "0"))

    def qualified(self, part: str, name: str, *, separator: str) -> str:
        """Return the name of a part of a text, after the short name of its instrument if there are several instruments."""
        instrument = self.instrument(part) if len(self.instruments) > 1 else None
        return f"{self.instrument_name(instrument)}{separator}{name}" if instrument else name

    def paragraph_name(self, part: str) -> str | None:
        """Return the name of an operative paragraph, the number of any other part; None if it has none."""
        return self.paragraph_names.get(part) or next(iter(self.objects(part, ELI + "number")), None)

    @cached_property
    def _objects(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    @cached_property
    def _subjects(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    @cached_property
    def _direct_subclasses(self) -> dict[str, list[str]]:
        subclasses: dict[str, list[str]] = defaultdict(list)
        for narrower, broader in self.statements.pairs(_SUBCLASS):
            if isinstance(broader, ox.NamedNode):
                subclasses[broader.value].append(narrower.value if isinstance(narrower, ox.NamedNode) else "")
        return subclasses


def read_files(paths: tuple[Path, ...], *, root: Path) -> tuple[ox.Quad, ...]:
    """Return the statements of the files; raises InvalidInputError with file, line and column for one that is not Turtle."""
    return faults.read_turtle(paths, root=root)


def digest_rooms(root: Path, *rooms: str) -> str:
    """Return the SHA-256 of the paths and contents of the rooms' files; it does not depend on where the folder is."""
    digest = hashlib.sha256()
    for file in (file for room in rooms for file in room_files(root, room)):
        digest.update(faults.path_of(file, root=root).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def graph_name(file: Path, *, root: Path) -> str:
    """Return the IRI of the graph that holds the file's statements."""
    return faults.graph_name(faults.path_of(file, root=root))


def load_knowledge(root: Path, *, cache: Path | None = None) -> Knowledge:
    """Return the knowledge in the folder; raises InvalidInputError with file, line and column for a file that is not Turtle."""
    rooms = load_rooms(root, "ontology", "rules", cache=cache)
    rooms.store()
    return Knowledge(root, rooms.statements, rooms.digest)


class LoadedRooms(Struct, frozen=True):
    """The statements of rooms, and a function that caches them."""

    statements: StatementTable
    digest: str = ""
    """The digest of the files when they were read; empty without a cache folder."""
    was_cached: bool = False
    store: Callable[[], None] = lambda: None
    """Cache the statements, unless a file changed since it was digested."""


def load_rooms(root: Path, *rooms: str, cache: Path | None = None) -> LoadedRooms:
    """Return the statements of the rooms, from the cache folder if it holds those of the same files, else from the files."""
    digest = digest_rooms(root, *rooms) if cache else ""
    cached = read_table(cache, digest=digest) if cache else None
    if cached is not None:
        return LoadedRooms(cached, digest, was_cached=True)
    table = StatementTable.of(read_files(tuple(file for room in rooms for file in room_files(root, room)), root=root))

    def store() -> None:
        if cache and digest_rooms(root, *rooms) == digest:
            write_table(cache, table, digest=digest)

    return LoadedRooms(table, digest, store=store)


NAMESPACE: Final = ox.NamedNode(PREFIXES["vann"] + "preferredNamespaceUri")
"""The property by which an ontology declares its namespace."""
_PREFIX: Final = ox.NamedNode(PREFIXES["vann"] + "preferredNamespacePrefix")


def namespaces(values: Iterable[object]) -> tuple[str, ...]:
    """Return the program's own namespace and those among these values of vann:preferredNamespaceUri."""
    declared = {value.value for value in values if isinstance(value, ox.Literal)}
    return (HOME, *sorted(iri for iri in declared if iri and not iri.startswith(HOME)))
