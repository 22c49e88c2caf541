"""The wheel has every file and works without the checkout."""

import importlib.util
import json
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
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
    return next(target.glob("*.whl"))


def test_holds_every_file(wheel: Path):
    """Every file of the package and of the four rooms is in the wheel."""
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "ontology", "shapes", "rules", "queries", "service"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    names_in_wheel = set(zipfile.ZipFile(wheel).namelist())
    present = [name for name in tracked if (ROOT / name).exists()]
    expected = {f.removeprefix("service/") if f.startswith("service/") else f"observance/_knowledge/{f}" for f in present}

    assert expected
    assert expected - names_in_wheel == set()


def test_version_of_the_wheel(wheel: Path):
    """The version of the wheel is that of the program."""
    assert wheel.name.split("-")[:2] == ["observance", __version__]


def test_works_without_checkout(wheel: Path, tmp_path: Path):
    """With the unpacked wheel only, an example conforms and a question is answered."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = "import sys; sys.path.insert(0, sys.argv[1]); from observance.cli import run; sys.exit(run(sys.argv[2:]))"
    example = tmp_path / "observance" / "_knowledge" / "shapes" / "examples" / "para-2-5-timetable.ttl"
    for arguments in (["validate", str(example)], ["query", "operative-paragraphs"]):
        completed = subprocess.run(
            [sys.executable, "-P", "-c", program, str(tmp_path), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert completed.returncode == 0, completed.stderr


@pytest.fixture(scope="module")
def minimal_installation(wheel: Path, tmp_path_factory) -> Path:
    """A folder with the installed wheel and, of its dependencies, only those of oxishacl."""
    folder = tmp_path_factory.mktemp("minimal") / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(wheel)]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
    for name in ("click", "msgspec", "pyoxigraph"):
        (folder / name).symlink_to(Path(importlib.util.find_spec(name).origin).parent)
    return folder


def run_isolated(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program with only the standard library and the packages of the folder."""
    # -I and -S hide the environment and the installed packages of this interpreter.
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, sys.argv.pop(1)); {program}", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_oxishacl_with_minimal_dependencies(minimal_installation: Path, tmp_path: Path):
    """With Click, msgspec and pyoxigraph only, `oxishacl validate` validates the project's examples against its shapes."""
    shapes = minimal_installation / "observance" / "_knowledge" / "shapes"
    command = "from oxishacl.cli import main; main()"
    codes = {}
    for stem in ("para-2-3-capacity", "para-2-8-reports"):
        files = [str(shapes / f"{stem}.ttl"), "-s", str(shapes / "prefixes.ttl"), str(shapes / "examples" / f"{stem}.ttl")]
        completed = run_isolated(minimal_installation, command, "validate", "-s", *files, "--format", "json")
        assert completed.stderr == ""
        codes[stem] = (completed.returncode, json.loads(completed.stdout)["conforms"])
    missing_file = str(tmp_path / "nowhere.ttl")
    missing = run_isolated(minimal_installation, command, "validate", "-s", str(shapes / "prefixes.ttl"), missing_file)

    # Without the knowledge, the Members and objectives that an example names are unknown.
    assert codes == {"para-2-3-capacity": (1, False), "para-2-8-reports": (0, True)}
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "nowhere.ttl" in missing.stderr


def test_oxishacl_imports_nothing_else(minimal_installation: Path):
    """The other dependencies are absent in the minimal installation, and oxishacl imports nothing of Observance."""
    for name in ("flask", "jinja2", "pyshacl", "rdflib", "waitress"):
        assert f"No module named '{name}'" in run_isolated(minimal_installation, f"import {name}").stderr
    program = "import oxishacl, oxishacl.cli; [getattr(oxishacl, name) for name in oxishacl.__all__]; print(*sys.modules)"
    completed = run_isolated(minimal_installation, program)

    assert completed.stderr == ""
    assert [name for name in completed.stdout.split() if name.partition(".")[0] == "observance"] == []


def test_has_both_commands(minimal_installation: Path):
    """The wheel installs the commands `observance` and `oxishacl`."""
    assert {file.name for file in (minimal_installation / "bin").iterdir()} == {"observance", "oxishacl"}
