"""What was read of the rooms, kept between runs: the same, or not used."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT
from observance.core import Settings
from observance.knowledge import loading
from observance.knowledge_base import KnowledgeBase
from observance.rdf import StatementTable, read_table, write_table
from observance.submissions import ReportOptions, reports_to_json

REPORTS = ROOT / "tests" / "observance" / "submissions" / "reports"
ALL = ReportOptions(repairs=True, evidence=True, provenance=True, as_of="2019-06-30")


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """A cache folder in which the knowledge and the shapes are kept."""
    folder = tmp_path_factory.mktemp("cache") / "observance"
    with KnowledgeBase.open(Settings(cache=str(folder))) as kb:
        assert kb.knowledge
        assert kb.shapes.compiled
    return folder


@pytest.fixture
def cache(filled: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(filled, tmp_path / "observance"))


def reports(cache: str) -> list[str]:
    """The whole reports on some documents with faults and without."""
    documents = [REPORTS / "interval.ttl", ROOT / "shapes" / "examples" / "para-2-8-reports.ttl"]
    with KnowledgeBase.open(Settings(cache=cache)) as kb:
        return [reports_to_json([kb.submissions.validate(file, options=ALL)], several=False) for file in documents]


def kept_rows(cache: Path) -> bool:
    """Whether what the folder holds for the knowledge is used."""
    digest = loading.digest_rooms(loading.find_root(), "ontology", "rules")
    return read_table(cache, digest=digest) is not None


def test_same_reports(cache: Path):
    """Reports are the same bytes from what was kept and from the files."""
    assert kept_rows(cache)
    assert reports(str(cache)) == reports("off")


def test_same_statements(cache: Path):
    """What is kept is what the files say, in their order, blank nodes apart."""
    root = loading.find_root()
    read, again = (loading.load_rooms(root, "shapes", cache=folder) for folder in (None, cache))

    def shown(row: object) -> list[str]:
        return ["_:" if str(term).startswith("_:") else str(term) for term in row]

    assert again.was_cached
    assert [shown(row) for row in read.statements] == [shown(row) for row in again.statements]


def test_changed_file(tmp_path: Path, cache: Path):
    """A room that has changed is read anew."""
    for room in loading.ROOMS:
        shutil.copytree(ROOT / room, tmp_path / "base" / room, ignore=shutil.ignore_patterns("demo", "*.md"))
    before = len(loading.load_rooms(tmp_path / "base", "rules", cache=cache).statements)
    with next((tmp_path / "base" / "rules").rglob("*.ttl")).open("a", encoding="utf-8") as file:
        file.write("\n<urn:x:a> <urn:x:b> <urn:x:c> .\n")

    assert len(loading.load_rooms(tmp_path / "base", "rules", cache=cache).statements) == before + 1


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def _other_text(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"Violation", b"violation"))


def _no_json(file: Path) -> None:
    file.write_bytes(b"not JSON")


def _readable_by_others(file: Path) -> None:
    file.chmod(0o644)


def _link(file: Path) -> None:
    file.rename(file.with_suffix(".moved"))
    file.symlink_to(file.with_suffix(".moved"))


def _folder_of_others(file: Path) -> None:
    file.parent.chmod(0o755)


@pytest.mark.parametrize("damage", [_cut, _other_text, _no_json, _readable_by_others, _link, _folder_of_others])
def test_not_trusted(cache: Path, damage: Callable[[Path], None]):
    """A file that is broken, that others may write or see, or that is a link is not used; the report is that of the files."""
    for file in list(cache.glob("*.kept")):
        damage(file)

    digest = loading.digest_rooms(loading.find_root(), "shapes")
    assert read_table(cache, digest=digest) is None
    assert reports(str(cache))[:1] == reports("off")[:1]


def test_nowhere_to_write(tmp_path: Path):
    """Where the folder cannot be made, nothing is kept and nothing fails."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")

    found = loading.load_rooms(loading.find_root(), "shapes", cache=tmp_path / "file" / "observance")
    found.store()

    assert len(found.statements)


def test_few_are_kept(tmp_path: Path):
    """Only the newest few files stay."""
    for number in range(12):
        write_table(tmp_path / "own", StatementTable.of(()), digest=str(number))

    assert len(list((tmp_path / "own").iterdir())) == 6
