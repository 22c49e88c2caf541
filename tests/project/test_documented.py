"""The documents agree with the program: all commands of README and guides are run; settings, dependencies and targets are documented."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from observance.cli import cli
from observance.core import Settings, settings_from_environment
from observance.core.settings import SETTINGS

README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = {
    (file.stem, file.parent.name): file.read_text(encoding="utf-8")
    for file in sorted((ROOT / "service" / "observance" / "documentation" / "guides").glob("*/*.md"))
}
# A file that a guide has the reader write: the first line is its path.
FILE = re.compile(r"```turtle\n# (?P<path>[\w./-]+/[\w-]+\.ttl)\n(?P<content>.*?)```", re.DOTALL)
# Folders that a command creates.
CREATED = {"dist/docs", ".venv/bin/observance"}
NAMES = sorted({name for name, _ in GUIDES})
DOCUMENTS = "\n".join((README, *GUIDES.values()))


def steps(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a document, each with the output lines shown below it."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    commands = [step.rstrip().splitlines() for block in blocks for step in re.split(r"(?m)^(?=\$ )", block)]
    return [(line.removeprefix("$ "), output) for line, *output in filter(None, commands)]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A writable folder with the files that the commands of a document name."""
    for room in ("ontology", "shapes", "rules", "queries"):
        (tmp_path / room).symlink_to(ROOT / room)
    return tmp_path


def step_faults(step: tuple[str, list[str]], *, lang: str, folder: Path) -> list[str]:
    """The faults of a command: another exit code than the document says, or output lines that are not printed."""
    (line, output), (command, _, exit_code) = step, step[0].partition("  # exit ")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", "OBSERVANCE_LANGUAGE": lang, "COLUMNS": "120"}
    completed = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    faults = [f"{line}: exit {completed.returncode}: {completed.stderr}"] if completed.returncode != int(exit_code or 0) else []
    return faults + [f"{line}: not printed: {text}" for text in output if text not in completed.stdout]


@pytest.mark.whole
def test_commands_of_the_readme(workplace: Path):
    """Each command of the README ends with the exit code it announces and prints the lines shown below it."""
    assert len(steps(README)) == 5
    assert [fault for step in steps(README) for fault in step_faults(step, lang="en", folder=workplace)] == []


def guide_faults(name: str, *, lang: str, folder: Path) -> list[str]:
    """The faults of a guide's commands, with the files that it has the reader write."""
    faults = []
    for block in re.findall(r"```\w+\n.*?```", GUIDES[name, lang], re.DOTALL):
        if file := FILE.match(block):
            (folder / file["path"]).parent.mkdir(exist_ok=True)
            (folder / file["path"]).write_text(file["content"], encoding="utf-8")
        faults += [fault for step in steps(block) for fault in step_faults(step, lang=lang, folder=folder)]
    return faults


@pytest.mark.whole
@pytest.mark.parametrize("name", NAMES)
def test_commands_of_a_guide(name: str, workplace: Path):
    """Each command of a guide does what the guide says."""
    assert guide_faults(name, lang="en", folder=workplace) == []


@pytest.mark.whole
@pytest.mark.parametrize("name", NAMES)
def test_commands_of_a_guide_in_french(name: str, workplace: Path):
    """So does each command of the French guide."""
    assert guide_faults(name, lang="fr", folder=workplace) == []


def test_commands_are_those_of_the_program():
    """The guides show the same commands in both languages, no command twice, and only `observance`."""
    lines = [line for text in (README, *(GUIDES[name, "en"] for name in NAMES)) for line, _ in steps(text)]

    assert [name for name in NAMES if [s[0] for s in steps(GUIDES[name, "fr"])] != [s[0] for s in steps(GUIDES[name, "en"])]] == []
    assert sorted(lines) == sorted(set(lines))
    assert [line for line in lines if shlex.split(line)[0] != "observance"] == []


def test_readme_is_short():
    """The README has at most 120 lines."""
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "DECISIONS.md", "ARCHITECTURE.md"])
def test_named_files_exist(document: str):
    """Every link of a document to a file of the project, and every file, folder and module that it names, exists."""
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    paths = re.findall(r"`([\w*.-]+/[\w*./-]*|[\w-]+\.(?:py|md|json|ttl|csv|rq|tsv))`", text)
    modules = [name.replace(".", "/") for name in re.findall(r"`(observance\.[a-z_.]+)`", text)]

    assert [link for link in links if not (ROOT / link).exists()] == []
    assert [name for name in paths if name not in CREATED and not exists_in_project(name)] == []
    assert [name for name in modules if not exists_in_project(name) and not exists_in_project(name + ".py")] == []


