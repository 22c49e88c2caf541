"""Tables of answers in words: what is folded, what is left out, pages, and the rows of a drawing."""

import json

import pytest

from observance.core import PREFIXES, NotFoundError
from observance.questions.catalogue import read_question
from observance.web.answer_chart import MAX_ROWS as MOST_DRAWN
from observance.web.answer_chart import answer_chart
from observance.web.result_tables import MAX_ROWS, answer_table

HEADER = "#+ summary.en: Which?\n#+ summary.fr: Lesquels ?\n#+ links: told=rule\n#+ chart: bars told number\n"
QUESTION = read_question(
    "any", HEADER + "SELECT ?party_name ?told ?number ?day ?party ?rule ?given { ?party ?told ?number , ?day , ?rule }"
)
XSD = PREFIXES["xsd"]


def answer(*rows: dict) -> bytes:
    """An answer in JSON."""
    names = ["party_name", "told", "number", "day", "party", "rule", "given"]
    return json.dumps({"head": {"vars": names}, "results": {"bindings": rows}}).encode()


def row(number: object, **more: dict) -> dict:
    """A row with a number, a text and the IRI of a rule."""
    return {
        "told": {"type": "literal", "value": f"<b>{number}", "xml:lang": "fr"},
        "number": {"type": "literal", "value": str(number), "datatype": XSD + "integer"},
        "rule": {"type": "uri", "value": "https://example.org/rule"},
        "given": {"type": "literal", "value": "x"},
        **more,
    }


def table(app, body: bytes, page: int = 1):
    """The page of the table in English."""
    with app.test_request_context("/?lang=en"):
        return answer_table(body, QUESTION, given={"given"}, names={"https://example.org/p": "Party"}.get, page=page, lang="en")


def test_folded_and_left_out(app):
    """The IRI of a name becomes its link; columns without a value and those of given parameters are left out; a day is in words."""
    found = table(app, answer(row(1, day={"type": "literal", "value": "2019-06-03", "datatype": XSD + "date"})))

    assert len(found.columns) == 3
    told, number, day = found.rows[0]
    assert (told.text, told.lang, told.address) == ("<b>1", "fr", "/resource?iri=https%3A%2F%2Fexample.org%2Frule&lang=en")
    assert (number.kind, day.text) == ("number", "3 June 2019")


def test_a_thing_without_a_name_in_the_answer(app):
    """A thing that the answer does not name has the name that the knowledge has, else its IRI."""
    found = table(
        app, answer(row(1, party={"type": "uri", "value": "https://example.org/p"}), row(2, party={"type": "uri", "value": "urn:q"}))
    )

    assert [cells[0].text for cells in found.rows] == ["Party", "urn:q"]


def test_pages(app):
    """A long answer has pages, with the total on each; a page that is not there is refused."""
    body = answer(*(row(number) for number in range(MAX_ROWS + 1)))

    assert (len(table(app, body).rows), len(table(app, body, 2).rows), table(app, body, 2).total) == (MAX_ROWS, 1, MAX_ROWS + 1)
    with pytest.raises(NotFoundError):
        table(app, body, 3)


def test_what_is_drawn():
    """Rows without a number, or with one that is none, are not drawn, and neither is an answer that has nothing else or very many rows."""
    odd = {"told": {"type": "literal", "value": "odd"}, "number": {"type": "literal", "value": "nan"}}
    drawn = answer_chart(answer(row(1), row(1), odd, {}), QUESTION, lang="en")

    assert drawn is not None
    assert drawn.count("<rect") == 2
    assert "&lt;b&gt;1" in drawn
    assert answer_chart(answer(odd), QUESTION, lang="en") is None
    assert answer_chart(answer(*(row(number) for number in range(MOST_DRAWN + 1))), QUESTION, lang="en") is None
