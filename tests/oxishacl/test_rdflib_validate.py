"""`validate` takes and gives what pySHACL's function does: rdflib's graphs in, its options, a report as an rdflib graph and in words."""

import io
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib.term
from rdflib import RDF, SH, XSD, BNode, Dataset, Graph, Literal, URIRef

import oxishacl
from conftest import ROOT
from oxishacl import validate
from oxishacl.errors import InvalidInputError, OxishaclError, UsageError
from oxishacl.rdflib_inference import unchanged_conversions

PREFIXES = """
@prefix ex: <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
EX = "http://example.org/"
SHAPES = f"""{PREFIXES}
ex:Shape a sh:NodeShape ; sh:targetClass ex:Thing ; sh:property ex:Name .
ex:Name sh:path ex:name ; sh:minCount 1 ; sh:datatype xsd:string .
"""
BAD = f"{PREFIXES}\nex:a a ex:Thing . ex:b a ex:Thing ; ex:name 1 . ex:c a ex:Thing ; ex:name 'c' ."
GOOD = f"{PREFIXES}\nex:c a ex:Thing ; ex:name 'c' ."
RESULT = (SH.focusNode, SH.resultPath, SH.value, SH.sourceConstraintComponent, SH.sourceShape, SH.resultSeverity)


@pytest.fixture(autouse=True)
def _conversions():
    """What pySHACL's inference leaves behind in rdflib is undone after each test."""
    with unchanged_conversions():
        yield


def test_inference_leaves_rdflib_as_it_was():
    """Owlrl changes how rdflib converts literals, for the whole process: after inference all is as before."""
    before = dict(rdflib.term._toPythonMapping)
    validate(
        "<urn:a> <urn:p> '2020-13'^^<http://www.w3.org/2001/XMLSchema#gYearMonth> .", shacl_graph="<urn:s> <urn:p> 2 .", inference="both"
    )

    assert rdflib.term._toPythonMapping == before


def graph(text: str) -> Graph:
    return Graph().parse(data=PREFIXES + text)


def results(report: Graph) -> list[dict]:
    (root,) = report.subjects(RDF.type, SH.ValidationReport)
    return [dict(report.predicate_objects(result)) for result in report.objects(root, SH.result)]


def focus_nodes(report: Graph) -> list[str]:
    return sorted(str(result[SH.focusNode]).removeprefix(EX) for result in results(report))


def keys(report: Graph) -> Counter:
    """The results by the properties that two engines must agree on; a blank node by its description."""
    return Counter(tuple(described(report, result.get(name)) for name in RESULT) for result in results(report))


def described(report: Graph, node) -> object:
    if not isinstance(node, BNode):
        return None if node is None else node.n3()
    return frozenset((str(predicate), described(report, value)) for predicate, value in report.predicate_objects(node))


def test_returns_nodes_that_were_given():
    """The focus node, the value and the source shape of the report are the nodes of the graphs, with the lexical forms given."""
    data, shapes = Graph(), graph("ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:maxInclusive 5 ] .")
    node, value = BNode(), Literal("007", datatype=XSD.integer, normalize=False)
    data.add((node, RDF.type, URIRef(EX + "C")))
    data.add((node, URIRef(EX + "p"), value))
    conforms, report, _ = validate(data, shacl_graph=shapes)

    (result,) = results(report)
    assert not conforms
    assert result[SH.focusNode] is node
    assert str(result[SH.value]) == "007"
    assert result[SH.sourceShape] == shapes.value(URIRef(EX + "S"), SH.property)
    # Blank nodes are described in the report as in the graph from which they come.
    assert (result[SH.sourceShape], SH.path, URIRef(EX + "p")) in report
    assert (node, RDF.type, URIRef(EX + "C")) in report


