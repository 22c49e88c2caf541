"""The web of instruments: each one that the field knows is there, with its confidence and source, and each link says who asserts it."""

import csv
import importlib.util
import shutil
from collections import Counter
from pathlib import Path
from types import ModuleType

import pyoxigraph as ox
import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from conftest import ROOT, check_each
from observance.core import ELI, HOME, OBS, PREFIXES, SKOS, compact
from observance.knowledge import checks, faults, room_files
from observance.knowledge_base import KnowledgeBase

ONTOLOGY = ROOT / "ontology"
QUALITY = ROOT / "queries" / "quality"
SOURCE = PREFIXES["dcterms"] + "source"
# The quality queries that hold the web together.
RULES = {
    "link-not-grounded", "fact-not-grounded", "fact-without-words", "confirmed-by-us", "mapping-to-unknown", "party-code-twice",
    "text-in-one-language", "source-without-name",
}  # fmt: skip
# Every instrument that our survey of the field names, one line for one line of it.
INSTRUMENTS = {
    "the Framework of Standards": ["wco:ecommerce-framework"],
    "the Luxor Resolution": ["wco:luxor-2017"],
    "the communiqué to the Eleventh Ministerial Conference": ["instrument:mc11-communique"],
    "the resolution itself": ["wco:ecommerce-2018"],
    "the convention that established the Council": ["instrument:ccc-convention"],
    "SAFE": ["instrument:safe"],
    "the Revised Kyoto Convention": ["instrument:rkc"],
    "the Agreement on Trade Facilitation": ["instrument:tfa"],
    "the Immediate Release Guidelines": ["instrument:immediate-release-guidelines"],
    "the WCO Data Model": ["instrument:wco-data-model"],
    "the joint messages": ["instrument:wco-upu-messages", "instrument:upu-m33", "instrument:upu-m43", "instrument:upu-m44"],
    "CN 22, CN 23 and the guidelines on their data": ["instrument:postal-declarations", "instrument:data-capture-guidelines"],
    "the Postal Customs Guide": ["instrument:postal-customs-guide"],
    "the Time Release Study": ["instrument:time-release-study"],
    "the Performance Measurement Mechanism": ["instrument:performance-measurement-mechanism"],
    "Nairobi": ["instrument:nairobi-convention"],
    "Johannesburg": ["instrument:johannesburg-convention"],
    "Arusha": ["instrument:arusha-declaration"],
    "the Harmonized System": ["instrument:harmonized-system"],
    "Istanbul": ["instrument:istanbul-convention"],
    "guidance on authorized operators": [
        "instrument:aeo-compendium", "instrument:mra-guidelines", "instrument:trader-identification-number",
    ],
    "the Single Window Compendium": ["instrument:single-window-compendium"],
    "border management, supply chain, IT": [
        "instrument:border-management-compendium", "instrument:supply-chain-guidelines", "instrument:it-guide",
    ],
    "the Joint Statement Initiative": ["instrument:wto-e-commerce-initiative"],
    "the WTO work programme": ["instrument:wto-work-programme"],
    "ICS2 and the STOP Act": ["instrument:eu-ics2", "instrument:us-stop-act"],
    "Decision 2007/668/EC": ["instrument:eu-decision-2007-668"],
}  # fmt: skip
# Which parts of the two large texts touch which standards of the Framework (2018 numbers), as surveyed.
ARTICLES = {
    "tfa-7.1": {1, 5}, "tfa-7.2": {7}, "tfa-7.4": {3}, "tfa-7.6": {14}, "tfa-7.7": {6}, "tfa-7.8": {5, 8}, "tfa-8": {10},
    "tfa-10.1": set(), "tfa-10.3": {2}, "tfa-10.4": {10}, "tfa-12": {12}, "tfa-23.2": {11},
    "rkc-ga-1.3": {11}, "rkc-ga-3.21": {1}, "rkc-ga-3.25": {5}, "rkc-ga-3.32": {6}, "rkc-ga-4.13": {8}, "rkc-ga-6.3": {3},
    "rkc-ga-6.4": {3, 4}, "rkc-ga-6.6-6.10": {10, 12}, "rkc-ga-7": {2, 15}, "rkc-ga-7.4": {1}, "rkc-sa-j-2": set(),
}  # fmt: skip


def iri(name: str) -> str:
    """The IRI of a name with a prefix of the project."""
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local


