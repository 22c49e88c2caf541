"""`observance rules` shows the rules, or writes them for other engines."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from observance.cli import run


@pytest.mark.parametrize(("lang", "word"), [("en", "assumed period elapsed"), ("fr", "délai supposé écoulé")])
def test_rules_as_text(lang: str, word: str, capsys):
    """Each norm with its rules in the order of trial, in either language."""
    assert run(["rules", "--lang", lang]) == 0
    lines = capsys.readouterr().out.splitlines()
    own = lines[next(number for number, line in enumerate(lines) if line.startswith("norm-2.5:")) + 1 :]
    ranks = [int(line.split()[0]) for line in own[: own.index("")]]

    assert ranks == sorted(ranks)
    assert any(word in line for line in own[: len(ranks)])


@pytest.mark.whole
def test_as_shacl(capsys):
    """The SHACL rules are Turtle with one SPARQL rule for each rule, the same bytes at every run."""
    assert run(["rules", "--format", "shacl"]) == 0
    text = capsys.readouterr().out
    quads = list(ox.parse(text.encode(), format=ox.RdfFormat.TURTLE))

    assert sum(quad.predicate.value.endswith("#construct") for quad in quads) > 100
    assert run(["rules", "--format", "shacl"]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.whole
def test_as_n3(tmp_path: Path, capsys):
    """The N3 rules are one file for each step."""
    assert run(["rules", "--format", "n3", "--output", str(tmp_path / "n3")]) == 0
    files = sorted((tmp_path / "n3").iterdir())

    assert [str(file) for file in files] == capsys.readouterr().out.split()
    assert all("=>" in file.read_text(encoding="utf-8") for file in files)


def test_output_is_for_n3(tmp_path: Path, capsys):
    """A folder without N3 is refused."""
    assert run(["rules", "--output", str(tmp_path), "--lang", "en"]) == 2
    assert "--format n3" in capsys.readouterr().err
