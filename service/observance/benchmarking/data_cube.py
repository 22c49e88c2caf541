"""A comparison as an RDF Data Cube in normal form: every observation has all its dimensions (RDF Data Cube, section 10)."""

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
    """A data structure definition of the knowledge: its slice key, and the component property for each role."""

    iri: str
    slice_key: str
    components: Mapping[str, str]


def cube_turtle(benchmark: Benchmark, *, by: str) -> str:
    """The cube with its structure as Turtle, grouped by one of GROUPINGS."""
    return serialize_turtle(dict.fromkeys(cube_triples(benchmark, by=by)))


def cube_triples(benchmark: Benchmark, *, by: str) -> Iterator[ox.Triple]:
    """The triples of structure, data set, slices and observations, in an order that depends on the comparison only."""
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
    components = {row["role"]: row["property"] for row in rows}
    # In a comparison by standard, the grouping dimension is the standard.
    components.setdefault("standard", components["group"])
    return CubeStructure(rows[0]["structure"], rows[0]["slice_key"], components)


def _structure_triples(benchmark: Benchmark, *, structure: CubeStructure) -> Iterator[ox.Triple]:
    for row in benchmark.questions.term_rows("structure"):
        if term_text(row["structure"]) == structure.iri:
            yield ox.Triple(row["subject"], row["predicate"], row["object"])  # type: ignore[arg-type]  # the row is a triple


def _digest(benchmark: Benchmark, *, by: str) -> str:
    criteria, moment = benchmark.criteria, benchmark.assessment_set.moment
    levels = [(s.party, s.standard, s.level) for s in benchmark.standard_levels]
    # The digest stands in published IRIs, so the text must not depend on the names of classes.
    criteria_text = (
        f"Measure(source={criteria.source!r}, edition={criteria.edition!r}, first={criteria.first!r}, last={criteria.last!r},"
        f" unknown={criteria.unknown!r}, not_compared={criteria.not_compared!r})"
    )
    moment_text = f"Moment(as_of={moment.as_of!r}, known_at={moment.known_at!r})"
    text = f"({by!r}, {criteria_text}, {moment_text}, {levels!r}, {benchmark.groups.get(by)!r})"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _data_set(base: str, *, benchmark: Benchmark, structure: CubeStructure) -> Iterator[ox.Triple]:
    yield _iri_triple(base, RDF + "type", _QB + "DataSet")
    yield _iri_triple(base, _QB + "structure", structure.iri)
    yield _iri_triple(base, PREFIXES["dcterms"] + "source", benchmark.criteria.source)
    for row in benchmark.questions.term_rows("structure"):
        if term_text(row["subject"]) == structure.iri and term_text(row["predicate"]) == _LABEL:
            yield ox.Triple(ox.NamedNode(base), ox.NamedNode(_LABEL), row["object"])
    yield _iri_triple(f"{base}/period", RDF + "type", _TIME + "ProperInterval")
    for name, day in (("hasBeginning", benchmark.criteria.first), ("hasEnd", benchmark.criteria.last)):
        node = f"{base}/period/{name}"
        yield _iri_triple(f"{base}/period", _TIME + name, node)
        yield _iri_triple(node, RDF + "type", _TIME + "Instant")
        yield ox.Triple(ox.NamedNode(node), ox.NamedNode(_TIME + "inXSDDate"), _typed_literal(day.isoformat(), "date"))


def _slice(
    base: str,
    fixed_dimensions: Mapping[str, str],
    members: tuple[str, ...],
    standards: tuple[str, ...],
    *,
    benchmark: Benchmark,
    structure: CubeStructure,
) -> Iterator[ox.Triple]:
    """A slice with its observations: a count for each standard and level, zero included."""
    ((_, fixed_value),) = fixed_dimensions.items()
    node = f"{base}/{local_name(fixed_value)}"
    yield _iri_triple(base, _QB + "slice", node)
    yield _iri_triple(node, RDF + "type", _QB + "Slice")
    yield _iri_triple(node, _QB + "sliceStructure", structure.slice_key)
    components = structure.components
    dimensions = {components[role]: value for role, value in fixed_dimensions.items()} | {components["period"]: f"{base}/period"}
    for name, value in dimensions.items():
        yield _iri_triple(node, name, value)
    for standard in standards:
        level_counts = benchmark.count_levels(members=members, standards=(standard,))
        for level, count in level_counts.counts.items():
            prefix = node if standard == fixed_value else f"{node}/{local_name(standard)}"
            observation = f"{prefix}/{local_name(level)}"
            yield _iri_triple(node, _QB + "observation", observation)
            all_dimensions = {**dimensions, components["standard"]: standard, components["level"]: level}
            yield from _observation(observation, all_dimensions, count, base=base, benchmark=benchmark, structure=structure)
            yield from _sources(observation, members, standard, level, benchmark=benchmark, structure=structure)


def _observation(
    node: str, dimensions: Mapping[str, str], count: int, *, base: str, benchmark: Benchmark, structure: CubeStructure
) -> Iterator[ox.Triple]:
    yield _iri_triple(node, RDF + "type", _QB + "Observation")
    yield _iri_triple(node, _QB + "dataSet", base)
    for name, value in dimensions.items():
        yield _iri_triple(node, name, value)
    components, known_at = structure.components, calendar.format_time(benchmark.assessment_set.moment.known_at)
    yield ox.Triple(ox.NamedNode(node), ox.NamedNode(components["count"]), _typed_literal(str(count), "integer"))
    yield _iri_triple(node, components["edition"], benchmark.criteria.edition)
    yield ox.Triple(ox.NamedNode(node), ox.NamedNode(components["known"]), _typed_literal(known_at, "dateTime"))


def _sources(
    node: str, members: tuple[str, ...], standard: str, level: str, *, benchmark: Benchmark, structure: CubeStructure
) -> Iterator[ox.Triple]:
    """The documents that a count comes from. Withheld documents are counted, never named."""
    levels = (benchmark.level_by_pair[party, standard] for party in members)
    statements = (s for standard_level in levels if standard_level.level == level for s in standard_level.statements)
    documents = {statement.document for statement in statements if not statement.withheld}
    for document in sorted(documents):
        yield _iri_triple(node, structure.components["source"], document)


def _iri_triple(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))


def _typed_literal(value: str, kind: str) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(XSD + kind))
