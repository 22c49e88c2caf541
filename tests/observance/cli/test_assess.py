"""`assess`, `explain` and `readings` on the terminal: tables, pictures, and what is asked wrongly."""

import json
import re

import pytest

from observance.cli import run
from observance.core import OBS, local_name


def output_of(capsys, *arguments: str, code: int = 0) -> str:
    """What the command prints, when it ends with the code."""
    assert run(list(arguments)) == code
    return capsys.readouterr().out


def test_grouped_by_bearer(capsys):
    """Each bearer is named once, above its duties, and the last line says between which bounds they are fulfilled."""
    table = output_of(capsys, "assess", "--member", "XB", "--member", "xc", "--paragraph", "2.5", "--paragraph", "3", "--lang", "en")

    assert [table.count(name) for name in ("Borealia", "Cascadora", "Altamar")] == [1, 1, 0]
    assert "the last day recorded in the register is used, 14 June 2024" in table
    assert "at least 3 and at most 3 are provided or reported; for 0" in table


def test_announced_is_a_second_table(capsys):
    """What is announced of nobody follows under its own heading, one row for each meeting."""
    table = output_of(capsys, "assess", "--paragraph", "2.8", "--lang", "fr")
    borne, announced = table.split("Annoncé sans désigner personne, pour chaque réunion tenue :")

    assert "réunion bilan" not in borne.lower()
    assert announced.count("Paragraphe") == 0
    assert len(re.findall(r"^(?:Première|Deuxième|Troisième|Quatrième) réunion", announced, re.MULTILINE)) == 4


def test_brief_under_every_reading(capsys, kb):
    """The matrix is printed under every reading with its signs explained, and together every status occurs."""
    picture = output_of(capsys, "assess", "--brief", "--reading", "*", "--lang", "en")
    labels = {status.label["en"] for status in kb.assessment.inputs.rule_set.statuses.values()}

    assert [reading.label["en"].lower() in picture.lower() for reading in kb.assessment.inputs.readings.values()] == [True] * 5
    assert {label for label in labels if f" {label} " in picture} == labels
    assert all(next(iter(kb.knowledge.objects(iri, OBS + "sign"))) in picture for iri in kb.assessment.inputs.rule_set.statuses)


def test_json_under_every_reading(capsys, kb):
    """In JSON every reading is one list of objects with the same names."""
    found = json.loads(output_of(capsys, "assess", "--member", "XB", "--reading", "*", "--format", "json"))

    assert {row["reading"] for row in found} == set(kb.assessment.inputs.readings)
    wanted = {"duty", "bearer", "paragraph", "norm", "window", "status", "reading", "asOf", "knownAt"}
    assert all(wanted <= set(row) and local_name(row["bearer"]) == "XB" for row in found)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["assess", "--member", "XX"], "XX"),
        (["assess", "--member", "XZ"], "does not declare XZ"),
        (["assess", "--paragraph", "4"], "no paragraph 4"),
        (["assess", "--as-of", "2017-01-01"], "before the instrument"),
        (["assess", "--as-of", "tomorrow"], "--as-of: “tomorrow” is not a day"),
        (["assess", "--known-at", "12:00"], "--known-at: “12:00”"),
        (["assess", "--reading", "strict"], "There is no reading “strict”"),
        (["explain", "XB"], "There is no follow-up item “XB”"),
        (["explain", "XB", "1"], "no follow-up item that could have a status"),
        (["explain", "XB", "2.5", "--why-not", "Guilty"], "There is no status “Guilty”"),
        (["readings", "XB", "7"], "no paragraph 7"),
    ],
)
def test_bad_arguments(capsys, arguments, sentence):
    """A bad argument ends with exit code 2 and one sentence that names the fault."""
    assert run([*arguments, "--lang", "en"]) == 2
    captured = capsys.readouterr()

    assert sentence in captured.err
    assert captured.out == ""