def obs(name: str) -> str:
    """A term of our vocabulary."""
    return OBS + name


def links(kb: KnowledgeBase) -> list[dict[str, str]]:
    """Each link with the values of its properties."""
    know = kb.knowledge
    parts = ("linkFrom", "linkKind", "linkTo", "assertedBy", "confidence")
    return [
        {"link": link, **{part: know.objects(link, obs(part))[0] for part in parts}, "source": know.objects(link, SOURCE)[0]}
        for link in know.instances(obs("InstrumentLink"))
    ]


def module(file: Path) -> ModuleType:
    """A build script, as a module."""
    spec = importlib.util.spec_from_file_location(f"build_{file.parent.name}", file)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def found(quads: tuple[ox.Quad, ...]) -> set[tuple[str, str]]:
    """The rule and node of each fault that the quality queries find."""
    asked = [query for query in checks.quality_queries(QUALITY) if query.rule in RULES]
    return {(fault.rule, fault.node) for fault in checks.quality_faults(quads, queries=asked)}


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """The script that builds the links."""
    return module(ONTOLOGY / "instruments" / "build.py")


def test_instruments_are_described(kb: KnowledgeBase):
    """Every instrument has names and a gist in both languages, a body, a state of force, a confidence and a source."""
    know = kb.knowledge

    def check(name: str) -> None:
        node = iri(name)
        assert node in know.instances(obs("Instrument"))
        assert len(know.objects(node, SKOS + "prefLabel")) == 2
        assert (
            len(know.objects(node, obs("gist"))) == 2 or len(know.objects(node, SKOS + "definition")) == 2 or name == "wco:ecommerce-2018"
        )
        assert [p for p in (ELI + "passed_by", obs("inForce"), obs("confidence"), SOURCE) if not know.objects(node, p)] == []

    check_each(check, [name for names in INSTRUMENTS.values() for name in names])


def test_instruments_are_linked(kb: KnowledgeBase):
    """Every instrument is linked to another by itself, a part of it or an edition."""
    know = kb.knowledge
    ends = {link[end] for link in links(kb) for end in ("linkFrom", "linkTo")}

    def check(line: str) -> None:
        nodes = {iri(name) for name in INSTRUMENTS[line]}
        nodes |= {part for node in nodes for prop in (ELI + "is_part_of", obs("editionOf")) for part in know.subjects_with(prop, node)}
        wholes = {know.objects(node, ELI + "is_part_of")[0] for node in nodes if know.objects(node, ELI + "is_part_of")}
        assert (nodes | wholes) & ends

    check_each(check, INSTRUMENTS)


@pytest.fixture(scope="module")
def declared(build) -> Graph:
    """What the other files of the knowledge say."""
    return build.known()


def test_links_built(build):
    """Building the links again gives the committed file."""
    assert isomorphic(Graph().parse(build.BUILT, format="turtle"), build.links())


@pytest.fixture
def table(build, tmp_path: Path, monkeypatch) -> Path:
    """A copy of the table of links that the script reads instead."""
    copy = Path(shutil.copy(ONTOLOGY / "instruments" / "links.csv", tmp_path))
    monkeypatch.setattr(build, "HERE", tmp_path)
    return copy


def spoil(table: Path, column: str, value: str) -> None:
    """One cell of the first line is changed."""
    with table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    lines[0][column] = value
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)


@pytest.mark.parametrize("column", ["from", "kind", "to", "asserted_by", "confidence", "source", "reason_en", "reason_fr"])
def test_incomplete_link_stops_the_build(build, table: Path, column: str):
    """A link without source, confidence, asserter or anything else stops the build, and the line and column are named."""
    spoil(table, column, "")
    with pytest.raises(SystemExit, match=rf"line 2.*{column}"):
        build.rows()


def test_link_that_stands_twice_stops_the_build(build, table: Path):
    """Two links of one name stop the build."""
    spoil(table, "link", "arusha-framework")
    with pytest.raises(SystemExit, match="arusha-framework stands twice"):
        build.rows()


