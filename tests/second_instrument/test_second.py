"""Another instrument is another folder: an invented lake's resolution, opened by `--knowledge`, with no change to the program."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT

HERE = Path(__file__).parent
SECOND = HERE / "second"
CASES = HERE / "cases"
# Nothing of the first instrument: its body, its subject, its parties, its prefixes.
FIRST = re.compile(
    r"wco|\bOMD\b|commerce|customs|douan|Framework of Standards|Cadre de normes|\b(?:res|fos|party):|parties/|2018", re.IGNORECASE
)
BROWSER = {"Accept": "text/html"}


def observance(*arguments: str, at: Path = SECOND, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The program run on the second knowledge base; whatever it says is held against the first instrument."""
    done = subprocess.run(
        [sys.executable, "-m", "observance", arguments[0], "--knowledge", str(at), *arguments[1:]],
        capture_output=True, text=True, check=False, cwd=cwd, env={**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "160"},
    )  # fmt: skip
    said = (done.stdout + done.stderr).replace(str(ROOT), "")
    assert FIRST.findall(said) == [], said
    return done


@pytest.mark.whole
def test_check():
    """The second knowledge base is sound: terms, quality, OWL 2 RL and consistency, judged with the vocabulary it imports."""
    done = observance("check", "--format", "json")
    answer = json.loads(done.stdout)

    assert [step["faults"] for step in answer["steps"]] == [[]] * 7
    assert done.returncode == 0


def test_examples_are_valid():
    """Its examples are ready to be processed and nothing is said of them."""
    done = observance("validate", str(SECOND / "shapes" / "examples"), "--format", "json")
    reports = json.loads(done.stdout)

    assert [report["conforms"] for report in reports] == [True, True]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("case", "paragraph", "words"),
    [
        ("unknown-colour", "2.2", "perhaps <https://example.org/feux/Amber>"),
        ("unknown-word", "2.1", "the closest word is <https://example.org/feux/nightsLit>"),
        ("unknown-port", "2.1", "did you mean <https://example.org/feux/mirval>"),
    ],
)
def test_faults_name_the_paragraph(case: str, paragraph: str, words: str):
    """A fault names the paragraph of this resolution and the nearest of its own terms, in the words of its own shapes."""
    done = observance("validate", str(CASES / f"{case}.ttl"), "--format", "json")
    repairs = [result for result in json.loads(done.stdout)["results"] if result["severity"] == "Violation"]

    assert {result["paragraph"] for result in repairs} == {paragraph}
    assert any(words in result["message"]["en"] for result in repairs)
    assert done.returncode == 1


@pytest.mark.parametrize(("lang", "headline"), [("en", "✗ dcterms:title: None found"), ("fr", "✗ dcterms:title : Aucun trouvé")])
def test_shape_without_a_message(tmp_path: Path, lang: str, headline: str):
    """A shape need not have sh:message: what was found is the headline then, with the path, and no label that stands in no file."""
    knowledge = shutil.copytree(SECOND, tmp_path / "knowledge")
    (knowledge / "shapes" / "titles.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix obs: <https://w3id.org/observance/ns#> .\n"
        "@prefix dcterms: <http://purl.org/dc/terms/> . @prefix ex: <https://example.org/feux/> .\n"
        "ex:titles a sh:NodeShape ; sh:targetClass obs:Submission ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] .\n",
        encoding="utf-8",
    )
    done = observance("validate", str(knowledge / "shapes" / "examples" / "para-2-1-burning.ttl"), "--lang", lang, at=knowledge)

    assert headline in done.stdout
    assert "_:" not in done.stdout


def test_report_in_french():
    """The report is in French where French is asked for."""
    done = observance("validate", str(CASES / "unknown-colour.ttl"), "--lang", "fr")

    assert "Paragraphe 2.2" in done.stdout
    assert "Les pilotes ne connaissent aucun feu" in done.stdout


