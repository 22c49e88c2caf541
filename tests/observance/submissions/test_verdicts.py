"""Verdicts: as of any moment they are those on the register cut to that moment, and kept ones are those that are computed anew."""

import random
import shutil
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from pathlib import Path

import pyoxigraph as ox
import pytest
from msgspec.structs import replace

from conftest import sample
from fixtures_of_rules import KNOWLEDGE, ROOT, RULE_BASE, register_of, verdicts
from observance.core import OBS
from observance.rdf import TYPE, Triple
from observance.register import RECORD_TO_CLARIFY, Moment, Register, Snapshot, index_records
from observance.submissions import ShapesGraph
from observance.submissions.register_check import DocumentFinding, RegisterGraph

DEMO = ROOT / "queries" / "demo"
MOMENTS = 8
"""Random moments for each damaged register."""


# ── As of a moment ──────────────────────────────────────────────────────────────────────────────────────────


def damaged_demo(seed: int) -> Register:
    """The demo register, without a tenth of the statements that its documents make about what was submitted."""
    rng = random.Random(seed)
    files = sorted(DEMO.glob("*.ttl"))
    kept = {OBS + "recordedAt", OBS + "receivedOn", OBS + "disclosure"}
    documents = []
    for file in files:
        quads = tuple(ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))
        lossless = file.stem == "register"
        documents.append(
            [q for q in quads if lossless or q.predicate.value in kept or f"<{q.predicate.value}>" == TYPE or rng.random() > 0.1]
        )
    return register_of(*documents, names=[file.name for file in files])


def cut(register: Register, excluded: frozenset[str]) -> Register:
    """The register without the statements about the excluded nodes; its documents stay in their order."""
    documents = []
    for number, document in enumerate(register.documents):
        pairs = zip(document.quads, register.document_quads[number], strict=True)
        documents.append(replace(document, quads=tuple(quad for quad, renamed in pairs if str(renamed.subject) not in excluded)))
    return Register(tuple(documents))


def about_submissions(facts: tuple[Triple, ...]) -> set[Triple]:
    """The facts without those about records, which are judged among all that the register holds."""
    records = {s for s, p, o in facts if (p, o) == (TYPE, f"<{RECORD_TO_CLARIFY}>")}
    return {triple for triple in facts if triple[0] not in records}


@pytest.mark.parametrize("seed", sample(range(3), 1))
def test_verdicts_of_a_moment_are_those_of_the_register_cut_to_it(seed: int):
    """Shapes read only what is reachable from a document: nothing else of the register changes the verdict on it."""
    register = damaged_demo(seed)
    judged = verdicts(register)
    records = index_records(register.quads, knowledge=KNOWLEDGE, rules=RULE_BASE.rule_set, verdicts=judged)
    times = sorted(set(records.recorded_at.values()))
    days = sorted(set(records.event_days.values()))
    rng = random.Random(seed)
    sizes = set[int]()
    for _ in range(MOMENTS):
        known_at = rng.choice(times) + timedelta(seconds=rng.choice((-1, 0)))
        as_of: date = rng.choice((rng.choice(days), known_at.date()))
        excluded = Snapshot(records, Moment(as_of, known_at)).excluded
        facts = about_submissions(judged.facts(excluded))
        assert facts == about_submissions(verdicts(cut(register, excluded)).facts()), (as_of, known_at)
        sizes.add(len(facts))
    assert len(sizes) > MOMENTS / 3, "the moments differ in what is to be clarified"


# ── Kept verdicts ───────────────────────────────────────────────────────────────────────────────────────────

