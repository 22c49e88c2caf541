"""Which statement a result is about, and where in its document that stands."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.parsing.source import Place
from oxishacl.positions import SourcePositions

Term = ox.NamedNode | ox.BlankNode | ox.Literal


class LocatedQuad(Struct, frozen=True):
    """A quad by its number in the data graph; `subject_only`: only its subject is meant."""

    number: int
    subject_only: bool = False


class QuadFinder:
    """Finds the quad of a data graph that a result is about."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self._quads = tuple(quads)
        self._by_subject: dict[Term, list[int]] = defaultdict(list)
        self._by_object: dict[Term, list[int]] = defaultdict(list)
        for number, quad in enumerate(self._quads):
            self._by_subject[quad.subject].append(number)  # type: ignore[index]
            self._by_object[quad.object].append(number)  # type: ignore[index]

    def find(self, focus: Term, *, path: Term | None, value: Term | None) -> LocatedQuad | None:
        """The statement focus–path–value; else one of the focus node with the path; else the subject of its first statement."""
        own = self._by_subject.get(focus, ())
        stated = self._stated(own, path=path, value=value) if value is not None or path is not None else None
        if stated is not None:
            return LocatedQuad(stated)
        if own:
            return LocatedQuad(own[0], subject_only=True)
        named = self._by_object.get(focus, ())
        return LocatedQuad(named[0]) if named else None

    def _stated(self, own: Sequence[int], *, path: Term | None, value: Term | None) -> int | None:
        quads = self._quads
        with_path = [number for number in own if quads[number].predicate == path]
        if value is None:
            return with_path[-1] if with_path else None
        candidates = (
            *(number for number in with_path if quads[number].object == value),
            *(number for number in own if quads[number].object == value),
            *(number for number in own if value in (quads[number].predicate, getattr(quads[number].object, "datatype", None))),
            *(self._by_object.get(value, ()) if path is not None and value not in self._by_subject else ()),
        )
        return next(iter(candidates), None)


class PositionFinder:
    """Finds where in one document the statement stands that a result is about."""

    def __init__(self, quads: Iterable[ox.Quad], *, positions: SourcePositions) -> None:
        self._quads, self._positions = QuadFinder(quads), positions

    def place(self, focus: Term, *, path: Term | None, value: Term | None) -> Place | None:
        """Where the statement is that `QuadFinder.find` gives; None for a node that the document does not name."""
        found = self._quads.find(focus, path=path, value=value)
        if found is None:
            return None
        return self._positions.of_subject(found.number) if found.subject_only else self._positions.of(found.number)
