"""What the shapes say of documents that count: which of them make a document what its paragraph names, and what a receipt supplies."""

import re

from fixtures_of_rules import KNOWLEDGE, SHAPES
from observance.core import OBS, SH

# “it is not yet the report that paragraph 2.8 names”, « ce n'est pas la notification que nomme le paragraphe 3 »
NAMING = {
    "en": re.compile(r"\bis not (yet )?the \w+ that paragraph \S+ names"),
    "fr": re.compile(r"\bn'est pas (encore )?l.{1,3}\w+ que nomme"),
}


def shapes_with(name: str) -> dict[str, str]:
    """The shapes with this annotation, each with its value."""
    return {quad.subject.value: quad.object.value for quad in SHAPES.quads if quad.predicate.value == OBS + name}


def test_a_shape_is_required_for_naming_where_its_message_says_so():
    """The shapes marked obs:requiredForNaming are exactly those whose message says that the document is not (yet) what is named."""
    marked = {shape for shape, value in shapes_with("requiredForNaming").items() if value == "true"}
    assert marked
    for lang, words in NAMING.items():
        messages = [(q.subject, q.object) for q in SHAPES.quads if q.predicate.value == SH + "message" and q.object.language == lang]
        assert {shape.value for shape, message in messages if words.search(message.value)} == marked, lang


def test_what_a_receipt_supplies_is_the_registers_to_state():
    """Each property that a receipt supplies is one that only the register may state: no submission can supply it itself."""
    supplied = set(shapes_with("suppliedByReceipt").values())
    assert supplied
    assert supplied <= set(KNOWLEDGE.subjects_with(OBS + "reserved", "true"))
