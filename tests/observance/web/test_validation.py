"""Validation over HTTP: the same report as the command line, 200 whether or not it conforms, and each refusal its status."""

import gzip
import html
import io
import json
from collections.abc import Iterator

import html5rdf
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from conftest import ROOT
from observance.core import Settings
from observance.submissions import ReportOptions, report_to_json
from observance.web import close, create_app
from oxishacl import EXTENSIONS, MEDIA_TYPES, Source

EXAMPLES = sorted(file for file in (ROOT / "shapes" / "examples").glob("[!r]*") if file.suffix in EXTENSIONS)
"""The examples of submissions; those of records of a register (`register-…`) are no submissions."""
TYPES = {suffix: next(kind for kind, named in MEDIA_TYPES.items() if named == syntax) for suffix, syntax in EXTENSIONS.items()}
TURTLE = "text/turtle"
WANTED = ReportOptions(repairs=True, provenance=True)
GOOD = (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl").read_bytes()
FAULTY = GOOD.replace(b"party:XB ;", b"party:X9 ;", 1)
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "x">]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
REMOTE = b'{"@context": "https://example.org/context", "@id": "https://example.org/a"}'


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_examples(client, kb, file):
    """Each example, sent as a body with its media type, gets in JSON the report that the knowledge base gives."""
    response = client.post("/validate", data=file.read_bytes(), content_type=TYPES[file.suffix])

    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.json["conforms"] is True
    assert response.json == report_to_json(
        kb.submissions.validate(Source("document", file.read_bytes(), TYPES[file.suffix]), options=WANTED)
    )


def test_not_conforming(client, kb):
    """What is not ready to be processed is a result: 200, with the findings and their messages in both languages."""
    response = client.post("/validate", data=FAULTY, content_type=TURTLE)

    assert response.status_code == 200
    assert (response.json["conforms"], response.json["processable"]) == (False, False)
    assert response.json == report_to_json(kb.submissions.validate(Source("document", FAULTY, TURTLE), options=WANTED))
    assert {"fr", "en"} == set(response.json["results"][0]["message"])
    assert response.json["results"][0]["paragraph"] == "2.5"


def test_ways_to_send(client):
    """A file of a form, a field of a form and a body without a telling media type are read alike."""
    results = [
        client.post("/validate", data={"file": (io.BytesIO(FAULTY), "mine.ttl")}),
        client.post("/validate", data={"document": FAULTY.decode()}),
        client.post("/validate", data={"document": FAULTY.decode(), "syntax": TURTLE, "file": (io.BytesIO(b""), "")}),
        client.post("/validate", data=FAULTY, content_type="application/octet-stream"),
        client.post("/validate", data=FAULTY, content_type="text/plain"),
        client.post("/validate", data=FAULTY, content_type=None),
    ]

    assert [response.status_code for response in results] == [200] * 6
    assert len({json.dumps(response.json["results"]) for response in results}) == 1
    assert results[0].json["file"] == "mine.ttl"


def test_turtle_report(client):
    """With `Accept: text/turtle` or `?format=turtle` the report is a SHACL report."""
    for options in ({"headers": {"Accept": TURTLE}}, {"query_string": {"format": "turtle"}}):
        response = client.post("/validate", data=FAULTY, content_type=TURTLE, **options)
        assert response.content_type == "text/turtle; charset=utf-8"
        assert "sh:ValidationReport" in response.text
        assert "sh:conforms false" in response.text or '"false"' in response.text


@pytest.mark.parametrize(("lang", "verdict"), [("fr", "ne peut pas encore être traité"), ("en", "cannot be processed yet")])
def test_page(browser, lang, verdict):
    """A page says the verdict, groups findings of form, and others by paragraph with a link to it, names the rule, keeps what was sent."""
    faulty = FAULTY.decode().replace("obs:milestone", "dcterms:relation")
    page = browser.post(f"/validate?lang={lang}", data={"document": faulty, "syntax": TURTLE})

    assert page.status_code == 200
    assert verdict in page.text
    assert f'href="/resolution?lang={lang}#p2.5"' in page.text
    assert ("Form of this register" if lang == "en" else "Forme de ce registre") in page.text
    assert 'title="https://w3id.org/observance/shapes/envelope-bearer-listed"' in page.text
    assert html.escape("obs:onBehalfOf party:X9 ;") in page.text
    assert f'<option value="{TURTLE}" selected>' in page.text


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("fr", ("ligne 23, colonne 5", "Énoncés qu'aucune règle", "à la date du")),
        ("en", ("line 23, column 5", "Statements that no rule looks at", "as of")),
    ],
)
def test_details_of_the_page(browser, lang, words):
    """A page shows positions, values, fingerprints, conforming and unchecked statements, and the provenance of the report."""
    line = FAULTY.decode().splitlines().index(next(text for text in FAULTY.decode().splitlines() if "party:X9" in text)) + 1
    page = html.unescape(browser.post(f"/validate?lang={lang}", data={"document": FAULTY.decode(), "as-of": "2019-06-30"}).text)

    assert [word for word in words if word.replace("23", str(line)).lower() not in page.replace("’", "'").lower()] == []
    assert "2019-06-30" in page
    assert "rdf:type obs:IndicativeTimetable" in page


