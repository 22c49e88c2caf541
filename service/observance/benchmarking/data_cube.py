"""A comparison as an RDF Data Cube: every observation in full, so that a reader need not normalise it (W3C Data Cube, section 10)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from observance.benchmarking.comparison import Benchmark
from observance.core import calendar
from observance.core.namespaces import HOME, PREFIXES, RDF, XSD, local_name
from observance.datasets.register_questions import term_text
from observance.rdf.turtle import serialize_turtle

_QB: Final = PREFIXES["qb"]
_TIME: Final = PREFIXES["time"]
_LABEL: Final = PREFIXES["rdfs"] + "label"


@dataclass(frozen=True, slots=True)
class CubeStructure:
    """A structure of the knowledge: which property plays which part."""

    iri: str
    slice_key: str
    parts: Mapping[str, str]


def as_turtle(found: Benchmark, *, by: str) -> str:
    """The cube with its structure, by standard, region or peer group."""
    return serialize_turtle(dict.fromkeys(triples(found, by=by)))


def triples(found: Benchmark, *, by: str) -> Iterator[ox.Triple]:
    """Structure, data set, slices and observations, always in one order."""
    groups = found.grouped(by) if by != "standard" else {}
    structure = _structure(found, by=by)
    yield from _declared(found, structure=structure)
    base = f"{HOME}benchmarks/{_digest(found, by=by)}"
    yield from _heading(base, found=found, structure=structure)
    if by == "standard":
        for standard in found.standards:
            yield from _slice(base, {"standard": standard}, found.members, (standard,), found=found, structure=structure)
    for group, members in groups.items():
        yield from _slice(base, {"group": group}, members, found.standards, found=found, structure=structure)


def _structure(found: Benchmark, *, by: str) -> CubeStructure:
    rows = [row for row in found.asked.rows("cubes") if row["by"] == by]
    parts = {row["role"]: row["property"] for row in rows}
    # By standard, the standard itself is what is grouped by.
    return CubeStructure(rows[0]["structure"], rows[0]["slice_key"], {**parts, "standard": parts.get("standard", parts["group"])})


def _declared(found: Benchmark, *, structure: CubeStructure) -> Iterator[ox.Triple]:
    for row in found.asked.term_rows("structure"):
        if term_text(row["structure"]) == structure.iri:
            yield ox.Triple(row["subject"], row["predicate"], row["object"])  # type: ignore[arg-type]  # what a row of such a pattern is


def _digest(found: Benchmark, *, by: str) -> str:
    at = found.answers.derivation.moment
    said = repr((by, found.measure, at, [(s.party, s.standard, s.level) for s in found.standings], found.groups.get(by)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _heading(base: str, *, found: Benchmark, structure: CubeStructure) -> Iterator[ox.Triple]:
    yield _link(base, RDF + "type", _QB + "DataSet")
    yield _link(base, _QB + "structure", structure.iri)
    yield _link(base, PREFIXES["dcterms"] + "source", found.measure.source)
    for row in found.asked.term_rows("structure"):
        if term_text(row["subject"]) == structure.iri and term_text(row["predicate"]) == _LABEL:
            yield ox.Triple(ox.NamedNode(base), ox.NamedNode(_LABEL), row["object"])
    yield _link(f"{base}/period", RDF + "type", _TIME + "ProperInterval")
    for name, day in (("hasBeginning", found.measure.first), ("hasEnd", found.measure.last)):
        node = f"{base}/period/{name}"
        yield _link(f"{base}/period", _TIME + name, node)
        yield _link(node, RDF + "type", _TIME + "Instant")
        yield ox.Triple(ox.NamedNode(node), ox.NamedNode(_TIME + "inXSDDate"), _typed(day.isoformat(), "date"))


def _slice(
    base: str, fixed: Mapping[str, str], members: tuple[str, ...], standards: tuple[str, ...], *, found: Benchmark, structure: CubeStructure
) -> Iterator[ox.Triple]:
    """One slice with its observations: a count for each standard and level, also where it is nought."""
    ((_, key),) = fixed.items()
    node = f"{base}/{local_name(key)}"
    yield _link(base, _QB + "slice", node)
    yield _link(node, RDF + "type", _QB + "Slice")
    yield _link(node, _QB + "sliceStructure", structure.slice_key)
    places = {structure.parts[part]: value for part, value in fixed.items()} | {structure.parts["period"]: f"{base}/period"}
    for name, value in places.items():
        yield _link(node, name, value)
    for standard in standards:
        vector = found.vector(members=members, standards=(standard,))
        for level, count in vector.counts.items():
            own = node if standard == key else f"{node}/{local_name(standard)}"
            observation = f"{own}/{local_name(level)}"
            yield _link(node, _QB + "observation", observation)
            dimensions = {**places, structure.parts["standard"]: standard, structure.parts["level"]: level}
            yield from _observation(observation, dimensions, count, base=base, found=found, structure=structure)
            yield from _sources(observation, members, standard, level, found=found, structure=structure)


def _observation(
    node: str, dimensions: Mapping[str, str], count: int, *, base: str, found: Benchmark, structure: CubeStructure
) -> Iterator[ox.Triple]:
    yield _link(node, RDF + "type", _QB + "Observation")
    yield _link(node, _QB + "dataSet", base)
    for name, value in dimensions.items():
        yield _link(node, name, value)
    parts, known = structure.parts, calendar.format_time(found.answers.derivation.moment.known_at)
    yield ox.Triple(ox.NamedNode(node), ox.NamedNode(parts["count"]), _typed(str(count), "integer"))
    yield _link(node, parts["edition"], found.measure.edition)
    yield ox.Triple(ox.NamedNode(node), ox.NamedNode(parts["known"]), _typed(known, "dateTime"))


def _sources(
    node: str, members: tuple[str, ...], standard: str, level: str, *, found: Benchmark, structure: CubeStructure
) -> Iterator[ox.Triple]:
    """The documents that a count comes from; one that only the Organization may see is counted and not named."""
    standings = (found.by_pair[party, standard] for party in members)
    named = {s.document for standing in standings if standing.level == level for s in standing.statements if not s.withheld}
    for document in sorted(named):
        yield _link(node, structure.parts["source"], document)


def _link(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))


def _typed(value: str, kind: str) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(XSD + kind))
