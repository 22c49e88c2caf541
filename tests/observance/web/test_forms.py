"""`/file`: forms give what the same RDF gives; each button; nothing written is lost; drafts; and what no form discloses."""

import base64
import json
import re
import time
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from conftest import ROOT, check_each
from kept_register import NOTIFICATION, invoke
from observance.accounts import MOST_DRAFT_BYTES, MOST_DRAFTS, Drafts
from observance.core import OBS, current_time, translate
from observance.documentation import list_guides
from observance.handlers.forms import offered_part
from observance.knowledge_base import KnowledgeBase
from observance.ledger import Ledger, locate
from served_ledger import PARTIES, make
from served_ledger import browser as logged_in

EXAMPLES = sorted(file for file in (ROOT / "shapes" / "examples").glob("*.ttl") if not file.name.startswith("register-"))
MULTIPART = "multipart/form-data"
FIRST_DATE = "obs:milestone/0/obs:plannedInterval/0/time:hasBeginning/0/time:inXSDDate/0"
LAST_DATE = "obs:milestone/0/obs:plannedInterval/0/time:hasEnd/0/time:inXSDDate/0"


class Page(HTMLParser):
    """The fields of the form of a page, as a browser would send them, and its links, buttons and ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.fields, self.buttons, self.ids, self.links, self.files = text, [], [], [], [], []
        self.inside, self.select, self.area = False, "", ""
        self.written = ""
        self.chosen: str | None = None
        self.first: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        self.ids += [a["id"]] if "id" in a else []
        self.links += [a["href"]] if tag == "a" and "href" in a else []
        if tag == "form":
            self.inside = a.get("class") == "filled"
        if not self.inside:
            return
        if tag == "input" and a.get("type") == "file":
            self.files.append(a["name"])
        elif tag == "input" and (a.get("type") not in ("radio", "checkbox") or "checked" in a):
            self.fields.append((a["name"], a.get("value", "")))
        elif tag == "button":
            self.buttons.append(a["value"])
        elif tag == "select":
            self.select, self.chosen, self.first = a["name"], None, None
        elif tag == "option":
            self.first = a["value"] if self.first is None else self.first
            self.chosen = a["value"] if "selected" in a else self.chosen
        elif tag == "textarea":
            self.area, self.written = a["name"], ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.written += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select:
            self.fields.append((self.select, self.first or "" if self.chosen is None else self.chosen))
            self.select = ""
        elif tag == "textarea" and self.area:
            self.fields.append((self.area, self.written.removeprefix("\n").replace("\n", "\r\n")))
            self.area = ""

    def with_values(self, **_: str) -> dict[str, list[str]]:
        """The fields by name."""
        values: dict[str, list[str]] = {}
        for name, value in self.fields:
            values.setdefault(name, []).append(value)
        return values


def press(client: FlaskClient, page: Page, name: str, button: str, *, lang: str = "en", **more: Any) -> Any:
    """Press a button of the page, with other values in these fields."""
    data: dict[str, Any] = {**page.with_values(), "do": button, **more.pop("values", {}), **more}
    return client.post(f"/file/{name}", query_string={"lang": lang}, data=data, content_type="multipart/form-data")


def shown(client: FlaskClient, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)[:2000]
    return Page(response.get_data(as_text=True))


def page_of(response: Any) -> Page:
    return Page(response.get_data(as_text=True))


def opened(client: FlaskClient, name: str, content: bytes, file: str = "document.ttl") -> Page:
    response = press(client, shown(client, f"/file/{name}"), name, "open", opened=(BytesIO(content), file))
    assert response.status_code == 200, response.get_data(as_text=True)[-2500:]
    return page_of(response)


def canonical(content: bytes) -> set[str]:
    dataset = ox.Dataset(ox.Quad(q.subject, q.predicate, q.object) for q in ox.parse(content, format=ox.RdfFormat.TURTLE))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def forms(client: FlaskClient) -> list[str]:
    """The names of the forms of the list."""
    links = shown(client, "/file").links
    return [link.split("?")[0].removeprefix("/file/") for link in links if link.startswith("/file/")]


def test_each_form(browser: FlaskClient) -> None:
    """Each form of the list opens empty in both languages, has ids that are unique, and checked as it is says what is missing."""
    names = forms(browser)
    assert {"2.5", "2.8", "3", "withdrawal"} <= set(names)

    def check(key: tuple[str, str]) -> None:
        name, lang = key
        page = shown(browser, f"/file/{name}?lang={lang}")
        assert len(page.ids) == len(set(page.ids)), sorted({i for i in page.ids if page.ids.count(i) > 1})[:3]
        response = press(browser, page, name, "check", lang=lang)
        assert response.status_code == 200 and 'id="summary"' in response.get_data(as_text=True)
        found = page_of(response)
        summary = [link[1:] for link in found.links if link.startswith("#") and link != "#main"]
        assert set(summary) <= set(found.ids), set(summary) - set(found.ids)

    check_each(check, [(name, lang) for name in names for lang in ("fr", "en")])


def form_of(client: FlaskClient, file: Path) -> tuple[str, Page]:
    """The form that an example opens, with its name."""
    page = opened(client, "3", file.read_bytes(), file.name)
    name = re.search(r'action="/file/([^"?]+)', page.text)
    assert name is not None
    return name[1], page


def test_examples(browser: FlaskClient, client: FlaskClient) -> None:
    """Each example opened, posted by the page and downloaded says the same, so that its report is that of the RDF."""

    def check(file: Path) -> None:
        name, page = form_of(browser, file)
        for _ in range(2):
            page = page_of(press(browser, page, name, "check"))
        turtle = press(browser, page, name, "download:turtle")
        assert turtle.status_code == 200, turtle.get_data(as_text=True)[-500:]
        assert canonical(turtle.data) == canonical(file.read_bytes())
        reports = [
            client.post("/validate", data=content, content_type="text/turtle").json["results"]
            for content in (file.read_bytes(), turtle.data)
        ]
        said = [sorted((r["shape"], r["focus"] if "://" in r["focus"] else "", r["severity"]) for r in results) for results in reports]
        assert said[0] == said[1]

    check_each(check, EXAMPLES)


def timetable(client: FlaskClient, **values: str) -> Page:
    """The page of a timetable of one row, checked."""
    filled = {"obs:onBehalfOf/0": f"{PARTIES}XA", "obs:submittedBy/0": f"{PARTIES}XA", FIRST_DATE: "2024-05", LAST_DATE: "2025", **values}
    return page_of(press(client, shown(client, "/file/2.5?lang=en"), "2.5", "check", values=filled))


def test_timetable(browser: FlaskClient) -> None:
    """A row with two dates is a milestone, drawn as a bar; a row without any states nothing."""
    page = timetable(browser)
    turtle = press(browser, page, "2.5", "download:turtle").get_data(as_text=True)

    assert "Ready to be sent" in page.text
    assert turtle.count("a obs:Milestone") == 1 and '"2024-05"^^xsd:gYearMonth' in turtle
    assert page.text.count("<rect ") == 1 and "from May 2024 to 2025." in page.text


def test_chart_of_dates_in_words(browser: FlaskClient) -> None:
    """Dates as people write them are drawn; one that can be read in two ways is not, and is asked about."""
    assert timetable(browser, **{LAST_DATE: "31 March 2026"}).text.count("<rect ") == 1
    page = timetable(browser, **{LAST_DATE: "03/04/2026"})
    assert "<rect " not in page.text and "3 April 2026 or 4 March 2026" in page.text


def test_findings_at_fields(browser: FlaskClient) -> None:
    """What cannot be read and what is missing stand at their fields, in the summary, and the text as typed stays."""
    page = timetable(browser, **{LAST_DATE: "soon <b>", "obs:submittedBy/0": ""})
    summary = page.text.partition('<form class="filled"')[0]

    assert f'id="f-{LAST_DATE}"' in page.text and 'value="soon &lt;b&gt;"' in page.text
    invalid = re.findall(r'name="([^"]+)"[^>]*aria-invalid="true"', page.text)
    assert invalid == ["obs:submittedBy/0", LAST_DATE]
    assert "Not ready" in summary and f"#f-{LAST_DATE}" in summary and "#f-obs:submittedBy/0" in summary
    assert "Good practice:" in summary and "To correct:" in summary and "Cannot be read:" in summary
    assert "^^" not in summary and "Good practice: Good" not in summary and '("' not in summary
    refused = press(browser, page, "2.5", "download:turtle")
    assert refused.status_code == 400 and "1 entry cannot be read yet" in refused.get_data(as_text=True)


def test_another_language_keeps_what_is_written(browser: FlaskClient) -> None:
    """The page in the other language holds what was written in the first."""
    page = timetable(browser, **{"obs:adaptation/0": "Suited to us"})
    (address,) = re.findall(r'form="filled" formaction="([^"]+)" name="do" value="draw" lang="fr"', page.text)
    french = page_of(browser.post(address.replace("&amp;", "&"), data={**page.with_values(), "do": "draw"}, content_type=MULTIPART))
    assert '<html lang="fr">' in french.text
    assert dict(french.fields)["obs:adaptation/0"] == "Suited to us"
    elsewhere = opened(browser, "3", (ROOT / "shapes" / "examples" / "para-2-9-benchmarking.ttl").read_bytes())
    assert set(re.findall(r'formaction="/file/([^"?#]+)\?', elsewhere.text)) == {"2.9"}


def test_findings_alike_are_folded(browser: FlaskClient) -> None:
    """Of many remarks by one shape at one place three are shown, and the others are counted; a correction comes before them."""
    edition = "https://w3id.org/observance/wco/ecommerce-framework/edition-2018"
    page = timetable(browser, **{"obs:edition/0": edition, "obs:submittedBy/0": ""})
    summary = page.text.partition('<form class="filled"')[0]
    assert summary.count("No milestone is for") == 3 and "… and 11 more like these" in summary
    assert summary.index("To correct") < summary.index("No milestone is for")


def test_rows_and_values(browser: FlaskClient) -> None:
    """A row and a value can be added and removed, and what stands in the others stays."""
    page = timetable(browser)
    rows = sum(name.endswith("@suggested") for name, _ in page.fields)
    more = page_of(press(browser, page, "2.5", "add:obs:milestone"))
    assert f"obs:milestone/{rows}/obs:provision/0" in dict(more.fields) and "autofocus" in more.text
    fewer = page_of(press(browser, more, "2.5", "remove:obs:milestone/1"))
    assert sum(name.endswith("@suggested") for name, _ in fewer.fields) == rows - 1
    value = page_of(press(browser, fewer, "2.5", "add:obs:adaptation", values={"obs:adaptation/0": "Suited"}))
    assert dict(value.fields)["obs:adaptation/1"] == "" and dict(value.fields)["obs:adaptation/0"] == "Suited"
    cell = page_of(press(browser, value, "2.5", "add:obs:milestone/0/dcterms:description"))
    assert "obs:milestone/0/dcterms:description/1" in dict(cell.fields)
    assert dict(cell.fields)[FIRST_DATE] == "2024-05"


def test_choices(browser: FlaskClient) -> None:
    """Several values can be checked, another written beside them, and one takes the place of the chosen one; all are shown again."""
    values = {"dcterms:language": ["fr", "en"], "dcterms:language/999": "sw", "obs:submittedBy/0@other": "https://a.example/customs"}
    page = page_of(press(browser, timetable(browser), "2.5", "check", values=values))
    turtle = press(browser, page, "2.5", "download:turtle").get_data(as_text=True)

    assert sorted(value for name, value in page.fields if name == "dcterms:language") == ["en", "fr", "sw"]
    assert dict(page.fields)["obs:submittedBy/0"] == "https://a.example/customs"
    assert turtle.count("^^xsd:language") == 3 and "<https://a.example/customs>" in turtle


def test_preview(browser: FlaskClient) -> None:
    """The preview says in words who tells what, and shows the Turtle."""
    response = press(browser, timetable(browser, **{"obs:adaptation/0": "Suited to us"}), "2.5", "preview")
    preview = response.get_data(as_text=True).partition('class="preview"')[2].partition("<form")[0]

    assert re.search(r"Altamar.* tells the WCO, about its indicative timetable", preview)
    assert "Suited to us" in preview and "obs:IndicativeTimetable" in preview and "Planned – from" in preview


@pytest.mark.parametrize(
    ("button", "media_type", "format"),
    [
        ("turtle", "text/turtle", ox.RdfFormat.TURTLE),
        ("ntriples", "application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("rdfxml", "application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("jsonld", "application/ld+json", ox.RdfFormat.JSON_LD),
    ],
)
def test_downloads(browser: FlaskClient, client: FlaskClient, button: str, media_type: str, format: ox.RdfFormat) -> None:
    """Each syntax is a file that validation calls ready."""
    response = press(browser, timetable(browser), "2.5", f"download:{button}")

    assert response.mimetype == media_type and "attachment" in response.headers["Content-Disposition"]
    assert list(ox.parse(response.data, format=format))
    report = client.post("/validate", data=response.data, content_type=media_type)
    assert report.json["processable"] is True


def test_draft_file(browser: FlaskClient) -> None:
    """A draft as a file holds what is wrong, and opens in whatever form one has before oneself."""
    page = timetable(browser, **{LAST_DATE: "soon", "obs:adaptation/0": "Zwei\nZeilen"})
    draft = press(browser, page, "2.5", "download:draft")
    again = opened(browser, "3", draft.data, "2.5.json")

    assert draft.mimetype == "application/json"
    assert 'action="/file/2.5' in again.text
    values = dict(again.fields)
    assert (values[FIRST_DATE], values[LAST_DATE], values["obs:adaptation/0"]) == ("2024-05", "soon", "Zwei\r\nZeilen")


def test_unknown_statements(browser: FlaskClient) -> None:
    """Statements that the form does not know are shown and kept."""
    content = (
        ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl"
    ).read_bytes() + b"\n<https://a.example/x> <https://a.example/y> 7 .\n"
    page = opened(browser, "2.5", content)

    assert "https://a.example/y" in page.text
    assert canonical(press(browser, page, "2.5", "download:turtle").data) == canonical(content)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_workbook_fills_the_form(browser: FlaskClient, lang: str) -> None:
    """A workbook opened in a form fills it in; a cell that cannot be taken stands as typed at its row, wherever that has moved to."""
    book = openpyxl.load_workbook(BytesIO(browser.get(f"/workbooks/2.5?lang={lang}").data))
    sheet = next(one for one in book if str(one["A1"].value).startswith("observance:table"))
    last = max(row for row in range(4, sheet.max_row + 1) if sheet.cell(row, 2).value)
    for row, texts in ((last, ("2024-05", "03/04/2025")), (4, ("2023", "#REF!"))):
        sheet.cell(row, 3).value, sheet.cell(row, 4).value = texts
    sheet["Z5"] = "Beside"
    saved = BytesIO()
    book.save(saved)
    response = press(browser, shown(browser, "/file/3"), "3", "open", lang=lang, opened=(BytesIO(saved.getvalue()), "t.xlsx"))
    page = page_of(response)
    values = dict(page.fields)
    rows = {value: name.split("/")[1] for name, value in page.fields if name.endswith("obs:provision/0")}

    assert response.status_code == 200 and f"/file/2.5?lang={lang}" in page.text
    assert [values[LAST_DATE.replace("/0/", f"/{rows_number}/", 1)] for rows_number in ("0", str(len(rows) - 1))] == ["#REF!", "03/04/2025"]
    assert values[FIRST_DATE] == "2023" and page.text.count(f"{sheet.title}!D{last}") == 2 and "Z5" in page.text
    target = page.text.partition(f"{sheet.title}!D{last}")[0].rpartition('<a href="#')[2].partition('"')[0]
    assert target == f"f-{LAST_DATE.replace('/0/', f'/{len(rows) - 1}/', 1)}"
    refused = press(browser, shown(browser, "/file/3"), "3", "open", lang=lang, opened=(BytesIO(b"PK\x03\x04 none"), "x.xlsx"))
    assert refused.status_code == 400 and 'role="alert"' in refused.text


@pytest.mark.parametrize("name", ["2.5", "3"])
@pytest.mark.parametrize(
    "fields",
    [
        {"obs:milestone/9999/obs:provision/0": "x"},
        {"obs:milestone/0/obs:provision": ["a", "b"], "obs:onBehalfOf": ["x", "y"]},
        {"/": "x", "//": "x", "a//b": "x", "@": "x", "@node": "_:<>", "@classes": "no iri", "@rest": "<not> triples"},
        {"a/" * 300: "x"},
        {"obs:onBehalfOf/0": "\x00<script>alert(1)</script>\ud7ff", "obs:onBehalfOf/0@language": '"><script>'},
        {"obs:milestone/0": "text where a part is"},
        {"obs:onBehalfOf/0/obs:onBehalfOf/0": "a part where a text is"},
        {"do": "remove:obs:milestone/77"},
        {"do": "add:nothing/0/here"},
        {"do": "add:"},
        {"do": "fly:away"},
        {"do": "download:exe"},
        {"do": "open"},
        {"do": "send"},
        {"do": "save"},
        {"draft": "../../x:1", "csrf": "é"},
    ],
)
def test_hostile_posts(browser: FlaskClient, name: str, fields: dict[str, Any]) -> None:
    """Whatever is posted, the answer is a page with a clear sentence, and nothing posted is told as markup."""
    response = browser.post(f"/file/{name}?lang=en", data={"do": "check", **fields}, content_type="multipart/form-data")

    assert response.status_code in (200, 400, 403, 404)
    text = response.get_data(as_text=True)
    assert "<script>alert" not in text and "incident" not in text and 'class="filled"' in text


@pytest.mark.parametrize(
    "content", [b"{", b'{"form":"2.5"}', b'{"form":"nope","part":{}}', b"[" * 100_000, b"\xff\xfe{", b"%PDF", b"", b"{" * 5000]
)
def test_opening_what_is_no_draft(browser: FlaskClient, content: bytes) -> None:
    """A file that is neither a draft nor RDF leaves the form as it was, with the reason."""
    page = timetable(browser)
    response = press(browser, page, "2.5", "open", opened=(BytesIO(content), "x"))

    assert response.status_code in (400, 404, 413, 415)
    assert 'role="alert"' in response.get_data(as_text=True) and 'value="2024-05"' in response.get_data(as_text=True)


def test_deep_draft(browser: FlaskClient) -> None:
    """A draft of parts within parts that no page could post is refused."""
    part: dict[str, Any] = {}
    for _ in range(40):
        part = {"entries": {"obs:milestone": [{"part": part}]}}
    response = press(
        browser, timetable(browser), "2.5", "open", opened=(BytesIO(json.dumps({"form": "2.5", "part": part}).encode()), "x.json")
    )

    assert response.status_code == 400 and "no draft" in response.get_data(as_text=True)


def test_too_many_fields(browser: FlaskClient) -> None:
    """A form of very many fields is refused with the bound in words."""
    response = browser.post("/file/3?lang=en", data={f"obs:x/{n}": "" for n in range(1_100)}, content_type="multipart/form-data")

    assert response.status_code == 413 and "1000 fields" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "path", "count"),
    [("2.5", "obs:milestone/{}/obs:provision/0", 900), ("2.5", "prov:wasRevisionOf/{}", 900), ("2.8", "obs:progressStatement/{}/x/0", 900)],
)
def test_large_pages(browser: FlaskClient, name: str, path: str, count: int) -> None:
    """No small request makes a large page: instead of one that could not be posted again, what was written is given as a draft."""
    fields = {path.format(n): "x" for n in range(count)}
    posted = browser.post(f"/file/{name}?lang=en", data=fields, content_type="multipart/form-data")
    draft = {"form": name, "part": {"entries": {path.partition("/")[0]: [{"text": "x"}] * 4_000}}}
    opened_draft = press(browser, shown(browser, "/file/3"), "3", "open", opened=(BytesIO(json.dumps(draft).encode()), "draft.json"))

    assert (posted.status_code, opened_draft.status_code) == (413, 413)
    assert len(posted.data) < 200_000 and "cannot show this much" in posted.get_data(as_text=True)
    (kept,) = re.findall(r'href="data:application/json;base64,([^"]+)"', posted.get_data(as_text=True))
    assert base64.b64decode(kept).count(b'"x"') >= count


def test_busy_workers(app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the work cannot be done now, the page holds what was written."""
    from observance.core import DeadlineExceededError
    from observance.web import form_requests

    def too_late(*_: object) -> None:
        raise DeadlineExceededError("querying.deadline", seconds=1)

    page = timetable(browser)
    monkeypatch.setattr(form_requests, "checked", too_late)
    response = press(browser, page, "2.5", "check")

    assert response.status_code == 503 and 'value="2024-05"' in response.get_data(as_text=True)


