"""A register declares parties of the lists, and invented ones of its own that it describes itself.

Cases are in `parties/`: the first word of a file's name is the verdict, and `#+ says:` is part of the message of one that is refused.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from observance.core import InconsistentDataError, NotFoundError, local_name
from observance.knowledge_base import KnowledgeBase

CASES = sorted((Path(__file__).parent / "parties").glob("*.ttl"))
REFUSED = [case for case in CASES if case.name.startswith("refused.")]
OWN = Path(__file__).parent / "parties" / "accepted.member-and-union.ttl"


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.stem)
def test_refused(case: Path, kb: KnowledgeBase):
    """A register whose parties cannot be told from others, or are not described, is not opened, and the message says what to change."""
    (says,) = [line.removeprefix("#+ says: ") for line in case.read_text(encoding="utf-8").splitlines() if line.startswith("#+ says: ")]

    with pytest.raises(InconsistentDataError) as refusal:
        kb.register.open([case])
    assert says in refusal.value.sentence("en")
    assert "{" not in refusal.value.sentence("fr")


def test_parties_of_its_own(kb: KnowledgeBase):
    """A register with a Member and a Union of its own opens."""
    assert [iri.rpartition("/")[2] for iri in kb.register.open([OWN]).declared] == ["novaria", "Two-Rivers_2", "XA"]


def test_parties_of_its_own_are_found_by_code():
    """The code of a party of the register's own is its local name, in capitals or not; a wrong one names the nearest."""
    with KnowledgeBase.open(registers=[OWN]) as kb:
        assert kb.lookup.party("NOVARIA") == kb.lookup.party("novaria") == "https://w3id.org/observance/parties/invented/novaria"
        with pytest.raises(NotFoundError, match="nearest is novaria"):
            kb.lookup.party("novari")


def test_duties_of_parties_of_its_own():
    """Duties are assessed, and pages name the bearers, for parties of the register's own as for those of the lists."""
    day = datetime(2019, 1, 1, tzinfo=UTC)
    with KnowledgeBase.open(registers=[OWN]) as kb:
        duties = kb.assessment.assess(as_of=day.date(), known_at=day).assessments
        named = json.loads(kb.questions.page("bearers", {"lang": "en"}).body)["results"]["bindings"]

    assert {local_name(a.duty.bearer) for a in duties if a.duty.bearer} == {"novaria", "Two-Rivers_2", "XA", "organization"}
    assert {row["name"]["value"] for row in named} == {"Novaria (invented)", "Two-Rivers_2 (invented)", "Altamar (invented)"}