def test_architecture_names_what_there_is():
    """Every function, class and package that ARCHITECTURE.md names is in the program; its list of words is short and in order."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    program = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "service").rglob("*.py"))
    defined = set(re.findall(r"^\s*(?:def|class) (\w+)", program, re.MULTILINE))
    walks = text.partition("## Three walks")[2].partition("## Where to change what")[0]
    names = {
        part for name in re.findall(r"`([A-Za-z_.]+)`", walks) if "/" not in name and not name.endswith(".py") for part in name.split(".")
    }
    packages = {folder.name for folder in (ROOT / "service" / "observance").iterdir() if (folder / "__init__.py").exists()}
    words = re.findall(r"^- \*\*([a-z ]+)\*\*: ", text.partition("## Words")[2], re.MULTILINE)

    assert sorted(names - defined) == []
    assert sorted(package for package in packages if f"{package}/" not in text) == []
    assert words == sorted(words)
    assert 0 < len(words) <= 20


def exists_in_project(path: str) -> bool:
    """Whether the path, or pattern, exists in the project, in its packages or in the ontology."""
    folders = (ROOT, ROOT / "service", ROOT / "service" / "observance", ROOT / "ontology")
    return any(any(folder.glob(path.rstrip("/"))) for folder in folders)


def test_decisions_are_in_order():
    """Decisions are numbered consecutively, and each ends with a date."""
    decisions = (ROOT / "DECISIONS.md").read_text(encoding="utf-8").partition("## Dependencies")[0]
    entries = re.findall(r"(?ms)^(\d+)\. (.*?)(?=^\d+\. |^## |\Z)", decisions)

    assert [int(number) for number, _ in entries] == list(range(1, len(entries) + 1))
    assert [number for number, text in entries if not re.search(r"\(20\d\d-\d\d-\d\d\)\s*\Z", text)] == []


def test_every_command_is_documented():
    """Every command of the program occurs in the README or a guide."""
    assert [name for name in cli.list_commands(None) if f"observance {name}" not in DOCUMENTS] == []


@pytest.mark.parametrize(("lang", "empty"), [("en", "(empty)"), ("fr", "(vide)")])
def test_every_setting_is_documented(lang: str, empty: str):
    """Every setting is in the guide for programs with its default."""
    rows = [f"| `OBSERVANCE_{setting.name.upper()}` | {setting.default if setting.default != '' else empty} |" for setting in SETTINGS]

    assert [row for row in rows if row not in GUIDES["programs", lang]] == []


def test_settings_have_one_default():
    """The defaults in the table of settings are those of `Settings`."""
    assert settings_from_environment({}) == Settings()
    assert {s.name: s.default for s in SETTINGS} == {s.name: getattr(Settings(), s.name) for s in SETTINGS}


def test_python_example(workplace: Path):
    """The Python example of the guide for programs prints that its example has no violation."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDES["programs", "en"], re.DOTALL)
    completed = subprocess.run([sys.executable, "-c", code], cwd=workplace, capture_output=True, text=True, timeout=300, check=False)

    assert (completed.returncode, completed.stdout) == (0, "True []\n"), completed.stderr


def test_makefile_targets_are_listed():
    """`make help` lists every target that the README, the guides, CONTRIBUTING or CI uses."""
    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    documents = DOCUMENTS + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    required = {"install", "run", "test", "lint", "format", "bench", "wheel", "conformance", "mutate"}
    used = set(re.findall(r"(?:`|^)make (\w+)", documents, re.MULTILINE))

    assert [target for target in sorted(required | used) if f"make {target} " not in help_text] == []


def test_decisions_name_every_dependency():
    """Every dependency is named in DECISIONS.md, where its licence and reason are."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = {re.split(r"[<>=\[ ]", text)[0] for group in (project["dependencies"], *extras.values()) for text in group}
    decisions = (ROOT / "DECISIONS.md").read_text(encoding="utf-8").lower()

    assert sorted(name for name in names if name.lower() not in decisions) == []


def test_one_version():
    """The versions of the program, the changelog, the vocabulary and the wheel are the same."""
    import tomllib

    from observance import __version__

    changelog = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    vocabulary = (ROOT / "ontology" / "core.ttl").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version_source = project["tool"]["hatch"]["version"]

    assert changelog[0] == __version__
    assert f'owl:versionInfo "{__version__}"' in vocabulary
    assert f"owl:versionIRI <https://w3id.org/observance/ns/{__version__}>" in vocabulary
    assert f"version {__version__}," in vocabulary
    assert "version" not in project["project"]
    assert re.findall(version_source["pattern"], (ROOT / version_source["path"]).read_text(encoding="utf-8")) == [__version__]
