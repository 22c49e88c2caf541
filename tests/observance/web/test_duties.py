"""Where each duty stands, and why: pages and data, what is asked wrongly, and that nothing of what is sent is kept."""

import json
import re
from itertools import pairwise

import pyoxigraph as ox
import pytest

from conftest import ROOT
from observance.assessment import Verbaliser, assessment_to_json
from observance.core import LANGUAGES, OBS, Settings, local_name
from observance.web import close, create_app

BENCHMARK = (ROOT / "rules" / "readings" / "benchmark.ttl").read_text(encoding="utf-8")
TIMETABLE = (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl").read_text(encoding="utf-8")
BEHIND = "/duties/XB/norm-2.5?reading=benchmark"


@pytest.fixture(params=LANGUAGES)
def lang(request):
    return request.param


def data(client, path: str):
    """The JSON at the path, which is there."""
    response = client.get(path, headers={"Accept": "application/json"})
    assert response.status_code == 200, response.text
    return response.json


def squares(page: str) -> list[str]:
    """The duties that a page shows as squares, by name."""
    return re.findall(r'class="square [^"]*" href="/duties/([^"?]+)', page)


@pytest.mark.parametrize("reading", ["literal", "per-meeting"])
def test_json_equals_assessments(client, kb, reading):
    """The JSON of the duties equals the assessments of the library, object by object."""
    found = kb.assessment.assess(reading=reading)
    verbaliser = Verbaliser(found.inputs, "en")

    assert data(client, f"/duties?reading={reading}")["duties"] == [assessment_to_json(a, verbaliser=verbaliser) for a in found.assessments]


def test_every_status_occurs(client, kb):
    """Under the readings together every status occurs on the demo register."""
    found = data(client, "/duties?reading=*")["duties"]

    assert {row["status"] for row in found} == {local_name(iri) for iri in kb.knowledge.instances(OBS + "Status")}
    assert {row["reading"] for row in found} == set(kb.assessment.inputs.readings)


@pytest.mark.parametrize("reading", ["literal", "per-meeting"])
def test_matrix_is_complete(client, browser, reading, lang):
    """The matrix has one square, with sign and label, for each duty with a bearer, and none for others."""
    page = browser.get(f"/duties?reading={reading}&lang={lang}").text
    borne = [row["duty"].partition("/duties/")[2] for row in data(client, f"/duties?reading={reading}")["duties"] if row["bearer"]]

    assert sorted(squares(page)) == sorted(borne)
    assert all(re.findall(r'class="square .*?class="sign" aria-hidden="true">[^<]+<.*?class="unseen">[^<]+<', page))
    assert "</dt><dd>" in page[page.index('class="signs"') :]


def test_announced_of_nobody(client, browser):
    """What the text announces of nobody is listed for each meeting and is in no bearer's row and no count."""
    announced = [row for row in data(client, "/duties")["duties"] if row["bearer"] is None]
    page = browser.get("/duties?lang=en").text
    section = page[page.index('id="announced"') :]

    assert announced
    assert all(row["occasion"] for row in announced)
    assert all(row["duty"].partition("/duties/")[2] in section for row in announced)


def test_counts_have_bounds(browser, lang):
    """Each count of fulfilled duties has its upper bound and the number of undetermined duties beside it."""
    page = browser.get(f"/duties?member=XD&lang={lang}").text
    counts = page[page.index('class="chips"') :]

    assert re.search(
        r"(11 follow-up items that can be counted, at least 0 .* at most 11 .*; for 11|Sur 11 .* 0 au moins .* 11 au plus.* 11, )", counts
    )


def test_default_day_is_printed(browser, lang):
    """A page for the default day names that day; a page for a requested day says so."""
    named = {"fr": "Aucune date n’a été choisie", "en": "No day was chosen"}[lang]

    assert named in browser.get(f"/duties?lang={lang}").text
    assert named not in browser.get(f"/duties?asOf=2020-06-01&lang={lang}").text


def rows_of(page: str) -> list[str]:
    """The codes of the Members and Unions that have a row on a page."""
    return re.findall(r'<th scope="row"><a [^>]*>[^<]+</a> <span class="status">(\w+)</span>', page)


def test_selection(browser, client):
    """Statuses, marks and regions narrow the list for programs, and the rows for people; what narrows them can be taken away again."""
    everything = data(client, "/duties")["duties"]
    unknown = data(client, "/duties?status=Unknown&status=Conflicting")["duties"]
    assert unknown == [row for row in everything if row["status"] in ("Unknown", "Conflicting")] != []
    without = data(client, "/duties?paragraph=2.5&mark=none")["duties"]
    assert {row["paragraph"] for row in without} == {"2.5"} and {row["status"] for row in without} <= {
        "NotYetProvided",
        "NoEvidenceOnRecord",
    }

    page = browser.get("/duties?lang=en&paragraph=2.5&mark=none").text
    assert sorted(rows_of(page)) == sorted({local_name(row["bearer"]) for row in without})
    assert "Only:" in page and "nothing recorded" in page
    region = re.search(r'<select id="region".*?<option value="([^"]+)">', page, re.DOTALL)[1]
    in_region = data(client, f"/duties?region={region}")["duties"]
    assert 0 < len({row["bearer"] for row in in_region}) < len({row["bearer"] for row in everything})
    silent = data(client, "/duties?without=provided&without=information&without=part&without=clarify")["duties"]
    recorded = {
        row["bearer"] for row in everything if row["status"] in ("Fulfilled", "EvidenceReported", "PartiallyFulfilled", "Conflicting")
    }
    assert silent and not recorded & {row["bearer"] for row in silent}


def test_order(browser):
    """Rows are in alphabetical order whatever the accents, by region, or by the number of items that are asked for, the most first."""

    def names(query: str) -> list[str]:
        return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', browser.get(f"/duties?lang=fr{query}").text)

    def counts(query: str) -> list[int]:
        page = browser.get(f"/duties?lang=fr{query}").text
        return [row.count("mark-unknown") for row in re.findall(r'<tr><th scope="row"><a .*?</tr>', page, re.DOTALL)]

    assert names("") == sorted(names(""), key=lambda name: name.replace("É", "E").replace("é", "e").replace("ô", "o"))
    assert names("").index("Estavie") < names("").index("Félouque") < names("").index("Grandmont")
    by_count = counts("&mark=unknown&order=count")
    assert by_count == sorted(by_count, reverse=True) != counts("&mark=unknown")
    assert sorted(names("&order=region")) == sorted(names("")) != names("&order=region")


@pytest.mark.parametrize(
    "wrong", ["status=Late", "mark=red", "without=red", "region=nowhere", "order=age", "member=ZZ", "asOf=2010-01-01", "asOf=x"]
)
def test_wrong_selection(browser, client, wrong):
    """What does not exist is told with what does, in one message, and no answer to another question is shown."""
    response = browser.get(f"/duties?lang=en&{wrong}")
    assert response.status_code in (400, 404)
    assert response.text.count('role="alert"') == 1
    assert "<table" not in response.text and 'class="chips"' not in response.text
    if not wrong.startswith("order"):
        assert client.get(f"/duties?{wrong}").status_code == response.status_code


def test_compare(browser, client):
    """What moved between two days is told with its reasons on both, and agrees with the statuses on those days."""
    days = "2021-04-20", "2023-11-07"
    found = data(client, f"/compare?from={days[0]}&to={days[1]}")
    sides = [
        {(row["norm"], row["bearer"], row["occasion"], row["status"]) for row in data(client, f"/duties?asOf={day}")["duties"]}
        for day in days
    ]
    moved = {(row["norm"], row["bearer"]) for change in found["changes"] for row in (*change["before"], *change["after"])}
    assert moved == {pair[:2] for pair in sides[0] ^ sides[1]} != set()
    assert (found["from"], found["to"]) == days
    assert found["unchanged"] == len({pair[:2] for pair in sides[1]}) - len(found["changes"])

    page = browser.get(f"/compare?lang=en&fromMeeting={days[0]}&to={days[1]}")
    assert page.status_code == 200
    assert all(f"asOf={day}" in page.text for day in days)
    # What a provision asks for each of many occasions is counted by status, and leads to the items on that day.
    assert re.search(r'href="/duties\?paragraph=2.7&amp;asOf=2023-11-07[^"]*"><span class="status-chip[^×]*</a> × 4', page.text)
    # Without days, what has changed since the last meeting.
    assert "From 7 November 2023 to 14 June 2024" in browser.get("/compare?lang=en").text
    assert data(client, "/compare?member=XA&paragraph=2.5")["changes"] == []


@pytest.mark.parametrize(
    "wrong",
    ["from=2024-01-01&to=2021-01-01", "from=x", "to=2010-01-01", "from=2021-01-01&fromMeeting=2021-04-20", "member=ZZ", "paragraph=9.9"],
)
def test_wrong_comparison(browser, client, wrong):
    """Days in the wrong order, wrong days and unknown parties are told in one message, without another answer; what was typed stays."""
    response = browser.get(f"/compare?lang=en&{wrong}")
    assert (response.status_code in (400, 404), response.text.count('role="alert"'), "<table" in response.text) == (True, 1, False)
    assert client.get(f"/compare?{wrong}").status_code == response.status_code


def test_members_and_paragraphs(client):
    """Members and paragraphs narrow the list, several of each together, and a Member's own address is the same list."""
    rows = data(client, "/duties?member=XA&member=xb&paragraph=2.5&paragraph=3")["duties"]

    assert {(local_name(row["bearer"]), row["paragraph"]) for row in rows} == {(m, p) for m in ("XA", "XB") for p in ("2.5", "3")}
    assert data(client, "/members/XB/duties") == data(client, "/duties?member=XB")


def test_past_snapshot(client):
    """With `asOf` and `knownAt` a duty has the status that it had at that moment."""

    def status(query: str) -> str:
        (row,) = data(client, f"/duties?member=XB&paragraph=2.5&reading=benchmark&{query}")["duties"]
        return row["status"]

    assert status("asOf=2020-02-01") == "NotYetDue"
    assert status("asOf=2020-02-02") == "Behind"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/duties?reading=strict", 404, ("reading “strict”", "lecture « strict »")),
        ("/duties?reading=/etc/passwd.ttl", 404, ("reading", "lecture")),
        ("/duties?asOf=2020-02-30", 400, ("asOf: “2020-02-30”", "asOf : « 2020-02-30 »")),
        ("/duties?knownAt=yesterday", 400, ("knownAt: “yesterday”", "knownAt : « yesterday »")),
        ("/duties?asOf=2017-01-01", 400, ("before the instrument", "précède l'instrument")),
        ("/duties?member=XX", 404, ("XX", "XX")),
        ("/members/XZ/duties", 404, ("does not declare", "ne déclare pas")),
        ("/duties?paragraph=4", 404, ("no paragraph 4", "paragraphe 4")),
        ("/duties/XB/norm-9", 404, ("no follow-up item", "pas de point de suivi")),
        ("/duties/XB/norm-2.5?whyNot=Guilty", 404, ("no status “Guilty”", "statut « Guilty »")),
        ("/duties/XB/norm-2.5?since=1", 400, ("since: “1”", "since : « 1 »")),
        ("/duties?format=tsv", 400, ("tsv", "tsv")),
        ("/readings/strict.ttl", 404, ("strict", "strict")),
    ],
)
def test_bad_requests_are_refused(client, path, status, said, lang):
    """A bad request is refused with a status and one sentence in each language that names the fault."""
    response = client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}", headers={"Accept": "application/json"})
    problem = json.loads(response.text)

    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert problem["detail"] == problem[f"detail_{lang}"]
    assert said[0] in problem["detail_en"]
    assert said[1] in problem["detail_fr"].replace("\u00a0", " ")


