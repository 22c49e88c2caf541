"""The parser of SPARQL: what it refuses, with the place and the words; what it reads, as Oxigraph does.

Each file of `queries` begins with lines « #+ error: code line:column »; one without such a line is read.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from observance.core import PREFIXES
from oxishacl.sparql.grammar import QuerySyntaxError, parse_query

FILES = sorted((Path(__file__).parent / "queries").glob("*.rq"))
FOLDERS = ("shapes", "rules", "tests", "service", "queries")


def read(text: str) -> str:
    """What the parser says of a text: nothing, or code and place of the error."""
    try:
        parse_query(text, prefixes=PREFIXES)
    except QuerySyntaxError as error:
        return f"{error.code} {error.values['line']}:{error.values['column']}"
    return ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_says_what_is_wrong_and_where(file: Path):
    """The error and its place are those that the file states."""
    text = file.read_text(encoding="utf-8")
    stated = re.match(r"#\+ error: (.*)\n", text)
    query = text if stated is None else text[stated.end() :]

    assert read(query) == ("" if stated is None else stated[1])
    if stated is not None:
        with pytest.raises(SyntaxError):
            ox.Store().query(query, prefixes=dict(PREFIXES))
        with pytest.raises(QuerySyntaxError) as caught:
            parse_query(query, prefixes=PREFIXES)
        assert len(set(caught.value.sentences().values())) == 2


def project_queries() -> Iterator[tuple[str, str]]:
    """Every query of the project's files, with the name of its file."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.rq")):
            if file.parent.name != "queries" or file.parent.parent.name != "oxishacl":
                yield file.name, file.read_text(encoding="utf-8-sig")
    for file in sorted((ROOT / "shapes").rglob("*.ttl")):
        for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE):
            if quad.predicate.value.endswith(("#select", "#ask", "#construct")):
                yield file.name, quad.object.value


def test_reads_the_queries_of_the_project():
    """The parser accepts what Oxigraph accepts of them, and nothing else."""
    differing = [(name, said) for name, text in project_queries() if bool(said := read(text)) == is_query(text)]

    assert differing == []


def is_query(text: str) -> bool:
    """Whether Oxigraph reads the text as a query; some files are parts of queries."""
    try:
        ox.Store().query(text, prefixes=dict(PREFIXES))
    except SyntaxError:
        return False
    except RuntimeError:
        # It was read, and could not be evaluated without its parameters.
        return True
    return True
