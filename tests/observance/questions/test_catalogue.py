"""The catalogue: headers read strictly, values bound as terms."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from observance.core import XSD, InconsistentDataError, NotFoundError, Settings, UsageError
from observance.questions import (
    Question,
    bind_parameters,
    bound_text,
    check_query,
    evaluate_query,
    find_question,
    parameter_errors,
    read_catalogue,
    read_tasks,
    used_parameters,
)
from observance.questions.catalogue import read_question
from observance.questions.model import Chart, Task
from observance.rdf import MemoryStore

HEADER = """#+ summary.en: Which values?
#+ summary.fr: Quelles valeurs ?
#+ paragraph: 2.5,2.8
#+ question: 9, 10
#+ params:
#+   - name: member
#+     type: party
#+     label.en: Member: the bearer
#+     label.fr: Membre
#+   - name: v
#+     type: integer
#+     default: 2
#+     label.en: Value
#+     label.fr: Valeur
# A comment.
SELECT ?member ?v { ?member ex:value ?v }
"""
PARTIES = {"XA": "https://example.org/b"}


def _party(code: str) -> str:
    if code.startswith("https:"):
        return code
    if code not in PARTIES:
        raise NotFoundError("querying.no-query", name=code, nearest="")
    return PARTIES[code]


RESOLVE = {"party": _party, "paragraph": _party}


def _typed(kind: str) -> str:
    return HEADER.replace("type: integer", f"type: {kind}").replace("#+     default: 2\n", "")


def test_header_is_read() -> None:
    """Summary, paragraphs and parameters are those of the header; values may contain colons."""
    found = read_question("values", HEADER)
    assert found.summary == {"en": "Which values?", "fr": "Quelles valeurs ?"}
    assert found.paragraph == "2.5, 2.8"
    assert [(param.name, param.type, param.required, param.default) for param in found.params] == [
        ("member", "party", False, None),
        ("v", "integer", False, "2"),
    ]
    assert found.params[0].label["en"] == "Member: the bearer"


LAYERED = HEADER.replace("#+ params:", "#+ with: facts\n#+ params:")


def test_layers_add_parameters() -> None:
    """Layers add the moment, and with assessments the reading, to the parameters, also if the text does not use them."""
    moment = ["asOf", "knownAt"]
    assert [param.name for param in read_question("values", LAYERED).params[2:]] == moment
    assert [param.name for param in read_question("values", LAYERED.replace("facts", "facts, changes")).params[2:]] == [*moment, "reading"]
    assert [param.name for param in read_question("values", LAYERED.replace("facts", "readings")).params[2:]] == moment
    every = read_question("values", LAYERED.replace("facts", "earlier")).params[2:]
    assert [(param.name, param.type, param.required) for param in every] == [
        ("asOf", "date", False), ("knownAt", "dateTime", False), ("reading", "reading", False),
        ("earlierAsOf", "date", False), ("earlierKnownAt", "dateTime", False),
    ]  # fmt: skip
    assert all(param.label["fr"] != param.label["en"] for param in every)
    assert used_parameters(read_question("values", LAYERED)) == {"member", "v"}


def test_header_says_how_people_see_the_answer(tmp_path) -> None:
    """The task, the links, the drawing and the words for an empty answer are read; a column that the query lacks is named with the file."""
    more = "#+ task: one\n#+ links: v=member\n#+ chart: bars member v\n#+ empty.en: None.\n#+ empty.fr: Rien.\n#+ params:\n"
    question = read_question("values", HEADER.replace("#+ params:\n", more))
    assert (question.task, question.links, question.empty) == ("one", {"v": "member"}, {"en": "None.", "fr": "Rien."})
    assert question.chart == Chart("bars", "member", ("v",))
    for line in ("#+ links: v=members", "#+ chart: bars member w"):
        with pytest.raises(InconsistentDataError, match=r"values\.rq.*“(members|w)”"):
            read_question("values", HEADER.replace("#+ params:\n", f"{line}\n#+ params:\n"))
    (tmp_path / "tasks.csv").write_text("task,en,fr\none,One,Un\n", encoding="utf-8")
    assert read_tasks(tmp_path / "tasks.csv") == (Task("one", {"en": "One", "fr": "Un"}),)
    assert read_tasks(tmp_path / "none.csv") == ()


def test_errors_of_parameters_by_name() -> None:
    """Each value at fault is told by the name of its parameter, and a missing one; the others are not."""
    question = read_question("values", HEADER)
    assert parameter_errors(question, {"member": "XA", "v": "3"}, resolvers=RESOLVE) == {}
    errors = parameter_errors(question, {"member": "QQ", "v": "three"}, resolvers=RESOLVE)
    assert {name: type(error) for name, error in errors.items()} == {"member": NotFoundError, "v": UsageError}


def test_header_may_declare_the_moment() -> None:
    """A declaration in the header takes precedence: here the day is required."""
    own = "#+   - name: asOf\n#+     type: date\n#+     required: true\n#+     label.en: Day\n#+     label.fr: Jour\n# A comment."
    found = read_question("values", LAYERED.replace("# A comment.", own))
    assert [(param.name, param.required) for param in found.params[2:]] == [("asOf", True), ("knownAt", False)]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("#+ summary.fr: Quelles valeurs ?\n", "", 15),
        ("#+ paragraph: 2.5,2.8", "#+ paragraf: 2.5", 3),
        ("#+ paragraph: 2.5,2.8", "#+ paragraph:", 3),
        ("#+ paragraph: 2.5,2.8", "#+paragraph: 2.5", 3),
        ("#+ question: 9, 10", "#+ question: nine", 16),
        ("#+ question: 9, 10", "#+ paragraph: 2.6", 4),
        ("#+ params:", "#+ params: none", 5),
        ("#+ paragraph: 2.5,2.8", "#+ with: guesses", 16),
        ("#+ paragraph: 2.5,2.8", "#+ links: member", 16),
        ("#+ paragraph: 2.5,2.8", "#+ links: member=v, member=v=v", 16),
        ("#+ paragraph: 2.5,2.8", "#+ chart: pie member v", 16),
        ("#+ paragraph: 2.5,2.8", "#+ chart: bars member", 16),
        ("#+ paragraph: 2.5,2.8", "#+ empty.en: Nothing.", 16),
        ("#+ params:\n", "", 5),
        ("#+   - name: member", "#+     name: member", 6),
        ("#+     type: party", "#+    type: party", 7),
        ("type: party", "type: code", 16),
        ("name: v", "name: a b", 16),
        ("#+     label.fr: Valeur\n", "", 15),
        ("#+     default: 2", "#+     default: 2\n#+     required: true", 17),
        ("#+     default: 2", "#+     required: maybe", 16),
        ("SELECT", "SELECT\n#+ paragraph: 1\n", 17),
    ],
)
def test_a_malformed_header_names_file_and_line(old: str, new: str, line: int) -> None:
    """Each fault of a header is an InconsistentDataError with the file and the line."""
    assert old in HEADER
    with pytest.raises(InconsistentDataError) as caught:
        read_question("values", HEADER.replace(old, new, 1))
    assert caught.value.values["file"] == "values.rq"
    assert caught.value.values["line"] == line


@pytest.mark.parametrize(
    ("old", "new", "phrase"),
    [
        ("name: v", "name: member", "querying.parameter-twice"),
        ("name: v", "name: w", "querying.parameter-unused"),
        ("default: 2", "default: two", "querying.parameter-default"),
    ],
)
def test_a_query_that_cannot_use_its_parameter_is_refused(old: str, new: str, phrase: str) -> None:
    """Duplicate, unused and ill-typed parameters are found when the catalogue is read."""
    with pytest.raises(InconsistentDataError) as caught:
        read_question("values", HEADER.replace(old, new))
    assert caught.value.key == phrase


@pytest.mark.parametrize(
    ("kind", "value", "term"),
    [
        ("iri", "https://example.org/x", ox.NamedNode("https://example.org/x")),
        ("iri", "ex:x", ox.NamedNode("https://example.org/x")),
        ("party", "XA", ox.NamedNode("https://example.org/b")),
        ("party", "https://example.org/x", ox.NamedNode("https://example.org/x")),
        ("paragraph", "ex:x", ox.NamedNode("https://example.org/x")),
        ("string", '"} DROP ALL #', ox.Literal('"} DROP ALL #')),
        ("lang", "FR", ox.Literal("fr")),
        ("date", "2020-02-29", ox.Literal("2020-02-29", datatype=ox.NamedNode(XSD + "date"))),
        ("dateTime", "2020-02-29T10:00:00Z", ox.Literal("2020-02-29T10:00:00Z", datatype=ox.NamedNode(XSD + "dateTime"))),
        ("integer", "-7", ox.Literal("-7", datatype=ox.NamedNode(XSD + "integer"))),
        ("decimal", "1.5", ox.Literal("1.5", datatype=ox.NamedNode(XSD + "decimal"))),
        ("boolean", "true", ox.Literal("true", datatype=ox.NamedNode(XSD + "boolean"))),
    ],
)
def test_a_value_becomes_a_term_of_its_type(kind: str, value: str, term: ox.NamedNode | ox.Literal) -> None:
    """A value of each type becomes the right kind of term."""
    assert bind_parameters(read_question("values", _typed(kind)), {"v": value}, resolvers=RESOLVE) == {"v": term}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("iri", "not an iri"),
        ("iri", "https://example.org/a> ?s ?p ?o"),
        ("iri", "plain"),
        ("iri", ""),
        ("party", "a b:c d"),
        ("lang", "français"),
        ("lang", ""),
        ("date", "2021-02-29"),
        ("date", "2021-2-3"),
        ("date", "2021-01-01T00:00:00"),
        ("dateTime", "2021-01-01"),
        ("dateTime", "2021-01-01T25:00:00"),
        ("integer", "1.0"),
        ("integer", "١"),
        ("integer", ""),
        ("decimal", "1e3"),
        ("decimal", "."),
        ("boolean", "yes"),
    ],
)
def test_ill_typed_value_is_a_usage_error(kind: str, value: str) -> None:
    """The error for a value that is not of the type names the parameter and the type."""
    with pytest.raises(UsageError) as caught:
        bind_parameters(read_question("values", _typed(kind)), {"v": value}, resolvers=RESOLVE)
    assert (caught.value.values["name"], caught.value.values["type"]) == ("v", kind)


def test_defaults_missing_and_unknown_parameters() -> None:
    """A default is used, a missing required parameter is named, an unknown one names the nearest, an unknown code is not found."""
    found = read_question("values", HEADER)
    assert bind_parameters(found, {}, resolvers=RESOLVE) == {"v": ox.Literal("2", datatype=ox.NamedNode(XSD + "integer"))}
    with pytest.raises(UsageError, match="nearest is “member”"):
        bind_parameters(found, {"membre": "XA"}, resolvers=RESOLVE)
    with pytest.raises(NotFoundError):
        bind_parameters(found, {"member": "XQ"}, resolvers=RESOLVE)
    needed = read_question("values", HEADER.replace("type: party", "type: party\n#+     required: true"))
    with pytest.raises(UsageError, match="needs the parameter “member”"):
        bind_parameters(needed, {}, resolvers=RESOLVE)


def test_an_unknown_query_names_the_nearest() -> None:
    """The nearest name is offered where there is one."""
    questions = (read_question("which-values", HEADER),)
    assert find_question("which-values", questions=questions) is questions[0]
    with pytest.raises(NotFoundError, match="nearest is “which-values”"):
        find_question("wich-value", questions=questions)
    with pytest.raises(NotFoundError):
        find_question("zzz", questions=questions)


def test_the_catalogue_is_in_the_order_of_names(tmp_path: Path) -> None:
    """Files are read in the order of their names; files that are no queries are ignored."""
    for name in ("b.rq", "a-b.rq", "a.rq", "c.txt"):
        (tmp_path / name).write_text(HEADER, encoding="utf-8")
    assert [found.name for found in read_catalogue(tmp_path)] == ["a", "a-b", "b"]


def test_rules_for_authors_hold() -> None:
    """Parameters behave as the module's docstring says: in every group, with and without a value, and never assigned."""
    store = MemoryStore(ox.Quad(ox.NamedNode(f"a:{name}"), ox.NamedNode("a:p"), ox.Literal(name)) for name in "ab")

    def rows(text: str, **values: ox.NamedNode) -> int:
        written = bound_text(Question(name="x", summary={}, paragraph=None, params=(), text=text, layers=()), values)
        return evaluate_query(written, store=store, format="csv", limit=10_000).body.count(b"\r\n") - 1

    given = {"m": ox.NamedNode("a:a")}
    optional = "SELECT ?m ?s { ?s <a:p> ?v FILTER(!BOUND(?m) || ?s = ?m) }"
    assert (rows(optional), rows(optional, **given)) == (2, 1)
    assert rows("SELECT ?m ?v { ?m <a:p> ?v }", **given) == 1
    assert rows("SELECT ?s { ?s <a:p> ?v { SELECT ?v { ?m <a:p> ?v } } }", **given) == 1
    assert rows("SELECT ?s { ?s <a:p> ?v { { ?x <a:p> ?v FILTER(?x = ?m) } } }", **given) == 1
    for text in ("SELECT ?m { BIND (1 AS ?m) }", "SELECT ?m { VALUES ?m { 1 } }", "SELECT ?m {"):
        with pytest.raises(InconsistentDataError):
            rows(text, **given)


def test_every_query_of_the_catalogue_is_accepted() -> None:
    """The policy and the engine accept each query of the catalogue, with values for all its parameters too."""
    for found in read_catalogue(Path(__file__).parents[3] / "queries"):
        check_query(found.text, settings=Settings())
        MemoryStore().query(found.text)
        MemoryStore().query(bound_text(found, {param.name: ox.NamedNode("https://example.org/x") for param in found.params}))