def test_causes_and_repairs_in_the_page(browser):
    """A page shows the branches of a finding and the repair that was tried, as it will be written into the document."""
    zoned = GOOD.replace(b'"2019-06-03"^^xsd:date', b'"2019-06-03Z"^^xsd:date').decode()
    plain = GOOD.replace(b'"2019-06-03"^^xsd:date', b'"2019-06-03"').decode()

    assert "sh:not [ sh:datatype xsd:date ]" in html.unescape(browser.post("/validate?lang=en", data={"document": zoned}).text)
    assert '<div class="code edit">dcterms:dateSubmitted "2019-06-03"^^xsd:date' in html.unescape(
        browser.post("/validate?lang=en", data={"document": plain}).text
    )


def fields_of(page: str) -> dict[str, list[str]]:
    """The fields of the form with the document of a page, by name: the buttons that repair, and the gaps with the values of each."""
    tree = html5rdf.HTMLParser(namespaceHTMLElements=False).parse(page)
    found: dict[str, list[str]] = {"repair": [], "gap-of": [], "gap": [], "document": []}
    for node in tree.iter():
        if isinstance(node.tag, str) and node.get("name") in found:
            found[node.get("name")].append((node.text or "") if node.tag == "textarea" else node.get("value", ""))
    return found


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_repair_in_place(browser, kb, lang):
    """A button makes the change and checks the document again: the finding is gone, and nothing else of the text has changed."""
    text = GOOD.replace(b'"2019-06-03"^^xsd:date', b'"2019-06-03"').decode()
    fields = fields_of(browser.post(f"/validate?lang={lang}", data={"document": text}).text)
    repaired = browser.post(f"/validate?lang={lang}", data={"document": text, "repair": fields["repair"][0]})

    assert repaired.status_code == 200
    assert fields_of(repaired.text)["document"] == [GOOD.decode()]
    assert kb.submissions.validate(Source("x", GOOD, TURTLE)).processable


def test_repair_with_a_value(browser):
    """A repair with a gap takes the sender's value; one that is missing is told, and the text and what was typed stay."""
    text = "\n".join(line for line in GOOD.decode().split("\n") if "dcterms:dateSubmitted" not in line)
    page = browser.post("/validate?lang=en", data={"document": text})
    fields = fields_of(page.text)
    of = fields["gap-of"][0]

    def repaired(value: str) -> TestResponse:
        gaps = [value if name == of else "" for name in fields["gap-of"]]
        return browser.post("/validate?lang=en", data={"document": text, "repair": of, "gap-of": fields["gap-of"], "gap": gaps})

    done, empty = repaired("2019-06-04"), repaired("")
    assert '"2019-06-04"^^xsd:date' in fields_of(done.text)["document"][0]
    assert of not in fields_of(done.text)["repair"]
    assert (empty.status_code, fields_of(empty.text)["document"]) == (400, [text])
    assert "needs a value of yours in each of its fields: nothing was changed" in html.unescape(empty.text)
    assert of in fields_of(empty.text)["repair"]
    # A text that would end the literal is written as a text.
    hostile = fields_of(repaired('" . <urn:a> <urn:b> "').text)
    assert '\\" . <urn:a>' in hostile["document"][0]


def test_repair_of_what_is_gone(browser):
    """A repair of a finding that the text no longer has changes nothing, and the page says so."""
    response = browser.post("/validate?lang=en", data={"document": GOOD.decode(), "repair": "0" * 16})

    assert response.status_code == 409
    assert fields_of(response.text)["document"] == [GOOD.decode()]
    assert "nothing was changed" in response.text


