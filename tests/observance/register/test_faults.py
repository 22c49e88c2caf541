"""Faults of a register as a whole: each is told with its document, its place and a remedy, and the register still opens."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from conftest import ROOT
from observance.core import InvalidInputError
from observance.knowledge_base import KnowledgeBase
from observance.register.faults import RegisterFault, last_credible_time, warning_sentence

HEAD = """@prefix obs: <https://w3id.org/observance/ns#> .
@prefix party: <https://w3id.org/observance/parties/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <https://example.org/> .
"""
REGISTER = "ex:register a obs:Register ; obs:declares party:XA ."
TODAY = date(2024, 6, 30)


def write(folder: Path, **texts: str) -> Path:
    """Write Turtle files, named by the keys, and return the folder."""
    for name, text in {"register": REGISTER, **texts}.items():
        (folder / f"{name}.ttl").write_text(HEAD + text + "\n", encoding="utf-8")
    return folder


def faults(kb: KnowledgeBase, folder: Path, *, today: date | None = TODAY) -> dict[str, RegisterFault]:
    """The faults of the register in the folder by key."""
    return {fault.key: fault for fault in kb.register.inspect([folder], today=today).faults}


def recorded(name: str, *times: str) -> str:
    """A meeting for each time of entry."""
    meetings = (f'ex:{name}-{n} a obs:ReviewMeeting ; obs:recordedAt "{time}"^^xsd:dateTime .' for n, time in enumerate(times))
    return "\n".join(meetings)


def test_sound_register(kb: KnowledgeBase, tmp_path: Path):
    """A sound register has no faults."""
    assert faults(kb, write(tmp_path, a=recorded("m", "2024-06-30T12:00:00Z"))) == {}


@pytest.mark.parametrize(
    ("name", "key", "severity", "proposed"),
    [
        ("notification.rdf.txt", "register.unread-document", "Warning", "notification.rdf"),
        ("notification.ttl.bak", "register.unread-document", "Warning", "notification.ttl"),
        ("v1.2.TTL.orig", "register.unread-document", "Warning", "v1.2.TTL"),
        ("letter.pdf", "register.unread-file", "Info", ".ttl"),
    ],
)
def test_unread_file(kb: KnowledgeBase, tmp_path: Path, name: str, key: str, severity: str, proposed: str):
    """A file that is not read is told: with the name to give it if it looks like a document."""
    write(tmp_path)
    (tmp_path / name).write_text("x", encoding="utf-8")
    fault = faults(kb, tmp_path)[key]

    assert (Path(fault.document).name, fault.severity) == (name, severity)
    assert proposed in fault.sentence("en")
    assert kb.register.open([tmp_path]).declared


@pytest.mark.parametrize(
    ("name", "proposed"), [("a.txt", "a.ttl"), ("a", "a.ttl"), ("a.ttl~", "a.ttl"), (".a.ttl", "a.ttl"), ("a.tt", "a.ttl"), (".a", "a.ttl")]
)
def test_document_under_another_name(kb: KnowledgeBase, tmp_path: Path, name: str, proposed: str):
    """A file that holds statements and is not read because of its name is told as a document, also where its name hides it."""
    write(tmp_path)
    (tmp_path / name).write_text(HEAD + recorded("m", "2019-06-30T12:00:00Z"), encoding="utf-8")
    fault = faults(kb, tmp_path)["register.unread-document"]

    assert (Path(fault.document).name, fault.severity, fault.values["proposed"]) == (name, "Warning", proposed)


def test_hidden_file_without_statements(kb: KnowledgeBase, tmp_path: Path):
    """A hidden file that holds no statements is no document of a register, and nothing is said of it."""
    write(tmp_path)
    (tmp_path / ".gitignore").write_text("*.pdf\n", encoding="utf-8")

    assert faults(kb, tmp_path) == {}


def test_linked_folder(kb: KnowledgeBase, tmp_path: Path):
    """A link to a folder, which is not followed, is told."""
    folder = tmp_path / "register"
    folder.mkdir()
    (write(folder) / "old").symlink_to(tmp_path)

    assert faults(kb, folder)["register.linked-folder"].severity == "Warning"


def test_unreadable_document(kb: KnowledgeBase, tmp_path: Path):
    """A document that cannot be read is told with its line, beside the others' faults, and refuses answers."""
    write(tmp_path, bad="ex:a ex:b", other=recorded("m", "2030-01-01T00:00:00Z"))
    found = kb.register.inspect([tmp_path], today=TODAY).faults

    assert {Path(fault.document).name for fault in found} == {"bad.ttl", "other.ttl"}
    assert "line 6" in next(fault.sentence("en") for fault in found if fault.error)
    with pytest.raises(InvalidInputError):
        kb.register.open([tmp_path])