def test_refused_day_stays_in_the_form(browser):
    """A page whose day is refused shows the form with the typed values and the sentence."""
    response = browser.get("/duties?asOf=2017-01-01&member=XB&lang=en")

    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert 'value="2017-01-01"' in response.text


def test_explanation_by_accept(client):
    """The explanation is JSON with its sentences and reasons, or a graph with the assessment and its premises."""
    found = data(client, "/duties/XB/norm-2.5/explanation?reading=benchmark&lang=fr&whyNot=Fulfilled&since=2020-01-01")
    response = client.get(BEHIND, headers={"Accept": "text/turtle"})
    graph = list(ox.parse(response.data, format=ox.RdfFormat.TURTLE))

    assert "délai que seule cette lecture suppose est écoulé" in found["sentences"][0]
    assert found["whyNot"]["status"] == "Fulfilled"
    assert found["changed"]["before"]["status"] == "NotYetDue"
    assert all(reason["witnesses"] or reason["licence"] for reason in found["because"])
    assert any(q.predicate.value == OBS + "hasStatus" and q.object.value == OBS + "Behind" for q in graph)


def test_sections_of_the_explanation(browser, lang):
    """The page has the verdict, then readings, reasons, text, unknowns and changes, and answers `whyNot` and `since`."""
    page = browser.get(f"{BEHIND}&whyNot=Fulfilled&since=2020-01-01&lang={lang}").text
    parts = ["verdict", "under", "because", "days", "text", "unknown", "change", "whynot", "changed"]

    assert [page.index(f'id="{part}"') for part in parts] == sorted(page.index(f'id="{part}"') for part in parts)
    assert "<mark>fournir à l&#39;OMD un calendrier indicatif</mark>" in page
    assert "DESCRIBE" not in page
    assert "/demo/complete-" in page
    assert page.count('role="status"') == 2


