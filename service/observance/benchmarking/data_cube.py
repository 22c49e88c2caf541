"""A comparison as an RDF Data Cube, every observation in full, so that readers need not normalise it (RDF Data Cube, section 10)."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.benchmarking.comparison import Benchmark
from observance.core import HOME, PREFIXES, RDF, XSD, calendar, local_name
from observance.datasets import term_text
from observance.rdf import serialize_turtle

_QB: Final = PREFIXES["qb"]
_TIME: Final = PREFIXES["time"]
_LABEL: Final = PREFIXES["rdfs"] + "label"


class CubeStructure(Struct, frozen=True):
    """A data structure definition of the knowledge: its slice key, and the component property for each part."""

    iri: str
    slice_key: str
    parts: Mapping[str, str]


def cube_turtle(benchmark: Benchmark, *, by: str) -> str:
    """The cube with its structure as Turtle, by one of GROUPINGS."""
    return serialize_turtle(dict.fromkeys(cube_triples(benchmark, by=by)))


def cube_triples(benchmark: Benchmark, *, by: str) -> Iterator[ox.Triple]:
    """The triples of structure, data set, slices and observations, always in the same order."""
    groups = benchmark.members_by_group(by) if by != "standard" else {}
    structure = _structure(benchmark, by=by)
    yield from _structure_triples(benchmark, structure=structure)
    base = f"{HOME}benchmarks/{_digest(benchmark, by=by)}"
    yield from _data_set(base, benchmark=benchmark, structure=structure)
    if by == "standard":
        for standard in benchmark.standards:
            yield from _slice(base, {"standard": standard}, benchmark.members, (standard,), benchmark=benchmark, structure=structure)
    for group, members in groups.items():
        yield from _slice(base, {"group": group}, members, benchmark.standards, benchmark=benchmark, structure=structure)


def _structure(benchmark: Benchmark, *, by: str) -> CubeStructure:
    rows = [row for row in benchmark.questions.rows("cubes") if row["by"] == by]
    parts = {row["role"]: row["property"] for row in rows}
    # By standard, the standard itself is what is grouped by.
    return CubeStructure(rows[0]["structure"], rows[0]["slice_key"], {**parts, "standard": parts.get("standard", parts["group"])})


def _structure_triples(benchmark: Benchmark, *, structure: CubeStructure) -> Iterator[ox.Triple]:
    for row in benchmark.questions.term_rows("structure"):
        if term_text(row["structure"]) == structure.iri:
            yield ox.Triple(row["subject"], row["predicate"], row["object"])  # type: ignore[arg-type]  # what a row of such a pattern is


def _digest(benchmark: Benchmark, *, by: str) -> str:
    criteria, at = benchmark.criteria, benchmark.assessment_set.derivation.moment
    levels = [(s.party, s.standard, s.level) for s in benchmark.standard_levels]
    # The digest stands in published IRIs, so the text must not depend on the names of our classes.
    measure = (
        f"Measure(source={criteria.source!r}, edition={criteria.edition!r}, first={criteria.first!r}, last={criteria.last!r},"
        f" unknown={criteria.unknown!r}, not_compared={criteria.not_compared!r})"
    )
    text = f"({by!r}, {measure}, Moment(as_of={at.as_of!r}, known_at={at.known_at!r}), {levels!r}, {benchmark.groups.get(by)!r})"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _data_set(base: str, *, benchmark: Benchmark, structure: CubeStructure) -> Iterator[ox.Triple]:
    yield _link(base, RDF + "type", _QB + "DataSet")
    yield _link(base, _QB + "structure", structure.iri)
    yield _link(base, PREFIXES["dcterms"] + "source", benchmark.criteria.source)
    for row in benchmark.questions.term_rows("structure"):
        if term_text(row["subject"]) == structure.iri and term_text(row["predicate"]) == _LABEL:
            yield ox.Triple(ox.NamedNode(base), ox.NamedNode(_LABEL), row["object"])
    yield _link(f"{base}/period", RDF + "type", _TIME + "ProperInterval")
    for name, day in (("hasBeginning", benchmark.criteria.first), ("hasEnd", benchmark.criteria.last)):
        node = f"{base}/period/{name}"
        yield _link(f"{base}/period", _TIME + name, node)
        yield _link(node, RDF + "type", _TIME + "Instant")
        yield ox.Triple(ox.NamedNode(node), ox.NamedNode(_TIME + "inXSDDate"), _typed(day.isoformat(), "date"))


def _slice(
    base: str,
    fixed: Mapping[str, str],
    members: tuple[str, ...],
    standards: tuple[str, ...],
    *,
    benchmark: Benchmark,
    structure: CubeStructure,
) -> Iterator[ox.Triple]:
    """A slice with its observations: a count for each standard and level, zero included."""
    ((_, key),) = fixed.items()
    node = f"{base}/{local_name(key)}"
    yield _link(base, _QB + "slice", node)
    yield _link(node, RDF + "type", _QB + "Slice")
    yield _link(node, _QB + "sliceStructure", structure.slice_key)
    dimensions = {structure.parts[part]: value for part, value in fixed.items()} | {structure.parts["period"]: f"{base}/period"}
    for name, value in dimensions.items():
        yield _link(node, name, value)
    for standard in standards:
        level_counts = benchmark.count_levels(members=members, standards=(standard,))
        for level, count in level_counts.counts.items():
            parent = node if standard == key else f"{node}/{local_name(standard)}"
            observation = f"{parent}/{local_name(level)}"
            yield _link(node, _QB + "observation", observation)
            own_dimensions = {**dimensions, structure.parts["standard"]: standard, structure.parts["level"]: level}
            yield from _observation(observation, own_dimensions, count, base=base, benchmark=benchmark, structure=structure)
            yield from _sources(observation, members, standard, level, benchmark=benchmark, structure=structure)


def _observation(
    node: str, dimensions: Mapping[str, str], count: int, *, base: str, benchmark: Benchmark, structure: CubeStructure
) -> Iterator[ox.Triple]:
    yield _link(node, RDF + "type", _QB + "Observation")
    yield _link(node, _QB + "dataSet", base)
    for name, value in dimensions.items():
        yield _link(node, name, value)
    parts, known = structure.parts, calendar.format_time(benchmark.assessment_set.derivation.moment.known_at)
    yield ox.Triple(ox.NamedNode(node), ox.NamedNode(parts["count"]), _typed(str(count), "integer"))
    yield _link(node, parts["edition"], benchmark.criteria.edition)
    yield ox.Triple(ox.NamedNode(node), ox.NamedNode(parts["known"]), _typed(known, "dateTime"))


def _sources(
    node: str, members: tuple[str, ...], standard: str, level: str, *, benchmark: Benchmark, structure: CubeStructure
) -> Iterator[ox.Triple]:
    """The documents that a count comes from, except those withheld: they are counted, never named."""
    levels = (benchmark.level_by_pair[party, standard] for party in members)
    documents = {s.document for own in levels if own.level == level for s in own.statements if not s.withheld}
    for document in sorted(documents):
        yield _link(node, structure.parts["source"], document)


def _link(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))


def _typed(value: str, kind: str) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(XSD + kind))