# With accounts


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger")
    made, letter = make(folder), folder / "restricted.ttl"
    letter.write_text(NOTIFICATION.replace("obs:Public", "obs:Restricted").replace("xa/notification", "xa/restricted"), encoding="utf-8")
    invoke("register", "receive", letter, "--register", made, "--by", "XA", "--on", "2024-01-05", "--lang", "en")
    return made


def notification(client: FlaskClient) -> Page:
    page = shown(client, "/file/3?lang=en")
    return page_of(press(client, page, "3", "check", values={"obs:intends/0": "true"}))


def test_sending(ledger_app: Flask) -> None:
    """A contact finds party and sender filled in, sends the form, and sees its receipt."""
    contact = logged_in(ledger_app, "xa")
    page = shown(contact, "/file/3?lang=en")
    assert dict(page.fields)["obs:onBehalfOf/0"] == dict(page.fields)["obs:submittedBy/0"] == f"{PARTIES}XA"
    assert dict(page.fields)["dcterms:dateSubmitted/0"] == current_time().date().isoformat()

    sent = press(contact, notification(contact), "3", "send")
    assert sent.status_code == 303, sent.get_data(as_text=True)[-1500:]
    receipt = contact.get(sent.headers["Location"]).get_data(as_text=True)
    assert "receipt" in receipt and "urn:uuid:" in receipt