@pytest.mark.parametrize(
    "path", [BEHIND, f"{BEHIND}&whyNot=Fulfilled&since=2020-01-01", "/duties/XC/norm-2.5/history", "/duties", "/duties?reading=*",
             "/duties?member=XB&reading=benchmark", "/compare?from=2019-01-01", "/readings", "/what-if"],
)  # fmt: skip
def test_pages_speak_in_words(browser, path, lang):
    """What people read has no compact IRI, no day or duration in the form for programs, and no DESCRIBE."""
    page = browser.get(f"{path}{'&' if '?' in path else '?'}lang={lang}").text
    main = re.sub(
        r"<pre.*?</pre>|<(?:select|textarea).*?</(?:select|textarea)>|<p class=\"printed.*?</p>",
        "",
        page[page.index("<main") :],
        flags=re.DOTALL,
    )
    text = re.sub(r"<[^>]*>", " ", main)

    assert "DESCRIBE" not in main
    assert re.findall(r"\b(?:demo|obs|res|wco):\w+|\b\d{4}-\d\d-\d\d\b|\bP\d+[DMY]\b", text) == []


def test_differing_readings_first(client, browser):
    """Readings that give another status precede those that give the same."""
    page = browser.get(f"{BEHIND}&lang=en").text
    table = page[page.index('id="under"') : page.index('id="because"')]
    marked = ["flips" in row for row in re.findall(r"<tr[^>]*>", table)[1:]]

    assert marked == sorted(marked, reverse=True)
    assert any(marked)


