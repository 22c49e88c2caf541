"""Warnings about a shapes graph: each file of `warnings` states them, as the code with the term or the shape."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from oxishacl import compile_shapes

FILES = sorted((Path(__file__).parent / "warnings").glob("*.ttl"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_warnings(file: Path):
    """What is not validated, or gives no target, is told in both languages."""
    warnings = compile_shapes(ox.parse(path=file, format=ox.RdfFormat.TURTLE)).warnings()

    found = sorted(f"{each.code} {each.values.get('term') or each.values.get('import') or each.values['shape']}" for each in warnings)
    assert found == sorted(re.findall(r"^#\+ warning: (.*)", file.read_text(encoding="utf-8"), re.MULTILINE))
    assert all(each.sentence("en") != each.sentence("fr") for each in warnings)


def test_given_import():
    """An imported file that was given is none to warn of, though the graph says nothing about it."""
    validator = compile_shapes(ox.parse(path=FILES[0].with_name("import.ttl"), format=ox.RdfFormat.TURTLE))

    assert validator.warnings(given=["https://example.org/other"]) == ()


def test_shapes_of_the_project():
    """The project's shapes ask for nothing that is not validated."""
    quads = [
        quad
        for file in sorted((ROOT / "shapes").glob("*.ttl"))
        for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    ]

    assert compile_shapes(quads, lazily=True).warnings() == ()
