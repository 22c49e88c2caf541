"""`observance knowledge new`: a knowledge base to start from, complete and never written over anything."""

from pathlib import Path

import pytest

from observance.cli import run


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new knowledge base, in a folder that did not exist."""
    folder = tmp_path_factory.mktemp("work") / "deep" / "my-instrument"
    assert run(["knowledge", "new", str(folder), "--lang", "en"]) == 0
    return folder


def test_four_rooms(new: Path):
    """It has all four rooms, each with files, and nothing is left beside it."""
    assert {file.relative_to(new).parts[0] for file in new.rglob("*") if file.is_file()} == {"ontology", "shapes", "rules", "queries"}
    assert [path.name for path in new.parent.iterdir()] == ["my-instrument"]


@pytest.mark.whole
def test_check(new: Path, capsys: pytest.CaptureFixture[str]):
    """It passes `observance check` as it stands."""
    assert run(["check", "--knowledge", str(new), "--lang", "en"]) == 0
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["✓"] * 7


def test_every_command(new: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Its example is valid, its register is assessed and its question answered."""
    monkeypatch.setenv("COLUMNS", "160")
    assert run(["validate", str(new / "shapes" / "examples"), "--knowledge", str(new)]) == 0
    assert run(["assess", "--knowledge", str(new), "--lang", "en"]) == 0
    assert run(["query", "what-is-asked", "--knowledge", str(new), "--lang", "fr", "--format", "csv"]) == 0
    out = capsys.readouterr().out

    assert "Alderford (invented)       2.1  hand in a report                              provided or reported" in out
    assert "2.1,Remettre un rapport,commune" in out


def test_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A folder that exists is left as it is, even if it is empty; so is one beside it of a similar name."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "new.partial").mkdir()
    (tmp_path / "new.partial" / "notes.txt").write_text("mine", encoding="utf-8")

    assert run(["knowledge", "new", str(tmp_path / "mine"), "--lang", "en"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert list((tmp_path / "mine").iterdir()) == []
    assert run(["knowledge", "new", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new.partial" / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Where nothing can be written one sentence says so, and nothing is left."""
    (tmp_path / "file").write_text("", encoding="utf-8")

    assert run(["knowledge", "new", str(tmp_path / "file" / "new"), "--lang", "en"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