def csrf(page: Page) -> str:
    return dict(page.fields)["csrf"]


def test_original(ledger_app: Flask) -> None:
    """A letter that is attached is received as the original, which the form transcribes."""
    contact = logged_in(ledger_app, "xa")
    page = notification(contact)
    values = {"dcterms:title/0": "With a letter"}
    sent = press(contact, page, "3", "send", values=values, original=(BytesIO(b"%PDF-1.4 our letter"), "letter.pdf", "application/pdf"))

    assert sent.status_code == 303, sent.get_data(as_text=True)[-2500:]
    number = int(sent.headers["Location"].partition("?")[0].rpartition("/")[2])
    receipt = contact.get(f"/submissions/{number}?lang=en").get_data(as_text=True)
    links = re.findall(r'/submissions/(\d+)[?"]', receipt.partition("<dl")[2])
    originals = {int(each) for each in links if int(each) != number}
    assert len(originals) == 1
    assert contact.get(f"/submissions/{originals.pop()}/content").data == b"%PDF-1.4 our letter"


def numbers(client: FlaskClient) -> set[int]:
    """The numbers of the communications of the register."""
    return {each["number"] for each in client.get("/submissions", headers={"Accept": "application/json"}).json["submissions"]}


def test_refused_form_leaves_no_letter(ledger_app: Flask) -> None:
    """Where the form is another party's, its letter is not entered either; where it is not ready, the page asks for the letter again."""
    contact = logged_in(ledger_app, "xa")
    before = numbers(contact)
    letter = {"original": (BytesIO(b"%PDF-1.4 a letter"), "letter.pdf", "application/pdf")}
    refused = press(contact, notification(contact), "3", "send", values={"obs:onBehalfOf/0": f"{PARTIES}XU"}, **letter)
    letter = {"original": (BytesIO(b"%PDF-1.4 a letter"), "letter.pdf", "application/pdf")}
    unready = press(contact, notification(contact), "3", "send", values={"dcterms:dateSubmitted/0": "soon"}, **letter)

    assert refused.status_code == 403 and unready.status_code == 200
    assert "choose it again" in unready.get_data(as_text=True)
    assert numbers(contact) == before