def test_sarif_as_of_and_evidence(client):
    """A program may ask for SARIF, for a date and for evidence; what is no date is refused."""
    log = client.post("/validate?lang=fr", data=FAULTY, content_type=TURTLE, headers={"Accept": "application/sarif+json"})
    found = client.post("/validate?as-of=2019-06-30&evidence=true", data=FAULTY, content_type=TURTLE).json

    assert (log.content_type, log.json["version"]) == ("application/sarif+json", "2.1.0")
    assert found["provenance"]["as_of"] == "2019-06-30"
    assert found["evidence"]["met"]
    assert client.post("/validate?as-of=soon", data=FAULTY, content_type=TURTLE).status_code == 400


def test_severity_is_not_colour_only(browser):
    """Each finding says its severity with a sign and in words."""
    text = GOOD.replace(b"dcterms:language", b"dcterms:title").decode()
    page = browser.post("/validate?lang=en", data={"document": text}).text
    faulty = browser.post("/validate?lang=en", data={"document": FAULTY.decode()}).text

    assert '<span aria-hidden="true">✗</span> cannot be processed' in faulty
    assert '<span aria-hidden="true">' in page


def test_uploaded_text_is_in_the_form(browser):
    """The text of an uploaded file is in the form, for correction."""
    page = browser.post("/validate", data={"file": (io.BytesIO(FAULTY), "mine.ttl"), "document": ""})

    assert page.status_code == 200
    assert html.escape("obs:onBehalfOf party:X9 ;") in page.text
    assert "mine.ttl" in page.text


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", TURTLE, 400),
        (b" \n", TURTLE, 400),
        (GOOD[: len(GOOD) // 2], TURTLE, 400),
        (b"\xff\xfe\x00", TURTLE, 400),
        (b"<https://example.org/a> a <https://example.org/B> .", TURTLE, 400),
        (DOCTYPE, "application/rdf+xml", 400),
        (REMOTE, "application/ld+json", 400),
        (b"<https://example.org/a> <https://example.org/b> " + b"(" * 100_000, TURTLE, 413),
        (b"#" * 10_000_001, TURTLE, 413),
        (b"#" * 10_200_000, TURTLE, 413),
        (GOOD, "application/pdf", 415),
        (GOOD, "text/html", 415),
        (b"%PDF-1.7", TURTLE, 415),
        (b"<!doctype html><html></html>", "application/xml", 415),
    ],
)
def test_unreadable(client, browser, content, content_type, status):
    """What cannot be read has status 400, over a limit 413, in another format 415; it says why, for programs and in a page."""
    problem = client.post("/validate", data=content, content_type=content_type)

    assert problem.status_code == status
    assert problem.content_type == "application/problem+json"
    assert {"type", "title", "status", "detail", "detail_fr", "detail_en"} <= set(problem.json)
    page = browser.post("/validate", data=content, content_type=content_type)
    assert (page.status_code, page.mimetype) == (status, "text/html")


def test_unreadable_in_the_form(browser):
    """In the form, what cannot be read is told above it with line and column, and the text is kept."""
    page = browser.post("/validate?lang=fr", data={"document": "@prefix ex: <https://example.org/> .\nex:a ex:b ."})

    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "Le texte collé ne peut pas être lu comme Turtle à la ligne 2" in page.text
    assert "ex:a ex:b ." in page.text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"data": {}}, 400),
        ({"data": {"document": ""}}, 400),
        ({"data": {"document": GOOD.decode(), "syntax": "text/csv"}}, 400),
        ({"data": GOOD, "content_type": TURTLE, "query_string": {"format": "pdf"}}, 400),
        ({"data": GOOD, "content_type": TURTLE, "headers": {"Accept": "image/png"}}, 406),
        ({"data": gzip.compress(GOOD), "content_type": TURTLE, "headers": {"Content-Encoding": "gzip"}}, 415),
        ({"data": {"file": (io.BytesIO(b"PK\x03\x04"), "a.xlsx")}}, 400),
        ({"data": {"file": (io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "a.xls")}}, 415),
        ({"data": b'{"@id": "a:b"}', "content_type": "application/json", "headers": {
            "Link": '<https://example.org/c>; rel="http://www.w3.org/ns/json-ld#context"'}}, 400),
    ],
)  # fmt: skip
def test_wrong_requests(client, request_, status):
    """A form without a document, an unknown syntax or format, compression and a linked context are refused."""
    response = client.post("/validate", **request_)

    assert response.status_code == status
    assert response.content_type == "application/problem+json"


