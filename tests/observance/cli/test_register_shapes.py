"""`observance register validate`: shapes of one's own conclude nothing from silence where the register does not claim to be complete."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from observance.cli import cli
from observance.core import UsageError

PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix obs: <https://w3id.org/observance/ns#> .
@prefix org: <http://www.w3.org/ns/org#> . @prefix party: <https://w3id.org/observance/parties/> .
@prefix dcterms: <http://purl.org/dc/terms/> . @prefix ex: <https://example.org/> .
"""
# Cases of paragraphs 2.5 and 2.8: what the shapes ask for, of the kind of record that it is.
TIMETABLE, REPORT = "IndicativeTimetable", "ProgressReport"
ASKED = "[ sh:path [ sh:inversePath obs:onBehalfOf ] ; sh:qualifiedValueShape [ sh:class obs:%s ] ; sh:qualifiedMinCount 1 ]"
DECLARED = "[] a sh:NodeShape ; sh:targetObjectsOf obs:declares ; sh:property %s .\n"
MEMBERSHIP = """[] a sh:NodeShape ; sh:targetClass org:Membership ; sh:property [ sh:minCount 1 ; sh:class obs:IndicativeTimetable ;
    sh:path ( org:member [ sh:inversePath obs:onBehalfOf ] ) ] ."""