def test_submission_to_the_first():
    """A document that only the first instrument knows cannot be processed here: its party is on no list."""
    example = ROOT / "shapes" / "examples" / "para-3-notification.ttl"
    done = subprocess.run(
        [sys.executable, "-m", "observance", "validate", "--knowledge", str(SECOND), str(example)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "No port of the lake is called" in done.stdout
    assert done.returncode == 1


def test_catalogue():
    """Its catalogue lists its two questions and no other."""
    listed = json.loads(observance("query", "--list", "--format", "json").stdout)

    assert [question["name"] for question in listed] == ["lights-of-a-port", "what-each-is-asked"]


def test_question():
    """A question is answered in the language asked for."""
    done = observance("query", "what-each-is-asked", "--lang", "fr", "--format", "csv")

    assert done.stdout.splitlines()[1:] == [
        "2.1,Laisser brûler les feux,gardien de rive,fr",
        "2.2,Remettre un inventaire,gardien de rive,fr",
    ]


def test_question_about_a_party():
    """The code of a party is that of its own list; another code names the nearest."""
    done = observance("query", "lights-of-a-port", "--param", "port=orsolle", "--format", "csv")
    unknown = observance("query", "lights-of-a-port", "--param", "port=orsole")

    assert done.stdout.splitlines()[1].startswith("round tower,green,")
    assert (unknown.returncode, unknown.stderr) == (2, "No party has the code orsole; the nearest is orsolle.\n")


def test_sparql():
    """A free query sees the paragraphs of this resolution and no others."""
    done = observance("sparql", "SELECT ?n { ?p a obs:OperativeParagraph ; eli:number ?n } ORDER BY ?n", "--format", "csv")

    assert done.stdout.split() == ["n", "1", "2", "2.1", "2.2", "3"]


def test_template_validates(tmp_path: Path):
    """The template of a paragraph is a document that can be processed; a paragraph without one is named with those that have."""
    (tmp_path / "inventory.ttl").write_text(observance("template", "2.2").stdout, encoding="utf-8")

    assert observance("validate", str(tmp_path / "inventory.ttl")).returncode == 0
    assert "2.1, 2.2" in observance("template", "3").stderr


def test_demo(tmp_path: Path):
    """The demo register is its own; copied, it can be opened and validated."""
    assert "Three Coves" in observance("demo").stdout
    assert observance("demo", "--output", str(tmp_path / "copy")).returncode == 0
    done = observance("query", "lights-of-a-port", "--register", str(tmp_path / "copy"), "--param", "port=ORSOLLE")
    assert "round tower" in done.stdout


def test_statuses():
    """Its rules give statuses; a norm that declares a judgement has none, and the reason is told."""
    done = observance("assess", "--lang", "en")

    assert re.search(r"Orsolle +2\.2 +hand in an inventory +provided or reported", done.stdout)
    assert "Paragraph 2.1, let the lights burn: no rule gives a status, because this is left to judgement." in done.stdout


def test_relative_folder():
    """The folder may be named from where one stands."""
    assert observance("query", "--list", at=Path("second"), cwd=HERE).returncode == 0


def test_import_is_what_lends(tmp_path: Path):
    """Without the import the folder has no vocabulary but its own: nothing of the program's is put in unasked."""
    copy = Path(shutil.copytree(SECOND, tmp_path / "alone"))
    core = copy / "ontology" / "core.ttl"
    core.write_text(core.read_text(encoding="utf-8").replace("owl:imports", "rdfs:seeAlso"), encoding="utf-8")
    done = observance("check", at=copy)

    assert "obs:Submission" in done.stdout or "obs:Addressee" in done.stdout
    assert done.returncode == 1


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The service over the second knowledge base, a process of its own on loopback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "observance", "serve", "--knowledge", str(SECOND), "--port", "0", "--lang", "en"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                yield found[0].rstrip("/")
                break
        else:
            pytest.fail("".join(lines))
    finally:
        process.terminate()
        process.communicate(timeout=60)


def got(url: str, *, data: bytes | None = None, headers: dict[str, str] | None = None) -> str:
    """The body of an answer, which says nothing of the first instrument."""
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers or BROWSER), timeout=60) as answer:
        text: str = answer.read().decode()
    assert FIRST.findall(text) == [], text
    return text


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(
    ("page", "fr", "en"),
    [
        ("/", "Laisser brûler les feux", "Let the lights burn"),
        ("/resolution", "SACHANT que les feux de rive", "Knowing that shore lights"),
        ("/questions", "Quels feux un port a-t-il recensés", "Which lights did a port list"),
        ("/questions/lights-of-a-port?port=ORSOLLE", "vert", "green"),
        ("/validate", "<form", "<form"),
        ("/sparql", "<form", "<form"),
    ],
)
def test_pages(address: str, page: str, fr: str, en: str, lang: str):
    """The pages show this resolution in both languages."""
    text = got(f"{address}{page}{'&' if '?' in page else '?'}lang={lang}")

    assert {"fr": fr, "en": en}[lang] in text


def test_service_validates(address: str):
    """The service reads submissions against this resolution."""
    turtle = {"Content-Type": "text/turtle", "Accept": "application/json"}
    sound = json.loads(
        got(f"{address}/validate", data=(SECOND / "shapes" / "examples" / "para-2-2-inventory.ttl").read_bytes(), headers=turtle)
    )
    faulty = json.loads(got(f"{address}/validate", data=(CASES / "unknown-colour.ttl").read_bytes(), headers=turtle))

    assert sound["conforms"] is True
    assert {result["paragraph"] for result in faulty["results"]} == {"2.2"}


def test_service_answers(address: str):
    """The service answers SPARQL over this knowledge base, and gives its templates."""
    query = "SELECT%20%3Fn%20%7B%20%3Fp%20a%20obs%3AOperativeParagraph%20%3B%20eli%3Anumber%20%3Fn%20%7D"
    answer = json.loads(got(f"{address}/sparql?query={query}", headers={"Accept": "application/json"}))

    assert {row["n"]["value"] for row in answer["results"]["bindings"]} == {"1", "2", "2.1", "2.2", "3"}
    assert "feu:LampInventory" in got(f"{address}/templates/2.2")


@pytest.mark.whole
def test_byte_order_marks(tmp_path: Path) -> None:
    """Files of every room that begin with a byte order mark are read as without it."""
    shutil.copytree(SECOND, tmp_path / "kb")
    for file in sorted((tmp_path / "kb").rglob("*")):
        if file.suffix in {".ttl", ".rq", ".jsonld"}:
            file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    done = observance("check", "--format", "json", at=tmp_path / "kb")
    assert (done.returncode, json.loads(done.stdout)["clean"]) == (0, True), done.stdout + done.stderr
    example = next(iter(sorted((tmp_path / "kb" / "shapes" / "examples").glob("*.ttl"))))
    assert observance("validate", str(example), at=tmp_path / "kb").returncode == 0
    assert observance("query", "--list", at=tmp_path / "kb").returncode == 0
