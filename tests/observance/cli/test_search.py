"""`observance search`: what is found, for people in both languages and for programs."""

import json

from click.testing import CliRunner

from observance.cli import cli


def run(*arguments: str) -> str:
    """The output of the command."""
    result = CliRunner().invoke(cli, ["search", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_text():
    """People read the label, the kind and where it is; and what may have been meant."""
    assert run("--lang", "fr", "calendrier").startswith("Calendrier indicatif [Texte de la résolution]\n  https://w3id.org/")
    english = run("--lang", "en", "indicative", "tmetable")
    assert "Did you mean: indicative timetable" in english
    assert "some of them" in english


def test_json():
    """Programs get the same hits, as many as they ask for, of one kind if they say so."""
    answer = json.loads(run("--format", "json", "--kind", "document", "--limit", "3", "timetable"))
    assert [hit["kind"] for hit in answer["hits"]] == ["document"] * 3
    assert answer["total"] == answer["counts"]["document"]
