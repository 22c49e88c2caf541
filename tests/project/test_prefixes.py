"""Every prefix has the same IRI everywhere."""

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
    # Files that are malformed on purpose are exempt.
    if "cases" not in file.parts
)


# The prefix of the second knowledge base, which the program does not have.
SECOND_KNOWLEDGE_BASE = {"feu": "https://example.org/feux/", "lan": "https://example.org/lanterns/"}


def test_declared_prefixes():
    """Every prefix in a Turtle or SPARQL file has the IRI of PREFIXES or of its own knowledge base."""
    faults = [
        f"{file.relative_to(ROOT)}: {prefix}: <{iri}>"
        for file in FILES
        for prefix, iri in DECLARED.findall(file.read_text(encoding="utf-8"))
        if {**PREFIXES, **(SECOND_KNOWLEDGE_BASE if "second_instrument" in file.parts else {})}.get(prefix) != iri
    ]

    assert faults == []


def test_context_prefixes():
    """The prefixes of the JSON-LD context have the IRIs of PREFIXES."""
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    prefixes = {key: value for key, value in context.items() if key in PREFIXES and isinstance(value, str)}

    assert prefixes
    assert {key: PREFIXES[key] for key in prefixes} == prefixes


def test_one_iri_one_prefix():
    """No two prefixes have the same IRI."""
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
    """An IRI is shortened with the longest matching prefix, and only if the result is valid Turtle."""
    assert compact(iri) == short


def test_local_name():
    """The local name is the text after the last `#` or `/` that is not the last character."""
    assert (local_name("https://w3id.org/observance/ns#Milestone"), local_name("https://a/b/")) == ("Milestone", "b")
