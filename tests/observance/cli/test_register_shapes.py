"""`observance register validate`: shapes of one's own conclude nothing from silence where the register does not claim to be complete."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from observance.cli import cli

# Cases of paragraphs 2.5 and 2.8: what the shapes ask for, of the kind of record that it is.
SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix obs: <https://w3id.org/observance/ns#> .
[] a sh:NodeShape ; sh:targetObjectsOf obs:declares ; sh:property [ sh:path [ sh:inversePath obs:onBehalfOf ] ;
    sh:qualifiedValueShape [ sh:class obs:%s ] ; sh:qualifiedMinCount 1 ] .
"""
TIMETABLE, REPORT = "IndicativeTimetable", "ProgressReport"
COMMANDS = (
    "party XA --kind CouncilMember --name en=Altamar --administration fr=Douane --language fr --email relay@xa.example",
    "party XB --kind CouncilMember --name en=Brenmoor --administration fr=Douane --language fr --email relay@xb.example",
    "membership XA --in wco:council --role MemberRole --since 1971-05-04",
    "membership XB --in wco:council --role MemberRole --since 1971-05-04",
    "completeness XA --for IndicativeTimetable --until 2024-01-18 --by wco:organization",
    "completeness XB --for ProgressReport --until 2024-01-10 --by wco:organization",
)


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """A register that claims to be complete about XA for timetables, and about XB for reports, to another day."""
    folder = tmp_path / "register"
    new = ["register", "new", str(folder), "--base", "https://example.org/register/"]
    options = ["--register", str(folder), "--entered", "2024-01-18T09:00:00Z"]
    for arguments in (new, *(["register", *command.split(), *options] for command in COMMANDS)):
        result = CliRunner().invoke(cli, arguments, standalone_mode=False)
        assert result.exit_code == 0, result.exception
    return folder


def told(register: Path, kind: str, *more: str) -> tuple[list[str], str]:
    """The codes of the parties that have a result, and what is said on standard error."""
    shapes = register.parent / "shapes.ttl"
    shapes.write_text(SHAPES % kind, encoding="utf-8")
    arguments = ["register", "validate", str(shapes), "--register", str(register), "--format", "json", "--lang", "en", *more]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    report = json.loads(result.stdout)
    assert report["conforms"] is (report["results"] == [])
    return sorted(found["focusNode"].strip("<>").rpartition("/")[2] for found in report["results"]), result.stderr


@pytest.mark.parametrize(
    ("kind", "day", "found", "open_about"),
    [
        (TIMETABLE, "2024-01-18", ["XA"], 1),
        (TIMETABLE, "2024-01-19", [], 2),
        (REPORT, "2024-01-10", ["XB"], 1),
        (REPORT, "2024-01-18", [], 2),
        ("Submission", "2024-01-10", [], 2),
    ],
)
def test_silence_counts_where_the_register_is_complete(register: Path, kind: str, day: str, found: list[str], open_about: int):
    """A shape that asks for a timetable (2.5) or a report (2.8) has results for the parties about which the register is complete for it."""
    parties, said = told(register, kind, "--as-of", day)

    assert parties == found
    assert f": {open_about}. Nothing is concluded from silence" in said


def test_a_record_to_clarify_leaves_it_open(register: Path):
    """While a record about the party has a fault, the register is complete about nothing: what it says may be what is sought."""
    (register / "unclear.ttl").write_text(
        "@prefix obs: <https://w3id.org/observance/ns#> .\n"
        "<https://example.org/unclear> a obs:Participation ; obs:participant <https://w3id.org/observance/parties/XA> ;\n"
        '    obs:meeting "2019" .\n',
        encoding="utf-8",
    )

    assert told(register, TIMETABLE, "--as-of", "2024-01-18")[0] == []


def test_what_is_on_record_is_found(register: Path, tmp_path: Path):
    """What is asked for and on record gives no result, whatever the register claims."""
    (register / "timetable.ttl").write_text(
        "@prefix obs: <https://w3id.org/observance/ns#> .\n"
        "<https://example.org/xa/timetable> a obs:IndicativeTimetable ; obs:onBehalfOf <https://w3id.org/observance/parties/XA> .\n",
        encoding="utf-8",
    )

    assert told(register, TIMETABLE, "--as-of", "2024-01-18")[0] == []
