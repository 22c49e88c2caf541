"""What if a mended document were received: one with the name of what is on record is read as its revision."""

import pyoxigraph as ox
import pytest

from observance.assessment import assess, revised_submissions, with_supposed_document
from observance.core import OBS
from observance.knowledge_base import KnowledgeBase
from oxishacl import Source

ON_RECORD = "https://w3id.org/observance/demo/xu/notification-1"
MENDED = """
PREFIX obs: <https://w3id.org/observance/ns#>
PREFIX res: <https://w3id.org/observance/wco/ecommerce-2018/>
PREFIX fos: <https://w3id.org/observance/wco/ecommerce-framework/>
PREFIX party: <https://w3id.org/observance/parties/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
<{iri}> a obs:IntentionNotification ;
    obs:underParagraph res:p3 ; obs:edition fos:edition-2018 ; obs:submittedBy party:XU ; obs:onBehalfOf party:XU ;
    dcterms:dateSubmitted "2020-06-03"^^xsd:date ; dcterms:language "en"^^xsd:language ; obs:disclosure obs:Public ;
    obs:intends {intends} {more} .
"""


def parsed(kb: KnowledgeBase, iri: str, *, intends: str, more: str = "") -> tuple[ox.Quad, ...]:
    text = MENDED.format(iri=iri, intends=intends, more=more)
    return kb.assessment.parse(Source("mended.ttl", text.encode()))


def statuses(kb: KnowledgeBase, quads: tuple[ox.Quad, ...]) -> dict[str, str]:
    inputs = with_supposed_document(quads, inputs=kb.assessment.inputs)
    return {assessment.duty.iri: assessment.status.iri for assessment in assess(inputs).assessments}


@pytest.mark.parametrize("intends", ["true", "false"])
def test_same_name(kb: KnowledgeBase, intends: str) -> None:
    """It gives the same as a document with a name of its own that says that it is the revision."""
    same = parsed(kb, ON_RECORD, intends=intends)
    own = parsed(kb, f"{ON_RECORD}-supposed", intends=intends, more=f"; prov:wasRevisionOf <{ON_RECORD}>")

    assert statuses(kb, same) == statuses(kb, own)
    assert revised_submissions(same, inputs=kb.assessment.inputs) == (ON_RECORD,)
    assert revised_submissions(own, inputs=kb.assessment.inputs) == ()


def test_it_is_not_described_twice(kb: KnowledgeBase) -> None:
    """What is on record stays as it was: the two versions are not mixed."""
    quads = parsed(kb, ON_RECORD, intends="false")
    inputs = with_supposed_document(quads, inputs=kb.assessment.inputs)
    intends = [q.object for q in inputs.quads if q.subject == ox.NamedNode(ON_RECORD) and q.predicate.value == OBS + "intends"]

    assert [value.value for value in intends if isinstance(value, ox.Literal)] == ["true"]
