"""The commands `meeting`, `counts` and `benchmark`: text, page and data say the same; what cannot be answered is one sentence."""

import json

import pytest
from click.testing import CliRunner

from observance.cli import cli
from observance.core import NotFoundError, ObservanceError, UsageError


def run(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(cli, list(arguments), standalone_mode=False)
    if isinstance(result.exception, ObservanceError):
        raise result.exception
    assert result.exception is None, result.exception
    return result.stdout


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(
    "command",
    [
        ("meeting", "list"), ("meeting", "dossier", "meeting-2023"), ("meeting", "moves", "meeting-2021", "meeting-2022"),
        ("benchmark", "--by", "region"), ("benchmark", "--member", "XA", "--by", "peer-group"),
    ],
)  # fmt: skip
def test_page_is_self_contained(command: tuple[str, ...], lang: str):
    """The page of a command is in its language, loads nothing and contains the sentences of its text."""
    page, text = run(*command, "--format", "html", "--lang", lang), run(*command, "--lang", lang)

    assert page.startswith(f'<!doctype html>\n<html lang="{lang}">')
    assert "src=" not in page and "<script" not in page and "<link" not in page
    assert text.splitlines()[0] in page


def test_moves():
    """A change of status between two meetings is in the data with both statuses."""
    arguments = ("meeting", "moves", "meeting-2021", "meeting-2022", "--reading", "benchmark", "--before", "Behind", "--format", "json")
    found = json.loads(run(*arguments))

    assert [(m["bearer"][-2:], m["paragraph"], m["before"], m["after"]) for m in found["moved"]] == [
        ("XP", "2.5", "Behind", "FulfilledLate")
    ]


def test_counts():
    """Both counts are given with their bounds."""
    found = json.loads(run("counts", "--disregard", "Justification", "--reading", "benchmark", "--as-of", "2021-06-01", "--format", "json"))

    assert found["documents"] == 2
    assert found["with"]["statuses"]["JustifiedDelay"] == 1
    assert "JustifiedDelay" not in found["without"]["statuses"]
    assert {"lower", "upper", "unknown"} <= set(found["with"])


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (("meeting", "dossier", "nowhere"), NotFoundError),
        (("meeting", "moves", "meeting-2021", "nowhere"), NotFoundError),
        (("meeting", "moves", "meeting-2021", "meeting-2022", "--after", "Broken"), NotFoundError),
        (("counts", "--disregard", "Excuse"), NotFoundError),
        (("benchmark", "--member", "XU"), UsageError),
        (("benchmark", "--member", "XQ"), NotFoundError),
        (("benchmark", "--as-of", "soon"), UsageError),
    ],
)
def test_bad_input(command: tuple[str, ...], error: type[ObservanceError]):
    """An unknown name or a party that is no Member gives one sentence in each language."""
    with pytest.raises(error) as raised:
        run(*command)

    assert all(sentence.count("\n") == 0 and sentence for sentence in raised.value.sentences().values())