def test_tells_apart_what_is_one_term_of_rdf():
    """For rdflib, "a" and "a"^^xsd:string are two nodes: the value of a result is the one that the focus node has."""
    data, shapes = Graph(), graph("ex:S sh:targetNode ex:n ; sh:property [ sh:path ex:p ; sh:nodeKind sh:IRI ] .")
    typed = Literal("a", datatype=XSD.string)
    data.add((URIRef(EX + "other"), URIRef(EX + "q"), Literal("a")))
    data.add((URIRef(EX + "n"), URIRef(EX + "p"), typed))

    (result,) = results(validate(data, shacl_graph=shapes)[1])
    assert result[SH.value] == typed


def test_datasets():
    """The graphs of a dataset are validated as one, and a dataset without shapes of its own describes them too."""
    dataset = Dataset()
    dataset.graph(URIRef(EX + "g")).parse(data=BAD)
    dataset.default_graph.parse(data=SHAPES)

    assert focus_nodes(validate(dataset)[1]) == ["a", "b"]
    trig = f"{PREFIXES} ex:g {{ ex:a a ex:Thing }}"
    assert focus_nodes(validate(trig, shacl_graph=SHAPES, data_graph_format="trig")[1]) == ["a"]


@pytest.mark.parametrize("kind", ["path", "text of a path", "iri", "bytes", "text", "binary file", "text file", "store"])
def test_sources(kind: str, tmp_path: Path):
    """A path, a file: IRI, bytes, text, an open file and a store of Oxigraph are read as the graph that they hold."""
    file = tmp_path / "data graph.ttl"
    file.write_text(BAD, encoding="utf-8")
    store = ox.Store()
    store.load(BAD, format=ox.RdfFormat.TURTLE)
    source = {
        "path": file, "text of a path": str(file), "iri": file.as_uri(), "bytes": BAD.encode(), "text": BAD,
        "binary file": io.BytesIO(BAD.encode()), "text file": io.StringIO(BAD), "store": store,
    }[kind]  # fmt: skip

    assert focus_nodes(validate(source, shacl_graph=SHAPES)[1]) == ["a", "b"]


def test_formats():
    """The format is the given one, that of the name, or guessed: RDF/XML by its beginning, else Turtle."""
    xml = Graph().parse(data=BAD).serialize(format="xml")
    nt = Graph().parse(data=BAD).serialize(format="json-ld")

    assert focus_nodes(validate(xml, shacl_graph=SHAPES)[1]) == ["a", "b"]
    assert focus_nodes(validate(nt, shacl_graph=SHAPES, data_graph_format="json-ld")[1]) == ["a", "b"]


def test_keeps_the_data_graph_unless_in_place():
    """The data graph is changed with `inplace` only, where it then has what the ontology defines and what follows."""
    ontology = graph("ex:Sub rdfs:subClassOf ex:Thing . ex:unrelated ex:p ex:o .")
    data, changed = graph("ex:a a ex:Sub ."), graph("ex:a a ex:Sub .")
    outcomes = [
        validate(given, shacl_graph=SHAPES, ont_graph=ontology, inference="rdfs", inplace=given is changed) for given in (data, changed)
    ]

    assert [focus_nodes(report) for _, report, _ in outcomes] == [["a"], ["a"]]
    assert len(data) == 1
    assert (URIRef(EX + "a"), RDF.type, URIRef(EX + "Thing")) in changed
    assert (URIRef(EX + "unrelated"), None, None) not in changed


@pytest.mark.parametrize("inference", ["rdfs", "owlrl", "both"])
def test_infers_what_pyshacl_infers(inference: str):
    """With each inference, the data graph in place has exactly the triples that pySHACL gives it; without, nothing is inferred."""
    text = "ex:a a ex:Sub ; ex:p [ a ex:B ; ex:q 1 ] ; owl:sameAs ex:z . ex:p rdfs:range ex:Thing . ex:Sub rdfs:subClassOf ex:Thing ."
    ontology = "ex:q a owl:DatatypeProperty ; rdfs:domain ex:Q . ex:i a owl:NamedIndividual ; ex:p ex:j . ex:k ex:p ex:l ."
    expanded = []
    for engine in (validate, pyshacl.validate):
        data = graph(text)
        engine(data, shacl_graph=Graph().parse(data=SHAPES), ont_graph=graph(ontology), inference=inference, inplace=True)
        expanded.append({tuple("_" if isinstance(node, BNode) else node.n3() for node in triple) for triple in data})

    assert expanded[0] == expanded[1]
    assert focus_nodes(validate(graph(text), shacl_graph=SHAPES, inference=inference)[1]) != []
    assert validate(graph("ex:a a ex:Sub ."), shacl_graph=SHAPES, inference="none")[0]


