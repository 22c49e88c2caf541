"""One stem, many rooms: who knows `para-2-5-timetable` finds its text, duty, shape, cases, example and question."""

from conftest import ROOT, check_each
from observance.core import DCTERMS, ELI, OBS
from observance.knowledge_base import KnowledgeBase

SHARED = "envelope"


def stems(kb: KnowledgeBase) -> dict[str, tuple[str, str]]:
    """The IRI and number of each operative paragraph, by stem."""
    know = kb.knowledge
    found = know.instances(OBS + "OperativeParagraph")
    return {know.objects(iri, DCTERMS + "identifier")[0]: (iri, know.objects(iri, ELI + "number")[0]) for iri in found}


with KnowledgeBase.open() as _house:
    STEMS = stems(_house)
    SILENT = {stem for stem, (iri, _) in STEMS.items() if _house.knowledge.objects(iri, OBS + "expectsNoSubmission") == ("true",)}
SPEAKING = sorted(set(STEMS) - SILENT)


def test_who_is_silent():
    """Only paragraph 1 and the opening words of paragraph 2 declare that no submission exists under them."""
    assert {STEMS[stem][1] for stem in SILENT} == {"1", "2"}


def test_text_and_norm(kb: KnowledgeBase):
    """Every operative paragraph has its text in both languages, and a norm unless it only opens others."""
    know = kb.knowledge

    def check(stem: str) -> None:
        iri, number = STEMS[stem]
        assert know.objects(iri, OBS + "authenticText")
        assert know.objects(iri, OBS + "workingTranslation")
        assert bool(know.subjects_with(OBS + "expressedBy", iri)) == (number != "2")

    check_each(check, sorted(STEMS))


def test_rooms(kb: KnowledgeBase):
    """A paragraph under which submissions exist has a shape, cases of every needed kind, an example and a question."""
    asked = {n.strip() for question in kb.questions.catalogue.questions for n in (question.paragraph or "").split(",")}

    def check(stem: str) -> None:
        _, number = STEMS[stem]
        assert (ROOT / "shapes" / f"{stem}.ttl").is_file()
        assert {"valid", "invalid"} <= {case.name.partition(".")[0] for case in (ROOT / "tests" / "shapes" / stem).glob("*.ttl")}
        assert (ROOT / "shapes" / "examples" / f"{stem}.ttl").is_file()
        assert kb.lookup.template(number)
        assert number in asked

    check_each(check, SPEAKING)


def test_silent_rooms():
    """A paragraph under which no submission exists has no shape, no cases and no example."""

    def check(stem: str) -> None:
        assert not (ROOT / "shapes" / f"{stem}.ttl").exists()
        assert not (ROOT / "tests" / "shapes" / stem).exists()
        assert not list((ROOT / "shapes" / "examples").glob(f"{stem}.*"))

    check_each(check, sorted(SILENT))


def test_no_strangers():
    """Every shape file is a paragraph's, the envelope's or the prefixes'; every folder of cases belongs to a shape file."""
    shapes = {file.stem for file in (ROOT / "shapes").glob("*.ttl")}
    known = set(SPEAKING) | {stem for stem in shapes if stem.startswith(SHARED)} | {"prefixes"}
    folders = {folder.name for folder in (ROOT / "tests" / "shapes").iterdir() if folder.is_dir() and folder.name != "__pycache__"}

    assert shapes == known
    assert folders == shapes - {"prefixes"}


def test_examples_belong_to_stems():
    """Every example is a paragraph's or of a shared kind, by its stem."""
    allowed = {*SPEAKING, *(file.stem for file in (ROOT / "shapes").glob(f"{SHARED}-*.ttl"))}

    assert [file.name for file in (ROOT / "shapes" / "examples").iterdir() if file.stem not in allowed] == []


def test_rules_hold_the_readings():
    """The rules room holds the readings, and the literal one is among them."""
    readings = {file.stem for file in (ROOT / "rules" / "readings").glob("*.ttl")}

    assert {"literal", "benchmark", "per-meeting", "union-files-for-members", "relay-to-later-unions"} <= readings


def test_rooms_at_the_root():
    """No folder joins the six rooms at the root."""
    visible = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}

    assert visible - {"dist", "build"} == {"ontology", "shapes", "rules", "queries", "service", "tests"}
