"""Three engines agree on the cases of the rules: this project's, pySHACL on the exported SHACL rules, and EYE on the exported N3 rules."""

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

from conftest import require_program, sample
from fixtures_of_rules import KNOWLEDGE, RULE_BASE, RuleCase, assess_case, case_assessment, duty_assessment, rule_cases
from observance.assessment import derivation_input, export_n3, export_shacl
from observance.assessment.duties import DutyNorm
from observance.core import OBS, XSD, local_name
from observance.rdf import Triple

CASES = sample(rule_cases(), 2)
STATUS = OBS + "hasStatus"
MAX_BATCH = 60
EYE = ("swipl", "-x", "/usr/bin/eye.pvm", "--", "--nope", "--quiet", "--pass-only-new")
# All cases share the Organization and its organs: cases with statements about them are run alone.
SHARED_NODES = ("wco:organization", "organization/")


def make_batches() -> list[list[tuple[int, RuleCase]]]:
    """The cases with their numbers in batches; a batch has cases of one norm that do not affect each other."""
    batches: dict[tuple[str, int], list[tuple[int, RuleCase]]] = {}
    for number, case in enumerate(CASES):
        # A case in which no event has happened must not share a graph with one in which it has.
        alone = case.expected == "not-yet-active" or any(word in case.path.read_text(encoding="utf-8") for word in SHARED_NODES)
        # Nor one with a record that may be about any party with one that says what the register is complete about.
        alone = alone or bool(assess_case(case).derivation.facts.objects_by_subject(f"<{OBS}unsettles>"))
        open_batches = [n for (norm, n), cases in batches.items() if norm == norm_of(case) and 0 < len(cases) < MAX_BATCH and n >= 0]
        key = (norm_of(case), -number - 1) if alone else (norm_of(case), open_batches[0] if open_batches else number)
        batches.setdefault(key, []).append((number, case))
    return list(batches.values())


def norm_of(case: RuleCase) -> str:
    """The local name of the norm of the case's duty."""
    return next(part for part in case.duty.split("/") if part.startswith("norm-"))


def data(case: RuleCase, *, number: int) -> tuple[list[Triple], str]:
    """The input of a case for every engine, with its nodes renamed so that no two cases share one, and the IRI of its duty."""
    answers = assess_case(case)
    duty = duty_assessment(case, answers).duty
    norms = [n for n in answers.inputs.norms if n.iri == duty.norm or n.iri in KNOWLEDGE.objects(duty.norm, OBS + "dependsOn")]
    single_bearer_norms = [DutyNorm(n.iri, (duty.bearer,), n.per_trigger, n.triggered_by) for n in norms if duty.bearer in n.bearers]
    register = answers.inputs.register_facts(answers.derivation.moment)
    start = derivation_input(register, norms=single_bearer_norms, reading=answers.derivation.reading)
    nodes = {triple[0] for triple in answers.inputs.records.triples} | {f"<{duty.iri}>" for duty in start.duties}
    nodes |= {o for _, _, o in answers.inputs.records.triples if o.startswith("<") and o[1:-1] not in KNOWLEDGE.subjects}

    def renamed(text: str) -> str:
        if text not in nodes:
            return text
        return f"_:c{number}{text[2:]}" if text.startswith("_:") else f"{text[:-1]}/case-{number}>"

    return [(renamed(s), p, renamed(o)) for s, p, o in start.triples], f"{duty.iri}/case-{number}"


def merge(cases: list[tuple[int, RuleCase]]) -> tuple[list[Triple], dict[str, str], frozenset[str]]:
    """The data of the cases and the precedence of rules as one graph, the name of the case by duty, and the norms."""
    rules = [rule for rules in RULE_BASE.rule_set.rules.values() for rule in rules]
    triples = dict.fromkeys((f"<{rule.iri}>", f"<{OBS}precedence>", f'"{rule.precedence}"^^<{XSD}integer>') for rule in rules)
    triples.update(dict.fromkeys((f"<{rule.iri}>", f"<{OBS}concludes>", f"<{rule.status}>") for rule in rules))
    name_by_duty: dict[str, str] = {}
    for number, case in cases:
        case_triples, duty = data(case, number=number)
        triples.update(dict.fromkeys(case_triples))
        name_by_duty[duty] = case.name
    norms = frozenset(o[1:-1] for _, p, o in triples if p == f"<{OBS}ofNorm>")
    return list(triples), name_by_duty, norms


