"""One prefix, one IRI, everywhere."""

import json
import re

import pytest

from conftest import ROOT
from observance.core import PREFIXES, compact, local_name

DECLARED = re.compile(r"(?:@prefix|PREFIX)\s+([\w-]*):\s*<([^>]*)>", re.IGNORECASE)
FILES = sorted(
    file
    for room in ("ontology", "shapes", "rules", "queries", "tests")
    for pattern in ("*.ttl", "*.rq", "*.trig")
    for file in (ROOT / room).rglob(pattern)
    # Files made to be unreadable or to have faults are not held to anything.
    if "cases" not in file.parts
)


# The prefix of the second knowledge base, which the program does not know.
ELSEWHERE = {"feu": "https://example.org/feux/"}


def test_declared_prefixes():
    """Every prefix written in a Turtle or SPARQL file has the IRI that the one table gives it, or its own knowledge base."""
    wrong = [
        f"{file.relative_to(ROOT)}: {prefix}: <{iri}>"
        for file in FILES
        for prefix, iri in DECLARED.findall(file.read_text(encoding="utf-8"))
        if {**PREFIXES, **(ELSEWHERE if "second_instrument" in file.parts else {})}.get(prefix) != iri
    ]

    assert wrong == []


def test_context_prefixes():
    """The JSON-LD context gives the prefixes the same IRIs."""
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    same = {key: value for key, value in context.items() if key in PREFIXES and isinstance(value, str)}

    assert same
    assert {key: PREFIXES[key] for key in same} == same


def test_one_iri_one_prefix():
    """No two prefixes stand for one IRI."""
    assert len(set(PREFIXES.values())) == len(PREFIXES)


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        ("https://w3id.org/observance/ns#Milestone", "obs:Milestone"),
        ("https://w3id.org/observance/wco/ecommerce-2018/p2.5", "res:p2.5"),
        ("https://w3id.org/observance/wco/ecommerce-2018", "wco:ecommerce-2018"),
        ("https://example.org/a/b", "<https://example.org/a/b>"),
        ("https://example.org/a.", "<https://example.org/a.>"),
    ],
)
def test_compact(iri: str, short: str):
    """An IRI is shortened by its longest prefix, and only where the short form is legal Turtle."""
    assert compact(iri) == short


def test_local_name():
    """The local name is what follows the last separator."""
    assert (local_name("https://w3id.org/observance/ns#Milestone"), local_name("https://a/b/")) == ("Milestone", "b")
