"""Which statement of a document a finding is about."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from oxishacl.parsing.source import Place
from oxishacl.positions import SourcePositions

Term = ox.NamedNode | ox.BlankNode | ox.Literal


class PositionFinder:
    """Finds the statement of a document that a finding is about."""

    def __init__(self, quads: Iterable[ox.Quad], *, positions: SourcePositions) -> None:
        self._positions = positions
        self._quads = tuple(quads)
        self._by_subject: dict[Term, list[int]] = defaultdict(list)
        self._by_object: dict[Term, list[int]] = defaultdict(list)
        for place, quad in enumerate(self._quads):
            self._by_subject[quad.subject].append(place)  # type: ignore[index]
            self._by_object[quad.object].append(place)  # type: ignore[index]

    def place(self, focus: Term, *, path: Term | None, value: Term | None) -> Place | None:
        """Where the statement focus–path–value is; else one of the focus node with the path; else where its first statement begins."""
        own = self._by_subject.get(focus, ())
        stated = self._stated(own, path=path, value=value) if value is not None or path is not None else None
        if stated is not None:
            return self._positions.of(stated)
        if own:
            return self._positions.of_subject(own[0])
        named = self._by_object.get(focus, ())
        return self._positions.of(named[0]) if named else None

    def _stated(self, own: Sequence[int], *, path: Term | None, value: Term | None) -> int | None:
        quads = self._quads
        with_path = [place for place in own if quads[place].predicate == path]
        if value is None:
            return with_path[-1] if with_path else None
        candidates = (
            *(place for place in with_path if quads[place].object == value),
            *(place for place in own if quads[place].object == value),
            *(place for place in own if value in (quads[place].predicate, getattr(quads[place].object, "datatype", None))),
            *(self._by_object.get(value, ()) if path is not None and value not in self._by_subject else ()),
        )
        return next(iter(candidates), None)