PREFIXES = """@prefix obs: <https://w3id.org/observance/ns#> .
@prefix party: <https://w3id.org/observance/parties/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
UNDATED = "<https://example.org/undated>"
DOCUMENT = f"{PREFIXES}{UNDATED} a obs:IntentionNotification ; obs:onBehalfOf party:XA ; obs:intends true .\n"
ADDED = DOCUMENT.replace("/undated>", "/added>").replace("obs:intends true", "obs:intends [ obs:level _:level ]")
RECEIPT = f"""{PREFIXES}{UNDATED} obs:receivedOn "2020-03-02"^^xsd:date ; obs:receivedFrom <https://example.org/customs> .\n"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo register and the shapes in a folder; a document without date or filer, and the receipt for it in a file of its own."""
    for room in ("queries/demo", "shapes"):
        shutil.copytree(ROOT / room, tmp_path / room)
    (tmp_path / "queries/demo/undated.ttl").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "queries/demo/receipts.ttl").write_text(RECEIPT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "validated"),
    [
        ("queries/demo/xb.ttl", "obs:intends true", "obs:intends false", {"xb.ttl", "register.ttl", "receipts.ttl"}),
        ("queries/demo/aa.ttl", "", ADDED, {"aa.ttl", "register.ttl", "receipts.ttl"}),
        ("queries/demo/receipts.ttl", "obs:receivedOn", "obs:recordedAt", {"undated.ttl", "register.ttl", "receipts.ttl"}),
        ("shapes/para-3-notification.ttl", "obs:requiredForNaming true ;", "", None),
    ],
    ids=["a document", "a document before all others", "a receipt", "a shape"],
)  # fmt: skip
def test_kept_verdicts_are_those_computed_anew(kb, folder, monkeypatch, file: str, old: str, new: str, validated: set[str] | None):
    """After a change, what is kept gives what is computed anew, and only the documents that the change concerns are validated again."""
    cache = folder / "kept"
    numbers: list[int] = []
    findings = RegisterGraph.findings

    def counted(graph: RegisterGraph, chosen: Collection[int]) -> Iterator[DocumentFinding]:
        numbers.extend(chosen)
        return findings(graph, chosen)

    def judged(cache: Path | None) -> tuple[tuple[Triple, ...], frozenset[tuple[str, str, str]], frozenset[str], set[str]]:
        register = kb.register.open([folder / "queries" / "demo"])
        numbers.clear()
        answer = verdicts(register, shapes=ShapesGraph.read(folder, cache=folder / "rooms"), cache=cache)
        facts, labels = answer.facts(), frozenset((str(q.subject), str(q.object), str(q.predicate)) for q in answer.labels)
        reports = frozenset(map(str, answer.reports(frozenset())))
        return facts, labels, reports, {Path(register.documents[n].source.name).name for n in numbers}

    monkeypatch.setattr(RegisterGraph, "findings", counted)
    before = judged(cache)
    assert judged(cache) == (*before[:3], set()), "nothing is validated twice"

    changed = folder / file
    text = changed.read_text(encoding="utf-8") if changed.exists() else ""
    assert old in text
    changed.write_text(text.replace(old, new), encoding="utf-8")
    kept, anew = judged(cache), judged(None)

    assert kept[:3] == anew[:3]
    assert set(kept[0]) != set(before[0]), "the change shows"
    assert file != "queries/demo/aa.ttl" or any(" _:r0_" in triple for triple in kept[2]), "a report names a node of its document"
    assert kept[3] == (validated if validated is not None else anew[3])


def test_kept_verdicts_of_documents_without_content(tmp_path: Path):
    """Of a document that is disclosed in part, or supposed, nothing is kept for another of the same name; their statements differ."""
    node = ox.NamedNode("https://example.org/report")
    bare = (ox.Quad(node, ox.NamedNode(TYPE[1:-1]), ox.NamedNode(OBS + "ProgressReport")),)
    longer = (*bare, ox.Quad(node, ox.NamedNode(OBS + "underParagraph"), ox.NamedNode("https://example.org/none")))
    found = [
        {(q.object.value, q.object.language) for q in verdicts(register_of(quads), cache=cache).labels}
        for cache in (tmp_path / "kept", None)
        for quads in (bare, longer)
    ]
    assert found[:2] == found[2:]
    assert found[0] != found[1]
