"""The lists of parties are what their tables say, and the two never overlap."""

import csv
import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from conftest import ROOT
from observance.core import OBS, PREFIXES

PARTIES = ROOT / "ontology" / "parties"


KINDS = ("State", "CustomsTerritory", "PartiallyRecognised", "UnionKind")


def codes(name: str, column: str = "alpha2") -> list[str]:
    """The codes of one table."""
    with (PARTIES / name).open(encoding="utf-8", newline="") as table:
        return [row[column] for row in csv.DictReader(table)]


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
    """The real list has 187 Members and the European Union; the invented one XA to XZ without XK."""
    assert len(codes("real.csv")) == 188
    assert codes("invented.csv") == [f"X{letter}" for letter in "ABCDEFGHIJLMNOPQRSTUVWXYZ"]


def test_no_invented_code_is_real():
    """No invented code occurs in the table of real Members; XK is Kosovo, a real Member."""
    assert set(codes("invented.csv")) & set(codes("real.csv")) == set()
    assert "XK" in codes("real.csv")


def test_listed_only(kb):
    """The lists type nobody as a Member or Union: they are for look-up, and only a register declares bearers."""
    declared = [*kb.knowledge.instances(OBS + "CouncilMember"), *kb.knowledge.instances(OBS + "CustomsOrEconomicUnion")]

    assert declared == []
    assert kb.knowledge.objects(PREFIXES["party"] + "XK", PREFIXES["skos"] + "exactMatch") == (
        "http://publications.europa.eu/resource/authority/country/1A0",
    )


def test_regions(kb):
    """The six regions have the Members that the WCO's own counts give them, and the European Union is beside those of Europe."""
    know = kb.knowledge
    real = know.subjects_with(OBS + "listedIn", PREFIXES["party"] + "list-real")
    counted = Counter(know.objects(party, OBS + "region")[0].rpartition("-")[2] for party in real if know.objects(party, OBS + "region"))

    assert counted == {"AMS": 34, "EUR": 52 + 1, "ESA": 24, "WCA": 24, "MENA": 18, "AP": 35}


def test_kinds(kb):
    """Besides States the list has four customs territories, two parties of disputed or observer status, and Unions."""
    know = kb.knowledge
    real = know.subjects_with(OBS + "listedIn", PREFIXES["party"] + "list-real")
    kinds = {
        kind: {party.rpartition("/")[2] for party in real if know.objects(party, OBS + "partyKind") == (OBS + kind,)} for kind in KINDS
    }

    assert kinds["CustomsTerritory"] == {"HK", "MO", "BM", "CW"}
    assert kinds["PartiallyRecognised"] == {"PS", "XK"}
    assert len(kinds["State"]) == 181
    assert kinds["UnionKind"] == {"EU", *codes("unions.csv", "code")}


def test_standings_are_said_exactly(kb):
    """Only the European Union's standing is akin to membership, one Union is an observer, and of the others none is known."""
    know = kb.knowledge
    facts = [fact for fact in know.instances(OBS + "FactStatement") if know.objects(fact, OBS + "statesProperty") == (OBS + "standing",)]
    said = {know.objects(fact, OBS + "statesAbout")[0].rpartition("/")[2]: fact for fact in facts}
    value = {code: know.objects(fact, OBS + "statesValue")[0].removeprefix(OBS) for code, fact in said.items()}

    assert {code for code, standing in value.items() if standing == "AkinToMembership"} == {"EU"}
    assert know.objects(said["EU"], OBS + "holdsOn") == ("2007-07-01",)
    assert {code for code, standing in value.items() if standing == "ObserverStanding"} == {"EAEU"}
    assert {know.objects(said[code], OBS + "confidence") for code in set(said) - {"EU", "EAEU"}} == {(OBS + "Unconfirmed",)}
    assert set(said) == {"EU", *codes("unions.csv", "code")}


def test_members_in_time(kb):
    """The counts and days of accession are those that sources give, and no other Member has a day."""
    know = kb.knowledge

    def told(prop: str) -> dict[str, tuple[str, ...]]:
        facts = [fact for fact in know.instances(OBS + "FactStatement") if know.objects(fact, OBS + "statesProperty") == (OBS + prop,)]
        return {fact.rpartition("statement-")[2]: know.objects(fact, OBS + "statesValue") for fact in facts}

    assert told("memberCount") == {
        "member-count-2018": ("182",), "member-count-183": ("183",), "member-count-185": ("185",), "member-count-186": ("186",),
        "member-count-187": ("187",),
    }  # fmt: skip
    assert told("memberSince") == {
        "SB-member-since": ("2023-01-26",), "PW-member-since": ("2024-02-02",), "VC-member-since": ("2025-09-17",),
        "SR-member-since": ("2018",), "GQ-member-since": (),
    }  # fmt: skip


def test_last_count_is_that_of_the_table(kb):
    """The newest count is the number of Members in the table: the European Union is not one of them."""
    know = kb.knowledge
    counts = know.subjects_with(OBS + "statesProperty", OBS + "memberCount")
    newest = max(counts, key=lambda fact: know.objects(fact, OBS + "holdsOn"))

    assert know.objects(newest, OBS + "statesValue") == (str(len(codes("real.csv")) - 1),)
