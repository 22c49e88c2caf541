"""Three engines give one answer: ours, pySHACL on the SHACL rules, and EYE on the N3 rules, on every case."""

import subprocess
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
from rdflib import Graph, URIRef
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor
from rdflib.plugins.sparql.sparql import Query

from conftest import needs
from fixtures_of_rules import CANON, KNOWLEDGE, Fixture, answered, asked, decided, fixtures
from observance.assessment import RuleSet, derivation_input, export_shacl
from observance.assessment.duties import DutyNorm
from observance.assessment.rules import export
from observance.core import OBS, local_name
from observance.rdf import Triple

CASES = fixtures()
STATUS = OBS + "hasStatus"
MOST = 60
EYE = ("swipl", "-x", "/usr/bin/eye.pvm", "--", "--nope", "--quiet", "--pass-only-new")
# « All Members » and « the Organization » are the same for all cases: those that speak of them are tried alone.
ALONE = ("wco:organization", "organization/")


def batches() -> list[list[tuple[int, Fixture]]]:
    """The cases with their numbers, those of one norm together as long as they cannot meet."""
    found: dict[tuple[str, int], list[tuple[int, Fixture]]] = {}
    for number, case in enumerate(CASES):
        # Nor may a case about what has not happened meet one in which it has.
        alone = case.expected == "not-yet-active" or any(word in case.path.read_text(encoding="utf-8") for word in ALONE)
        group = [place for (norm, place), cases in found.items() if norm == norm_of(case) and 0 < len(cases) < MOST and place >= 0]
        key = (norm_of(case), -number - 1) if alone else (norm_of(case), group[0] if group else number)
        found.setdefault(key, []).append((number, case))
    return list(found.values())


def norm_of(case: Fixture) -> str:
    """The norm that the case is about, by its name."""
    return next(part for part in case.duty.split("/") if part.startswith("norm-"))


def data(case: Fixture, *, number: int) -> tuple[list[Triple], str]:
    """What the case gives every engine, its own nodes renamed so that cases do not meet, and the name of its duty."""
    answers = answered(case)
    duty = asked(case, answers).duty
    norms = [n for n in answers.inputs.norms if n.iri == duty.norm or n.iri in KNOWLEDGE.objects(duty.norm, OBS + "dependsOn")]
    alone = [DutyNorm(n.iri, (duty.bearer,), n.per_trigger, n.triggered_by) for n in norms if duty.bearer in n.bearers]
    start = derivation_input(
        answers.inputs.snapshot(answers.derivation.moment), background=CANON.background, rule_set=CANON.rule_set, norms=alone,
        reading=answers.derivation.reading,
    )  # fmt: skip
    own = {triple[0] for triple in answers.inputs.records.triples} | {f"<{found.iri}>" for found in start.duties}
    own |= {o for _, _, o in answers.inputs.records.triples if o.startswith("<") and o[1:-1] not in KNOWLEDGE.subjects}

    def renamed(text: str) -> str:
        if text not in own:
            return text
        return f"_:c{number}{text[2:]}" if text.startswith("_:") else f"{text[:-1]}/case-{number}>"

    return [(renamed(s), p, renamed(o)) for s, p, o in start.triples], f"{duty.iri}/case-{number}"


def together(cases: list[tuple[int, Fixture]]) -> tuple[list[Triple], dict[str, str], frozenset[str]]:
    """The data of the cases in one graph with the rules' ranks, the case of each duty, and the norms."""
    ranks = (q for q in KNOWLEDGE.quads if q.predicate.value in (OBS + "precedence", OBS + "concludes"))
    triples = dict.fromkeys((str(q.subject), str(q.predicate), str(q.object)) for q in ranks)
    named: dict[str, str] = {}
    for number, case in cases:
        found, duty = data(case, number=number)
        triples.update(dict.fromkeys(found))
        named[duty] = case.name
    norms = frozenset(o[1:-1] for _, p, o in triples if p == f"<{OBS}ofNorm>")
    return list(triples), named, norms


def n_triples(triples: list[Triple]) -> str:
    """The statements as N-Triples."""
    return "".join(f"{s} {p} {o} .\n" for s, p, o in triples)


@cache
def ours() -> dict[str, str]:
    """The status of each case by our own engine."""
    return {case.name: local_name(decided(case).status.iri) for case in CASES}


def book() -> RuleSet:
    """The rules."""
    return CANON.rule_set


@cache
def shapes(norms: frozenset[str]) -> Graph:
    """The SHACL rules of these norms."""
    return Graph().parse(data=export_shacl(book(), norms=norms), format="turtle")


@cache
def steps(norms: frozenset[str]) -> tuple[str, ...]:
    """The N3 rules of these norms, step by step."""
    return tuple(export.export_n3(book(), norms=norms))


@cache
def prepared(text: str, namespaces: tuple[tuple[str, object], ...], base: str | None) -> Query:
    """The query, parsed."""
    return prepareQuery(text, dict(namespaces), base)


@pytest.fixture
def parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rdflib parse each query once: pySHACL asks the same few hundred in every batch and iteration, and parsing is half of its time."""
    evaluate = SPARQLProcessor.query

    def query(self, text, initBindings=None, initNs=None, base=None, **more):  # noqa: N803 - rdflib's own names
        return evaluate(self, prepared(str(text), tuple(sorted((initNs or {}).items())), base), initBindings, **more)

    monkeypatch.setattr(SPARQLProcessor, "query", query)


def by_pyshacl() -> dict[str, str]:
    """The status of each case by pySHACL, which runs the SHACL rules."""
    found: dict[str, list[str]] = {}
    for cases in batches():
        triples, named, norms = together(cases)
        graph = Graph().parse(data=n_triples(triples), format="nt")
        concluded = pyshacl.shacl_rules(graph, shacl_graph=shapes(norms), advanced=True, iterate_rules=True)
        for duty, _, status in concluded.triples((None, URIRef(STATUS), None)):
            found.setdefault(named.get(str(duty), ""), []).append(local_name(str(status)))
    return {name: "".join(statuses) for name, statuses in found.items() if name}


def by_eye(folder: Path) -> dict[str, str]:
    """The status of each case by EYE, which is run once for each step of the N3 rules."""
    needs("swipl", package="eye")
    found: dict[str, list[str]] = {}
    for place, cases in enumerate(batches()):
        triples, named, norms = together(cases)
        data_file = folder / f"{place}.nt"
        data_file.write_text(n_triples(triples), encoding="utf-8")
        known = [data_file]
        for number, text in enumerate(steps(norms)):
            rules, new = folder / f"{place}-{number}.n3", folder / f"{place}-{number}.ttl"
            rules.write_text(text, encoding="utf-8")
            done = subprocess.run([*EYE, *map(str, known), str(rules)], capture_output=True, text=True, check=True, timeout=300)
            new.write_text(done.stdout, encoding="utf-8")
            known.append(new)
        for quad in ox.parse(path=str(known[-1]), format=ox.RdfFormat.TURTLE):
            if quad.predicate.value == STATUS:
                found.setdefault(named.get(quad.subject.value, ""), []).append(local_name(quad.object.value))
    return {name: "".join(statuses) for name, statuses in found.items() if name}


def test_pyshacl_agrees(parsed_once):
    """pySHACL, which runs the exported SHACL rules, gives every case the status that we give."""
    assert by_pyshacl() == ours()


def test_eye_agrees(tmp_path: Path):
    """EYE, which proves the exported N3 rules, gives every case the status that we give."""
    assert by_eye(tmp_path) == ours()