def test_history(client, browser):
    """The spans have no gap up to the day of the assessment, and the last one has the status of that day."""
    spans = data(client, "/duties/XC/norm-2.5/history?reading=benchmark")["history"]
    (now,) = data(client, "/duties?member=XC&paragraph=2.5&reading=benchmark")["duties"]

    assert [span["status"] for span in spans] == ["NotYetProvided", "NotYetDue", "Behind", "FulfilledLate"]
    assert (spans[-1]["status"], spans[-1]["until"]) == (now["status"], now["asOf"])
    assert all(before["until"] < after["from"] for before, after in pairwise(spans))
    pages = [browser.get(f"/duties/XC/norm-2.5{part}?reading=benchmark&lang=en").text for part in ("/history", "")]
    assert [page[page.index('class="status-line"') :].partition("</svg>")[0].count("<rect") for page in pages] == [len(spans)] * 2
    table = pages[0][pages[0].index("Where it stood at each meeting held") :]
    assert re.findall(r"<tr><td>(\d)</td>", table) == ["1", "2", "3", "4"]
    assert "assumed period running" in table[: table.index("Second review meeting")] and "asOf=2019-10-15" in table


def test_what_if(client, browser):
    """A hypothetical document changes the statuses that depend on it and is not stored."""
    before = data(client, "/duties?reading=benchmark")
    response = client.post("/what-if?reading=benchmark", data=TIMETABLE, content_type="text/turtle")
    (changed,) = [c for c in response.json["differences"] if c["before"][0]["paragraph"] == "2.5"]
    page = browser.post("/what-if?lang=en", data={"document": TIMETABLE, "reading": "benchmark"})

    assert changed["before"][0]["status"] != changed["after"][0]["status"] in ("Fulfilled", "FulfilledLate")
    assert (page.status_code, "would have" in page.text) == (200, True)
    assert data(client, "/duties?reading=benchmark") == before