def test_described_twice(kb: KnowledgeBase, tmp_path: Path):
    """Two files that differ and describe one IRI are told, with the line in the second; parties and the register may be in several."""
    write(tmp_path, a=recorded("m", "2024-01-01T00:00:00Z"), b="\n" + recorded("m", "2024-01-02T00:00:00Z") + "\n" + REGISTER)
    (fault,) = kb.register.inspect([tmp_path], today=TODAY).faults

    assert (fault.key, Path(fault.document).name, fault.severity) == ("register.described-twice", "b.ttl", "Violation")
    assert fault.place is not None
    assert fault.place.line == 6
    assert "a.ttl" in fault.sentence("fr")


def test_copy(kb: KnowledgeBase, tmp_path: Path):
    """A copy of a file is told as one."""
    assert set(faults(kb, write(tmp_path, a=recorded("m", "2024-01-01T00:00:00Z"), b=recorded("m", "2024-01-01T00:00:00Z")))) == {
        "register.copied"
    }


@pytest.mark.parametrize(
    "statement",
    ['obs:recordedAt "2202-03-05T09:30:00Z"^^xsd:dateTime', *(
        f'obs:{name} "2202-03-04"^^xsd:date'
        for name in ("receivedOn", "addressedOn", "heldOn", "heldUntil", "relayedOn", "completeUntil")
    )],
)  # fmt: skip
def test_year_2202(kb: KnowledgeBase, tmp_path: Path, statement: str):
    """A day after the day of the check is told with its line, whatever it is the day of."""
    fault = faults(kb, write(tmp_path, a=f"ex:a\n    {statement} ."))["register.after-today"]

    assert fault.place is not None
    assert (fault.place.line, fault.severity) == (6, "Violation")
    assert "2202-03-0" in fault.sentence("fr")


def test_day_of_the_check(kb: KnowledgeBase, tmp_path: Path):
    """What was entered on the day of the check is in order; what was entered the day after is not."""
    assert faults(kb, write(tmp_path, a=recorded("m", "2024-06-30T23:59:00Z"))) == {}
    assert set(faults(kb, write(tmp_path, a=recorded("m", "2024-07-01T00:00:00Z")))) == {"register.after-today"}


def test_without_a_day(kb: KnowledgeBase, tmp_path: Path):
    """Without the day of the check, a time of entry is judged by the others: one that stands alone and far off is told."""
    folder = write(tmp_path, a=recorded("m", "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2202-01-01T00:00:00Z"))

    assert set(faults(kb, folder, today=None)) == {"register.apart"}


@pytest.mark.parametrize(
    ("years", "last"),
    [([], None), ([2202], 2202), ([2023, 2024], 2024), ([2023, 2024, 2202], 2024), ([2018, 2023], 2023), ([2018, 2024, 2202, 2999], 2018),
     ([2018, 2026, 2027], 2027), ([2024, 2202, 2203], 2203)],
)  # fmt: skip
def test_last_credible_time(years: list[int], last: int | None):
    """A time more than five years after the one before it is left out if no other is near it; two that are near are believed."""
    found = last_credible_time(datetime(year, 1, 1, tzinfo=UTC) for year in years)

    assert (found and found.year) == last


def test_default_day(kb: KnowledgeBase, tmp_path: Path):
    """One receipt in the year 2202 does not carry the default day away."""
    shown = '; obs:receivedOn "2202-03-04"^^xsd:date ; obs:recordedAt "2202-03-05T09:30:00Z"^^xsd:dateTime .'
    folder = write(tmp_path, a=recorded("m", "2024-01-01T00:00:00Z"), b=f"ex:letter a obs:IntentionNotification {shown}")
    with KnowledgeBase.open(kb.settings, registers=[folder]) as opened:
        moment = opened.assessment.assess().derivation.moment

    assert moment.as_of == date(2024, 1, 1)


def test_demo_register(kb: KnowledgeBase):
    """The demo register, written for version 0.2.0, opens without a fault."""
    assert kb.register.inspect([ROOT / "queries" / "demo"], today=TODAY).faults == ()


def test_warning(kb: KnowledgeBase, tmp_path: Path):
    """One sentence counts the faults by kind, in both languages; a sound register and good practice give none."""
    write(tmp_path, a=recorded("m", "2024-01-01T00:00:00Z", "2202-01-01T00:00:00Z"), b=recorded("m", "2024-01-02T00:00:00Z"))
    (tmp_path / "x.rdf.txt").write_text("x", encoding="utf-8")
    (tmp_path / "letter.pdf").write_text("x", encoding="utf-8")
    found = kb.register.inspect([tmp_path], today=TODAY).faults
    sentence = warning_sentence(found, to_repair=2, lacking=0, folder="register", lang="en")

    assert sentence == (
        "The register has faults on which this answer may rest: 1 file that is not read, 1 file that describes what another one describes, "
        "1 day or time that cannot be right, 2 records to repair. They are listed by: observance check --register register"
    )
    assert "2 inscriptions à corriger" in (warning_sentence(found, to_repair=2, lacking=0, folder="register", lang="fr") or "")
    assert warning_sentence((), to_repair=0, lacking=0, folder="register", lang="en") is None
