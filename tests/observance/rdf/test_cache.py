"""The disk cache of statement tables: the same statements as the files, or not used."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pyoxigraph as ox
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
def filled_cache(tmp_path_factory) -> Path:
    """A cache folder that holds the knowledge and the shapes."""
    folder = tmp_path_factory.mktemp("cache") / "observance"
    with KnowledgeBase.open(Settings(cache=str(folder))) as kb:
        assert kb.knowledge
        assert kb.shapes.compiled
    return folder


@pytest.fixture
def cache(filled_cache: Path, tmp_path: Path) -> Path:
    """A copy of the cache folder for tests that damage it."""
    return Path(shutil.copytree(filled_cache, tmp_path / "observance"))


def reports(cache: str) -> list[str]:
    """Full reports on documents with and without faults."""
    documents = [REPORTS / "interval.ttl", ROOT / "shapes" / "examples" / "para-2-8-reports.ttl"]
    with KnowledgeBase.open(Settings(cache=cache)) as kb:
        return [reports_to_json([kb.submissions.validate(file, options=ALL)], several=False) for file in documents]


def is_cached(cache: Path) -> bool:
    """Whether the folder holds a usable table of the knowledge."""
    digest = loading.digest_rooms(loading.find_root(), "ontology", "rules")
    return read_table(cache, digest=digest) is not None


def test_same_reports(cache: Path):
    """Reports from the cache and from the files are the same bytes."""
    assert is_cached(cache)
    assert reports(str(cache)) == reports("off")


def test_same_statements(cache: Path):
    """The cached statements equal those of the files, in their order, up to blank node labels."""
    root = loading.find_root()
    read, cached = (loading.load_rooms(root, "shapes", cache=folder) for folder in (None, cache))

    def row_texts(row: object) -> list[str]:
        return ["_:" if str(term).startswith("_:") else str(term) for term in row]

    assert cached.was_cached
    assert [row_texts(row) for row in read.statements] == [row_texts(row) for row in cached.statements]


def test_full_disk(tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]]):
    """Where there is no room for a table, nothing of it is left; the next time it is written."""
    folder = tmp_path / "observance"
    table = StatementTable.of(ox.parse(b"<urn:x:a> <urn:x:b> <urn:x:c> <urn:x:g> .", format=ox.RdfFormat.N_QUADS))
    with full_disk():
        write_table(folder, table, digest="table")
    assert list(folder.iterdir()) == []
    assert read_table(folder, digest="table") is None

    write_table(folder, table, digest="table")
    assert len(read_table(folder, digest="table")) == 1
    assert len(list(folder.iterdir())) == 1


def test_changed_file(tmp_path: Path, cache: Path):
    """A room with a changed file is parsed again."""
    for room in loading.ROOMS:
        shutil.copytree(ROOT / room, tmp_path / "base" / room, ignore=shutil.ignore_patterns("demo", "*.md"))
    before = len(loading.load_rooms(tmp_path / "base", "rules", cache=cache).statements)
    with next((tmp_path / "base" / "rules").rglob("*.ttl")).open("a", encoding="utf-8") as file:
        file.write("\n<urn:x:a> <urn:x:b> <urn:x:c> .\n")

    assert len(loading.load_rooms(tmp_path / "base", "rules", cache=cache).statements) == before + 1


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def _change_text(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"Violation", b"violation"))


def _replace_by_text(file: Path) -> None:
    file.write_bytes(b"not JSON")


def _make_file_readable(file: Path) -> None:
    file.chmod(0o644)


def _replace_by_link(file: Path) -> None:
    file.rename(file.with_suffix(".moved"))
    file.symlink_to(file.with_suffix(".moved"))


def _make_folder_readable(file: Path) -> None:
    file.parent.chmod(0o755)


@pytest.mark.parametrize(
    "damage", [_truncate, _change_text, _replace_by_text, _make_file_readable, _replace_by_link, _make_folder_readable]
)
def test_untrusted_file_is_not_used(cache: Path, damage: Callable[[Path], None]):
    """A damaged file, a file or folder that others may read, and a link are not used; the report is that of the files."""
    for file in list(cache.glob("*.kept")):
        damage(file)

    digest = loading.digest_rooms(loading.find_root(), "shapes")
    assert read_table(cache, digest=digest) is None
    assert reports(str(cache))[:1] == reports("off")[:1]


def test_unwritable_folder_is_no_error(tmp_path: Path):
    """If the folder cannot be created, nothing is cached and nothing fails."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")

    rooms = loading.load_rooms(loading.find_root(), "shapes", cache=tmp_path / "file" / "observance")
    rooms.store()

    assert len(rooms.statements)


def test_old_files_are_deleted(tmp_path: Path):
    """Only the newest files stay in the cache."""
    for number in range(12):
        write_table(tmp_path / "own", StatementTable.of(()), digest=str(number))

    assert len(list((tmp_path / "own").iterdir())) == 8
