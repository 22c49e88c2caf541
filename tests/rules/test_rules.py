"""The rules as data: in the right file, in the right order, on words of the text, and all of them used."""

import re

import pyoxigraph as ox

from conftest import ROOT, check_each
from fixtures_of_rules import CANON, KNOWLEDGE
from observance.core import DCTERMS, HOME, OBS, SKOS, local_name
from observance.knowledge import faults

BOOK = CANON.rule_set
RULES = [rule for found in BOOK.rules.values() for rule in found]
PREMISES = {premise.iri: premise for rule in RULES for premise in rule.premises}
TEXT = " ".join((ROOT / "ontology" / "ecommerce-2018" / "source-fr.txt").read_text(encoding="utf-8").split())
OWN = HOME + "rules/"


def files() -> dict[str, str]:
    """The file that holds each node of the rules."""
    return {
        quad.subject.value: (faults.file_of(quad.graph_name) or "").removeprefix("rules/").removesuffix(".ttl")
        for quad in KNOWLEDGE.quads
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(OWN)
    }


def stem(norm: str) -> str:
    """The stem of the paragraph that expresses the norm."""
    (paragraph,) = KNOWLEDGE.objects(norm, OBS + "expressedBy")
    return KNOWLEDGE.objects(paragraph, DCTERMS + "identifier")[0]


def test_rules_stand_in_their_file():
    """A rule stands in the file of its norm's paragraph and is named after it; what several paragraphs share has a file of its own."""
    where = files()

    assert [rule.iri for rule in RULES if where[rule.iri] != stem(rule.norm) or not local_name(rule.iri).startswith(stem(rule.norm))] == []
    stems = {stem(norm) for norm in BOOK.rules}
    assert set(where.values()) - stems == {"actions", "duty-facts", "premises", "ranking", "register-facts"}
    shared = {iri for iri, file in where.items() if file == "premises"}
    users = {iri: {stem(rule.norm) for rule in RULES if iri in {p.iri for p in rule.premises}} for iri in shared}
    assert [iri for iri, found in users.items() if not found] == []


def test_every_duty_has_rules():
    """Every norm that gives someone a duty, or announces something, has rules and says for what a register must be complete."""
    having = {iri for iri in KNOWLEDGE.instances(OBS + "NormativeStatement") if KNOWLEDGE.objects(iri, OBS + "recurrence")}

    assert set(BOOK.rules) == having
    assert {need.norm for need in BOOK.needs} == having


def test_ranks_follow_the_order_of_statuses():
    """Rules are tried in the order in which the statuses are listed, and no two rules of a norm have one rank."""
    for rules in BOOK.rules.values():
        positions = [BOOK.statuses[rule.status].position for rule in rules]
        assert positions == sorted(positions)
        assert len({rule.precedence for rule in rules}) == len(rules)


def test_every_premise_is_used():
    """No premise is there that no rule names."""
    assert set(KNOWLEDGE.instances(OBS + "Premise")) == set(PREMISES)


def test_premises_rest_on_words():
    """A premise rests on words of the authentic text, or says that it is a convention, or rests on the cue of the rule's norm."""

    def check(premise: str) -> None:
        found = PREMISES[premise]
        if found.anchor is not None:
            assert found.anchor in TEXT
        elif not found.convention:
            norms = {rule.norm for rule in RULES if premise in {p.iri for p in rule.premises}}
            assert all(KNOWLEDGE.objects(norm, OBS + "cue") for norm in norms)

    check_each(check, sorted(PREMISES), name=local_name)


def test_anchors_of_facts_are_verbatim():
    """Every other anchor is verbatim too."""
    anchors = {quad.object.value for quad in KNOWLEDGE.quads if quad.predicate.value == OBS + "anchor"}

    assert [anchor for anchor in anchors if anchor not in TEXT] == []


def test_labels_say_what_patterns_find():
    """A label names nothing that neither its pattern nor the instance gives, the same in both languages."""
    given = {"subject", "bearer", "today", "roleDay", "window", "kind", "about"}
    for premise in PREMISES.values():
        named = {lang: set(re.findall(r"\{(\w+)\}", text)) for lang, text in premise.sentence.items()}
        assert named["en"] == named["fr"], premise.iri
        assert named["en"] <= given | (set(premise.pattern.variables) if premise.present else set()), premise.iri
    for action in BOOK.actions:
        assert {name for text in action.label.values() for name in re.findall(r"\{(\w+)\}", text)} <= given, action.iri


def test_statuses_can_be_said():
    """Every status has a verdict in both languages that names the subject, the day and what is asked where it has a norm."""
    for status in BOOK.statuses.values():
        assert set(status.verdict) == set(status.label) == {"en", "fr"}
        assert all({"subject", "asOf", "clause"} == set(re.findall(r"\{(\w+)\}", text)) for text in status.verdict.values())
        assert status.tally in {"yes", "no", "undetermined", "outside"}


def test_no_word_of_blame():
    """No rule, premise, verdict or reading says violation, breach or non-compliance."""
    texts = [
        quad.object.value for quad in KNOWLEDGE.quads
        if isinstance(quad.object, ox.Literal) and (faults.file_of(quad.graph_name) or "").startswith("rules/")
    ]  # fmt: skip
    texts += [text for status in BOOK.statuses.values() for text in (*status.verdict.values(), *status.label.values())]

    assert [text for text in texts if re.search(r"violat|violé|breach|non-compli|manquement|infraction", text.lower())] == []


def test_documents_only_are_late():
    """Only a norm that asks for a document, or the undertaking, can be not yet provided, due or late."""
    timely = {"NotYetProvided", "NotYetDue", "JustifiedDelay", "Behind", "FulfilledLate"}
    having = {norm for norm, rules in BOOK.rules.items() if timely & {local_name(rule.status) for rule in rules}}
    asking = {iri for iri in KNOWLEDGE.instances(OBS + "NormativeStatement") if KNOWLEDGE.objects(iri, OBS + "requiresSubmissionOf")}

    assert having == asking | set(KNOWLEDGE.instances(OBS + "UndertakingNorm"))


def test_readings_are_sourced():
    """Every parameter of every shipped reading has a source, says since when it is valid and whether it is an assumption."""
    for parameter in KNOWLEDGE.instances(OBS + "ReadingParameter"):
        assert KNOWLEDGE.objects(parameter, DCTERMS + "source")
        assert KNOWLEDGE.objects(parameter, "https://schema.org/validFrom")
        assert KNOWLEDGE.objects(parameter, OBS + "isAssumption")
        assert len(KNOWLEDGE.objects(parameter, SKOS + "prefLabel")) == 2
