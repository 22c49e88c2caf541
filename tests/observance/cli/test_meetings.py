"""The commands `meeting`, `counts` and `benchmark`: text, page and data agree; errors are one sentence."""

import json

import pytest
from click.testing import CliRunner

from conftest import sample
from observance.cli import cli
from observance.core import LANGUAGES, NotFoundError, ObservanceError, UsageError

PAGES = [
    ("meeting", "list"), ("meeting", "dossier", "meeting-2023"), ("meeting", "moves", "meeting-2021", "meeting-2022"),
    ("benchmark", "--by", "region"), ("benchmark", "--member", "XA", "--by", "peer-group"),
]  # fmt: skip


def run(*arguments: str) -> str:
    """The standard output of the command; raises its ObservanceError."""
    result = CliRunner().invoke(cli, list(arguments), standalone_mode=False)
    if isinstance(result.exception, ObservanceError):
        raise result.exception
    assert result.exception is None, result.exception
    return result.stdout


@pytest.mark.parametrize(("command", "lang"), sample([(command, lang) for command in PAGES for lang in LANGUAGES], 2))
def test_page_is_self_contained(command: tuple[str, ...], lang: str):
    """The page of a command is in the language, loads no other file, and has the sentences of the text."""
    page, text = run(*command, "--format", "html", "--lang", lang), run(*command, "--lang", lang)

    assert page.startswith(f'<!doctype html>\n<html lang="{lang}">')
    assert "src=" not in page and "<script" not in page and "<link" not in page
    assert text.splitlines()[0] in page


def test_status_changes():
    """A change from behind to fulfilled late between two meetings is in the data with both statuses."""
    arguments = ("meeting", "moves", "meeting-2021", "meeting-2022", "--reading", "benchmark", "--before", "Behind", "--format", "json")
    changes = json.loads(run(*arguments))

    assert [(m["bearer"][-2:], m["paragraph"], m["before"], m["after"]) for m in changes["moved"]] == [
        ("XP", "2.5", "Behind", "FulfilledLate")
    ]


def test_counts():
    """The data have both counts with their bounds."""
    counts = json.loads(
        run("counts", "--disregard", "Justification", "--reading", "benchmark", "--as-of", "2021-06-01", "--format", "json")
    )

    assert counts["documents"] == 2
    assert counts["with"]["statuses"]["JustifiedDelay"] == 1
    assert "JustifiedDelay" not in counts["without"]["statuses"]
    assert {"lower", "upper", "unknown"} <= set(counts["with"])


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
    """An unknown value, or a party that is not a Member, is an error with one sentence in each language."""
    with pytest.raises(error) as raised:
        run(*command)

    assert all(sentence.count("\n") == 0 and sentence for sentence in raised.value.sentences().values())
