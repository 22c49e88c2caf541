"""What a report was made from, as digests: who has the same has the same report."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import factorial
from typing import Final

import pyoxigraph as ox

from observance.core import VERSION
from observance.register import Register
from observance.submissions.model import Provenance
from observance.submissions.validation import ValidationBackground
from oxishacl import Document

# Steps that canonicalising may take by the estimate below: some tenths of a second.
_MOST_STEPS: Final = 2_000_000
_MOST_QUADS: Final = 100_000


def provenance(document: Document, *, background: ValidationBackground, register: Register, engine: str, as_of: str | None) -> Provenance:
    """The digests of the submission, of the shapes, of the knowledge and of the register it was held against."""
    return Provenance(
        sha256=hashlib.sha256(document.source.content).hexdigest(),
        rdfc10=canonical_digest(document.quads),
        shapes=background.shapes_digest,
        knowledge=background.knowledge_digest,
        register=_together(each.source.content for each in register.documents) if register.documents else None,
        engine=engine,
        version=VERSION,
        as_of=as_of,
    )


def canonical_digest(quads: Sequence[ox.Quad]) -> str | None:
    """The SHA-256 of the canonical N-Quads (RDFC-1.0); None where canonicalising could take too long.

    RDFC-1.0, section 7.1: « dataset poisoning »: graphs exist for which it takes exponential time. Oxigraph cannot be stopped, so that
    the work is estimated first.
    """
    if len(quads) > _MOST_QUADS or _steps(quads) > _MOST_STEPS:
        return None
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted((ox.serialize(dataset, format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True))
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _together(contents: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for content in contents:
        found.update(hashlib.sha256(content).digest())
    return found.hexdigest()


def _steps(quads: Sequence[ox.Quad]) -> int:
    """No fewer than the steps of RDFC-1.0's section 4.8, hashing by neighbours: for each node that its own quads do not tell apart.

    It goes through all such nodes that are connected, from each of them, at each step of the way comparing what the way is called so
    far; and through every order of those neighbours of a node that look alike.
    """
    looks = _looks(quads)
    seen_as = Counter(looks.values())
    alike = {node for node, look in looks.items() if seen_as[look] > 1}
    around: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for quad in quads:
        terms = [(place, term.value) for place, term in enumerate(quad) if isinstance(term, ox.BlankNode) and term.value in alike]
        for here, node in terms:
            around[node] += ((f"{here}{there}{quad.predicate}", other) for there, other in terms if other != node)
    return sum(_orders(part, around=around, looks=looks) * len(part) ** 3 for part in _parts(alike, around=around))


def _looks(quads: Sequence[ox.Quad]) -> Mapping[str, int]:
    """What each blank node's own quads say, other blank nodes alike (section 4.6)."""
    said: dict[str, list[str]] = defaultdict(list)
    for quad in quads:
        for node in {term.value for term in quad if isinstance(term, ox.BlankNode)}:
            said[node].append(" ".join(_seen(term, node=node) for term in quad))
    return {node: hash(tuple(sorted(texts))) for node, texts in said.items()}


def _seen(term: object, *, node: str) -> str:
    return ("_:a" if term.value == node else "_:z") if isinstance(term, ox.BlankNode) else str(term)


def _orders(part: Iterable[str], *, around: Mapping[str, Sequence[tuple[str, str]]], looks: Mapping[str, int]) -> int:
    found = 1
    for node in part:
        groups = Counter((how, looks[other]) for how, other in around.get(node, ()))
        for size in groups.values():
            found *= factorial(min(size, 20))
            if found > _MOST_STEPS:
                return found
    return found


def _parts(nodes: Iterable[str], *, around: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[list[str]]:
    left = dict.fromkeys(nodes)
    while left:
        start, _ = left.popitem()
        part = [start]
        for node in part:
            for _, other in around.get(node, ()):
                if other in left:
                    del left[other]
                    part.append(other)
        yield part
