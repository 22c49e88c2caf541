"""`observance diff` says what changed by duty and by premise."""

import json

import pytest

from observance.cli import run


def json_differences(capsys, *arguments: str) -> list[dict]:
    """The differences as JSON."""
    assert run(["diff", *arguments, "--format", "json", "--lang", "en"]) == 0
    return json.loads(capsys.readouterr().out)


def test_between_two_days(capsys):
    """XB's timetable is not yet due on the one day and behind on the other, because the window ended."""
    differences = json_differences(capsys, "--from", "2019-07-01", "--to", "2020-06-01", "--reading", "benchmark", "--member", "XB")
    one = next(difference for difference in differences if difference["duty"].endswith("norm-2.5"))

    assert (one["before"]["status"], one["after"]["status"], one["moved"]) == ("NotYetDue", "Behind", True)
    turned = {turn["premise"].rpartition("/")[2]: (turn["before"], turn["after"]) for turn in one["premises"]}
    assert turned["window-over"] == (False, True)
    assert all(difference["before"]["bearer"].endswith("XB") for difference in differences if difference["before"])


def test_said_on(capsys):
    """The status of XI was undetermined on that day, as the register was complete until the 7th; a justification was recorded later."""
    differences = json_differences(capsys, "--said-on", "2023-11-13", "--reading", "benchmark", "--member", "XI")
    one = next(difference for difference in differences if difference["duty"].endswith("norm-2.5"))

    assert (one["before"]["status"], one["after"]["status"]) == ("Unknown", "JustifiedDelay")
    assert one["before"]["asOf"] == one["after"]["asOf"] == "2023-11-13"
    assert one["before"]["knownAt"] < one["after"]["knownAt"]


def test_one_day_with_itself(capsys):
    """Between a day and itself nothing changed."""
    assert json_differences(capsys, "--from", "2022-01-01", "--to", "2022-01-01") == []


@pytest.mark.parametrize("arguments", [[], ["--from", "2020-01-01", "--said-on", "2020-01-01"]])
def test_exactly_one_comparison(arguments: list[str], capsys):
    """Without a comparison, or with two, the error names the options."""
    assert run(["diff", *arguments, "--lang", "en"]) == 2
    assert "--said-on" in capsys.readouterr().err


def test_bad_day(capsys):
    """A day that is no date is refused, in French too."""
    assert run(["diff", "--from", "1er juin", "--lang", "fr"]) == 2
    assert "AAAA-MM-JJ" in capsys.readouterr().err
