"""`observance check` over tiny knowledge folders: a sound one, and the same with one fault planted in it."""

import json
import shutil
import socket
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import check_each
from observance.cli.check import check
from observance.core import HOME, OBS, InvalidInputError, ObservanceError, UnavailableError
from observance.knowledge import checks, consistency, faults, find_root, room_files
from observance.knowledge.owlapi import quickxplain

CASES = Path(__file__).parent / "cases"
PLANTED = CASES / "planted"
QUALITY = find_root() / "queries" / "quality"


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A copy of the sound knowledge folder, in a path with a space."""
    return Path(shutil.copytree(CASES / "sound", tmp_path / "a folder"))


def plant(root: Path, name: str, *, room: str = "ontology") -> str:
    """Add the faulty case to the folder, to the core if its name says so, else as a file of its own; return the file's path."""
    text = (PLANTED / f"{name}.ttl").read_text(encoding="utf-8")
    if name.startswith("core."):
        with (root / checks.CORE).open("a", encoding="utf-8") as core:
            core.write(text)
        return checks.CORE
    file = f"{room}/planted.ttl" if not (root / room / "planted.ttl").exists() else f"{room}/planted-{name}.ttl"
    (root / file).write_text(text, encoding="utf-8")
    return file


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(check, ["--knowledge", str(root), *arguments])


def faults_of(result: Result) -> list[tuple[str, str, str, str]]:
    """The faults of a JSON result as (step, file, node, rule)."""
    steps = json.loads(result.stdout)["steps"]
    return [(step["name"], fault["file"], fault["node"], fault["rule"]) for step in steps for fault in step["faults"]]


def test_sound_knowledge_passes(sound: Path) -> None:
    """A sound folder gives a ticked line for each step, in the language of the option, and exit code 0."""
    result = run(sound, "--lang", "fr")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line[0] for line in lines] == ["✓"] * 7
    assert lines[5] == "✓ L'ontologie est cohérente et chaque classe peut avoir des membres (HermiT)"
    assert result.stderr == ""


@pytest.mark.whole
@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ({"ontology": ["unsatisfiable"]}, [("unsatisfiable", "consistency", OBS + "Origami", "unsatisfiable")]),
        ({"ontology": ["inconsistent"]}, [("inconsistent", "consistency", HOME + "wco/boulder", "inconsistent")]),
        ({"ontology": ["malformed"]}, [("malformed", "consistency", HOME + "wco/count", "not-reasonable")]),
        ({"ontology": ["malformed-date"]}, [("malformed-date", "consistency", HOME + "wco/count", "not-reasonable")]),
        (
            {"ontology": ["label", "undeclared", "import"], "rules": ["undeclared"], "shapes": ["undeclared-in-sparql", "unknown"]},
            [
                ("label", "quality", OBS + "Scissors", "term-without-label"),
                ("undeclared", "terms", OBS + "Papper", "undeclared-term"),
                ("undeclared-in-sparql", "terms", OBS + "coverz", "undeclared-term"),
                ("unknown", "vocabularies", "http://www.w3.org/ns/shacl#minCont", "unknown-term"),
                ("import", "quality", HOME + "planted", "import-from-outside"),
            ],
        ),
        (
            {
                "ontology": [
                    "core.union",
                    "core.some-values",
                    "core.annotation",
                    "core.range",
                    "core.reflexive",
                    "core.punning",
                    "core.lexical",
                ]
            },
            [
                ("core.union", "profile", OBS + "PaperOrStone", "rl-equivalent"),
                ("core.union", "quality", OBS + "PaperOrStone", "core-beyond-rl"),
                ("core.some-values", "profile", OBS + "Paper", "rl-superclass"),
                ("core.annotation", "profile", OBS + "Paper", "rl-undeclared"),
                ("core.annotation", "quality", OBS + "Paper", "core-property-undeclared"),
                ("core.range", "profile", OBS + "writtenOn", "rl-datatype"),
                ("core.range", "quality", OBS + "writtenOn", "range-outside-owl"),
                ("core.reflexive", "quality", OBS + "covers", "core-beyond-rl"),
                ("core.punning", "profile", OBS + "covers", "rl-punning"),
                ("core.lexical", "profile", HOME + "sheet", "rl-lexical"),
            ],
        ),
    ],
    ids=["unsatisfiable", "inconsistent", "malformed", "malformed-date", "outside-the-core", "core"],
)
def test_planted_faults_are_found(sound: Path, planted: Mapping[str, Sequence[str]], expected: Sequence[tuple[str, str, str, str]]) -> None:
    """Faulty cases make the check end with 1, and each fault names its file, its node and its rule."""
    files = {(case, room): plant(sound, case, room=room) for room, cases in planted.items() for case in cases}
    result = run(sound, "--format", "json")
    assert result.exit_code == 1
    assert {(step, file, node, rule) for case, step, node, rule in expected for (name, _), file in files.items() if name == case} <= set(
        faults_of(result)
    )
    assert result.stderr == ""


