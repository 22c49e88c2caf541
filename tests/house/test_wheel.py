"""What users get is what was tested: the wheel holds every file and works without the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT
from observance import __version__


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from this folder."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(target.glob("*.whl"))


def test_holds_every_file(wheel: Path):
    """Every file of the package and of the four rooms is in the wheel."""
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "ontology", "shapes", "rules", "queries", "service"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    packed = set(zipfile.ZipFile(wheel).namelist())
    present = [name for name in tracked if (ROOT / name).exists()]
    wanted = {f.removeprefix("service/") if f.startswith("service/") else f"observance/_knowledge/{f}" for f in present}

    assert wanted
    assert wanted - packed == set()


def test_is_of_the_program_version(wheel: Path):
    """The wheel bears the version that the program says."""
    assert wheel.name.split("-")[:2] == ["observance", __version__]


def test_works_alone(wheel: Path, tmp_path: Path):
    """From the wheel alone, elsewhere, an example validates and a question is answered."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = "import sys; sys.path.insert(0, sys.argv[1]); from observance.cli import run; sys.exit(run(sys.argv[2:]))"
    example = tmp_path / "observance" / "_knowledge" / "shapes" / "examples" / "para-2-5-timetable.ttl"
    for arguments in (["validate", str(example)], ["query", "operative-paragraphs"]):
        done = subprocess.run(
            [sys.executable, "-P", "-c", program, str(tmp_path), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