def test_what_the_text_asks_for_is_shown_before_sending(ledger_app: Flask) -> None:
    """A notification that states no intention is shown with that first, and sent when its sender says so; no sentence states one."""
    contact = logged_in(ledger_app, "xa")
    page = shown(contact, "/file/3?lang=en")
    values = {"dcterms:title/0": "Nothing ticked"}
    first = press(contact, page, "3", "send", values=values)
    assert first.status_code == 200 and "Send it as it is" in first.get_data(as_text=True)
    preview = press(contact, page, "3", "preview", values={**values, "obs:intends/0": "false"}).get_data(as_text=True)
    assert "notifies the WCO of its intention" not in preview and "about its intention" in preview
    assert press(contact, page_of(first), "3", "send:as-it-is").status_code == 303


def test_a_newer_draft_outlives_sending(ledger_app: Flask) -> None:
    """What a colleague saved since is still there when the older form is sent; a draft that was not saved since goes."""
    contact, colleague = logged_in(ledger_app, "xa"), logged_in(ledger_app, "xa")
    saved = page_of(press(contact, notification(contact), "3", "save", values={"dcterms:title/0": "Draft to send"}))
    identifier = dict(saved.fields)["draft"].partition(":")[0]
    opened_by_colleague = shown(colleague, f"/file/3?draft={identifier}&lang=en")
    press(colleague, opened_by_colleague, "3", "save", values={"dcterms:title/0": "The colleague's"})
    assert press(contact, saved, "3", "send").status_code == 303
    kept = shown(colleague, f"/file/3?draft={identifier}&lang=en")
    assert dict(kept.fields)["dcterms:title/0"] == "The colleague's"
    assert press(colleague, kept, "3", "send").status_code == 303
    assert colleague.get(f"/file/3?draft={identifier}").status_code == 404