@pytest.mark.whole
def test_fault_has_a_remedy(sound: Path) -> None:
    """The line of a fault has file, node, rule and a sentence with the axioms that cause it."""
    plant(sound, "unsatisfiable")
    line = run(sound, "--lang", "en").stdout.splitlines()[-2]
    assert line == (
        "  ontology/planted.ttl · obs:Origami · unsatisfiable · Nothing can belong to obs:Origami, because of: "
        "DisjointClasses(obs:Paper obs:Stone); SubClassOf(obs:Origami obs:Paper); SubClassOf(obs:Origami obs:Stone). "
        "Remove or correct one of these axioms."
    )


def test_nearest_term_is_named(sound: Path) -> None:
    """The fault of a misspelt term names the nearest term that exists, of the project or of a closed vocabulary."""
    plant(sound, "undeclared")
    plant(sound, "unknown", room="shapes")
    text = run(sound, "--lang", "en").stdout
    assert "did you mean obs:Paper?" in text
    assert "Did you mean sh:minCount?" in text


def test_terms_of_queries_are_checked(sound: Path) -> None:
    """A term of the project that a query uses and that does not exist is a fault of the query's file."""
    (sound / "queries" / "odd.rq").write_text("SELECT * WHERE { ?s obs:coverz ?o }", encoding="utf-8")
    assert ("terms", "queries/odd.rq", OBS + "coverz", "undeclared-term") in faults_of(run(sound, "--format", "json"))


def test_terms_of_examples_are_checked(sound: Path) -> None:
    """An example may describe nodes of its own but uses only terms that exist; it is not part of the knowledge."""
    (sound / "shapes" / "examples").mkdir()
    shutil.copy(PLANTED / "undeclared.ttl", sound / "shapes" / "examples" / "leaf.ttl")
    assert faults_of(run(sound, "--format", "json")) == [("terms", "shapes/examples/leaf.ttl", OBS + "Papper", "undeclared-term")]


@pytest.mark.whole
def test_own_quality_query_runs(sound: Path) -> None:
    """A folder may have quality queries of its own, and its faults carry the row's value."""
    plant(sound, "inconsistent")
    assert "wco:pebble: a stone covers nothing; remove obs:covers." in run(sound, "--lang", "en").stdout


def test_quality_queries_find_their_fault(tmp_path: Path) -> None:
    """No quality query finds a fault in sound knowledge; with its faulty case, it alone finds a fault, at that file."""

    def check_rule(rule: str) -> None:
        root = Path(shutil.copytree(CASES / "sound", tmp_path / rule))
        file = checks.CORE if rule.startswith("core-") else "ontology/planted.ttl"
        with (root / file).open("a", encoding="utf-8") as target:
            target.write((CASES / "quality" / f"{rule}.ttl").read_text(encoding="utf-8"))
        quads = faults.read_turtle([*room_files(root, "ontology"), *room_files(root, "shapes")], root=root)
        before = [quad for quad in quads if faults.file_of(quad.graph_name) != file]
        assert [fault for fault in checks.quality_faults(before, queries=checks.quality_queries(QUALITY)) if fault.rule == rule] == []
        assert {(fault.rule, fault.file) for fault in checks.quality_faults(quads, queries=checks.quality_queries(QUALITY))} == {
            (rule, file)
        }

    check_each(check_rule, sorted(file.stem for file in QUALITY.glob("*.rq")))


def test_missing_core_is_a_fault(sound: Path) -> None:
    """A folder without the core file has a fault, because its profile cannot be checked."""
    (sound / checks.CORE).rename(sound / "ontology" / "terms.ttl")
    assert ("profile", None, checks.CORE, "no-core") in faults_of(run(sound, "--format", "json"))


def test_broken_turtle_is_unreadable(sound: Path) -> None:
    """For a file that is not Turtle the error names line and column; it is an error, not a fault."""
    file = plant(sound, "syntax")
    result = run(sound)
    assert isinstance(result.exception, InvalidInputError)
    assert result.exception.values["file"] == file
    assert (result.exception.values["line"], result.exception.values["column"]) == (15, 1)


