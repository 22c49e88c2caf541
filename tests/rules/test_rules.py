"""The rules as data: their files, precedence, anchors in the text, labels, and that all of them are used."""

import re

import pyoxigraph as ox

from conftest import ROOT, check_each
from fixtures_of_rules import FOLDER, KNOWLEDGE, RULE_BASE, parse_turtle
from observance.assessment import RuleBase
from observance.core import DCTERMS, HOME, OBS, SKOS, local_name
from observance.knowledge import Knowledge, faults

RULE_SET = RULE_BASE.rule_set
RULES = [rule for rules in RULE_SET.rules.values() for rule in rules]
PREMISES = {premise.iri: premise for rule in RULES for premise in rule.premises}
TEXT = " ".join((ROOT / "ontology" / "ecommerce-2018" / "source-fr.txt").read_text(encoding="utf-8").split())
RULES_NAMESPACE = HOME + "rules/"
USES = [(use, *KNOWLEDGE.objects(use, OBS + "usesRuleSet")) for use in KNOWLEDGE.instances(OBS + "RuleSetUse")]

NORM_2_2 = HOME + "wco/ecommerce-2018/norm-2.2"


def files() -> dict[str, str]:
    """The file that describes each node of the rules, by IRI, relative to `rules/` and without suffix."""
    return {
        quad.subject.value: (faults.file_of(quad.graph_name) or "").removeprefix("rules/").removesuffix(".ttl")
        for quad in KNOWLEDGE.quads
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(RULES_NAMESPACE)
    }


def stem(norm: str) -> str:
    """The stem of the paragraph that expresses the norm."""
    (paragraph,) = KNOWLEDGE.objects(norm, OBS + "expressedBy")
    return KNOWLEDGE.objects(paragraph, DCTERMS + "identifier")[0]


def test_rules_are_in_their_file():
    """A rule, or the use of its rule set, is in the file of its norm's paragraph and named after it; eight other files are shared."""
    file_of = files()
    members = [iri for _, rule_set in USES for iri in KNOWLEDGE.subjects_with(OBS + "inRuleSet", rule_set)]

    assert [rule.iri for rule in RULES if not local_name(rule.iri).startswith(stem(rule.norm))] == []
    own = [rule for rule in RULES if rule.iri in file_of]
    assert [rule.iri for rule in own if file_of[rule.iri] != stem(rule.norm)] == []
    assert {use for use, _ in USES if not local_name(use).startswith(file_of[use])} == set()
    assert len(RULES) == len({rule.iri for rule in RULES}) == len(own) + len(members)
    stems = {stem(norm) for norm in RULE_SET.rules}
    assert set(file_of.values()) - stems == {
        "actions",
        "duty-facts",
        "notes",
        "premises",
        "ranking",
        "register-facts",
        "rule-sets",
        "status-words",
    }
    shared = {iri for iri, file in file_of.items() if file == "premises"}
    users = {iri: {stem(rule.norm) for rule in RULES if iri in {p.iri for p in rule.premises}} for iri in shared}
    assert [iri for iri, stems in users.items() if not stems] == []


def test_rules_of_a_set_quote_their_paragraph():
    """A premise of a rule set that quotes nothing rests, for each norm, on the words with which the norm's paragraph uses the set."""
    for use, rule_set in USES:
        (norm,), (anchor,) = KNOWLEDGE.objects(use, OBS + "appliesToNorm"), KNOWLEDGE.objects(use, OBS + "anchor")
        named = {use + iri.removeprefix(rule_set) for iri in KNOWLEDGE.subjects_with(OBS + "inRuleSet", rule_set)}
        premises = [premise for rule in RULES if rule.iri in named for premise in rule.premises]
        assert any(cue.startswith(anchor) or anchor.startswith(cue) for cue in KNOWLEDGE.objects(norm, OBS + "cue"))
        assert premises
        assert all(premise.anchor or premise.convention for premise in premises)
        assert anchor in {premise.anchor for premise in premises}


def test_another_instrument_uses_a_rule_set():
    """A norm of another instrument has every rule of a set once it says that it uses it, beside the norms that used it before."""
    rule_base = RuleBase(Knowledge.of(KNOWLEDGE.root, (*KNOWLEDGE.quads, *parse_turtle(FOLDER / "another-instrument.ttl"))))
    rules = rule_base.rule_set.rules

    assert [rule.iri for rule in rules["https://example.org/norm"]] == [
        f"https://example.org/use-{local_name(rule.iri).removeprefix('para-2-2-improvements-')}" for rule in rules[NORM_2_2]
    ]
    assert {norm: mine for norm, mine in rules.items() if norm != "https://example.org/norm"} == RULE_SET.rules


def test_every_duty_has_rules():
    """Every norm that imposes duties or announces proceedings has rules and a completeness need."""
    recurring = {iri for iri in KNOWLEDGE.instances(OBS + "NormativeStatement") if KNOWLEDGE.objects(iri, OBS + "recurrence")}

    assert set(RULE_SET.rules) == recurring
    assert {need.norm for need in RULE_SET.needs} == recurring


