"""Generated registers: copies of the project's examples under new names, five in a hundred with one fault each."""

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

Damage = Callable[[list[ox.Quad], random.Random], list[ox.Quad]]

_EXAMPLES: Final = "https://example.org/"
_DCTERMS: Final = "http://purl.org/dc/terms/"
_OBS: Final = "https://w3id.org/observance/ns#"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_FAULTY: Final = 0.05


def submissions(count: int, *, folder: Path, seed: int = 2018) -> Iterator[list[ox.Quad]]:
    """The given number of submissions: copies of the examples in turn, in each of which all names are unique."""
    rng = random.Random(seed)
    files = [file for file in sorted(folder.glob("*.ttl")) if not file.stem.startswith("register-")]
    examples = [list(ox.parse(path=file, format=ox.RdfFormat.TURTLE)) for file in files]
    for number, quads in enumerate(islice(cycle(examples), count)):
        renamed = [_rename_quad(quad, number=number) for quad in quads]
        yield rng.choice(FAULTS)(renamed, rng) if rng.random() < _FAULTY else renamed


def _rename_quad(quad: ox.Quad, *, number: int) -> ox.Quad:
    subject, predicate, target, _ = quad
    return ox.Quad(_rename_term(subject, number=number), predicate, _rename_term(target, number=number))


def _rename_term(term: object, *, number: int) -> object:
    if isinstance(term, ox.NamedNode) and term.value.startswith(_EXAMPLES):
        return ox.NamedNode(f"{term.value}-{number}")
    return ox.BlankNode(f"n{number}-{term.value}") if isinstance(term, ox.BlankNode) else term


def _without_date(quads: list[ox.Quad], _: random.Random) -> list[ox.Quad]:
    return [quad for quad in quads if quad.predicate.value != _DCTERMS + "dateSubmitted"]


def _two_dates(quads: list[ox.Quad], _: random.Random) -> list[ox.Quad]:
    second_date = ox.Literal("2021-01-01", datatype=ox.NamedNode(_XSD + "date"))
    return quads + [ox.Quad(q.subject, q.predicate, second_date) for q in quads if q.predicate.value == _DCTERMS + "dateSubmitted"]


def _of_nobody(quads: list[ox.Quad], _: random.Random) -> list[ox.Quad]:
    nobody = ox.NamedNode(_EXAMPLES + "nobody")
    return [ox.Quad(q.subject, q.predicate, nobody) if q.predicate.value == _OBS + "onBehalfOf" else q for q in quads]


def _unreadable_date(quads: list[ox.Quad], _: random.Random) -> list[ox.Quad]:
    return [ox.Quad(q.subject, q.predicate, ox.Literal("soon")) if q.predicate.value == _DCTERMS + "dateSubmitted" else q for q in quads]


FAULTS: Final[Sequence[Damage]] = (_without_date, _two_dates, _of_nobody, _unreadable_date)