def n_triples(triples: list[Triple]) -> str:
    """The statements as N-Triples."""
    return "".join(f"{s} {p} {o} .\n" for s, p, o in triples)


@cache
def own_statuses() -> dict[str, str]:
    """The status of each case by this project's engine."""
    return {case.name: local_name(case_assessment(case).status.iri) for case in CASES}


@cache
def shapes(norms: frozenset[str]) -> Graph:
    """The SHACL rules of these norms."""
    return Graph().parse(data=export_shacl(RULE_BASE.rule_set, norms=norms), format="turtle")


@cache
def steps(norms: frozenset[str]) -> tuple[str, ...]:
    """The N3 rules of these norms, one text for each step."""
    return tuple(export_n3(RULE_BASE.rule_set, norms=norms))


@cache
def prepared(text: str, namespaces: tuple[tuple[str, object], ...], base: str | None) -> Query:
    """The query, parsed."""
    return prepareQuery(text, dict(namespaces), base)


@pytest.fixture
def parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse each SPARQL query once: pySHACL runs the same few hundred in every iteration, and parsing takes half of its time."""
    evaluate = SPARQLProcessor.query

    def query(self, text, initBindings=None, initNs=None, base=None, **more):  # noqa: N803 - rdflib's own names
        return evaluate(self, prepared(str(text), tuple(sorted((initNs or {}).items())), base), initBindings, **more)

    monkeypatch.setattr(SPARQLProcessor, "query", query)


def by_pyshacl() -> dict[str, str]:
    """The status of each case by pySHACL, from the SHACL rules."""
    statuses: dict[str, list[str]] = {}
    for cases in make_batches():
        triples, name_by_duty, norms = merge(cases)
        graph = Graph().parse(data=n_triples(triples), format="nt")
        concluded = pyshacl.shacl_rules(graph, shacl_graph=shapes(norms), advanced=True, iterate_rules=True)
        for duty, _, status in concluded.triples((None, URIRef(STATUS), None)):
            statuses.setdefault(name_by_duty.get(str(duty), ""), []).append(local_name(str(status)))
    return {name: "".join(values) for name, values in statuses.items() if name}


def by_eye(folder: Path) -> dict[str, str]:
    """The status of each case by EYE, which runs once for each step of the N3 rules."""
    require_program("swipl", package="eye")
    statuses: dict[str, list[str]] = {}
    for batch, cases in enumerate(make_batches()):
        triples, name_by_duty, norms = merge(cases)
        data_file = folder / f"{batch}.nt"
        data_file.write_text(n_triples(triples), encoding="utf-8")
        inputs = [data_file]
        for step, text in enumerate(steps(norms)):
            rules, new = folder / f"{batch}-{step}.n3", folder / f"{batch}-{step}.ttl"
            rules.write_text(text, encoding="utf-8")
            done = subprocess.run([*EYE, *map(str, inputs), str(rules)], capture_output=True, text=True, check=True, timeout=300)
            new.write_text(done.stdout, encoding="utf-8")
            inputs.append(new)
        for quad in ox.parse(path=str(inputs[-1]), format=ox.RdfFormat.TURTLE):
            if quad.predicate.value == STATUS:
                statuses.setdefault(name_by_duty.get(quad.subject.value, ""), []).append(local_name(quad.object.value))
    return {name: "".join(values) for name, values in statuses.items() if name}


def test_pyshacl_agrees(parsed_once):
    """The exported SHACL rules give every case the same status in pySHACL."""
    assert by_pyshacl() == own_statuses()


def test_eye_agrees(tmp_path: Path):
    """The exported N3 rules give every case the same status in EYE."""
    assert by_eye(tmp_path) == own_statuses()