def test_a_named_form_becomes_a_revision(browser: FlaskClient) -> None:
    """What was opened with its name can be made a revision of it: a new name, and the old one as what is revised."""
    page = opened(browser, "3", (ROOT / "shapes" / "examples" / "para-3-notification.ttl").read_bytes(), "n.ttl")
    assert dict(page.fields)["@node"] == "https://example.org/xr/notification"
    revised = page_of(press(browser, page, "3", "revise"))
    assert "@node" not in dict(revised.fields)
    turtle = press(browser, revised, "3", "download:turtle").get_data(as_text=True)
    assert re.search(r"prov:wasRevisionOf (ex:xr|<https://example.org/xr)[^ ]*notification", turtle) and "<urn:uuid:" in turtle


def test_every_download_is_well_formed(browser: FlaskClient) -> None:
    """Signs that XML cannot hold are told at their field, and are in no document."""
    page = page_of(press(browser, shown(browser, "/file/3?lang=en"), "3", "check", values={"dcterms:title/0": "a\x01b\uffff"}))
    assert "U+0001" in page.text
    assert press(browser, page, "3", "download:rdfxml").status_code == 400


def test_a_receipt_can_be_filled_in(browser: FlaskClient) -> None:
    """The submission that a receipt is about is chosen from those on record, and stays chosen."""
    page = shown(browser, "/file/receipt?lang=en")
    chosen = re.findall(r'<option value="([^"]+)"', page.text)[0]
    day = {"about/0": chosen, "obs:receivedOn/0": "2024-03-31"}
    checked = page_of(press(browser, page, "receipt", "check", values=day))
    assert dict(checked.fields)["about/0"] == chosen
    turtle = press(browser, checked, "receipt", "download:turtle").get_data(as_text=True)
    assert "obs:receivedOn" in turtle


