"""What the documents show is what happens: every command of the README is run, every setting and word is described."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, check_each
from observance.cli import cli
from observance.core.settings import SETTINGS, Settings, settings_from_environment

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
STEPS = [step for block in BLOCKS for step in re.split(r"(?m)^(?=\$ )", block) if step.startswith("$ ")]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    """A folder in which the README's commands find what they name, and may write."""
    folder = tmp_path_factory.mktemp("reader of the README")
    for room in ("ontology", "shapes", "rules", "queries"):
        (folder / room).symlink_to(ROOT / room)
    return folder


def test_commands(workplace: Path):
    """The README's commands, in their order, end with the exit codes they announce and print the lines shown below them."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}

    def check(step: str) -> None:
        line, *shown = step.rstrip().splitlines()
        command, _, remark = line.removeprefix("$ ").partition("  # exit ")
        done = subprocess.run(
            ["bash", "-c", command], cwd=workplace, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == int(remark or 0), done.stderr
        assert [text for text in shown if text not in done.stdout] == []
        assert shlex.split(command)[0] == "observance"

    check_each(check, STEPS, name=lambda step: step.splitlines()[0])


def test_every_command_is_shown():
    """Every command of the program occurs in the README."""
    assert [name for name in cli.list_commands(None) if f"observance {name}" not in README] == []


def test_every_setting_is_documented():
    """Every setting stands in the README with its default."""
    for setting in SETTINGS:
        assert f"| `OBSERVANCE_{setting.name.upper()}` | {setting.default if setting.default != '' else '(empty)'} |" in README


def test_settings_have_one_default():
    """The table of settings and the values in force agree."""
    assert settings_from_environment({}) == Settings()
    assert {s.name: s.default for s in SETTINGS} == {s.name: getattr(Settings(), s.name) for s in SETTINGS}


def test_python_example(workplace: Path):
    """The README's Python example runs and says that the example can be processed."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], cwd=workplace, capture_output=True, text=True, timeout=300, check=False)

    assert (done.returncode, done.stdout) == (0, "True []\n"), done.stderr


def test_words_of_the_makefile():
    """`make help` lists every word that the README, CONTRIBUTING or CI uses."""
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    documents = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    words = {"install", "run", "test", "lint", "format", "bench", "wheel", "conformance", "mutate"}
    used = set(re.findall(r"(?:`|^)make (\w+)", documents, re.MULTILINE))

    assert [word for word in sorted(words | used) if f"make {word} " not in listed] == []


def test_decisions_name_every_dependency():
    """Every dependency has its licence and reason in DECISIONS.md."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = {re.split(r"[<>=\[ ]", text)[0] for group in (project["dependencies"], *extras.values()) for text in group}
    decisions = (ROOT / "DECISIONS.md").read_text(encoding="utf-8").lower()

    assert sorted(name for name in names if name.lower() not in decisions) == []


def test_version_is_one():
    """The program's version is that at the top of the changelog, that of the vocabulary, and that which the wheel is given."""
    import tomllib

    from observance import __version__

    changelog = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    vocabulary = (ROOT / "ontology" / "core.ttl").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    taken = project["tool"]["hatch"]["version"]

    assert changelog[0] == __version__
    assert f'owl:versionInfo "{__version__}"' in vocabulary
    assert f"owl:versionIRI <https://w3id.org/observance/ns/{__version__}>" in vocabulary
    assert f"version {__version__}," in vocabulary
    assert "version" not in project["project"]
    assert re.findall(taken["pattern"], (ROOT / taken["path"]).read_text(encoding="utf-8")) == [__version__]
