"""The commands `register …` and `check --register`: a register is kept from nothing, and each of its mistakes is told where it stands."""

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from kept_register import NOTIFICATION, enter, invoke, keep
from observance.cli import cli
from observance.core import InvalidInputError, NotFoundError, ObservanceError, UsageError, create_durably, write_durably


def checked(folder: Path, *more: str) -> tuple[int, list[dict[str, object]]]:
    """The exit code of the check and what it tells, without good practice."""
    result = CliRunner().invoke(cli, ["check", "--register", str(folder), "--today", "2024-06-30", "--format", "json", *more])
    faults = json.loads(result.stdout)["faults"]
    return result.exit_code, [fault for fault in faults if fault["severity"] != "Info"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register that was kept with commands only."""
    folder = tmp_path_factory.mktemp("kept")
    return keep(folder / "register", folder / "letter.ttl")


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    """A copy of the register, to make a mistake in."""
    return Path(shutil.copytree(kept, tmp_path / "register"))


def contents(folder: Path) -> dict[str, bytes]:
    """The contents of the files of a folder by path."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_kept_register_is_sound(kept: Path):
    """A register that was kept with the commands has no fault at all, and answers are asked of it."""
    result = CliRunner().invoke(cli, ["check", "--register", str(kept), "--today", "2024-06-30", "--lang", "en"])

    assert (result.exit_code, result.stdout) == (0, "13 documents checked.\n")
    assert "Altamar" in invoke("assess", "--register", kept, "--brief", "--lang", "en").stdout


def test_files_tell_what_they_are(kept: Path):
    """Each record is in a file of its own, small and named after what it records."""
    assert list(contents(kept)) == [
        "completeness/until-2024-01-18.ttl", "meetings/2024.ttl", "memberships/xa-council-1971-05-04.ttl",
        "memberships/xa-xu-2001-01-01.ttl", "memberships/xu-unionrole-1995-01-01.ttl", "participation/2024-xa.ttl",
        "participation/2024-xu.ttl", "parties/xa.ttl", "parties/xu.ttl", "receipts/2024-01-04-letter.ttl",
        "received/2024-01-04-letter.ttl", "register.ttl", "transmissions/2024-01-17-notification.ttl",
    ]  # fmt: skip


def test_same_bytes(kept: Path, tmp_path: Path):
    """The same commands give the same bytes."""
    assert contents(keep(tmp_path / "again", tmp_path / "letter.ttl")) == contents(kept)


def test_three_statements_of_a_receipt(kept: Path):
    """A receipt states the day of addressing, the day of receipt, the time of entry and the sender, and the letter stays as it was."""
    receipt = (kept / "receipts" / "2024-01-04-letter.ttl").read_text(encoding="utf-8")

    assert 'obs:addressedOn "2024-01-02"^^xsd:date' in receipt
    assert 'obs:receivedOn "2024-01-04"^^xsd:date' in receipt
    assert 'obs:recordedAt "2024-01-18T09:00:00Z"^^xsd:dateTime' in receipt
    assert "obs:receivedFrom <https://example.org/register/parties/xa-customs>" in receipt
    assert (kept / "received" / "2024-01-04-letter.ttl").read_text(encoding="utf-8") == NOTIFICATION


def replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    """A mistake: one text in a file in place of another."""

    def make(folder: Path) -> None:
        text = (folder / path).read_text(encoding="utf-8")
        assert old in text
        (folder / path).write_text(text.replace(old, new), encoding="utf-8")

    return make


def remove(path: str) -> Callable[[Path], None]:
    """A mistake: a file is not there."""
    return lambda folder: (folder / path).unlink()


def copy(path: str, target: str, old: str = "", new: str = "") -> Callable[[Path], None]:
    """A mistake: a second file, with one text in place of another."""

    def make(folder: Path) -> None:
        text = (folder / path).read_text(encoding="utf-8")
        (folder / target).parent.mkdir(exist_ok=True)
        (folder / target).write_text(text.replace(old, new) if old else text, encoding="utf-8")

    return make


COUNCIL, UNTIL, LETTER = "memberships/xa-council-1971-05-04.ttl", "completeness/until-2024-01-18.ttl", "receipts/2024-01-04-letter.ttl"
DURING = '    org:memberDuring [ a time:ProperInterval ; time:hasBeginning [ a time:Instant ; time:inXSDDate "1971-05-04"^^xsd:date ] ] ;\n'
ABSENT = "<http://www.w3.org/ns/prov#wasRevisionOf> <https://example.org/register/meetings/2023>"
# The mistake; the document, the text of the line and the severity that are told; words of the remedy.
MISTAKES = {
    "no-receipt": (
        remove(LETTER),
        "received/2024-01-04-letter.ttl",
        "<https://example.org/xa/notification> a",
        "Violation",
        "add obs:receivedOn",
    ),
    "misspelt": (
        replace(LETTER, "obs:receivedOn", "obs:recievedOn"),
        LETTER,
        "obs:recievedOn",
        "Violation",
        "obs:receivedOn",
    ),
    "no-interval": (replace(COUNCIL, DURING, ""), COUNCIL, "a org:Membership", "Violation", "add org:memberDuring"),
    "another-organization": (
        replace(COUNCIL, "wco:council", "<https://example.org/wto>"),
        COUNCIL,
        "org:organization",
        "Violation",
        "wco:council",
    ),
    "unknown-code": (replace(UNTIL, "party:XA", "party:XAA"), UNTIL, "obs:completeAbout", "Violation", "party:XA"),
    "unknown-party": (replace(UNTIL, "party:XA", "party:XC"), UNTIL, "obs:completeAbout", "Violation", "declare it"),
    "received-in-2202": (replace(LETTER, '"2024-01-04"', '"2202-01-04"'), LETTER, "obs:receivedOn", "Violation", "correct the day"),
    "entered-in-2202": (replace(LETTER, '"2024-01-18T', '"2202-01-18T'), LETTER, "obs:recordedAt", "Violation", "correct the day"),
    "rdf-txt": (copy(LETTER, "letter.rdf.txt"), "letter.rdf.txt", None, "Warning", "rename it letter.rdf"),
    "one-iri-twice": (
        copy("meetings/2024.ttl", "other/2024.ttl", '"Review"', '"Another"'),
        "other/2024.ttl",
        "a obs:ReviewMeeting",
        "Violation",
        "2024.ttl",
    ),
    "absent-predecessor": (
        replace("meetings/2024.ttl", "    obs:recordedAt", f"    {ABSENT} ;\n    obs:recordedAt"),
        "meetings/2024.ttl",
        "#wasRevisionOf",
        "Violation",
        "correct prov:wasRevisionOf",
    ),
    "no-turtle": (replace(UNTIL, "obs:statedBy", "obs:statedBy statedBy"), UNTIL, None, "Violation", "line"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_told(folder: Path, name: str):
    """Each mistake is told with the file, the line, a severity and a remedy, in both languages; a Violation makes the check fail."""
    make, document, line, severity, remedy = MISTAKES[name]
    make(folder)
    code, faults = checked(folder)
    told = [fault for fault in faults if fault["document"] == str(folder / document) and remedy in fault["message"]["en"]]
    lines = (folder / document).read_text(encoding="utf-8").splitlines()

    assert told, faults
    assert code == (1 if severity == "Violation" else 0)
    assert told[0]["severity"] == severity
    assert told[0]["message"]["fr"]
    if line is not None:
        assert any(line in lines[fault["line"] - 1] for fault in told)


def test_misspelt_term_leaves_the_rest(folder: Path):
    """A misspelt term of a receipt is told with what is missing without it; nothing else in the file is to be removed."""
    MISTAKES["misspelt"][0](folder)
    _, faults = checked(folder)

    assert [fault for fault in faults if "remove" in fault["message"]["en"]] == []
    assert len(faults) == 2


def test_text_of_the_check(folder: Path):
    """In text, a fault stands under its document, with line and column, in the language."""
    replace(COUNCIL, "wco:council", "<https://example.org/wto>")(folder)
    result = CliRunner().invoke(cli, ["check", "--register", str(folder), "--today", "2024-06-30", "--lang", "fr"])
    lines = result.stdout.splitlines()

    assert result.exit_code == 1
    assert lines[0] == str(folder / COUNCIL)
    assert lines[1].startswith("  ✗ 10:5 L'adhésion vise ex:wto")
    assert lines[-1] == "13 documents vérifiés. ✗ à corriger : 1"


@pytest.mark.parametrize(("name", "error"), [("nowhere", NotFoundError), ("letter.ttl", InvalidInputError), ("empty", InvalidInputError)])
def test_register_that_cannot_be_read(tmp_path: Path, name: str, error: type[ObservanceError]):
    """A register that does not exist, holds nothing or is one file that cannot be read is an error, not a list of faults."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "letter.ttl").write_text("no Turtle", encoding="utf-8")

    with pytest.raises(error):
        invoke("check", "--register", tmp_path / name)


def test_day_of_the_check_is_today(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Without --today the day of the check is that of the clock."""
    monkeypatch.setattr("observance.cli.check.current_time", lambda: datetime(2024, 1, 17, tzinfo=UTC))
    result = CliRunner().invoke(cli, ["check", "--register", str(folder), "--lang", "en"])

    assert result.exit_code == 1
    assert "2024-01-17, the day of this check" in result.stdout


@pytest.mark.parametrize(
    ("command", "error", "words"),
    [
        ("membership XA --in XU --since 2021-01-01 --until 2020-12-31", InvalidInputError, "before it begins"),
        ("membership XA --in XV --since 2021-01-01", InvalidInputError, "gives no role"),
        ("membership XA --in wco:council --role Attended --since 2021-01-01", InvalidInputError, "not a role"),
        ("meeting 2025 --state MeetingHeld", InvalidInputError, "add obs:heldOn"),
        ("meeting 2025 --state MeetingHeld --held 2025-01-01", InvalidInputError, "2025-01-01"),
        ("meeting 2025 --state Held --held 2024-01-01", NotFoundError, "Held"),
        ("participation meetings/2024 XC --as Present", InvalidInputError, "not an attendance"),
        ("participation meetings/2023 XA --as Attended", NotFoundError, "meetings/2023"),
        ("transmission https://example.org/none XU --on 2024-01-17", InvalidInputError, "no notification"),
        ("completeness XC --for Submission --until 2024-01-17 --by wco:organization", InvalidInputError, "describe and declare"),
        ("completeness XA --for Submission --until 2024-01-19 --by wco:organization", InvalidInputError, "2024-01-19"),
        ("party XQQ --kind CouncilMember", NotFoundError, "XQ"),
        ("party EU --kind CustomsOrEconomicUnion", InvalidInputError, "one of them real"),
        ("meeting 2024 --state MeetingCancelled --title en=Review", UsageError, "written over"),
        ("meeting 2025 --state MeetingPlanned --planned tomorrow", UsageError, "--planned"),
        ("meeting 2025 --state MeetingPlanned --title Review", UsageError, "en=Altamar"),
    ],
)
def test_nothing_is_written(folder: Path, command: str, error: type[ObservanceError], words: str):
    """What is not valid, unknown, after the time of entry or on record already is refused with its reason, and nothing is written."""
    before = contents(folder)

    with pytest.raises(error) as refused:
        enter(folder, command)
    assert words in refused.value.sentence("en")
    assert refused.value.sentence("fr")
    assert contents(folder) == before


def test_revision(folder: Path):
    """What is learnt later is a record beside the one that it revises; answers about before stay, later ones follow it."""
    before = contents(folder)
    arguments = "membership XA --in wco:council --role MemberRole --since 1971-05-04 --until 2023-12-31"
    enter(folder, f"{arguments} --revises memberships/xa-council-1971-05-04", "--entered", "2024-02-01T09:00:00Z")
    enter(folder, f"{arguments} --revises memberships/xa-council-1971-05-04-2", "--entered", "2024-03-01T09:00:00Z")
    added = sorted(set(contents(folder)) - set(before))

    def statuses(known_at: str) -> set[str]:
        moment = ("--as-of", "2024-01-18", "--known-at", known_at)
        result = invoke("assess", "--member", "XA", "--register", folder, *moment, "--format", "json")
        return {assessment["status"] for assessment in json.loads(result.stdout)}

    assert added == ["memberships/xa-council-1971-05-04-2.ttl", "memberships/xa-council-1971-05-04-3.ttl"]
    assert {path: contents(folder)[path] for path in before} == before
    assert checked(folder) == (0, [])
    assert "NotApplicable" not in statuses("2024-01-31T09:00:00Z")
    assert "NotApplicable" in statuses("2024-02-01T09:00:00Z")


def test_meeting_that_took_place(folder: Path):
    """A meeting is planned, then postponed, then held: three records, each of which takes the place of the one before."""
    enter(folder, "meeting next --state MeetingPlanned --title en=Next --planned 2024-02-01")
    enter(folder, "meeting next --state MeetingPostponed --title en=Next --planned 2024-02-01 --revises meetings/next",
          "--entered", "2024-01-20T09:00:00Z")  # fmt: skip
    enter(folder, "meeting next --state MeetingHeld --title en=Next --held 2024-03-01 --until 2024-03-02 --revises meetings/next-2",
          "--entered", "2024-03-03T09:00:00Z")  # fmt: skip
    enter(folder, "participation meetings/next-3 XA --as Attended", "--entered", "2024-03-03T09:00:00Z")

    assert checked(folder) == (0, [])


def test_receipt_twice(folder: Path, kept: Path):
    """A letter whose receipt is on record is not received again."""
    with pytest.raises(UsageError, match="is on record"):
        enter(folder, f"receive {kept.parent / 'letter.ttl'} --by XA --on 2024-01-05")


def test_letter_without_receipt(folder: Path, kept: Path):
    """For a letter that is in the folder without a receipt, as after a power failure, only the receipt is written."""
    remove(LETTER)(folder)
    before = set(contents(folder))
    enter(folder, f"receive {kept.parent / 'letter.ttl'} --by XA --on 2024-01-04")

    assert set(contents(folder)) - before == {LETTER}


def test_letter_that_is_not_valid(folder: Path, tmp_path: Path):
    """A letter that is not valid was received all the same: it is put on record, and clarification is requested."""
    letter = tmp_path / "faulty.ttl"
    letter.write_text(NOTIFICATION.replace("/notification>", "/faulty>").replace('"2024-01-02"^^xsd:date', '"2 January"'), encoding="utf-8")
    result = enter(folder, f"receive {letter} --by XA --on 2024-01-04")

    assert "clarification requested: 1 finding" in result.stderr
    assert (folder / "received" / "2024-01-04-faulty.ttl").read_bytes() == letter.read_bytes()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<https://example.org/a> <https://example.org/b> 1 .", "no submission"),
        (NOTIFICATION.replace("<https://example.org/xa/notification>", "[]"), "no IRI"),
        (NOTIFICATION.replace("/xa/notification>", "/register/meetings/2024>"), "differ"),
    ],
)  # fmt: skip
def test_letter_that_cannot_be_put_on_record(folder: Path, tmp_path: Path, text: str, words: str):
    """A file without a submission, with one that has no IRI, or with an IRI that is taken is not put on record."""
    (tmp_path / "other.ttl").write_text(text, encoding="utf-8")
    before = contents(folder)

    with pytest.raises(InvalidInputError, match=words):
        enter(folder, f"receive {tmp_path / 'other.ttl'} --by XA --on 2024-01-04")
    assert contents(folder) == before


@pytest.mark.parametrize(("base", "words"), [("register/", "example.org"), ("https://example.org/register", "last sign")])
def test_base(tmp_path: Path, base: str, words: str):
    """The base must be an IRI that ends in / or #."""
    with pytest.raises(UsageError, match=words):
        invoke("register", "new", tmp_path / "new", "--base", base)


def test_new_register_in_a_folder_that_is_not_empty(folder: Path):
    """A register is begun in a new folder only."""
    with pytest.raises(UsageError, match="not empty"):
        invoke("register", "new", folder, "--base", "https://example.org/register/")


@pytest.mark.parametrize("arguments", [("--register", "demo"), ()])
def test_which_register(tmp_path: Path, arguments: Sequence[str]):
    """The register is a folder that is named or the one open, and declares a register."""
    (tmp_path / "a.ttl").write_text("<https://example.org/a> <https://example.org/b> 1 .", encoding="utf-8")
    words = ["register", "meeting", "2024", "--state", "MeetingPlanned", *(["--register", str(tmp_path)] if arguments else [])]

    with pytest.raises((NotFoundError, UsageError), match="register new" if arguments else "--register"):
        invoke(*words)


def test_time_of_entry_is_now(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Without --entered the time of entry is that of the clock."""
    monkeypatch.setattr("observance.cli.register.current_time", lambda: datetime(2024, 1, 19, 8, 30, tzinfo=UTC))
    invoke("register", "meeting", "2025", "--state", "MeetingPlanned", "--planned", "2025-01-14", "--register", folder)

    assert '"2024-01-19T08:30:00Z"' in (folder / "meetings" / "2025.ttl").read_text(encoding="utf-8")


def test_file_is_not_written_over(tmp_path: Path):
    """A file that exists, even since a moment ago, is left as it is, and nothing else stays in the folder."""
    create_durably(tmp_path / "new" / "a.ttl", b"first")

    with pytest.raises(UsageError, match="written over"):
        create_durably(tmp_path / "new" / "a.ttl", b"second")
    assert contents(tmp_path) == {"new/a.ttl": b"first"}


@pytest.mark.parametrize("write", [create_durably, write_durably])
def test_full_disk(tmp_path: Path, write: Callable[[Path, bytes], None], full_disk: Callable[[], AbstractContextManager[None]]):
    """Where there is no room for a file, the error says so, and nothing of it is left."""
    with full_disk(), pytest.raises(UsageError, match=r"a\.ttl"):
        write(tmp_path / "a.ttl", b"first " * 10)
    assert contents(tmp_path) == {}
    write(tmp_path / "a.ttl", b"first " * 10)
    assert contents(tmp_path) == {"a.ttl": b"first " * 10}


def test_demo_register():
    """The demo register, written for version 0.2.0, is told what it may lack, and none of its records has a fault."""
    result = CliRunner().invoke(cli, ["check", "--register", str(ROOT / "queries" / "demo"), "--today", "2024-06-30", "--format", "json"])
    faults = json.loads(result.stdout)["faults"]
    of_records = [fault for fault in faults if "/register-" in (fault["shape"] or "")]

    assert {fault["severity"] for fault in of_records} == {"Info"}
    assert any("0.2.0" in fault["message"]["fr"] for fault in of_records)