@pytest.mark.parametrize(
    ("column", "value"), [("to", "fos:standard-de-minimus"), ("kind", "Cite"), ("source", "source:nowhere"), ("confidence", "Sure")]
)
def test_unknown_term_stops_the_build(build, monkeypatch, tmp_path: Path, column: str, value: str):
    """A link to a term that no file declares stops the build and is named."""
    declared = build.known()
    shutil.copy(ONTOLOGY / "instruments" / "links.csv", tmp_path)
    monkeypatch.setattr(build, "HERE", tmp_path)
    spoil(tmp_path / "links.csv", column, value)
    with pytest.raises(SystemExit, match=value):
        build.add(Graph(), build.rows()[0], declared=declared)


@pytest.mark.parametrize("prop", [SOURCE, OBS + "confidence", OBS + "assertedBy"])
def test_link_without_grounds_is_a_fault(kb: KnowledgeBase, prop: str):
    """With a link's source, confidence or asserter taken away, `observance check` finds that link and that alone."""
    link = PREFIXES["link"] + "resolution-cites-luxor"
    less = tuple(quad for quad in kb.knowledge.quads if not (quad.subject == ox.NamedNode(link) and quad.predicate.value == prop))

    assert found(less) == {("link-not-grounded", link)}


def test_nothing_is_ungrounded():
    """Every statement about an outside fact has a confidence and a named source, every link an asserter, every text both languages."""
    quads = faults.read_turtle([*room_files(ROOT, "ontology"), *room_files(ROOT, "rules")], root=ROOT)

    assert found(quads) == set()


def test_what_only_we_assert_is_never_confirmed(kb: KnowledgeBase):
    """Links that this project alone asserts are likely or unconfirmed; most of the web is so, and says so."""
    counted = Counter((link["assertedBy"].removeprefix(OBS), link["confidence"].removeprefix(OBS)) for link in links(kb))

    assert counted["ThisProject", "Confirmed"] == 0
    assert counted["ThisProject", "Unconfirmed"] > counted["ThisProject", "Likely"] > 0
    assert {confidence for by, confidence in counted if by != "ThisProject"} == {"Confirmed"}


def test_what_the_text_asserts_stands_in_it(kb: KnowledgeBase):
    """What the text itself is said to assert has a part of the text as its source, whose words name the instrument."""
    know = kb.knowledge
    words = {"wco:ecommerce-framework": "Cadre de normes", "wco:luxor-2017": "Résolution de Louxor"}
    asserted = [link for link in links(kb) if link["assertedBy"] == obs("TextItself")]

    assert len(asserted) == 10
    for link in asserted:
        part = link["source"]
        (text,) = know.objects(part, obs("authenticText"))
        assert words[compact(link["linkTo"])] in text, link
        assert part in (link["linkFrom"], *know.objects(link["linkFrom"], obs("expressedBy"))), link


def test_direct_properties_have_a_link(kb: KnowledgeBase):
    """What a text cites or adopts, and every mapping between provisions, is a link too, so that each says who asserts it."""
    know = kb.knowledge
    of_kind = {know.objects(kind, obs("linkProperty"))[0]: kind for kind in know.instances(obs("LinkKind"))}
    linked = {(link["linkFrom"], link["linkKind"], link["linkTo"]) for link in links(kb)}
    ours = (PREFIXES["luxor"], PREFIXES["instrument"], PREFIXES["fos"])
    direct = {
        (quad.subject.value, of_kind[quad.predicate.value], quad.object.value)
        for quad in know.quads
        if quad.predicate.value in (SKOS + "closeMatch", SKOS + "relatedMatch", ELI + "cites", obs("adopts"))
        and isinstance(quad.object, ox.NamedNode)
        and (quad.object.value.startswith(ours) or quad.predicate.value in (ELI + "cites", obs("adopts")))
        # The document as a whole cites what a part of it cites.
        and quad.subject.value != PREFIXES["wco"] + "ecommerce-2018"
    }

    assert direct
    assert direct <= linked


def test_luxor_and_framework_are_mapped_not_merged(kb: KnowledgeBase):
    """Seven principles match one to one, never as the same thing; Legislative Frameworks and the Framework's last have no counterpart."""
    know = kb.knowledge
    ours = know.subjects_with(obs("inEdition"), PREFIXES["luxor"] + "edition-2017")
    theirs = [p for p in know.instances(obs("Principle")) if p.startswith(PREFIXES["fos"])]
    matches = {one: know.objects(one, SKOS + "closeMatch") for one in ours}

    assert (len(ours), len(theirs)) == (8, 8)
    assert {compact(one) for one, other in matches.items() if not other} == {"luxor:principle-legislative-frameworks"}
    assert {compact(p) for p in theirs} - {compact(other) for found in matches.values() for other in found} == {
        "fos:principle-transformative-technologies"
    }
    assert all(len(found) <= 1 for found in matches.values())
    assert not [quad for quad in know.quads if quad.predicate.value == PREFIXES["owl"] + "sameAs"]


