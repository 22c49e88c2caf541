"""Questions as examples of queries: each with its form, its text and its summaries; none of a form that has no vocabulary."""

import pyoxigraph as ox

from observance.core import PREFIXES, RDFS, SH
from observance.questions import Question, query_form, question_examples, without_header

ENDPOINT = "http://127.0.0.1/sparql"


def question(name: str, text: str) -> Question:
    """A question with the text."""
    return Question(name=name, summary={"en": f"What is {name}?", "fr": f"Qu’est {name} ?"}, paragraph=None, params=(), text=text)


def test_examples():
    """A query is written as what it is; DESCRIBE has no property in SHACL and is left out."""
    texts = {"a": "SELECT * {}", "b": "ASK {}", "c": "CONSTRUCT {} WHERE {}", "d": "DESCRIBE <a:a>"}
    questions = [(question(name, text), text) for name, text in texts.items()]
    triples = set(question_examples(questions, address=lambda name: f"http://127.0.0.1/{name}", endpoint=ENDPOINT))
    for name, form in (("a", "select"), ("b", "ask"), ("c", "construct")):
        node = ox.NamedNode(f"http://127.0.0.1/{name}")
        assert {t.predicate.value: t.object.value for t in triples if t.subject == node and t.predicate.value.startswith(SH)} == {
            SH + form: texts[name]
        }
        assert ox.Triple(node, ox.NamedNode(RDFS + "comment"), ox.Literal(f"What is {name}?", language="en")) in triples
        assert ox.Triple(node, ox.NamedNode(PREFIXES["schema"] + "target"), ox.NamedNode(ENDPOINT)) in triples
    assert {t.subject.value[-1] for t in triples} == {"a", "b", "c"}


def test_query_form():
    """The form is the first keyword that names one, wherever the word stands else; a text without one counts as SELECT."""
    assert query_form("PREFIX ask: <a:ask> # DESCRIBE\nconstruct { ?select ask:ask 'ASK' } WHERE {}") == "CONSTRUCT"
    assert query_form("") == "SELECT"


def test_without_header():
    """The header is left out, comments and the query stay."""
    assert without_header("#+ summary.en: What?\n#+ summary.fr: Quoi ?\n# Why.\n\nASK {}\n") == "# Why.\n\nASK {}\n"
