"""Every answer from a register that has faults says so: tables, JSON, pages, dossiers, the plan of transmissions, questions."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from conftest import BROWSER, ROOT, sample
from observance.cli import cli
from observance.core import LANGUAGES, Settings
from observance.web import close, create_app

# The day since which XC is a Member, without which its membership is a record to repair.
BEGINNING_OF_XC = 'time:hasBeginning [ a time:Instant ; time:inXSDDate "1988-02-15"^^xsd:date ] '
BEGINNING = {"en": "The register has faults on which this answer may rest: ", "fr": "Le registre a des défauts sur lesquels cette réponse "}
COUNT = {"en": "1 record to repair", "fr": "1 inscription à corriger"}
TEXTS = {
    "table": ("assess", "--member", "XA"),
    "explanation": ("explain", "XB", "2.5"),
    "plan": ("relay", "plan"),
    "meetings": ("meeting", "list"),
    "dossier": ("meeting", "dossier", "meeting-2023"),
    "comparison": ("benchmark", "--by", "region"),
    "question": ("query", "duties-without-evidence"),
}
PAGES = {
    "duties": "/duties?member=XA",
    "duty": "/duties/XB/norm-2.5",
    "explanation": "/duties/XB/norm-2.5/explanation",
    "relay": "/relay",
    "meetings": "/meetings",
    "dossier": "/meetings/meeting-2023",
    "comparison": "/benchmarking?by=region",
    "question": "/questions/duties-without-evidence",
}
JSON_TEXTS = {name: (*TEXTS[name], "--format", "json") for name in ("table", "explanation", "plan", "meetings", "dossier", "comparison")}
JSON_PAGES = {name: PAGES[name] for name in ("duties", "duty", "relay", "meetings", "dossier", "comparison")}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo register with one record to repair."""
    folder = tmp_path_factory.mktemp("faulty") / "register"
    shutil.copytree(ROOT / "queries" / "demo", folder, ignore=shutil.ignore_patterns("faulty-*"))
    text = (folder / "register.ttl").read_text(encoding="utf-8")
    assert text.count(BEGINNING_OF_XC) == 1
    (folder / "register.ttl").write_text(text.replace(BEGINNING_OF_XC, ""), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def faulty_client(faulty: Path) -> Iterator[FlaskClient]:
    """A client of a service with that register."""
    application = create_app(Settings(workers=1, registers=(faulty,)))
    yield application.test_client()
    close(application)


def printed(command: tuple[str, ...], *more: object) -> str:
    """What the command prints, without what it says on the error stream."""
    result = CliRunner().invoke(cli, [*command, *map(str, more)])
    assert result.exit_code == 0, result.output
    return result.stdout


def warning_line(text: str, lang: str) -> str:
    """The one line of the text with the warning."""
    (line,) = [line for line in text.splitlines() if BEGINNING[lang] in line]
    return line


def warnings_in(data: object) -> list[dict[str, str]]:
    """The warnings of an answer in JSON, wherever they stand in it."""
    below = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    own = [data["registerWarning"]] if isinstance(data, dict) and "registerWarning" in data else []
    return own + [warning for value in below for warning in warnings_in(value)]


@pytest.mark.parametrize(("name", "lang"), sample([(name, lang) for name in TEXTS for lang in LANGUAGES], 7))
def test_warning_in_texts(faulty: Path, name: str, lang: str):
    """A text has one line with the warning: what is wrong, how often, and the command that lists it."""
    line = warning_line(printed(TEXTS[name], "--register", faulty, "--lang", lang), lang)

    assert COUNT[lang] in line
    assert f"observance check --register …/{faulty.name}" in line
    assert str(faulty.parent) not in line


@pytest.mark.parametrize("name", JSON_TEXTS)
def test_warning_in_json(faulty: Path, name: str):
    """JSON has the warning in both languages."""
    found = warnings_in(json.loads(printed(JSON_TEXTS[name], "--register", faulty)))

    assert found
    assert all(COUNT[lang] in warning[lang] for warning in found for lang in LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_warning_on_pages(faulty_client: FlaskClient, name: str, lang: str):
    """A page has the warning once."""
    address = PAGES[name] + ("&" if "?" in PAGES[name] else "?") + f"lang={lang}"
    page = faulty_client.get(address, headers={"Accept": BROWSER})
    text = page.text.replace("\u00a0", " ")

    assert page.status_code == 200
    assert text.count(BEGINNING[lang].strip()) == 1
    assert COUNT[lang] in text


@pytest.mark.parametrize("name", JSON_PAGES)
def test_warning_in_json_of_the_service(faulty_client: FlaskClient, name: str):
    """The service's JSON has the warning too."""
    response = faulty_client.get(JSON_PAGES[name], headers={"Accept": "application/json"})

    assert warnings_in(response.json)


@pytest.mark.parametrize("name", sample([*TEXTS], 3))
def test_no_warning_without_fault(name: str):
    """The demo register has no fault, and no answer warns of one."""
    assert BEGINNING["en"] not in printed(TEXTS[name], "--lang", "en")
