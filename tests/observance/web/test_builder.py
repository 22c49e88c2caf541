"""A question built from choices: what is offered occurs, the SPARQL shown is what is answered, and nothing typed becomes syntax."""

import html
import re

from observance.core import OBS
from observance.web.question_builder import built_question

TIMETABLES = {"kind1": OBS + "IndicativeTimetable", "link1": OBS + "milestone", "kind2": OBS + "Milestone", "link2": OBS + "provision"}


def shown_sparql(page: str) -> str:
    """The SPARQL on the page."""
    return html.unescape(re.search(r'<pre class="code"[^>]*>(SELECT|PREFIX)(.*?)</pre>', page, re.DOTALL)[0].split(">", 1)[1][:-6])


def test_step_by_step(browser):
    """Each step is a form that is sent: first the kinds, then the links that lead on from the chosen one, then the kinds at its end."""
    first = browser.get("/questions/build?lang=en").text
    assert f'<option value="{TIMETABLES["kind1"]}">indicative timetable (' in first
    assert 'name="link1"' not in first
    second = browser.get("/questions/build", query_string={"kind1": TIMETABLES["kind1"], "lang": "en"}).text
    assert f'<option value="{TIMETABLES["link1"]}">' in second
    assert 'name="kind2"' not in second
    third = browser.get("/questions/build", query_string={**TIMETABLES, "lang": "fr"}).text
    assert 'name="link3"' not in third
    assert '<th scope="col">calendrier indicatif</th><th scope="col">étape</th>' in third


def test_the_sparql_is_what_is_answered(browser, client):
    """The query that is shown gives as many rows at /sparql as the page shows, and the text narrows the end by its name."""
    for text in ("", "De minimis"):
        page = browser.get("/questions/build", query_string={**TIMETABLES, "text": text, "lang": "en"}).text
        rows = client.get("/sparql", query_string={"query": shown_sparql(page), "format": "json"}).json["results"]["bindings"]
        assert rows
        assert page.count("<tr><td") == len(rows)
        assert not text or {row["thing3"]["value"].rsplit("/", 1)[1] for row in rows} == {"standard-de-minimis"}


def test_nothing_typed_becomes_syntax(browser):
    """A text stays a text, and a kind or link that does not occur is named and left out; the choices made before it stay."""
    hostile = browser.get("/questions/build", query_string={**TIMETABLES, "text": '") } # \\ <script>'})
    assert hostile.status_code == 200
    assert 'class="empty"' in hostile.text
    assert "<script>" not in hostile.text
    unknown = browser.get("/questions/build", query_string={"kind1": TIMETABLES["kind1"], "link1": "x> . <y", "lang": "en"})
    assert "x&gt; . &lt;y" in unknown.text
    assert 'role="alert"' in unknown.text
    assert "<y" not in shown_sparql(unknown.text)


def test_a_step_leads_on_only_from_a_kind():
    """Without a chosen kind at its end a step is the last one, and there are at most three."""
    row = {"class": "c", "class_label": "C", "property": "p", "property_label": "P", "target": "c", "target_label": "C", "count": "2"}
    fields = {f"{name}{number}": value for number in range(1, 6) for name, value in (("kind", "c"), ("link", "p"))}

    assert len(built_question(fields, rows=[row]).steps) == 3
    assert built_question(fields, rows=[row]).columns == ["C", "C", "C", "C"]
    one = built_question({**fields, "kind2": ""}, rows=[row])
    assert (len(one.steps), one.columns) == (1, ["C", "P"])
    assert built_question({}, rows=[row]).steps == ()
