"""Files and folders as a command line names them."""

from pathlib import Path
from typing import NoReturn

import pytest

from observance.core import InvalidInputError, LimitExceededError, NotFoundError, Settings
from observance.rdf import rdf_files, read_source

SETTINGS = Settings()


def test_file_is_read(tmp_path: Path) -> None:
    """A file's bytes come under the path as it was given."""
    path = tmp_path / "a b.ttl"
    path.write_bytes(b"# x")
    source = read_source(path, settings=SETTINGS)
    assert (source.name, source.content) == (str(path), b"# x")


@pytest.mark.parametrize("name", ["missing.ttl", "nul\0.ttl"])
def test_missing_file_is_not_found(tmp_path: Path, name: str) -> None:
    """A path without a file is not found."""
    with pytest.raises(NotFoundError) as caught:
        read_source(tmp_path / name, settings=SETTINGS)
    assert caught.value.key == "intake.no-file"


def test_folder_is_not_a_file(tmp_path: Path) -> None:
    """A folder cannot be read as a file."""
    with pytest.raises(InvalidInputError) as caught:
        read_source(tmp_path, settings=SETTINGS)
    assert caught.value.key == "intake.is-folder"


def test_file_below_a_file_is_unreadable(tmp_path: Path) -> None:
    """Any other fault of the system is unreadable, with the system's words."""
    (tmp_path / "a.ttl").write_bytes(b"")
    with pytest.raises(InvalidInputError) as caught:
        read_source(tmp_path / "a.ttl" / "b.ttl", settings=SETTINGS)
    assert caught.value.key == "intake.cannot-read"


class _Forbidden(type(Path())):  # type: ignore[misc]  # the class of paths depends on the system
    """A path that nobody may read, also not root, who may read every file."""

    def open(self, *_: object, **__: object) -> NoReturn:
        """Refused, as the system refuses it."""
        raise PermissionError(13, "Permission denied", str(self))


def test_forbidden_file_is_unreadable() -> None:
    """A file without the permission to read it is unreadable and says so."""
    with pytest.raises(InvalidInputError) as caught:
        read_source(_Forbidden("a.ttl"), settings=SETTINGS)
    assert caught.value.key == "intake.no-permission"


def test_endless_file_is_too_large() -> None:
    """No more than the limit and one byte is ever read, so that a file without end ends."""
    with pytest.raises(LimitExceededError):
        read_source(Path("/dev/zero"), settings=SETTINGS)


def test_file_at_the_limit_is_read(tmp_path: Path) -> None:
    """As many bytes as the limit are read, one more is too many."""
    path = tmp_path / "a.ttl"
    path.write_bytes(b"# 345")
    assert read_source(path, settings=Settings(max_bytes=5)).content == b"# 345"
    with pytest.raises(LimitExceededError):
        read_source(path, settings=Settings(max_bytes=4))


def test_folder_is_replaced_by_its_rdf_files(tmp_path: Path) -> None:
    """A folder stands for the RDF files below it, sorted, hidden ones left out; other paths stay where they are."""
    for name in ("b/z.TTL", "b/a/c.jsonld", "b/.hidden.ttl", "b/.git/x.ttl", "b/notes.txt", "b/d.rdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = rdf_files([tmp_path / "first.txt", tmp_path / "b"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["first.txt", "b/a/c.jsonld", "b/d.rdf", "b/z.TTL"]


def test_link_to_a_folder_above_ends(tmp_path: Path) -> None:
    """A link back to the folder itself is not followed."""
    (tmp_path / "a.ttl").touch()
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert rdf_files([tmp_path]) == [tmp_path / "a.ttl"]


def test_folder_without_rdf_is_unreadable(tmp_path: Path) -> None:
    """A folder without RDF is unreadable, and the sentence lists the endings that it looked for."""
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InvalidInputError, match=r"\.ttl"):
        rdf_files([tmp_path])
