"""The catalogue over HTTP: a form for people, the same answers as the command line for programs."""

import html
import json
import re

import pytest

from conftest import ROOT, check_each
from observance.core import LANGUAGES
from observance.questions import read_catalogue

QUESTIONS = read_catalogue(ROOT / "queries")
FREE = [question.name for question in QUESTIONS if not any(param.required for param in question.params)]


def test_listing(client, browser):
    """The catalogue is a page for a browser and JSON for a program, in the language asked for."""
    listed = client.get("/questions?lang=fr").json

    assert [entry["name"] for entry in listed] == [question.name for question in QUESTIONS]
    assert [entry["summary"] for entry in listed] == [question.summary["fr"] for question in QUESTIONS]
    page = browser.get("/questions?lang=fr").text
    assert all(f'href="/questions/{question.name}?lang=fr"' in page for question in QUESTIONS)


@pytest.mark.whole
def test_question_without_required_parameters(browser):
    """A question without required parameters is answered at once, in the language of the page."""

    def check(path: str) -> None:
        response = browser.get(path)
        assert response.status_code == 200
        assert 'id="answer"' in response.text
        assert 'role="alert"' not in response.text

    check_each(check, [f"/questions/{name}?lang={lang}" for name in FREE for lang in LANGUAGES])


def test_same_answer_in_every_format(client, app):
    """JSON, CSV and TSV are what the knowledge base answers, with the labels in the page's language."""
    kb = app.extensions["observance"].present.kb
    for form in ("json", "csv", "tsv", "xml"):
        answer = kb.questions.answer("operative-paragraphs", {"lang": "fr"}, format=form)
        response = client.get(f"/questions/operative-paragraphs?lang=fr&format={form}")
        assert response.data == answer.body
        assert response.content_type == answer.media_type
        assert response.headers["Content-Disposition"] == f'attachment; filename="operative-paragraphs.{form}"'


def test_by_accept(client):
    """A program chooses the format with Accept."""
    response = client.get("/questions/operative-paragraphs", headers={"Accept": "text/csv"})

    assert response.mimetype == "text/csv"
    assert "Content-Disposition" not in response.headers


def test_parameters_narrow_the_answer(client):
    """A parameter is bound: every row is about the requested paragraph, by number or IRI."""
    for value in ("2.5", "res:p2.5", "https://w3id.org/observance/wco/ecommerce-2018/p2.5"):
        rows = client.get("/questions/alternative-readings", query_string={"paragraph": value}).json["results"]["bindings"]
        assert rows
        assert {row["number"]["value"] for row in rows} == {"2.5"}


def test_choices(browser):
    """A paragraph is chosen from those of the text, with what was chosen still chosen in the answer."""
    page = browser.get("/questions/alternative-readings?paragraph=2.5&lang=fr").text
    options = re.findall(r'<option value="([^"]*)"', page)

    assert options == ["", "1", "2", *(f"2.{n}" for n in range(1, 10)), "3"]
    assert '<option value="2.5" selected>2.5 · Calendrier indicatif</option>' in page


def test_empty_fields_are_ignored(browser):
    """An empty field is no value of a parameter."""
    assert browser.get("/questions/alternative-readings?paragraph=").status_code == 200