def test_two_levels_for_one_standard_stand_at_a_row(browser: FlaskClient) -> None:
    """A finding whose value stands in a row is told there."""
    standard = "https://w3id.org/observance/wco/ecommerce-framework/standard-de-minimis"
    rows = {
        f"obs:progressStatement/{n}/{key}": text
        for n, level in enumerate(("Full", "Partial"))
        for key, text in (
            ("obs:provision/0", standard),
            ("obs:level/0", f"https://w3id.org/observance/ns#{level}"),
            ("obs:reportedAsOf/0", "2024-03-31"),
        )
    }
    fields = {**rows, "obs:onBehalfOf/0": f"{PARTIES}XA", "obs:submittedBy/0": f"{PARTIES}XA", "dcterms:dateSubmitted/0": "2024-04-01"}
    page = page_of(browser.post("/file/2.8?lang=en", data={**fields, "do": "check"}))
    summary = page.text.partition('<form class="filled"')[0]
    assert re.search(r'href="#[^"]*obs:progressStatement/1[^"]*"', summary), summary[-2000:]


def test_secretariat_sends_for_a_party(ledger_app: Flask) -> None:
    """The Secretariat enters a form for the party that it names; records are its own, and no other's."""
    secretariat = logged_in(ledger_app, "secretariat")
    values = {"obs:onBehalfOf/0": f"{PARTIES}XU", "obs:submittedBy/0": f"{PARTIES}XU", "obs:intends/0": "true"}
    sent = press(secretariat, shown(secretariat, "/file/3"), "3", "send", values=values)
    assert sent.status_code == 303, sent.get_data(as_text=True)[-2500:]
    assert "review-meeting" in forms(secretariat) and secretariat.get("/file/review-meeting").status_code == 200

    for reader in (None, "reader", "xa"):
        other = logged_in(ledger_app, reader)
        assert "review-meeting" not in forms(other)
        assert other.get("/file/review-meeting").status_code == 404
        assert other.post("/file/review-meeting", data={"do": "check"}).status_code == 404


def recorded(client: FlaskClient, name: str, values: dict[str, str], **more: str) -> Any:
    """Press the button that enters the record, again while the register is still being taken up."""
    end = time.monotonic() + 30
    while True:
        response = press(client, shown(client, f"/file/{name}?lang=en"), name, "send", values=values, **more)
        if response.status_code != 409 or time.monotonic() > end:
            return response
        time.sleep(0.2)


def test_secretariat_enters_a_record(ledger_app: Flask, file: Path) -> None:
    """The Secretariat enters a record with the checks of the commands: once, with its account; nobody else may, and a fault is told."""
    secretariat = logged_in(ledger_app, "secretariat")
    meeting = {"skos:prefLabel/0": "Second review", "obs:meetingState/0": f"{OBS}MeetingPlanned", "obs:plannedFor/0": "2031-02-03"}
    refused = recorded(secretariat, "review-meeting", {**meeting, "obs:meetingState/0": f"{OBS}MeetingHeld"})
    later = recorded(secretariat, "review-meeting", {**meeting, "obs:recordedAt/0": "2099-01-01T00:00:00Z"})
    foreign = {"@rest": f"<https://example.org/register/register> <{OBS}declares> <{PARTIES}FR> ."}
    mixed = recorded(secretariat, "review-meeting", {**meeting, **foreign})
    entered = recorded(secretariat, "review-meeting", meeting)
    again = recorded(secretariat, "review-meeting", meeting)

    assert refused.status_code == 200 and 'class="summary poor"' in refused.text and "Second review" in refused.text
    assert mixed.status_code == 400 and "Second review" in mixed.text
    assert "Nothing was written. review-meeting/" in mixed.text and "one of them real" in mixed.text and str(file) not in mixed.text
    assert later.status_code == 400 and "still to come" in later.text and "Second review" in later.text
    assert (entered.status_code, again.status_code) == (201, 200) and "before" in again.text
    with Ledger(locate(file)) as ledger:
        (stated,) = [each for each in ledger.stated() if each.particulars and each.particulars.name.startswith("review-meeting/")]
        assert (stated.entry.kind, stated.particulars.entered_by) == ("record", "secretariat")
        assert b"Second review" in (content := ledger.content(stated.entry.number)) and b"recordedAt" in content
        size = ledger.size
        page = shown(secretariat, "/file/review-meeting")
        other = page.with_values() | {"do": "send", "csrf": "another"}
        assert secretariat.post("/file/review-meeting", data=other | meeting, content_type=MULTIPART).status_code == 403
        for name in ("xa", "reader", None):
            assert logged_in(ledger_app, name).post("/file/review-meeting", data={"do": "send", **meeting}).status_code == 404
        assert ledger.size == size
    assert invoke("register", "verify", file).exit_code == 0
    present = {"obs:meeting/0": stated_iri(entered), "obs:participant/0": f"{PARTIES}XA", "obs:attendance/0": f"{OBS}Attended"}
    early = recorded(secretariat, "participation", present)
    assert early.status_code == 201 and "To be known of it" in early.text