COMMANDS = (
    "party XA --kind CouncilMember --name en=Altamar --administration fr=Douane --language fr --email relay@xa.example",
    "party XB --kind CouncilMember --name en=Brenmoor --administration fr=Douane --language fr --email relay@xb.example",
    "membership XA --in wco:council --role MemberRole --since 1971-05-04",
    "membership XB --in wco:council --role MemberRole --since 1971-05-04",
    "completeness XA --for IndicativeTimetable --until 2024-01-18 --by wco:organization",
    "completeness XB --for ProgressReport --until 2024-01-10 --by wco:organization",
)
ON_THE_DAY = ("--as-of", "2024-01-18")


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A register that claims to be complete about XA for timetables, and about XB for reports, to another day."""
    folder = tmp_path_factory.mktemp("kept") / "register"
    new = ["register", "new", str(folder), "--base", "https://example.org/register/"]
    options = ["--register", str(folder), "--entered", "2024-01-18T09:00:00Z"]
    for arguments in (new, *(["register", *command.split(), *options] for command in COMMANDS)):
        result = CliRunner().invoke(cli, arguments, standalone_mode=False)
        assert result.exit_code == 0, result.exception
    return folder


@pytest.fixture
def register(kept: Path, tmp_path: Path) -> Path:
    """A copy of the register."""
    for file in kept.rglob("*.ttl"):
        copy = tmp_path / "register" / file.relative_to(kept)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    return tmp_path / "register"


def told(register: Path, shapes: str, *more: str) -> tuple[list[str], str]:
    """The ends of the focus nodes of the results, and what is said on standard error."""
    file = register.parent / "shapes.ttl"
    file.write_text(PREFIXES + shapes, encoding="utf-8")
    arguments = ["register", "validate", str(file), "--register", str(register), "--format", "json", "--lang", "en", *more]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    if isinstance(result.exception, UsageError):
        raise result.exception
    report = json.loads(result.stdout)
    assert report["conforms"] is (report["results"] == [])
    return sorted(found["focusNode"].strip("<>").rpartition("/")[2] for found in report["results"]), result.stderr


@pytest.mark.parametrize(
    ("kind", "day", "found"),
    [
        (TIMETABLE, "2024-01-18", ["XA"]),
        (TIMETABLE, "2024-01-19", []),
        (REPORT, "2024-01-10", ["XB"]),
        (REPORT, "2024-01-18", []),
        ("Submission", "2024-01-10", []),
    ],
)
def test_silence_counts_where_the_register_is_complete(kept: Path, kind: str, day: str, found: list[str]):
    """A shape that asks for a timetable (2.5) or a report (2.8) has results for the parties about which the register is complete for it."""
    parties, said = told(kept, DECLARED % ASKED % kind, "--as-of", day)

    assert parties == found
    assert f": {len(found)}. Nothing is concluded from silence" in said


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        ("[] a sh:NodeShape ; sh:targetClass obs:IndicativeTimetable ; sh:nodeKind sh:IRI .\n" + DECLARED
         % "[ sh:path [ sh:inversePath obs:onBehalfOf ] ; sh:minCount 1 ]", []),
        (DECLARED % f"{ASKED % TIMETABLE} , [ sh:path [ sh:inversePath obs:participant ] ; sh:minCount 1 ]", ["XA"]),
        (DECLARED % f"{ASKED % TIMETABLE} , {ASKED % 'Enquiry'} , {ASKED % 'Justification'}", ["XA"]),
        (DECLARED % "[ sh:path [ sh:inversePath obs:onBehalfOf ] ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape "
         "[ sh:or ( [ sh:class obs:IndicativeTimetable ] [ sh:class obs:ProgressReport ] ) ] ]", []),
        ("[] a sh:NodeShape ; sh:targetNode party:XA , party:XB , party:XQ , ex:unknown ; sh:property " + ASKED % TIMETABLE + " .", ["XA"]),
        (MEMBERSHIP, []),
        (DECLARED % "[ sh:path dcterms:title ; sh:minCount 1 ]", []),
        ("[] a sh:NodeShape ; sh:targetObjectsOf obs:declares ; sh:node [ sh:property " + ASKED % TIMETABLE + " ] .", ["XA"]),
    ],
    ids=["kind-named-elsewhere", "no-kind", "kind-not-followed", "two-kinds", "not-declared", "another-focus-node", "party", "nested"],
)  # fmt: skip
def test_everything_else_is_open(kept: Path, shapes: str, found: list[str]):
    """What a shape asks for otherwise has no result: of kinds that it does not name, of parties and nodes that no statement covers."""
    assert told(kept, shapes, *ON_THE_DAY)[0] == found


@pytest.mark.parametrize(
    "shape",
    [
        "sh:not [ sh:property %s ]", "sh:xone ( [ sh:property %s ] [ sh:nodeKind sh:IRI ] )", "sh:targetWhere [ sh:property %s ]",
        'sh:property [ sh:path obs:x ; sh:qualifiedValueShape [ sh:property %s ] ; sh:qualifiedMaxCount 0 ]',
        'sh:sparql [ sh:select "SELECT $this WHERE { FILTER NOT EXISTS { ?t ?p $this } }" ] ; sh:property %s',
    ],
    ids=["not", "xone", "target-where", "qualified-max-count", "sparql"],
)  # fmt: skip
def test_shapes_that_turn_silence_round_are_refused(kept: Path, shape: str):
    """A shape that finds what is absent, without asking for it, is refused by the term that does."""
    with pytest.raises(UsageError, match="conclude from silence"):
        told(kept, f"[] a sh:NodeShape ; sh:targetObjectsOf obs:declares ; {shape % (ASKED % TIMETABLE)} .\n", *ON_THE_DAY)


def test_nothing_is_added_to_the_data(kept: Path):
    """What is incomplete is known beside the data: a closed shape finds only what is written."""
    closed = "[] a sh:NodeShape ; sh:targetObjectsOf obs:declares ; sh:closed true .\n"
    file = kept.parent / "shapes.ttl"
    told(kept, closed)
    report = json.loads(
        CliRunner()
        .invoke(cli, ["register", "validate", str(file), "--register", str(kept), "--format", "json"], standalone_mode=False)
        .stdout
    )

    assert report["results"] != []
    assert [result for result in report["results"] if "shacl#" in result["resultPath"]] == []


def test_a_record_to_clarify_leaves_it_open(register: Path):
    """While a record about the party has a fault, the register is complete about nothing: what it says may be what is sought."""
    (register / "unclear.ttl").write_text(
        PREFIXES + '<https://example.org/unclear> a obs:Participation ; obs:participant party:XA ; obs:meeting "2019" .\n', encoding="utf-8"
    )

    assert told(register, DECLARED % ASKED % TIMETABLE, *ON_THE_DAY)[0] == []


def test_what_is_on_record(register: Path):
    """What is asked for and on record gives no result, whatever the register claims; and a document says what it says."""
    (register / "timetable.ttl").write_text(
        PREFIXES + "<https://example.org/xa/timetable> a obs:IndicativeTimetable ; obs:onBehalfOf party:XA .\n", encoding="utf-8"
    )

    assert told(register, DECLARED % ASKED % TIMETABLE, *ON_THE_DAY)[0] == []
    titled = "[] a sh:NodeShape ; sh:targetClass obs:Submission ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] .\n"
    assert told(register, titled, *ON_THE_DAY)[0] == ["timetable"]


def test_other_documents_do_not_excuse(register: Path):
    """A document of the party that is on record is known for what it is: it may be no timetable. What it leads to is another matter."""
    (register / "notification.ttl").write_text(
        PREFIXES + "<https://example.org/xa/notification> a obs:IntentionNotification ; obs:onBehalfOf party:XA .\n", encoding="utf-8"
    )
    to_party = "[ sh:path ( obs:onBehalfOf [ sh:inversePath obs:onBehalfOf ] ) ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape %s ]"
    from_document = (
        f"[] a sh:NodeShape ; sh:targetClass obs:Submission ; sh:property {to_party % '[ sh:class obs:IndicativeTimetable ]'} .\n"
    )
    through = (
        DECLARED
        % f"[ sh:path [ sh:inversePath obs:onBehalfOf ] ; sh:node [ sh:property {to_party % '[ sh:class obs:IndicativeTimetable ]'} ] ]"
    )

    assert told(register, DECLARED % ASKED % TIMETABLE, *ON_THE_DAY)[0] == ["XA"]
    assert told(register, from_document, *ON_THE_DAY)[0] == []
    assert told(register, through, *ON_THE_DAY)[0] == []


def test_blank_nodes_of_shapes_and_register_are_apart(kept: Path):
    """A blank node of the shapes is none of the register's in the report, whatever their labels."""
    shape = "_:r{}b0 a sh:NodeShape ; sh:targetClass <http://www.w3.org/2006/time#ProperInterval> ; sh:nodeKind sh:IRI .\n"
    file = kept.parent / "blank.ttl"
    file.write_text(PREFIXES + "".join(map(shape.format, range(9))), encoding="utf-8")
    result = CliRunner().invoke(
        cli, ["register", "validate", str(file), "--register", str(kept), "--format", "json"], standalone_mode=False
    )
    results = json.loads(result.stdout)["results"]

    assert results != []
    assert not {found["focusNode"] for found in results} & {found["sourceShape"] for found in results}
