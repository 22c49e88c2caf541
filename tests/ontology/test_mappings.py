"""The SSSOM tables and linksets are what the graph says, no more and no less."""

import csv
import importlib.util
import io
from collections import Counter
from types import ModuleType

import pytest
from rdflib import RDF, VOID, Graph, URIRef
from rdflib.compare import isomorphic

from conftest import ROOT, check_each
from observance.core import OBS, PREFIXES

MAPPINGS = ROOT / "ontology" / "mappings"
COLUMNS = {"subject_id", "predicate_id", "object_id", "mapping_justification", "author_label", "confidence", "comment"}


def build_script() -> ModuleType:
    """The script that writes the tables, as a module."""
    spec = importlib.util.spec_from_file_location("build_mappings", MAPPINGS / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = build_script()
NAMES = sorted(BUILD.TABLES)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """What the tables are built from."""
    return BUILD.knowledge()


def read(name: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The prefixes of a table's head, and its rows."""
    text = (MAPPINGS / f"{name}.sssom.tsv").read_text(encoding="utf-8")
    head = [line.removeprefix("#") for line in text.splitlines() if line.startswith("#")]
    prefixes = dict(line.strip().split(": ", 1) for line in head if line.startswith("  "))
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return prefixes, list(csv.DictReader(io.StringIO(body), delimiter="\t"))


def test_tables_are_what_the_graph_says(graph: Graph):
    """Building a table again gives the committed file, to the byte."""
    assert NAMES
    assert [name for name in NAMES if (MAPPINGS / f"{name}.sssom.tsv").read_text(encoding="utf-8") != BUILD.sssom(name, graph)] == []


def test_no_other_tables():
    """Every table has a definition in the script."""
    assert sorted(file.name.partition(".")[0] for file in MAPPINGS.glob("*.tsv")) == NAMES


def test_columns():
    """Every row has its ends, justification, author and a confidence between 0 and 1, with prefixes that the head explains."""

    def check(name: str) -> None:
        prefixes, rows = read(name)
        assert rows
        for row in rows:
            assert set(row) >= COLUMNS
            assert row["mapping_justification"] == "semapv:ManualMappingCuration"
            assert 0 < float(row["confidence"]) <= 1
            assert row["author_label"]
            for column in ("subject_id", "predicate_id", "object_id"):
                assert row[column].partition(":")[0] in prefixes, row
        assert {key: iri for key, iri in prefixes.items() if PREFIXES.get(key, iri) != iri} == {}

    check_each(check, NAMES)


def test_every_link_is_in_one_table(graph: Graph):
    """Each link of the graph is a row of exactly one table."""
    rows = [row for name in ("luxor-framework", "provisions", "duties", "instruments") for row in read(name)[1]]
    ends = Counter((row["subject_id"], row["predicate_id"], row["object_id"]) for row in rows)

    assert sum(ends.values()) == len(set(graph.subjects(RDF.type, URIRef(OBS + "InstrumentLink"))))
    assert set(ends.values()) == {1}


def test_every_member_with_a_code_is_in_the_countries():
    """The table of countries has each Member once, Kosovo with the code of the EU's own table, and no invented party."""
    rows = read("countries")[1]
    codes = {row["subject_id"]: row["object_id"] for row in rows}

    assert len(codes) == len(rows) == 187
    assert codes["party:XK"] == "country:1A0"
    assert "party:XA" not in codes


def test_linksets_are_what_the_graph_says(graph: Graph):
    """The linksets are those that the script counts, one for each dataset and property."""
    committed = Graph().parse(MAPPINGS / "linksets.ttl", format="turtle")

    assert isomorphic(committed, BUILD.linksets(graph))
    assert committed.value(URIRef(PREFIXES["mapping"] + "countries-eu-exactMatch"), VOID.triples).toPython() == 187
    assert {str(target) for target in committed.objects(None, VOID.objectsTarget)} == set(BUILD.OTHERS)


def test_a_change_of_the_graph_shows(graph: Graph):
    """A mapping taken from the graph is missing from its table and from the number of its linkset."""
    less = Graph()
    for triple in graph:
        if triple[0] != URIRef(PREFIXES["party"] + "XK"):
            less.add(triple)

    assert "party:XK" in BUILD.sssom("countries", graph)
    assert "party:XK" not in BUILD.sssom("countries", less)
    assert BUILD.linksets(less).value(URIRef(PREFIXES["mapping"] + "countries-eu-exactMatch"), VOID.triples).toPython() == 186