def test_numbers_are_not_in_the_names(kb: KnowledgeBase):
    """No principle or standard has its number in its IRI: numbers belong to editions, and Luxor's and the Framework's differ."""
    provisions = [*kb.knowledge.instances(obs("Principle")), *kb.knowledge.instances(obs("Standard"))]

    assert not [p for p in provisions if any(sign.isdigit() for sign in p.removeprefix(PREFIXES["luxor"]).removeprefix(PREFIXES["fos"]))]


def test_articles_touch_the_surveyed_standards(kb: KnowledgeBase):
    """Each article and annex of the survey is there, and touches the standards that the survey names and no other."""
    know = kb.knowledge
    numbers = {
        know.objects(numbered, obs("numbers"))[0]: int(know.objects(numbered, obs("position"))[0])
        for numbered in know.subjects_with(obs("ofEdition"), PREFIXES["fos"] + "edition-2018")
        if "standard" in numbered
    }
    touched = Counter((link["linkFrom"], numbers[link["linkTo"]]) for link in links(kb) if link["linkTo"] in numbers)

    def check(name: str) -> None:
        article = PREFIXES["instrument"] + name
        assert know.objects(article, obs("confidence"))
        assert {number for origin, number in touched if origin == article} == ARTICLES[name]

    check_each(check, ARTICLES)


def test_editions_of_the_framework(kb: KnowledgeBase):
    """The 2018 edition numbers fifteen standards under eight principles; that of 2022 has one more, whose number nothing confirms."""
    know = kb.knowledge
    fos = PREFIXES["fos"]
    standards = know.instances(obs("Standard"))
    held = {year: [s for s in standards if fos + f"edition-{year}" in know.objects(s, obs("inEdition"))] for year in (2018, 2022)}
    numbered = Counter(
        n.removeprefix(fos).split("-")[2] for n in know.instances(obs("NumberedProvision")) if n.startswith(fos + "edition-2018-")
    )

    assert (len(held[2018]), len(held[2022])) == (15, 16)
    assert numbered == {"standard": 15, "principle": 8}
    assert know.objects(fos + "standard-data-quality-number", obs("confidence")) == (obs("Unconfirmed"),)
    assert know.objects(fos + "standard-data-quality-addition", obs("confidence")) == (obs("Confirmed"),)


def test_statements_agree_with_the_nodes(kb: KnowledgeBase):
    """Where a statement gives a name, a grouping, an edition or a date, the node itself says the same: neither can drift alone."""
    know = kb.knowledge
    compared = {SKOS + "prefLabel", obs("underPrinciple"), obs("inEdition"), ELI + "date_document"}
    checked = 0
    for fact in know.instances(obs("FactStatement")):
        for prop in know.objects(fact, obs("statesProperty")):
            for value in know.objects(fact, obs("statesValue")):
                if prop in compared:
                    assert value in know.objects(know.objects(fact, obs("statesAbout"))[0], prop), fact
                    checked += 1

    assert checked > 90


def test_no_day_of_adoption_and_no_session_number_as_fact(kb: KnowledgeBase):
    """What no source confirms is not said as fact: a day of adoption, the session of the Policy Commission, sixteen standards."""
    know = kb.knowledge
    unsure = ("luxor:session", "fos:edition-2022-count", "fos:later-edition", "instrument:eu-decision-2007-668-eli")

    assert know.objects(PREFIXES["wco"] + "luxor-2017", ELI + "date_document") == ("2017-12",)
    assert {know.objects(iri(name), obs("confidence")) for name in unsure} == {(obs("Unconfirmed"),)}


def test_sources_are_used(kb: KnowledgeBase):
    """Every source described is the source of something, and our own addresses stand only for what has none kept."""
    know = kb.knowledge
    used = {quad.object.value for quad in know.quads if quad.predicate.value == SOURCE and isinstance(quad.object, ox.NamedNode)}

    assert {compact(source) for source in know.instances(obs("Source")) if source not in used} == set()
    assert HOME in know.instances(obs("Source"))
