"""Every stem, such as `para-2-5-timetable`, has its text, norm, shape, cases, example and question."""

from conftest import ROOT, check_each
from observance.core import DCTERMS, ELI, OBS
from observance.knowledge_base import KnowledgeBase

SHARED_STEMS = ("envelope", "register-")


def stems(kb: KnowledgeBase) -> dict[str, tuple[str, str]]:
    """The IRI and number of each operative paragraph, by stem."""
    knowledge = kb.knowledge
    paragraphs = knowledge.instances(OBS + "OperativeParagraph")
    return {knowledge.objects(iri, DCTERMS + "identifier")[0]: (iri, knowledge.objects(iri, ELI + "number")[0]) for iri in paragraphs}


with KnowledgeBase.open() as _kb:
    STEMS = stems(_kb)
    WITHOUT_SUBMISSIONS = {stem for stem, (iri, _) in STEMS.items() if _kb.knowledge.objects(iri, OBS + "expectsNoSubmission") == ("true",)}
WITH_SUBMISSIONS = sorted(set(STEMS) - WITHOUT_SUBMISSIONS)


def test_paragraphs_without_submissions():
    """Only paragraph 1 and the opening words of paragraph 2 declare that there are no submissions under them."""
    assert {STEMS[stem][1] for stem in WITHOUT_SUBMISSIONS} == {"1", "2"}


def test_text_and_norm(kb: KnowledgeBase):
    """Every operative paragraph has its text in both languages, and a norm unless it only introduces others."""
    knowledge = kb.knowledge

    def check(stem: str) -> None:
        iri, number = STEMS[stem]
        assert knowledge.objects(iri, OBS + "authenticText")
        assert knowledge.objects(iri, OBS + "workingTranslation")
        assert bool(knowledge.subjects_with(OBS + "expressedBy", iri)) == (number != "2")

    check_each(check, sorted(STEMS))


def test_rooms(kb: KnowledgeBase):
    """A paragraph with submissions has a shape, valid and invalid cases, an example and a question."""
    numbers_of_questions = {n.strip() for question in kb.questions.catalogue.questions for n in (question.paragraph or "").split(",")}

    def check(stem: str) -> None:
        _, number = STEMS[stem]
        assert (ROOT / "shapes" / f"{stem}.ttl").is_file()
        assert {"valid", "invalid"} <= {case.name.partition(".")[0] for case in (ROOT / "tests" / "shapes" / stem).glob("*.ttl")}
        assert (ROOT / "shapes" / "examples" / f"{stem}.ttl").is_file()
        assert kb.lookup.template(number)
        assert number in numbers_of_questions

    check_each(check, WITH_SUBMISSIONS)


def test_rooms_without_submissions():
    """A paragraph without submissions has no shape, no cases and no example."""

    def check(stem: str) -> None:
        assert not (ROOT / "shapes" / f"{stem}.ttl").exists()
        assert not (ROOT / "tests" / "shapes" / stem).exists()
        assert not list((ROOT / "shapes" / "examples").glob(f"{stem}.*"))

    check_each(check, sorted(WITHOUT_SUBMISSIONS))


def test_shape_files_and_folders_of_cases():
    """Every shapes file is that of a paragraph, the envelope, a kind of record, the prefixes or the forms; each folder of cases has one."""
    shapes = {file.stem for file in (ROOT / "shapes").glob("*.ttl")}
    known = set(WITH_SUBMISSIONS) | {stem for stem in shapes if stem.startswith(SHARED_STEMS)} | {"prefixes", "forms"}
    folders = {folder.name for folder in (ROOT / "tests" / "shapes").iterdir() if folder.is_dir() and folder.name != "__pycache__"}

    assert shapes == known
    assert folders == shapes - {"prefixes", "forms"}


def test_examples_belong_to_stems():
    """The stem of every example is that of a paragraph or of a shared kind."""
    allowed = {*WITH_SUBMISSIONS, *(file.stem for file in (ROOT / "shapes").glob("*.ttl") if file.stem.startswith(SHARED_STEMS))}

    assert [file.name for file in (ROOT / "shapes" / "examples").iterdir() if file.stem not in allowed] == []


def test_readings_are_in_rules():
    """The expected readings are in the room `rules`."""
    readings = {file.stem for file in (ROOT / "rules" / "readings").glob("*.ttl")}

    assert {"literal", "benchmark", "per-meeting", "union-files-for-members", "relay-to-later-unions"} <= readings


def test_rooms_at_the_root():
    """The root has the six rooms and no other visible folder."""
    visible = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}

    assert visible - {"dist", "build"} == {"ontology", "shapes", "rules", "queries", "service", "tests"}