def test_custom_reading(client, browser):
    """A custom reading is compared with a shipped one, duty by duty, and is not stored."""
    own = BENCHMARK.replace("reading:benchmark", "reading:mine").replace('"benchmark"', '"mine"').replace("P12M", "P100Y")
    response = client.post("/readings?reading=literal", data=own, content_type="text/turtle")
    page = browser.post("/readings?lang=en", data={"document": own, "reading": "literal"})

    assert response.status_code == 200, response.text
    assert {a["status"] for change in response.json["differences"] for a in change["after"]} <= {"NotYetDue", "NotYetProvided", "Fulfilled"}
    assert any(a["status"] == "NotYetDue" for change in response.json["differences"] for a in change["after"])
    assert (page.status_code, "would have" in page.text) == (200, True)
    assert "mine" not in [reading["name"] for reading in data(client, "/readings")]


@pytest.mark.parametrize("path", ["/readings", "/what-if"])
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [("", "text/turtle", 400), ("no turtle at all <", "text/turtle", 400), ("GIF89a", "image/gif", 415)],
)
def test_bad_documents(client, browser, path, body, kind, status):
    """Content that is no document is refused in one sentence, by the API and on the page."""
    response = client.post(path, data=body, content_type=kind)
    page = browser.post(f"{path}?lang=en", data={"document": body})

    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert page.status_code in (400, 415)
    assert 'role="alert"' in page.text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"P12M"', '"a year"', "Write one duration"),
        ("res:norm-2.5", "res:norm-77", "does not exist"),
        ("obs:Interpretation", "obs:Something", "holds 0 readings"),
    ],
)
def test_invalid_readings(client, old, new, said):
    """A reading with a malformed duration or an unknown norm, or a file without a reading, is refused; the sentence names the fault."""
    response = client.post(
        "/readings", data=BENCHMARK.replace("reading:benchmark", "reading:mine").replace(old, new), content_type="text/turtle"
    )

    assert response.status_code == 400
    assert said in response.json["detail_en"]


@pytest.fixture(scope="module")
def short_deadline():
    """A service that gives no assessment the time that it takes."""
    app = create_app(Settings(workers=1, assess_seconds=1e-6))
    yield app.test_client()
    close(app)


@pytest.mark.parametrize(
    "path",
    [
        "/duties",
        "/duties/XB/norm-2.5",
        "/duties/XB/norm-2.5/history",
        "/relay",
        "/meetings",
        "/meetings/meeting-2023",
        "/benchmarking",
        "/questions/statuses-of-a-party?party=XB",
    ],
)
@pytest.mark.parametrize(("accept", "kind"), [("text/html", "text/html"), ("application/json", "application/problem+json")])
def test_deadline(short_deadline, path, accept, kind):
    """Work that does not end in time is stopped and answered with 503, as a page or for programs, which are told when to come again."""
    response = short_deadline.get(path, headers={"Accept": accept})

    assert (response.status_code, response.mimetype) == (503, kind)
    assert response.headers["Retry-After"]