def test_focus_nodes_and_shapes():
    """`focus_nodes` are those of the targets that are validated; shapes in `use_shapes` are validated for them whatever their targets."""
    shapes = SHAPES + "ex:Other sh:targetClass ex:Thing ; sh:property [ sh:path ex:p ; sh:minCount 1 ] . ex:Loose sh:nodeKind sh:Literal ."

    assert focus_nodes(validate(BAD, shacl_graph=shapes, focus_nodes=["ex:b"])[1]) == ["b", "b"]
    assert focus_nodes(validate(BAD, shacl_graph=shapes, use_shapes=[f"{EX}Shape"])[1]) == ["a", "b"]
    assert focus_nodes(validate(BAD, shacl_graph=shapes, use_shapes=["ex:Loose"])[1]) == []
    assert focus_nodes(validate(BAD, shacl_graph=shapes, use_shapes=["ex:Loose"], focus_nodes=[URIRef(f"{EX}q")])[1]) == ["q"]
    for name, code in (("ex:None", "unknown-shape"), ("no name", "unknown-name")):
        with pytest.raises(UsageError) as error:
            validate(BAD, shacl_graph=shapes, use_shapes=[name])
        assert error.value.code == code


def test_severities():
    """sh:Info and sh:Warning keep the data from conforming unless they are allowed, and any other severity always does."""
    outcomes = {}
    for severity in ("sh:Info", "sh:Warning", "sh:Violation", "ex:Own"):
        shapes = f"{PREFIXES} ex:S sh:targetNode ex:n ; sh:nodeKind sh:Literal ; sh:severity {severity} ."
        options = ({}, {"allow_infos": True}, {"allow_warnings": True})
        outcomes[severity] = [validate(GOOD, shacl_graph=shapes, **given)[0] for given in options]

    assert outcomes == {
        "sh:Info": [False, True, True], "sh:Warning": [False, False, True],
        "sh:Violation": [False, False, False], "ex:Own": [False, False, False],
    }  # fmt: skip


def test_stops_at_the_first_result_that_matters():
    """`abort_on_first` gives the results up to the first one with which the data do not conform."""
    for name in ("abort_on_first", "abort_on_error"):
        assert len(results(validate(BAD, shacl_graph=SHAPES, **{name: True})[1])) == 1
    shapes = SHAPES.replace("ex:Name sh:path", "ex:Name sh:severity sh:Info ; sh:path")
    conforms, report, _ = validate(BAD, shacl_graph=shapes, abort_on_first=True, allow_infos=True)
    assert conforms
    assert len(results(report)) == 2


def test_several_data_graphs():
    """Several data graphs are validated as one, or each by itself."""
    conforms, report, _ = validate([GOOD, BAD], shacl_graph=SHAPES)
    each = validate([GOOD, BAD], shacl_graph=SHAPES, multi_data_graphs_mode="validate_each")

    assert not conforms
    assert focus_nodes(report) == ["a", "b"]
    assert [each[number][0] for number in (0, 1)] == [True, False]
    with pytest.raises(UsageError):
        validate([], shacl_graph=SHAPES)


def test_serialises_the_report():
    """The report as bytes, in Turtle or in the format that is named."""
    for asked, syntax in ((True, "turtle"), ("json-ld", "json-ld")):
        content = validate(BAD, shacl_graph=SHAPES, serialize_report_graph=asked)[1]
        assert isinstance(content, bytes)
        assert focus_nodes(Graph().parse(data=content, format=syntax)) == ["a", "b"]


