"""A register declares the bearers that answers are about; real and invented ones never share an answer."""

from pathlib import Path

import pytest

from conftest import ROOT
from observance.core import InconsistentDataError, InvalidInputError, NotFoundError
from observance.knowledge_base import KnowledgeBase

HEAD = """@prefix obs: <https://w3id.org/observance/ns#> .
@prefix party: <https://w3id.org/observance/parties/> .
@prefix ex: <https://example.org/> .
"""
DEMO = ROOT / "queries" / "demo"


def write(folder: Path, name: str, text: str) -> Path:
    """Write a Turtle file with the prefixes and return its path."""
    file = folder / name
    file.write_text(HEAD + text, encoding="utf-8")
    return file


def test_declared(kb: KnowledgeBase, tmp_path: Path):
    """The declared parties are those of all files, without duplicates, in order."""
    one = write(tmp_path, "a.ttl", "ex:r a obs:Register ; obs:declares party:XB , party:XA .")
    two = write(tmp_path, "b.ttl", "ex:r a obs:Register ; obs:declares party:XA .")

    assert [iri[-2:] for iri in kb.register.open([one, two]).declared] == ["XB", "XA"]


def test_blank_nodes_of_files_are_distinct(kb: KnowledgeBase, tmp_path: Path):
    """The same blank node label in two files stands for two nodes, and no label of one file is one that another gets."""
    labels = dict.fromkeys(range(13), "x") | {1: "2x"}
    files = [write(tmp_path, f"{number:02}.ttl", f"_:{label} a obs:Register .") for number, label in labels.items()]

    assert len({quad.subject for quad in kb.register.open(files).quads}) == len(files)


def test_mixed_register_is_rejected(kb: KnowledgeBase, tmp_path: Path):
    """A register that declares a real and an invented party is rejected, and the message names both."""
    file = write(tmp_path, "mixed.ttl", "ex:r a obs:Register ; obs:declares party:XA , party:EU .")

    with pytest.raises(InconsistentDataError, match=r"party:XA and party:EU"):
        kb.register.open([file])


def test_mixed_registers_are_rejected(kb: KnowledgeBase, tmp_path: Path):
    """Opening a register of real parties together with one of invented parties is rejected."""
    real = write(tmp_path, "real.ttl", "ex:r a obs:Register ; obs:declares party:EU .")

    with pytest.raises(InconsistentDataError):
        kb.register.open([DEMO, real])


def test_unlisted_party_is_rejected(kb: KnowledgeBase, tmp_path: Path):
    """A register that declares a party on no list is rejected, and the message names the nearest code."""
    file = write(tmp_path, "unlisted.ttl", "ex:r a obs:Register ; obs:declares party:XAA .")

    with pytest.raises(InconsistentDataError, match="party:XA"):
        kb.register.open([file])


@pytest.mark.whole
def test_one_broken_file_of_ten_thousand(tmp_path: Path):
    """The register is refused, and the one file is named; once it is mended, all others are taken as they were read before."""
    with KnowledgeBase.open() as kb:
        for number in range(10_000):
            write(tmp_path, f"{number}.ttl", f"ex:meeting-{number} a obs:ReviewMeeting .")
        write(tmp_path, "7777.ttl", "ex:meeting-7777 a obs:ReviewMeeting ; .. ")
        with pytest.raises(InvalidInputError, match=r"7777\.ttl"):
            kb.register.open([tmp_path])
        known = kb.register.inspect([tmp_path]).documents
        assert len(known) == 9_999
        write(tmp_path, "7777.ttl", "ex:meeting-7777 a obs:ReviewMeeting .")
        mended = kb.register.open([tmp_path]).documents

    assert len(mended) == 10_000
    assert {id(document) for document in known} < {id(document) for document in mended}


def test_missing_and_empty(kb: KnowledgeBase, tmp_path: Path):
    """A register that does not exist or holds no RDF is an error, never an empty register."""
    with pytest.raises(NotFoundError):
        kb.register.open([tmp_path / "nowhere"])
    with pytest.raises(InvalidInputError):
        kb.register.open([tmp_path])


def test_bearer_must_be_declared(kb: KnowledgeBase, tmp_path: Path):
    """With a register open, a submission for a party that it does not declare cannot be processed; without one it can."""
    register = write(tmp_path, "r.ttl", "ex:r a obs:Register ; obs:declares party:XA .")
    example = ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl"
    report = kb.submissions.validate(example, registers=[register])

    assert [finding.shape.rpartition("/")[2] for finding in report.findings] == ["envelope-bearer-declared"]
    assert kb.submissions.validate(example).conforms


def test_a_file_is_not_validated_against_itself(kb: KnowledgeBase):
    """A document of the register that is validated against that register does not redescribe itself."""
    report = kb.submissions.validate(DEMO / "xa.ttl", registers=[DEMO])

    assert not [finding for finding in report.findings if "document" in finding.shape]


def test_a_changed_copy_is_on_record(kb: KnowledgeBase, tmp_path: Path):
    """A document that holds a submission of the register, and is not identical to its document, is told to be on record."""
    file = tmp_path / "copy.ttl"
    file.write_bytes((DEMO / "xb.ttl").read_bytes() + b"\n# changed\n")
    report = kb.submissions.validate(file, registers=[DEMO])

    assert {finding.shape.rpartition("/")[2] for finding in report.findings} >= {"envelope-document-on-record"}


def test_demo_register_is_the_default_of_questions(kb: KnowledgeBase):
    """Questions are about the demo register, with invented parties only, unless another register is named."""
    contents = kb.questions.page("register-contents", {"lang": "en"}).body.decode()

    assert "(invented)" in contents
    assert "Belgium" not in contents