def stated_iri(response: Any) -> str:
    """The IRI of the record that was entered."""
    return re.findall(r"<code>(https?://[^<]+)</code>", response.text)[0]


@pytest.mark.parametrize("button", ["send", "save"])
def test_interrupted(ledger_app: Flask, button: str) -> None:
    """Whoever is not logged in any more, or came from another page, sees all that was written, and goes on after logging in."""
    contact = logged_in(ledger_app, "xa")
    page = notification(contact)
    contact.delete_cookie("observance")
    values = {"dcterms:title/0": f"Interrupted {button}"}

    refused = press(contact, page, "3", button, values=values)
    text = refused.get_data(as_text=True)
    assert refused.status_code == 403 and f"Interrupted {button}" in text and "log in in another tab" in text
    assert contact.post("/login", data={"name": "xa", "password": "correct horse battery staple"}).status_code == 303
    stale = press(contact, page_of(refused), "3", button)
    assert stale.status_code == 403 and f"Interrupted {button}" in stale.get_data(as_text=True)
    assert "press the button again" in stale.get_data(as_text=True)
    done = press(contact, page_of(stale), "3", button)
    assert done.status_code == (303 if button == "send" else 200), done.get_data(as_text=True)[-2500:]


def shown_of_party(client: FlaskClient) -> list[str]:
    """What the pages show of what a party sent and drafted, without the version of the register, which may be read anew meanwhile."""
    pages = [client.get(path).get_data(as_text=True) for path in ("/submissions", "/file")]
    return [re.split('<nav class="take-away"|</main>', page[page.index("<main") :])[0] for page in pages]


def test_other_site(ledger_app: Flask) -> None:
    """A form that another site sends with a browser's session enters nothing and saves nothing."""
    contact = logged_in(ledger_app, "xa")
    before = shown_of_party(contact)
    values = {
        "obs:onBehalfOf/0": f"{PARTIES}XA",
        "obs:submittedBy/0": f"{PARTIES}XA",
        "obs:intends/0": "true",
        "dcterms:dateSubmitted/0": "2024-01-01",
    }
    for button in ("send", "save"):
        for word in ("", "é", "0" * 64):
            assert contact.post("/file/3", data={**values, "do": button, "csrf": word}).status_code == 403
    assert before == shown_of_party(contact)


def test_other_party(ledger_app: Flask) -> None:
    """A contact sends for its own party alone."""
    contact = logged_in(ledger_app, "xa")
    refused = press(contact, notification(contact), "3", "send", values={"obs:onBehalfOf/0": f"{PARTIES}XU"})

    assert refused.status_code in (200, 403) and 'class="filled"' in refused.get_data(as_text=True)


def test_drafts(ledger_app: Flask, file: Path) -> None:
    """A draft is its party's: another contact of it finds it, nobody else does; saved over a newer one, both are kept; it is deleted."""
    contact, tab = logged_in(ledger_app, "xa"), logged_in(ledger_app, "xa")
    saved = page_of(press(contact, notification(contact), "3", "save", values={"dcterms:title/0": "First"}))
    address = next(link for link in shown(contact, "/file").links if "draft=" in link)
    assert dict(saved.fields)["draft"].endswith(":1") and "The draft is saved" in saved.text

    opened_in_tab = shown(tab, address + "&lang=en")
    assert dict(opened_in_tab.fields)["dcterms:title/0"] == "First"
    newer = page_of(press(contact, saved, "3", "save", values={"dcterms:title/0": "Newer"}))
    assert dict(newer.fields)["draft"].endswith(":2")
    beside = page_of(press(tab, opened_in_tab, "3", "save", values={"dcterms:title/0": "Older"}))
    assert "Nothing is lost" in beside.text and dict(beside.fields)["draft"] != dict(newer.fields)["draft"]
    titles = {dict(shown(contact, link).fields)["dcterms:title/0"] for link in shown(contact, "/file").links if "draft=" in link}
    assert {"Newer", "Older"} <= titles and "First" not in titles

    for other in ("xu", "secretariat", "reader", None):
        assert logged_in(ledger_app, other).get(address).status_code in (403, 404)
        assert "draft=" not in logged_in(ledger_app, other).get("/file").get_data(as_text=True)
    identifier = address.partition("draft=")[2].partition("&")[0]
    stranger = logged_in(ledger_app, "xu")
    word = csrf(shown(stranger, "/file/3"))
    stranger.post(f"/file/drafts/{identifier}/deletion", data={"csrf": word})
    assert contact.get(address).status_code == 200
    assert contact.post(f"/file/drafts/{identifier}/deletion").status_code == 403
    contact.post(f"/file/drafts/{identifier}/deletion", data={"csrf": csrf(newer)})
    assert contact.get(address).status_code == 404
    with Ledger(locate(file)) as ledger:
        drafts = Drafts(ledger)
        for draft in drafts.listed(f"{PARTIES}XA"):
            drafts.delete(f"{PARTIES}XA", draft.id)


