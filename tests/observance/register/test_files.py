"""The files of a register as seen without reading them: whatever changes what a register holds changes what is seen."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from observance.core import NotFoundError, Settings
from observance.register import DocumentReader, register_files

TURTLE = "<urn:x:a> <urn:x:p> <urn:x:b> .\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "register" / "below").mkdir(parents=True)
    (tmp_path / "register" / "one.ttl").write_text(TURTLE)
    (tmp_path / "register" / "below" / "two.ttl").write_text(TURTLE)
    return tmp_path / "register"


def _rewrite(folder: Path) -> None:
    file = folder / "one.ttl"
    status = file.stat()
    file.write_text(TURTLE.replace("urn:x:a", "urn:x:c"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file is added": lambda folder: (folder / "below" / "three.ttl").write_text(TURTLE),
    "a file is removed": lambda folder: (folder / "below" / "two.ttl").unlink(),
    "a file is renamed": lambda folder: (folder / "one.ttl").rename(folder / "other.ttl"),
    "a file is replaced": lambda folder: (folder / "one.ttl").replace(folder / "below" / "two.ttl"),
    "a folder is added": lambda folder: (folder / "new").mkdir(),
    "the folder vanishes": lambda folder: folder.rename(folder.with_name("elsewhere")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_show_in_the_folders(folder: Path, change: Callable[[Path], object]) -> None:
    """What changes which files there are shows in the stamps of the folders alone."""
    before = register_files([folder])
    assert before.have_same_folders
    change(folder)
    assert not before.have_same_folders
    assert register_files([folder]).digest != before.digest


def test_changes_in_place_show_in_the_digest(folder: Path) -> None:
    """A file that is written anew with the same size, and whose time of change is set back, is seen to have changed."""
    before = register_files([folder])
    _rewrite(folder)
    assert before.have_same_folders
    assert register_files([folder]).digest != before.digest


def test_same_files_same_digest(folder: Path) -> None:
    """Looking changes nothing; hidden folders are not looked into, and a link that leads nowhere is seen."""
    (folder / "nowhere.ttl").symlink_to(folder / "no such file")
    (folder / ".hidden").mkdir()
    before = register_files([folder])
    (folder / ".hidden" / "draft.ttl").write_text(TURTLE)
    assert register_files([folder]).digest == before.digest


def test_a_reader_reads_what_has_changed(folder: Path) -> None:
    """A document whose file has not changed is not read again; one that has is; one that has gone is not there."""
    reader = DocumentReader(settings=Settings(), contexts={})
    one, two = reader.read(folder / "one.ttl"), reader.read(folder / "below" / "two.ttl")
    _rewrite(folder)
    assert reader.read(folder / "below" / "two.ttl") is two
    assert reader.read(folder / "one.ttl").quads != one.quads
    (folder / "one.ttl").unlink()
    with pytest.raises(NotFoundError):
        reader.read(folder / "one.ttl")
