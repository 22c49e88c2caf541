"""What users get is what was tested: the wheel holds every file and works without the checkout."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT
from observance import __version__

SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .
ex:Shape a sh:NodeShape ; sh:targetClass ex:Person ; sh:property [ sh:path ex:name ; sh:minCount 1 ] .
"""


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


def test_oxishacl_needs_little(wheel: Path, tmp_path: Path):
    """From the wheel, with nothing installed but Click, msgspec and pyoxigraph, `oxishacl validate` runs."""
    home = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(home), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("click", "msgspec", "pyoxigraph"):
        origin = importlib.util.find_spec(name).origin
        (home / name).symlink_to(Path(origin).parent)
    program = "import sys; sys.path.insert(0, sys.argv[1]); from oxishacl.cli import run; sys.exit(run(sys.argv[2:]))"
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "data.ttl"
    shapes.write_text(SHAPES, encoding="utf-8")
    data.write_text("<https://example.org/a> a <https://example.org/Person> .\n", encoding="utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        # -I and -S: neither the environment nor the installed packages of this interpreter are seen.
        return subprocess.run(
            [sys.executable, "-I", "-S", "-c", program, str(home), *arguments], capture_output=True, text=True, check=False
        )

    done = run("validate", "-s", str(shapes), str(data), "--lang", "en")
    assert (done.returncode, done.stderr) == (1, "")
    assert "sh:MinCountConstraintComponent" in done.stdout
    assert run("validate", "-s", str(shapes), str(shapes)).returncode == 0
    assert run("validate", "-s", str(shapes), str(tmp_path / "nowhere.ttl")).returncode == 2
    missing = subprocess.run([sys.executable, "-I", "-S", "-c", "import rdflib"], capture_output=True, text=True, check=False)
    assert "No module named 'rdflib'" in missing.stderr
