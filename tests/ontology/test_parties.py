"""The lists of parties are what their tables say, and the two never overlap."""

import csv
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from conftest import ROOT
from observance.namespaces import OBS, PREFIXES

PARTIES = ROOT / "ontology" / "parties"


def codes(name: str) -> list[str]:
    """The codes of one table."""
    with (PARTIES / name).open(encoding="utf-8", newline="") as table:
        return [row["alpha2"] for row in csv.DictReader(table)]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """The script that builds the lists."""
    spec = importlib.util.spec_from_file_location("build", PARTIES / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["real", "invented"])
def test_built(build, name: str):
    """Building the list again gives the committed file."""
    committed = Graph().parse(PARTIES / f"{name}.ttl", format="turtle")

    assert isomorphic(committed, getattr(build, name)())


def test_a_code_that_stands_twice_stops_the_build(build, tmp_path: Path, monkeypatch):
    """A code that stands twice in a table stops the build and is named."""
    (tmp_path / "real.csv").write_text("alpha2\nBE\nBE\n", encoding="utf-8")
    monkeypatch.setattr(build, "HERE", tmp_path)

    with pytest.raises(SystemExit, match="BE"):
        list(build.rows("real.csv"))


def test_counts():
    """The real list has 186 Members and the European Union; the invented one XA to XZ without XK."""
    assert len(codes("real.csv")) == 187
    assert codes("invented.csv") == [f"X{letter}" for letter in "ABCDEFGHIJLMNOPQRSTUVWXYZ"]


def test_no_invented_code_is_real():
    """No invented code occurs in the table of real Members; XK is Kosovo, a real Member."""
    assert set(codes("invented.csv")) & set(codes("real.csv")) == set()
    assert "XK" in codes("real.csv")


def test_listed_only(house):
    """The lists type nobody as a Member or Union: they are for look-up, and only a register declares bearers."""
    declared = [*house.knowledge.instances(OBS + "CouncilMember"), *house.knowledge.instances(OBS + "CustomsOrEconomicUnion")]

    assert declared == []
    assert house.knowledge.objects(PREFIXES["party"] + "XK", PREFIXES["skos"] + "exactMatch") == (
        "http://publications.europa.eu/resource/authority/country/1A0",
    )
