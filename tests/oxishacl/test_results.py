"""What the validator finds in shapes and data that stand in one file, which states the results as « focus node, shape or constraint »."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from oxishacl import Index, compile_shapes

FILES = sorted((Path(__file__).parent / "results").glob("*.ttl"))


def local_name(term: object) -> str:
    """The part of an IRI after its last slash."""
    return str(getattr(term, "value", term)).rpartition("/")[2]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_results(file: Path):
    """The results are those that the file states."""
    quads = list(ox.parse(path=file, format=ox.RdfFormat.TURTLE))
    results = compile_shapes(quads).validate(Index(quads))

    found = sorted(f"{local_name(result.focus)} {local_name(result.constraint or result.shape)}" for result in results)
    assert found == sorted(re.findall(r"^#\+ result: (.*)", file.read_text(encoding="utf-8"), re.MULTILINE))
