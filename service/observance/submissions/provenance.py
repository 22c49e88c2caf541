"""Provenance of a report: digests of its inputs, which determine it."""

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

# The estimated number of steps up to which a dataset is canonicalised: some tenths of a second.
_MAX_STEPS: Final = 2_000_000
_MAX_QUADS: Final = 100_000


def provenance(document: Document, *, background: ValidationBackground, register: Register, engine: str, as_of: str | None) -> Provenance:
    """Return the digests of the submission, the shapes, the knowledge and the register that it was validated against."""
    return Provenance(
        sha256=hashlib.sha256(document.source.content).hexdigest(),
        rdfc10=canonical_digest(document.quads),
        shapes=background.shapes_digest,
        knowledge=background.knowledge_digest,
        register=_digest_of_contents(member.source.content for member in register.documents) if register.documents else None,
        engine=engine,
        version=VERSION,
        as_of=as_of,
    )


def canonical_digest(quads: Sequence[ox.Quad]) -> str | None:
    """Return the SHA-256 of the canonical N-Quads (RDFC-1.0); None if canonicalisation could take too long.

    RDFC-1.0, section 7.1: « dataset poisoning »: for some graphs it takes exponential time. Oxigraph's canonicalisation cannot be
    interrupted, so that its cost is estimated first.
    """
    if len(quads) > _MAX_QUADS or _max_steps(quads) > _MAX_STEPS:
        return None
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted((ox.serialize(dataset, format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True))
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _digest_of_contents(contents: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _max_steps(quads: Sequence[ox.Quad]) -> int:
    """Return an upper bound of the steps of RDFC-1.0's Hash N-Degree Quads (section 4.8).

    The algorithm starts from each blank node that its own quads do not distinguish from others. It visits all such nodes that are
    connected to it, compares the labels issued so far at each step, and tries every order of neighbours that have equal hashes.
    """
    hashes = _first_degree_hashes(quads)
    counts = Counter(hashes.values())
    ambiguous = {node for node, hash_ in hashes.items() if counts[hash_] > 1}
    neighbours: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for quad in quads:
        terms = [(place, term.value) for place, term in enumerate(quad) if isinstance(term, ox.BlankNode) and term.value in ambiguous]
        for from_, node in terms:
            neighbours[node] += ((f"{from_}{to}{quad.predicate}", other) for to, other in terms if other != node)
    components = _components(ambiguous, neighbours=neighbours)
    return sum(_orderings(component, neighbours=neighbours, hashes=hashes) * len(component) ** 3 for component in components)


def _first_degree_hashes(quads: Sequence[ox.Quad]) -> Mapping[str, int]:
    """Return a hash of each blank node's own quads, in which all other blank nodes are equal (section 4.6)."""
    quad_texts: dict[str, list[str]] = defaultdict(list)
    for quad in quads:
        for node in {term.value for term in quad if isinstance(term, ox.BlankNode)}:
            quad_texts[node].append(" ".join(_masked_term(term, node=node) for term in quad))
    return {node: hash(tuple(sorted(texts))) for node, texts in quad_texts.items()}


def _masked_term(term: object, *, node: str) -> str:
    return ("_:a" if term.value == node else "_:z") if isinstance(term, ox.BlankNode) else str(term)


def _orderings(component: Iterable[str], *, neighbours: Mapping[str, Sequence[tuple[str, str]]], hashes: Mapping[str, int]) -> int:
    orderings = 1
    for node in component:
        counts = Counter((relation, hashes[other]) for relation, other in neighbours.get(node, ()))
        for size in counts.values():
            orderings *= factorial(min(size, 20))
            if orderings > _MAX_STEPS:
                return orderings
    return orderings


def _components(nodes: Iterable[str], *, neighbours: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[list[str]]:
    remaining = dict.fromkeys(nodes)
    while remaining:
        first, _ = remaining.popitem()
        component = [first]
        for node in component:
            for _, other in neighbours.get(node, ()):
                if other in remaining:
                    del remaining[other]
                    component.append(other)
        yield component
