"""The graph that a submission is validated in: knowledge, register and, for a while, the submission."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rdflib import Graph


@contextmanager
def joined(background: Graph, extra: Iterable[Graph]) -> Iterator[Graph]:
    """The background with the triples of the extra graphs, which are gone again afterwards.

    Copying the background would cost more than validating most submissions. Not for two threads at once.
    """
    added = []
    try:
        for graph in extra:
            for triple in graph:
                if triple not in background:
                    background.add(triple)
                    added.append(triple)
        yield background
    finally:
        for triple in added:
            background.remove(triple)