def test_text_as_in_pyshacl():
    """The report in words is pySHACL's, but for the messages, whose words are the engine's own."""
    data, shapes = graph("ex:a a ex:Thing ; ex:q [ ex:name 1 ] . ex:b a ex:Thing ; ex:name 1 ."), Graph().parse(data=SHAPES)
    shapes += graph("ex:Q sh:targetObjectsOf ex:q ; sh:property [ sh:path ( ex:p ex:name ) ; sh:minCount 1 ; sh:severity sh:Warning ] .")
    texts = [engine(data, shacl_graph=shapes)[2] for engine in (validate, pyshacl.validate)]
    ours, theirs = ([line for line in text.splitlines() if not line.startswith("\tMessage")] for text in texts)

    assert "Results (3):" in ours
    assert ours == theirs


def test_messages():
    """A message of the author's is in the report and in the text, with its placeholders filled as strings."""
    shapes = f"""{PREFIXES} ex:S sh:targetNode ex:n ; sh:sparql [ sh:message "{{$this}} has {{?value}}"@en ;
        sh:select "SELECT $this ?value {{ $this <{EX}p> ?value }}" ] ."""
    _, report, text = validate(f"{PREFIXES} ex:n ex:p 'v' .", shacl_graph=shapes)

    assert results(report)[0][SH.resultMessage] == Literal(f"{EX}n has v", lang="en")
    assert f"\tMessage: {EX}n has v\n" in text


def test_details_of_node_constraints():
    """The causes of a result of sh:node are its details, as in pySHACL; a report counts no others."""
    shapes = "ex:S sh:targetNode ex:n ; {} . ex:T sh:nodeKind sh:Literal ."
    node, other = (validate(GOOD, shacl_graph=PREFIXES + shapes.format(given))[1] for given in ("sh:node ex:T", "sh:or ( ex:T )"))

    assert len(list(node.objects(predicate=SH.detail))) == 1
    assert list(other.objects(predicate=SH.detail)) == []


@pytest.mark.parametrize("name", ["js", "do_owl_imports", "check_dash_result", "no_such_option"])
def test_refuses_options_by_name(name: str):
    """An option whose meaning would be another, and one that is unknown, is refused by its name."""
    with pytest.raises(UsageError) as error:
        validate(GOOD, shacl_graph=SHAPES, **{name: True})
    assert (error.value.code, error.value.values["option"]) == ("option-refused", name)
    for option in ({"inference": "magic"}, {"multi_data_graphs_mode": "some"}):
        with pytest.raises(UsageError, match=next(iter(option))):
            validate(GOOD, shacl_graph=SHAPES, **option)


NOTHING_ASKED = {
    "debug": True, "meta_shacl": True, "sparql_mode": True, "iterate_rules": True, "max_validation_depth": 3, "advanced": True,
    "js": False, "do_owl_imports": False, "check_dash_result": False,
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING_ASKED)
def test_options_without_effect(name: str):
    """What asks for nothing that would change the answer is accepted."""
    assert focus_nodes(validate(BAD, shacl_graph=SHAPES, **{name: NOTHING_ASKED[name]})[1]) == ["a", "b"]


def test_advanced_features():
    """With `advanced`, a shapes graph that has advanced features is refused by their name; without, they are warned of."""
    shapes = SHAPES + "ex:Shape sh:rule [ a sh:TripleRule ; sh:subject sh:this ; sh:predicate ex:p ; sh:object ex:o ] ."
    with pytest.raises(UsageError, match="sh:TripleRule, sh:object, sh:predicate, sh:rule, sh:subject"):
        validate(GOOD, shacl_graph=shapes, advanced=True)
    with pytest.warns(UserWarning, match="is not validated") as warned:
        assert validate(GOOD, shacl_graph=shapes)[0]
    assert sum("sh:rule," in str(warning.message) for warning in warned) == 1
    assert {warning.filename for warning in warned} == {__file__}