def test_bounds_of_drafts(ledger_app: Flask, file: Path) -> None:
    """One draft too many, and one that is too large, are refused with the form as it was written."""
    contact = logged_in(ledger_app, "xu")
    page = page_of(press(contact, shown(contact, "/file/3?lang=en"), "3", "check"))
    large = press(contact, page, "3", "save", values={"dcterms:title/0": "x" * (MOST_DRAFT_BYTES + 1)})
    assert large.status_code == 413 and "500 kB" in large.get_data(as_text=True)
    with Ledger(locate(file)) as ledger:
        drafts = Drafts(ledger)
        for _ in range(MOST_DRAFTS):
            drafts.save(f"{PARTIES}XU", "3", b"{}", by="xu", now=current_time())
        refused = press(contact, page, "3", "save", values={"dcterms:title/0": "One more"})
        assert refused.status_code == 413 and "One more" in refused.get_data(as_text=True)
        for draft in drafts.listed(f"{PARTIES}XU"):
            drafts.delete(f"{PARTIES}XU", draft.id)


def test_start_from_earlier(browser: FlaskClient) -> None:
    """A report starts from the last one: levels stay, the day is today's; a revision names what it revises, the next one does not."""
    asked = shown(browser, "/file/2.8").text.partition('name="prov:wasRevisionOf/0"')[2].partition("</select>")[0]
    report = re.findall(r'value="([^"]+/report-1)"', asked)[0]
    revision, following = (dict(shown(browser, f"/file/2.8?from={report}&as={how}").fields) for how in ("revision", "next"))

    assert revision["prov:wasRevisionOf/0"] == report and following["prov:wasRevisionOf/0"] == ""
    levels = [value for name, value in following.items() if name.endswith("/obs:level/0") and value]
    assert levels and following["dcterms:dateSubmitted/0"] == current_time().date().isoformat()
    assert browser.get(f"/file/2.8?from={report}&as=copy").status_code == 400
    for nothing in ("https://a.example/x", "7", "%00", "9" * 30, "https://w3id.org/observance/parties/XA"):
        assert browser.get(f"/file/2.8?from={nothing}").status_code == 404


def test_what_is_on_record_is_offered_to_its_party(kb: KnowledgeBase) -> None:
    """A party is offered its own submissions alone; without a party all are, where there are few."""
    part = kb.forms.form("withdrawal").part
    for party in (f"{PARTIES}XA", None):
        asked = offered_part(part, party=party).field("obs:withdraws")
        assert asked is not None
        found = {choice.party for choice in asked.choices}
        assert found == {f"{PARTIES}XA"} if party else len(found) > 10


def test_what_is_asked_of_unions_alone(ledger_app: Flask) -> None:
    """A Union and whoever has no account are asked for whom else a document is sent; a Member only where that is filled in."""
    members = "obs:filedForMember"
    is_shown = {name: members in logged_in(ledger_app, name).get("/file/3").get_data(as_text=True) for name in ("xa", "xu", None)}
    assert is_shown == {"xa": False, "xu": True, None: True}
    contact = logged_in(ledger_app, "xa")
    filled = NOTIFICATION.replace("obs:onBehalfOf", f"obs:filedForMember <{PARTIES}XB> ; obs:onBehalfOf", 1).encode()
    assert f"{PARTIES}XB" in {value for name, value in opened(contact, "3", filled).fields if name.startswith(members)}


def test_no_disclosure(ledger_app: Flask, file: Path) -> None:
    """No form names a document that the reader may not read, nor starts from one; its own party's does."""
    restricted = "https://example.org/xa/restricted"
    for name in ("xu", "reader", None):
        other = logged_in(ledger_app, name)
        for form in ("3", "2.5", "withdrawal", "2.8"):
            assert restricted not in other.get(f"/file/{form}").get_data(as_text=True)
        numbers = [n for n in range(1, 12) if b"restricted" in other.get(f"/file/3?from={n}").data]
        assert numbers == [] and other.get(f"/file/3?from={restricted}").status_code == 404
    assert restricted in logged_in(ledger_app, "xa").get("/file/withdrawal").get_data(as_text=True)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_guide(browser: FlaskClient, lang: str) -> None:
    """Each form to which the guide leads is there, and the buttons that it names are on the page, in the language."""
    text = list_guides(lang)["filing"].markdown.partition("(/file)")[2].partition("\n## ")[0]
    addresses, named = re.findall(r"\((/file/[^)]+)\)", text), re.findall(r"\*\*([^*]+)\*\*", text)

    assert len(addresses) == 3 and len(named) == 6
    for address in addresses:
        page = shown(browser, f"{address}?lang={lang}").text.replace("&#39;", "’").replace("'", "’")
        missing = [name for name in named if name not in page]
        # Without an account, there is nothing to save and nobody to send it.
        assert set(missing) <= {translate(key, lang).replace("'", "’") for key in ("forms.save", "forms.send")}


def test_same_form_twice(ledger_app: Flask) -> None:
    """The same form sent again gives the first receipt."""
    contact = logged_in(ledger_app, "xa")
    page = notification(contact)
    values = {"dcterms:title/0": "Twice"}
    first, again = (press(contact, page, "3", "send", values=values).headers["Location"] for _ in range(2))

    assert first == again


def test_syntax_without_a_name(browser: FlaskClient) -> None:
    """A statement that a syntax cannot hold is told in a sentence; another syntax holds it."""
    example = (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl").read_bytes()
    page = opened(browser, "2.5", example + b"\n<https://a.example/x> <https://a.example/7> 7 .\n")
    refused, given = (press(browser, page, "2.5", f"download:{kind}") for kind in ("rdfxml", "ntriples"))

    assert (given.status_code, refused.status_code) == (200, 400)
    assert "choose another" in refused.get_data(as_text=True)