def test_bad_quality_query_is_unreadable(sound: Path) -> None:
    """A quality query that cannot run, or lacks a summary in a language, is an error that names it."""
    file = sound / "queries" / "quality" / "odd.rq"
    for text in (
        "#+ summary.en: a\n#+ summary.fr: b\nSELECT ?node WHERE {",
        "#+ summary.en: a\nSELECT ?node WHERE {}",
        "#+ summary.en: a\n#+ summary.fr: b\nASK {}",
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInputError, match=r"odd\.rq"):
            checks.quality_faults((), queries=checks.quality_queries(file.parent))


@pytest.fixture
def listener() -> Iterator[tuple[int, Sequence[object]]]:
    """A server on the loopback interface: its port and the connections that it received."""
    server = socket.create_server(("127.0.0.1", 0))
    callers: list[object] = []

    def listen() -> None:
        while True:
            try:
                connection, caller = server.accept()
            except OSError:
                return
            callers.append(caller)
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield server.getsockname()[1], callers
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_import_is_never_fetched(sound: Path, listener: tuple[int, Sequence[object]]) -> None:
    """An `owl:imports` in the core or another file is reported, and no request is made for it."""
    port, callers = listener
    file = sound / plant(sound, "import")
    text = file.read_text(encoding="utf-8").replace(":9/", f":{port}/")
    file.write_text(text, encoding="utf-8")
    with (sound / checks.CORE).open("a", encoding="utf-8") as core:
        core.write(text.replace("/planted>", "/ns>"))
    rules = {rule for *_, rule in faults_of(run(sound, "--format", "json"))}
    assert rules == {"import-from-outside"}
    assert callers == []


@pytest.mark.whole
def test_result_is_reproducible(sound: Path) -> None:
    """Two checks of the same folder give the same bytes."""
    for case in ("core.union", "core.annotation", "core.range", "unsatisfiable"):
        plant(sound, case)
    assert run(sound, "--format", "json").stdout == run(sound, "--format", "json").stdout


def test_missing_reasoner_is_reported() -> None:
    """If a package of the extra is missing, the error says how to install it."""
    with pytest.raises(UnavailableError, match=r"observance\[reasoner\]"):
        consistency.module("no_such_package")


def test_every_violation_of_the_jar_has_a_rule() -> None:
    """The violation classes with a rule are those in the jar that owlready2 ships."""
    jar = Path(consistency.module("owlready2").__file__).parent / "hermit" / "HermiT.jar"
    with zipfile.ZipFile(jar) as archive:
        classes = {Path(name).stem for name in archive.namelist() if "/owlapi/profiles/" in name}
    assert set(consistency.RULES) <= classes


def test_control_characters_are_replaced(sound: Path) -> None:
    """A literal with a character that XML excludes does not prevent the profile check."""
    with (sound / checks.CORE).open("a", encoding="utf-8") as core:
        core.write('obs:Paper skos:definition "bell \\u0007 and \\uFFFE"@de .\n')
    assert run(sound).exit_code == 0


def test_terms_in_sparql_text() -> None:
    """Terms are found in paths and lists, not in comments, strings, variables or language tags; prefix declarations apply."""
    text = """# obs:a
    PREFIX x: <https://example.org/x#>
    SELECT ?obs WHERE { ?s obs:b/^obs:c "obs:d"@en , 'obs:e' ; x:f.g \"\"\"obs:h "x" \"\"\" , res:p2.5 . ?s a <https://example.org/i> }"""
    assert list(checks.mentioned_terms(text)) == [
        OBS + "b", OBS + "c", "https://example.org/x#f.g", HOME + "wco/ecommerce-2018/p2.5", "https://example.org/i",
    ]  # fmt: skip


def test_quickxplain_is_minimal() -> None:
    """Of many constraints exactly the necessary ones remain, wherever they are in the list."""
    needed = {3, 40, 41, 97}
    assert set(quickxplain([], list(range(100)), fails=lambda kept: needed <= set(kept))) == needed


def test_blank_node_is_named_by_its_owner(sound: Path) -> None:
    """A fault at a blank node is placed at the IRI that leads to it, in a file whose path begins at the root."""
    plant(sound, "core.some-values")
    quads = faults.read_turtle([sound / checks.CORE], root=sound)
    blank = next(faults.term_text(quad.object) for quad in quads if faults.term_text(quad.object).startswith("_:"))
    fault = faults.FaultLocator(quads).fault(blank, "rule", {"en": "", "fr": ""})
    assert (fault.file, fault.node) == (checks.CORE, OBS + "Paper")


def test_errors_have_both_languages(sound: Path) -> None:
    """An error of the check has a message in French and in English."""
    (sound / "ontology" / "bad.ttl").write_bytes(b"\xff\xfe")
    result = run(sound)
    assert isinstance(result.exception, ObservanceError)
    assert all("ontology/bad.ttl" in sentence for sentence in result.exception.sentences().values())