def test_language_of_errors(client):
    """The detail of a problem is in the language of the request, with both languages beside it."""
    french = client.post("/validate?lang=fr", data=b"", content_type=TURTLE).json
    english = client.post("/validate", data=b"", content_type=TURTLE, headers={"Accept-Language": "en"}).json

    assert french["detail"] == french["detail_fr"] == english["detail_fr"]
    assert english["detail"] == english["detail_en"]


def test_what_was_sent_is_escaped(browser):
    """Markup in a submission comes back as text."""
    evil = GOOD.decode().replace("Borealia: indicative", "</textarea><script>alert(1)</script>")
    page = browser.post("/validate", data={"document": evil + '\nex:a obs:title "<img src=x>" .', "file": (io.BytesIO(), "")})

    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "<img" not in page.text


@pytest.fixture(scope="module")
def short_deadline() -> Iterator[Flask]:
    """The application in which a validation may take no time."""
    made = create_app(Settings(workers=1, validate_seconds=0.001))
    yield made
    close(made)


def test_deadline(short_deadline):
    """A validation that does not end in time is stopped: 503 for a program, and in the page with the text kept."""
    client = short_deadline.test_client()
    response = client.post("/validate", data=GOOD, content_type=TURTLE)
    page = client.post("/validate?lang=fr", data={"document": GOOD.decode()}, headers={"Accept": "text/html"})

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "0.001" in response.json["detail"]
    assert page.status_code == 503
    assert "IndicativeTimetable" in page.text


def test_register(tmp_path, kb):
    """A submission is validated against the open register: its predecessor is known there."""
    register = ROOT / "queries" / "demo"
    revision = GOOD.decode().replace(
        "dcterms:dateSubmitted", "prov:wasRevisionOf <https://example.org/xb/unknown> ;\n    dcterms:dateSubmitted", 1
    )
    text = "@prefix prov: <http://www.w3.org/ns/prov#> .\n" + revision
    made = create_app(Settings(workers=1, registers=(register,)))
    try:
        found = made.test_client().post("/validate", data=text.encode(), content_type=TURTLE).json
        page = made.test_client().get("/?lang=en", headers={"Accept": "text/html"}).text
    finally:
        close(made)
    expected = report_to_json(kb.submissions.validate(Source("document", text.encode(), TURTLE), registers=(register,), options=WANTED))

    assert found == expected
    assert "declares invented Members and Unions only" in page


def test_many_findings(client):
    """A page shows the severest findings and counts the others, so that a small document cannot make a large page; programs get all."""
    document = "@prefix obs: <https://w3id.org/observance/ns#> .\n" + "".join(
        f"<urn:a{n}> a obs:IndicativeTimetable .\n" for n in range(300)
    )
    page = client.post("/validate", data={"document": document}, headers={"Accept": "text/html"})
    report = client.post("/validate", data=document, content_type="text/turtle", headers={"Accept": "application/json"}).json

    assert page.status_code == 200
    assert len(page.data) < 1_000_000
    assert page.text.count('<li class="finding ') == 200
    assert "and 280 more communications" in page.text
    assert f"has {len(report['results']) - 200} more" in page.text
    assert "left_out" not in report
    violations = sum(result["severity"] == "Violation" for result in report["results"])
    assert violations > 200


def test_a_report_is_no_larger_than_an_answer():
    """A report that is larger than the largest answer is refused with a sentence."""
    made = create_app(Settings(workers=1, max_answer_bytes=1_500_000))
    document = "@prefix obs: <https://w3id.org/observance/ns#> .\n" + "".join(
        f"<urn:a{n}> a obs:IndicativeTimetable .\n" for n in range(300)
    )
    refused = made.test_client().post("/validate", data=document, content_type="text/turtle", headers={"Accept": "application/json"})
    close(made)

    assert refused.status_code == 413


@pytest.mark.parametrize("path", ["/validate", "/what-if", "/readings", "/sparql"])
def test_a_form_of_very_many_fields(client, path):
    """A form of millions of fields is refused before it is taken apart; one with a large document is not."""
    refused = client.post(path, data=b"a=&" * 30_000, content_type="application/x-www-form-urlencoded")
    document = "@prefix obs: <https://w3id.org/observance/ns#> .\n<urn:a> a obs:IndicativeTimetable .\n" + "# &&&\n" * 30_000

    assert refused.status_code == 413
    assert client.post("/validate", data={"document": document}).status_code == 200
