"""The permanent addresses lead where they should: each rule of `ontology/w3id/.htaccess`, read from the file itself.

The small interpreter below knows what the file uses of mod_rewrite: RewriteRule with the flags R, L, NE and E, and RewriteCond on
HTTP_ACCEPT with OR. Anything else in the file is an error, so that nothing stands there untested.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox
import pytest
from flask import Flask

from conftest import ROOT
from observance.core import HOME, PREFIXES, Settings
from observance.web import close, create_app

FILE = ROOT / "ontology" / "w3id" / ".htaccess"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TURTLE = "text/turtle"
# What is asked for below our home, by whom, and where it leads below the service's address.
CASES = [
    ("context.jsonld", "application/ld+json", 302, "/context.jsonld"),
    ("", BROWSER, 302, "/"),
    *((path, accept, 303, f"/{path}") for accept in (BROWSER, TURTLE) for path in (
        "ns",
        "ns/0.1.0",
        "ns/0.2.0",
        "wco/ecommerce-2018",
        "wco/ecommerce-2018/p2.5",
        "wco/ecommerce-2018/r8",
        "wco/ecommerce-2018/norm-2.5",
        "wco/ecommerce-framework/standard-de-minimis",
        "wco/luxor-2017/principle-partnerships",
        "instruments/tfa-7.4",
        "bodies/upu",
        "links/luxor-partnerships",
        "sources/project-notes",
        "mappings/countries-eu-exactMatch",
        "parties/XA",
        "readings/literal",
        "shapes/para-2-5-timetable",
        "dataset",
        "general-knowledge",
    )),
]  # fmt: skip
# The rule that only sets the site.
NOT_FOLLOWED = {0}


@dataclass
class Rule:
    """A rule with its conditions, each a pattern on the Accept header; `alternatives`, one of them is enough."""

    pattern: str
    target: str
    flags: list[str]
    conditions: list[str]
    alternatives: bool


def rules() -> Iterator[Rule]:
    """The rules of the file, in order; raises AssertionError for a directive that the interpreter does not know."""
    conditions: list[str] = []
    alternatives = False
    for line in FILE.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0].startswith("#") or words in (["RewriteEngine", "On"], ["Options", "+FollowSymLinks"]):
            continue
        if words[0] == "RewriteCond":
            assert words[1] == "%{HTTP_ACCEPT}", line
            assert words[3:] in ([], ["[OR]"]), line
            conditions.append(words[2])
            alternatives = alternatives or words[3:] == ["[OR]"]
            continue
        assert words[0] == "RewriteRule", line
        assert len(words) == 4, line
        yield Rule(words[1], words[2], words[3].strip("[]").split(","), conditions, alternatives)
        conditions, alternatives = [], False


RULES = list(rules())


def lead(path: str, accept: str) -> tuple[int, str, int]:
    """The status, the address and the number of the rule that a path leads to; raises LookupError when none does."""
    environment: dict[str, str] = {}
    for number, rule in enumerate(RULES):
        found = re.search(rule.pattern, path)
        met = [bool(re.search(condition, accept)) for condition in rule.conditions]
        if not found or (met and not (any(met) if rule.alternatives else all(met))):
            continue
        environment |= dict(flag[2:].split(":", 1) for flag in rule.flags if flag.startswith("E="))
        if rule.target != "-":
            assert "L" in rule.flags, rule
            target = re.sub(r"(?<!\\)\$(\d)", lambda match, found=found: found[int(match[1])] or "", rule.target)
            target = re.sub(r"%\{ENV:(\w+)\}", lambda match, known=environment: known[match[1]], target).replace("\\%", "%")
            (status,) = (int(flag[2:]) for flag in rule.flags if flag.startswith("R="))
            # Without NE, Apache would escape what is escaped already, and the sign of a fragment.
            assert "NE" in rule.flags or not set("%#") & set(urlsplit(target).geturl()), rule
            return status, target, number
    raise LookupError(path)


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    """The service, on this project's knowledge."""
    made = create_app(Settings())
    yield made
    close(made)


@pytest.mark.parametrize(("path", "accept", "status", "where"), CASES)
def test_leads_there(path: str, accept: str, status: int, where: str):
    """An address of ours leads to the right page or question, with the right status."""
    found, address, _ = lead(path, accept)
    parts = urlsplit(address)

    assert found == status
    assert (parts.path, parts.query, parts.fragment) == (where, "", "")
    assert parts.scheme == "https"


@pytest.mark.parametrize(("path", "accept", "status", "where"), CASES)
def test_service_answers(app: Flask, path: str, accept: str, status: int, where: str):
    """The service answers at the address that the rule names: with data about what was asked, or with a page, never with a query."""
    _, address, _ = lead(path, accept)
    parts = urlsplit(address)
    answer = app.test_client().get(parts.path, headers={"Accept": accept})

    assert answer.status_code == 200, answer.text
    assert "Accept" in answer.headers["Vary"]
    if accept == TURTLE:
        subjects = {quad.subject for quad in ox.parse(answer.data, format=ox.RdfFormat.TURTLE)}
        assert ox.NamedNode(HOME + path.partition("/0")[0]) in subjects
    elif accept == BROWSER:
        assert answer.mimetype == "text/html"


def test_every_rule_has_a_case():
    """Each rule that leads anywhere is reached by some case."""
    reached = {lead(path, accept)[2] for path, accept, _, _ in CASES}

    assert reached == set(range(len(RULES))) - NOT_FOLLOWED


def test_every_family_is_covered(kb):
    """Every IRI of ours that the knowledge describes has a rule, versions and fragments apart."""
    without_rule = set()
    for iri in kb.knowledge.subjects:
        path = unquote(iri.removeprefix(HOME)).partition("#")[0]
        if iri.startswith(HOME):
            try:
                lead(path, TURTLE)
            except LookupError:
                without_rule.add(iri)

    assert without_rule == set()


@pytest.mark.parametrize("path", ["nsx", "ns/x", "wco/ecommerce-2018/p2.5?x", "wco/<script>", "secret", "parties/X A"])
def test_other_addresses_lead_nowhere(path: str):
    """An address outside the families, or with signs that no IRI of ours has, is not redirected."""
    with pytest.raises(LookupError):
        lead(path, TURTLE)


def test_prefixes_have_rules():
    """Every prefix of ours is below an address that leads somewhere; the demo's invented documents are not published."""
    for prefix, iri in PREFIXES.items():
        path = iri.removeprefix(HOME).rstrip("#")
        if iri.startswith(HOME) and prefix != "demo":
            assert lead(path, TURTLE), prefix


def test_one_host():
    """The file names the service's address once."""
    assert len(re.findall(r"https://(?!w3id\.org/)[\w.]+", Path(FILE).read_text(encoding="utf-8"))) == 1