def test_precedence_follows_the_order_of_statuses():
    """The precedence of rules follows the order of statuses, and no two rules of a norm have the same precedence."""
    for rules in RULE_SET.rules.values():
        positions = [RULE_SET.statuses[rule.status].position for rule in rules]
        assert positions == sorted(positions)
        assert len({rule.precedence for rule in rules}) == len(rules)


def test_every_premise_is_used():
    """Every premise is a premise of some rule."""
    assert set(KNOWLEDGE.instances(OBS + "Premise")) == set(PREMISES)


def test_premises_rest_on_words():
    """A premise quotes the authentic text, is marked as a convention, or rests on the cue of its rules' norms."""

    def check(iri: str) -> None:
        premise = PREMISES[iri]
        if premise.anchor is not None:
            assert premise.anchor in TEXT
        elif not premise.convention:
            norms = {rule.norm for rule in RULES if iri in {p.iri for p in rule.premises}}
            assert all(KNOWLEDGE.objects(norm, OBS + "cue") for norm in norms)

    check_each(check, sorted(PREMISES), name=local_name)


def test_anchors_of_facts_are_verbatim():
    """Every anchor in the knowledge is verbatim, also those of fact rules."""
    anchors = {quad.object.value for quad in KNOWLEDGE.quads if quad.predicate.value == OBS + "anchor"}

    assert [anchor for anchor in anchors if anchor not in TEXT] == []


def test_placeholders_of_labels():
    """The placeholders of a label are variables of its pattern or values of the duty, the same in both languages."""
    duty_values = {"subject", "bearer", "today", "roleDay", "window", "kind", "kinds", "about"}
    for premise in PREMISES.values():
        placeholders = {lang: set(re.findall(r"\{(\w+)\}", text)) for lang, text in premise.sentence.items()}
        assert placeholders["en"] == placeholders["fr"], premise.iri
        assert placeholders["en"] <= duty_values | (set(premise.pattern.variables) if premise.present else set()), premise.iri
    for action in RULE_SET.actions:
        assert {name for text in action.label.values() for name in re.findall(r"\{(\w+)\}", text)} <= duty_values, action.iri


def test_verdicts_of_statuses():
    """Every status has a verdict in both languages with the subject, the day and the clause of the norm."""
    for status in (*RULE_SET.statuses.values(), *RULE_SET.wordings.values()):
        assert set(status.verdict) == set(status.label) == {"en", "fr"}
        assert all({"subject", "asOf", "clause"} == set(re.findall(r"\{(\w+)\}", text)) for text in status.verdict.values())
        assert status.tally in {"yes", "no", "undetermined", "outside"}


def test_words_for_a_status_are_used():
    """The words for a status under a norm are those of a norm that has a rule for the status."""
    concluded = {(norm, rule.status) for norm, rules in RULE_SET.rules.items() for rule in rules}

    assert set(RULE_SET.wordings) <= concluded


def test_no_word_of_blame():
    """No text of a rule, premise, verdict or reading contains violation, breach or non-compliance."""
    texts = [
        quad.object.value for quad in KNOWLEDGE.quads
        if isinstance(quad.object, ox.Literal) and (faults.file_of(quad.graph_name) or "").startswith("rules/")
    ]  # fmt: skip
    texts += [
        text
        for status in (*RULE_SET.statuses.values(), *RULE_SET.wordings.values())
        for text in (*status.verdict.values(), *status.label.values())
    ]

    assert [text for text in texts if re.search(r"violat|violé|breach|non-compli|manquement|infraction", text.lower())] == []


def test_only_documents_have_deadlines():
    """Only a norm that requires a document, or the undertaking, has rules for statuses that speak of time."""
    timely = {"NotYetProvided", "NotYetDue", "JustifiedDelay", "Behind", "FulfilledLate"}
    with_deadline = {norm for norm, rules in RULE_SET.rules.items() if timely & {local_name(rule.status) for rule in rules}}
    requiring_documents = {
        iri for iri in KNOWLEDGE.instances(OBS + "NormativeStatement") if KNOWLEDGE.objects(iri, OBS + "requiresSubmissionOf")
    }

    assert with_deadline == requiring_documents | set(KNOWLEDGE.instances(OBS + "UndertakingNorm"))


def test_readings_are_sourced():
    """Every parameter of a shipped reading has a source, a validity, a label in both languages, and is marked as an assumption or not."""
    for parameter in KNOWLEDGE.instances(OBS + "ReadingParameter"):
        assert KNOWLEDGE.objects(parameter, DCTERMS + "source")
        assert KNOWLEDGE.objects(parameter, "https://schema.org/validFrom")
        assert KNOWLEDGE.objects(parameter, OBS + "isAssumption")
        assert len(KNOWLEDGE.objects(parameter, SKOS + "prefLabel")) == 2


def test_rules_about_items_come_after_them():
    """Each rule of facts that speaks of ?duty is evaluated once the items are there, else it would never hold; ranking is exported only."""
    about_items = [rule for rule in RULE_SET.fact_rules if "duty" in {*rule.when.variables, *rule.then.variables}]

    assert [rule.iri for rule in about_items if not rule.of_duties and files()[rule.iri] != "ranking"] == []


def test_no_item_concludes_for_another():
    """What is concluded from one follow-up item is found by no other, except where its provision depends on that one's."""
    assert [norm for norm in RULE_SET.rules if RULE_SET.joins_duties(norm)] == []
