"""What users get is what was tested: the wheel holds every file and works without the checkout."""

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


@pytest.fixture(scope="module")
def little(wheel: Path, tmp_path_factory) -> Path:
    """A folder with the wheel installed, and of what it depends on only what oxishacl needs."""
    home = tmp_path_factory.mktemp("little") / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(home), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("click", "msgspec", "pyoxigraph"):
        (home / name).symlink_to(Path(importlib.util.find_spec(name).origin).parent)
    return home


def run_with_little(home: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program where nothing can be imported but the standard library and what is in the folder."""
    # -I and -S: neither the environment nor the installed packages of this interpreter are seen.
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, sys.argv.pop(1)); {program}", str(home), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_oxishacl_needs_little(little: Path, tmp_path: Path):
    """With nothing installed but Click, msgspec and pyoxigraph, `oxishacl validate` judges the project's examples by its shapes."""
    shapes = little / "observance" / "_knowledge" / "shapes"
    command = "from oxishacl.cli import main; main()"
    codes = {}
    for stem in ("para-2-3-capacity", "para-2-8-reports"):
        files = [str(shapes / f"{stem}.ttl"), "-s", str(shapes / "prefixes.ttl"), str(shapes / "examples" / f"{stem}.ttl")]
        done = run_with_little(little, command, "validate", "-s", *files, "--format", "json")
        assert done.stderr == ""
        codes[stem] = (done.returncode, json.loads(done.stdout)["conforms"])
    nowhere = str(tmp_path / "nowhere.ttl")
    missing = run_with_little(little, command, "validate", "-s", str(shapes / "prefixes.ttl"), nowhere)

    # Without the knowledge, the Members and objectives that an example names are unknown.
    assert codes == {"para-2-3-capacity": (1, False), "para-2-8-reports": (0, True)}
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "nowhere.ttl" in missing.stderr


def test_oxishacl_imports_nothing_else(little: Path):
    """Nothing else that Observance depends on can be imported there, and the command imports nothing of Observance."""
    for name in ("flask", "jinja2", "pyshacl", "rdflib", "waitress"):
        assert f"No module named '{name}'" in run_with_little(little, f"import {name}").stderr
    program = "import oxishacl, oxishacl.cli; [getattr(oxishacl, name) for name in oxishacl.__all__]; print(*sys.modules)"
    done = run_with_little(little, program)

    assert done.stderr == ""
    assert [name for name in done.stdout.split() if name.partition(".")[0] == "observance"] == []


def test_has_both_commands(little: Path):
    """The wheel installs the commands `observance` and `oxishacl`."""
    assert {file.name for file in (little / "bin").iterdir()} == {"observance", "oxishacl"}