@pytest.mark.parametrize("option", ["data_graph", "shacl_graph", "ont_graph"])
def test_fetches_nothing(option: str):
    """An address on the web is refused wherever a graph may stand, and so is a file that does not exist."""
    for name, code in (("https://example.org/g.ttl", "nothing-fetched"), ("no-such-file.ttl", "no-file")):
        with pytest.raises(UsageError) as error:
            validate(**{"data_graph": GOOD, "shacl_graph": SHAPES, option: name})
        assert error.value.code == code


def test_ill_formed_shapes_and_terms():
    """An ill-formed shape is refused; an IRI that is not well-formed is kept as it is, and what is no term of RDF is refused."""
    with pytest.raises(InvalidInputError):
        validate(GOOD, shacl_graph=f"{PREFIXES} ex:S a sh:PropertyShape .")
    odd, data = URIRef("http://example.org/a b<c"), graph("")
    data.add((odd, RDF.type, URIRef(EX + "Thing")))
    assert [result[SH.focusNode] for result in results(validate(data, shacl_graph=SHAPES)[1])] == [odd]
    data.add((odd, RDF.type, Literal("x", lang="en-veryverylongsubtag")))
    with pytest.raises(InvalidInputError) as error:
        validate(data, shacl_graph=SHAPES)
    assert error.value.code == "rdflib-term"


COMPONENTS = {
    "class": "sh:class ex:C", "datatype": "sh:datatype xsd:integer", "nodeKind": "sh:nodeKind sh:IRI",
    "minCount": "sh:minCount 9", "maxCount": "sh:maxCount 1", "minExclusive": "sh:minExclusive 2", "maxExclusive": "sh:maxExclusive 2",
    "minInclusive": "sh:minInclusive 2", "maxInclusive": "sh:maxInclusive 2", "minLength": "sh:minLength 2", "maxLength": "sh:maxLength 2",
    "pattern": "sh:pattern 'X' ; sh:flags 'i'", "languageIn": "sh:languageIn ( 'en' )", "uniqueLang": "sh:uniqueLang true",
    "equals": "sh:equals ex:q", "disjoint": "sh:disjoint ex:q", "lessThan": "sh:lessThan ex:q",
    "lessThanOrEquals": "sh:lessThanOrEquals ex:q", "not": "sh:not [ sh:nodeKind sh:Literal ]",
    "and": "sh:and ( [ sh:nodeKind sh:Literal ] [ sh:datatype xsd:string ] )",
    "or": "sh:or ( [ sh:nodeKind sh:IRI ] [ sh:datatype xsd:string ] )",
    "xone": "sh:xone ( [ sh:nodeKind sh:Literal ] [ sh:datatype xsd:integer ] )",
    "node": "sh:node [ sh:property [ sh:path ex:q ; sh:minCount 1 ] ]", "property": "sh:property [ sh:path ex:q ; sh:minCount 1 ]",
    "qualified": "sh:qualifiedValueShape [ sh:nodeKind sh:Literal ] ; sh:qualifiedMinCount 4 ; sh:qualifiedMaxCount 1",
    "hasValue": "sh:hasValue ex:none", "in": "sh:in ( 1 ex:b )",
    "sparql": "sh:sparql [ sh:select 'SELECT $this ?value { $this $PATH ?value FILTER isLiteral(?value) }' ]",
}  # fmt: skip


@pytest.mark.parametrize("component", COMPONENTS)
def test_components_as_in_pyshacl(component: str):
    """For each core component, the results are those of pySHACL: focus node, path, value, component, source shape and severity."""
    # Where values cannot be compared, pySHACL gives up.
    values = "1, 3" if component.startswith("lessThan") else "1, 3, 'xyz', 'a'@en, 'b'@en, ex:b, [ a ex:C ]"
    data = graph(f"ex:a ex:p {values} ; ex:q 2, 3 . ex:b a ex:D ; ex:q 1 .")
    shapes = graph(f"ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; {COMPONENTS[component]} ] .")
    (_, ours, _), (_, theirs, _) = (engine(data, shacl_graph=shapes) for engine in (validate, pyshacl.validate))

    assert keys(ours) == keys(theirs)
    assert keys(ours)


