"""`observance validate`: what is compared, what is asked for beyond the findings, and every form of report."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from observance.cli import cli

FAULTY = ROOT / "tests" / "observance" / "submissions" / "reports" / "interval.ttl"
EXAMPLE = ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl"


def run(*words: str | Path) -> tuple[int, str]:
    """The exit code and what was printed."""
    done = CliRunner().invoke(cli, ["validate", *map(str, words)], catch_exceptions=False)
    return done.exit_code, done.output


@pytest.fixture
def repaired(tmp_path: Path) -> Path:
    """The faulty submission with its date mended, its order and blank node changed and a fault more."""
    text = FAULTY.read_text(encoding="utf-8").replace('"2019-06-03"', '"2019-06-03"^^xsd:date')
    file = tmp_path / "renamed.ttl"
    file.write_text(
        text.replace("obs:submittedBy <https://example.org/xb-customs> ;", "").replace("[ time:has", "[ # here\n time:has"),
        encoding="utf-8",
    )
    return file


@pytest.mark.parametrize("as_report", [False, True])
def test_against(as_report: bool, repaired: Path, tmp_path: Path) -> None:
    """A comparison with the earlier submission, or with its report in JSON, says what is new, resolved and persisting."""
    old = FAULTY
    if as_report:
        old = tmp_path / "earlier.json"
        old.write_text(run(FAULTY, "--format", "json")[1], encoding="utf-8")
    code, printed = run(repaired, "--against", old, "--format", "json")
    found = json.loads(printed)
    names = {kind: {each["shape"].rpartition("/")[2] for each in found[kind]} for kind in ("new", "persisting", "resolved")}

    assert code == 1
    assert names["resolved"] == {"envelope-date-type"}
    assert names["persisting"] >= {"para-2-5-timetable-provision-class", "envelope-interval-end-missing"}
    assert names["new"] == {"envelope-filer-missing"}


@pytest.mark.parametrize(("lang", "words"), [("fr", ("Nouveau : 1", "Résolu : 1")), ("en", ("New: 1", "Resolved: 1"))])
def test_comparison_as_text(lang: str, words: tuple[str, ...], repaired: Path) -> None:
    """The comparison is printed in either language."""
    _, printed = run(repaired, "--against", FAULTY, "--lang", lang)

    assert [word for word in words if word not in printed] == []


@pytest.mark.parametrize(
    "words",
    [(FAULTY, EXAMPLE, "--against", EXAMPLE), (FAULTY, "--against", EXAMPLE, "--format", "turtle"), (FAULTY, "--against", "no.ttl")],
)
def test_wrong_comparisons(words: tuple[str | Path, ...]) -> None:
    """Several files, another format or a file that does not exist cannot be compared: a sentence says so, with exit code 2."""
    from observance.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["validate", *map(str, words)])
    assert ended.value.code == 2


def test_as_of_is_written() -> None:
    """The date of a report is in it, and nothing else changes."""
    _, without = run(EXAMPLE, "--format", "json")
    _, dated = run(EXAMPLE, "--format", "json", "--as-of", "2019-06-30")
    found, plain = json.loads(dated), json.loads(without)

    assert found["provenance"].pop("as_of") == "2019-06-30"
    assert plain["provenance"].pop("as_of") is None
    assert found == plain
    assert run(EXAMPLE, "--as-of", "yesterday")[0] == 2


def test_evidence_and_repairs_are_optional() -> None:
    """Evidence is in the report with `--evidence`; repairs are, for one file, unless `--no-repairs`."""
    plain, asked = (json.loads(run(FAULTY, "--format", "json", *words)[1]) for words in ((), ("--evidence", "--no-repairs")))

    assert "evidence" not in plain
    assert asked["evidence"]["met"]
    assert [bool(each["repair"]) for each in plain["results"]].count(True) == 4
    assert not any(each["repair"] for each in asked["results"])


def test_sarif_over_several(tmp_path: Path) -> None:
    """One SARIF log holds several files; one that cannot be read is a notification, and the log says that the run had an error."""
    broken = tmp_path / "broken.ttl"
    broken.write_text("<urn:a> <urn:b>", encoding="utf-8")
    done = CliRunner().invoke(cli, ["validate", str(FAULTY), str(broken), str(EXAMPLE), "--format", "sarif", "--lang", "en"])
    (found,) = json.loads(done.stdout)["runs"]

    assert done.exit_code == 2
    assert len(found["artifacts"]) == 2
    assert len(found["results"]) == 4
    assert "line 1" in found["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