@pytest.mark.whole
def test_answers_in_words(browser):
    """In no answer does a cell show an IRI, other than a party's own address, a prefixed name, or a day or duration in digits."""
    sent = {
        "party": "XB", "other": "XF", "member": "XB", "paragraph": "2.5", "date": "2024-01-01", "from": "2020-01-01", "until": "2024-01-01",
        "earlierAsOf": "2021-05-01", "asOf": "2023-05-01", "instrument": "https://w3id.org/observance/instruments/rkc",
    }  # fmt: skip

    def check(question) -> None:
        values = {param.name: sent[param.name] for param in question.params if param.required}
        page = browser.get(f"/questions/{question.name}", query_string={**values, "lang": "fr"}).text
        cells = [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", page, re.DOTALL)]
        own = "https://customs."
        assert not [cell for cell in cells if not cell.startswith(own) and re.fullmatch(r"\w+:\S+|\d{4}-\d\d-\d\d.*|P\d+[YMD]", cell)]
        assert "(IRI)" not in page
        assert 'role="alert"' not in page

    check_each(check, list(QUESTIONS), name=lambda question: question.name)


def test_a_thing_is_its_name_with_a_link(browser):
    """The column of an IRI is folded into that of its name, which links to the page of the thing."""
    page = browser.get("/questions/current-timetable?party=XA&lang=en").text

    assert '<a href="/parties/XA?lang=en">Altamar</a>' in page
    assert page.count('<th scope="col">document</th>') == 1
    assert ">4 March 2020<" in page


def test_the_catalogue_by_task(browser):
    """Each question stands under the heading of its task, and a filter ignores accents, capitals and the order of words."""
    page = html.unescape(browser.get("/questions?lang=fr").text)
    headings = re.findall(r'<h2 id="task-\d+">([^<]+)</h2>', page)
    assert headings[0] == "Le texte et ses dispositions"
    assert "Autres questions" not in headings
    found = browser.get("/questions", query_string={"q": "LIEES instruments", "lang": "fr"}).text
    shown = re.findall(r'href="/questions/([a-z-]+)\?', browser.get("/questions", query_string={"q": "reunion BILAN", "lang": "fr"}).text)
    assert {"review-meetings", "attendance-at-review-meetings"} <= set(shown) - {"build"} < {question.name for question in QUESTIONS}
    assert "Aucune question" in found
    assert "&lt;b&gt;" in browser.get("/questions?q=<b>").text


@pytest.mark.parametrize(
    ("path", "field", "told"),
    [
        ("/questions/current-timetable?party=XA&asOf=2017-01-01", "asOf", "2017-01-01"),
        ("/questions/current-timetable?party=QQ", "party", "QQ"),
        ("/questions/addressees-on-a-date?date=2020-02-30", "date", "2020-02-30"),
        ("/questions/duties-coming-due?months=six", "months", "six"),
    ],
)
def test_message_at_the_field(browser, path, field, told):
    """A value that is wrong has its message at its field, what was typed stays, and no answer stands below."""
    page = browser.get(path)

    assert page.status_code in (400, 404)
    assert re.search(rf'<span class="message Violation" id="fault-{field}">[^<]*{told}', page.text)
    assert re.search(rf'id="field-{field}"[^>]*aria-describedby="fault-{field}"', page.text)
    assert f'value="{told}"' in page.text
    assert 'id="answer"' not in page.text


def test_a_drawing_beside_its_table(browser):
    """A question that says how it is drawn has its drawing above the table, with the same numbers; others have their table alone."""
    drawn = {question.name: question.chart.kind for question in QUESTIONS if question.chart}
    assert {"bars", "lines", "tiles"} == set(drawn.values())
    page = browser.get("/questions/communications-by-region?lang=en").text
    (drawing,) = re.findall(r'<figure class="chart.*?</figure>', page, re.DOTALL)
    numbers = re.findall(r'<td class="number">(\d+)</td>', page)
    assert re.findall(r'font-weight="600">(\d+)<tspan[^>]*> / (\d+)', drawing) == list(zip(numbers[::2], numbers[1::2], strict=True))
    assert "<figure" not in browser.get("/questions/operative-paragraphs?lang=en").text


def test_an_empty_answer_says_why(browser):
    """It names what narrows it with a way to ask without, and says what the register leaves open."""
    page = html.unescape(browser.get("/questions/justified-delays?party=XA&lang=en").text)

    assert "Nothing matches what was chosen: XA" in page
    assert 'href="/questions/justified-delays?lang=en">Ask without' in page
    assert "nothing on record means not established" in page


def test_sparql_behind(browser, client):
    """The SPARQL that is shown, with its parameters written into it, gives the same answer at /sparql."""
    page = browser.get("/questions/alternative-readings?paragraph=2.5&lang=en").text
    (href,) = re.findall(r'<a href="(/sparql\?[^"]*query=[^"]*)"', page)
    asked = client.get(html.unescape(href), headers={"Accept": "application/json"}).json["results"]["bindings"]
    answered = client.get("/questions/alternative-readings?paragraph=2.5&lang=en").json["results"]["bindings"]

    assert asked == answered


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/questions/operative-paragraf", 404, "operative-paragraphs"),
        ("/questions/operative-paragraphs?langue=fr", 400, "langue"),
        ("/questions/alternative-readings?paragraph=2.55", 404, "2.55"),
        ("/questions/addressees-on-a-date?date=2020-02-30", 400, "2020-02-30"),
        ("/questions/operative-paragraphs?format=pdf", 400, "pdf"),
    ],
)
def test_wrong_requests(client, browser, path, status, told):
    """What does not exist or is of the wrong type is refused, naming it, for programs and in a page."""
    problem, page = client.get(path), browser.get(path)

    assert (problem.status_code, page.status_code) == (status, status)
    assert told in problem.json["detail"]
    assert told in page.text


def test_required_parameter(client, browser):
    """A question that needs something shows its form first; a program that leaves it out is told which parameter is missing."""
    needing = [(q.name, param.name) for q in QUESTIONS for param in q.params if param.required]
    assert needing
    for name, param in needing:
        assert browser.get(f"/questions/{name}").status_code == 200
        assert browser.get(f"/questions/{name}?{param}=").status_code == 400
        problem = client.get(f"/questions/{name}")
        assert problem.status_code == 400
        # Of several the first is named.
        assert any(f"“{other}”" in json.loads(problem.data)["detail"] for question, other in needing if question == name)


def test_values_are_escaped(browser):
    """What is typed into a field comes back as text, never as markup."""
    page = browser.get("/questions/addressees-on-a-date", query_string={"date": '"><script>alert(1)</script>'})

    assert page.status_code == 400
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


def test_question_with_layers(browser):
    """The page offers day, time and reading, names the basis of the answer, and translates the column headings."""
    page = browser.get("/questions/statuses-of-a-party?party=XI&reading=benchmark&asOf=2024-01-31&lang=fr").text

    assert '<input id="field-asOf" name="asOf" value="2024-01-31" type="date">' in page
    assert '<option value="benchmark" selected>Hypothèse des douze mois</option>' in page
    assert "Au 31 janvier 2024, selon ce que le registre contenait le" in html.unescape(page).replace("\u202f", " ").replace("\xa0", " ")
    assert '<th scope="col">statut</th>' in page
    assert "explication communiquée" in page
    assert "/sparql?query=" not in page


def test_moment_before_the_resolution(browser):
    """A day before the resolution is refused on the page, with the form still filled in."""
    response = browser.get("/questions/parties-that-notified?asOf=2010-01-01&lang=en")

    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert 'value="2010-01-01"' in response.text