def test_closed_as_in_pyshacl():
    """The results of sh:closed are those of pySHACL."""
    data = graph("ex:a a ex:C ; ex:p 1 ; ex:q 2 .")
    shapes = graph("ex:S sh:targetNode ex:a ; sh:closed true ; sh:ignoredProperties ( rdf:type ) ; sh:property [ sh:path ex:p ] .")
    (_, ours, _), (_, theirs, _) = (engine(data, shacl_graph=shapes) for engine in (validate, pyshacl.validate))

    assert keys(ours) == keys(theirs)
    assert len(results(ours)) == 1


@pytest.mark.parametrize("name", ["para-2-1-implementation", "para-2-4-assistance", "envelope-withdrawal"])
def test_examples_as_in_pyshacl(name: str):
    """On the project's own shapes and examples, pySHACL gives the same results."""
    shapes = Graph()
    for file in (ROOT / "shapes" / "prefixes.ttl", ROOT / "shapes" / f"{name}.ttl"):
        shapes.parse(file)
    data = Graph().parse(ROOT / "shapes" / "examples" / f"{name}.ttl")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, ours, _ = validate(data, shacl_graph=shapes)
        _, theirs, _ = pyshacl.validate(data, shacl_graph=shapes)

    assert keys(ours) == keys(theirs)


def test_describes_odd_blank_nodes_within_bounds():
    """Blank nodes that form circles and broken lists are described within bounds, in the report and in the text."""
    data = Graph()
    nodes = [BNode() for _ in range(8)]
    for node in nodes:
        data.add((node, RDF.type, URIRef(EX + "Thing")))
        data += [(node, URIRef(EX + "p"), other) for other in nodes]
    data += [(nodes[0], RDF.first, Literal(1)), (nodes[0], RDF.rest, nodes[0])]
    _, report, text = validate(data, shacl_graph=SHAPES)

    assert len(results(report)) == len(nodes)
    assert len(text) < 500_000
    assert set(data) <= set(report)


def test_needs_rdflib_only_when_called():
    """Without rdflib the package is imported and used, and the function says what is missing."""
    program = """
import sys
sys.modules.update({"rdflib": None})
import oxishacl
try:
    oxishacl.validate("")
except oxishacl.errors.UsageError as error:
    print(error.code, error.values["library"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "no-library rdflib\n"


def test_is_offered_by_the_package():
    """`from oxishacl import validate` needs no other change in a program."""
    assert oxishacl.validate is validate


def test_one_graph_with_validate_each():
    """With multi_data_graphs_mode="validate_each" one graph that is in no list has one answer, as in pySHACL."""
    data, shapes = "<urn:a> <urn:p> 1 .", "<urn:s> <urn:p> 2 ."
    answer = validate(data, shacl_graph=shapes, multi_data_graphs_mode="validate_each")

    assert answer[0] is True
    assert set(validate([data, data], shacl_graph=shapes, multi_data_graphs_mode="validate_each")) == {0, 1}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"data_graph": '{"@id": "urn:a"}'}, "graph-unreadable"),
        ({"data_graph": b"\x1f\x8b\n"}, "graph-unreadable"),
        ({"data_graph": "<urn:a> <urn:p> .", "data_graph_format": "nonsense"}, "graph-unreadable"),
        ({"data_graph": None}, "no-data"),
        ({"data_graph": "<urn:a> <urn:p> 1 .", "serialize_report_graph": "nonsense"}, "option-refused"),
    ],
)
def test_errors_are_of_this_package(arguments: dict, code: str):
    """What cannot be read or written is an error with a sentence in both languages, not one of rdflib."""
    with pytest.raises(OxishaclError) as caught:
        validate(**{"shacl_graph": "<urn:s> <urn:p> 2 .", **arguments})

    assert caught.value.code == code
