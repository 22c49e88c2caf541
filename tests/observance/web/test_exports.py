"""Answers taken away (`export_requests`, `sharing`, `pdf`): each file holds what its page and its JSON hold, for its reader."""

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient

from kept_register import NOTIFICATION
from observance.core import Settings
from observance.web import close, create_app
from served_ledger import make, program, token

NO_ASSESSMENT = {
    "en": "This register makes no assessment of any Member.",
    "fr": "Ce registre ne porte aucune appréciation sur les Membres.",
}
ITEM = "/duties/XB/norm-2.5"
Rows = list[tuple[Any, ...]]


def duties(found: Any) -> Rows:
    return [(row["paragraph"], row["duty"], row["bearer"], row["assessment"]) for row in found["duties"]]


def bound(found: Any) -> Rows:
    variables = [name for name in found["head"]["vars"] if name in ("party", "status", "p")]
    return [tuple(row[name]["value"] for name in variables) for row in found["results"]["bindings"]]


# The address, the rows that its JSON gives, and the columns (from the last) of the workbook's first table that hold the same.
TABLES: list[tuple[str, Callable[[Any], Rows], tuple[int, ...]]] = [
    ("/duties", duties, (2, -4, -3, -1)),
    ("/duties?reading=*&paragraph=2.5", duties, (2, -4, -3, -1)),
    ("/duties?mark=none&order=region", duties, (2, -4, -3, -1)),
    ("/members/XA/duties?asOf=2021-06-30", duties, (2, -4, -3, -1)),
    (ITEM, lambda found: [(found["paragraph"], found["duty"], found["bearer"], found["assessment"])], (2, -4, -3, -1)),
    (f"{ITEM}/history", lambda found: [(row["from"], row["until"], row["assessment"]) for row in found["history"]], (0, 1, -1)),
    ("/readings", lambda found: [(r["iri"], p["parameter"]) for r in found for p in r["parameters"]], (-2, -1)),
    (
        "/relay",
        lambda found: [(t["received"][:10], t["notification"], r["body"]) for t in found["transmissions"] for r in t["recipients"]],
        (3, -2, -1),
    ),
    ("/relay?missing=1", lambda found: [(t["notification"], r["body"]) for t in found["transmissions"] for r in t["recipients"]], (-2, -1)),
    ("/benchmarking?by=region", lambda found: [(g["members"], g["counted"]) for g in found["groups"]], (1, 2)),
    ("/meetings", lambda found: [(m["key"], m["planned"]) for m in found["meetings"]], (1, 3)),
    ("/questions/statuses-of-a-party?party=XB", bound, (-4, -1)),
]  # fmt: skip


def book(response: Any) -> list[Rows]:
    """The rows of each sheet, days as in xsd:date."""
    assert response.status_code == 200, response.text[:500]
    sheets = openpyxl.load_workbook(io.BytesIO(response.data))
    return [
        [tuple(v.date().isoformat() if hasattr(v, "date") else v for v in row) for row in s.iter_rows(values_only=True)] for s in sheets
    ]


def with_format(address: str, form: str, lang: str = "en") -> str:
    return f"{address}{'&' if '?' in address else '?'}format={form}&lang={lang}"


@pytest.mark.parametrize(("address", "rows_of", "columns"), TABLES, ids=[address for address, _, _ in TABLES])
def test_file_holds_what_its_json_holds(client: FlaskClient, address: str, rows_of: Callable[[Any], Rows], columns: tuple[int, ...]):
    """Workbook and CSV have the rows of the JSON in its order, in both languages, with the same bytes twice."""
    expected = rows_of(client.get(with_format(address, "json")).json)
    assert expected
    for lang in ("en", "fr"):
        response = client.get(with_format(address, "xlsx", lang))
        cover, table, *_ = book(response)
        facts = dict(row[:2] for row in cover if row[0])

        assert [tuple(row[column] for column in columns) for row in table[1:]] == expected
        assert NO_ASSESSMENT[lang] in facts
        assert client.application.test_client().get(with_format(address, "xlsx", lang)).data == response.data
        assert all(table[0])
        text = client.get(f"{with_format(address, 'csv', lang)}&bom=1").data
        assert text.startswith(b"\xef\xbb\xbf")
        lines = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
        start = lines.index([str(heading) for heading in table[0]] + [""] * (len(lines[0]) - len(table[0])))
        shown = [[str(row[column] or "") for column in range(len(table[0]))] for row in lines[start + 1 : start + len(table)]]
        assert shown == [["" if value is None else str(value) for value in row] for row in table[1:]]


def test_dossier_and_comparison(client: FlaskClient):
    """Each table of a dossier is a sheet; a comparison has a row for each change, and names both days."""
    sheets = book(client.get("/meetings/meeting-2021?format=xlsx&lang=en"))
    cover, table = book(client.get("/compare?from=2019-10-15&to=2021-04-20&format=xlsx&lang=en"))
    changes = client.get("/compare?from=2019-10-15&to=2021-04-20&format=json").json["changes"]

    assert len(sheets) > 4
    assert {row[0] for row in sheets[1][1:]} >= {"Altamar"}
    assert len(table) - 1 == len(changes)
    assert "from=2019-10-15&to=2021-04-20" in dict(row[:2] for row in cover)["Permanent address"]


def test_query_as_workbook(client: FlaskClient):
    """The answer to a query has its variables as headings and its terms as they are."""
    query = "SELECT ?p (1 AS ?n) { ?p a obs:OperativeParagraph } ORDER BY ?p LIMIT 3"
    expected = bound(client.get("/sparql", query_string={"query": query, "format": "json"}).json)
    table = book(client.get("/sparql", query_string={"query": query, "format": "xlsx"}))[1]

    assert table[0] == ("p", "n")
    assert [(row[0],) for row in table[1:]] == expected
    assert {row[1] for row in table[1:]} == {1}
    assert client.get("/sparql?query=CONSTRUCT WHERE { ?s ?p ?o }&format=xlsx").status_code == 400
    assert client.get("/sparql?query=SELECT&format=xlsx").status_code == 400


def test_bad_requests_are_told(client: FlaskClient):
    """An unknown Member, a day before the resolution and a format that a page lacks are told as for the page, in both languages."""
    assert client.get("/members/QQ/duties?format=xlsx").status_code == 404
    assert client.get("/duties?asOf=1999-01-01&format=csv").status_code == 400
    assert client.get("/duties?format=pdf").status_code == 400
    assert client.get("/what-if", headers={"Accept": "text/csv"}).status_code == 200


def test_too_many_rows(app: Flask):
    """Past the limit the answer is refused in words, and a page that is too long for a PDF too."""
    small = create_app(Settings(workers=1, max_export_rows=5, max_pdf_characters=100))
    try:
        refused = small.test_client().get("/duties?format=xlsx")
        long = small.test_client().get("/members/XA/duties?format=pdf")
    finally:
        close(small)
    assert (refused.status_code, long.status_code) == (413, 413)
    assert "JSON" in refused.json["detail_fr"]


# ── Permanent links ──


def shared(text: str) -> tuple[str, str]:
    """The permanent link and the first citation of a page."""
    link, citation = re.search(r'id="share-link"[^>]* value="([^"]*)"', text), re.search(r"<textarea id=\"share-[^>]*>([^<]*)<", text)
    assert link is not None and citation is not None
    return unescape(link[1]), unescape(citation[1])


@pytest.mark.parametrize(
    "address",
    ["/duties?paragraph=2.5", "/members/XA/duties", ITEM, f"{ITEM}/history", "/meetings", "/meetings/meeting-2021", "/benchmarking",
     "/relay", "/compare", "/questions/statuses-of-a-party?party=XB"],
)  # fmt: skip
def test_permanent_link(browser: FlaskClient, address: str):
    """It names day, time, reading and version of the register, leads to itself, and tells if the register is another now."""
    for lang in ("en", "fr"):
        first = browser.get(f"{address}{'&' if '?' in address else '?'}lang={lang}").text
        link, citation = shared(first)
        named = parse_qs(urlsplit(link).query)
        assert {"knownAt", "reading", "register", "lang"} < named.keys()
        assert named.keys() & {"asOf", "to"}
        again = browser.get(link)
        assert again.status_code == 200
        assert shared(again.text) == (link, citation)
        assert link in citation
        assert {"en": "“", "fr": "«"}[lang] in citation
        assert 'notice" role="status"' not in again.text
    other = browser.get(link.replace(named["register"][0], "0123456789abcdef")).text
    assert "0123456789abcdef" in other
    assert named["register"][0] in other


def test_citations_name_what_is_cited_in_their_language(browser: FlaskClient):
    """Each citation has the title of its own language, also of an item and of a meeting, whichever language the page has."""
    for path, told in (
        ("/duties/XB/norm-2.5", {"en": "Borealia", "fr": "Boréalie"}),
        ("/duties/XB/norm-2.5/history", {"en": "Borealia", "fr": "Boréalie"}),
        ("/meetings/meeting-2021", {"en": "Second review meeting", "fr": "Deuxième réunion bilan"}),
        ("/meetings", {"en": "Review meetings", "fr": "Réunions bilan"}),
        ("/benchmarking", {"en": "Progress compared", "fr": "Progrès comparés"}),
    ):
        for lang in ("en", "fr"):
            page = browser.get(f"{path}?lang={lang}").text
            cited = dict(re.findall(r'<textarea id="share-[0-9]+"[^>]*lang="(..)"[^>]*>(.*?)</textarea>', page, flags=re.DOTALL))
            assert cited.keys() == told.keys()
            for each, words in told.items():
                assert words in unescape(cited[each]), (path, lang, each)


def test_permanent_link_of_what_has_no_moment(browser: FlaskClient):
    """An answer that rests on no moment is named by the register alone; what was typed is told as text."""
    link, citation = shared(browser.get("/questions/operative-paragraphs?lang=en").text)
    hostile = browser.get('/duties?lang=en&register="><script>alert(1)</script>').text

    assert parse_qs(urlsplit(link).query).keys() == {"lang", "register"}
    assert "working translation" not in citation
    assert "<script>alert" not in hostile


def test_supposed_answers(client: FlaskClient, browser: FlaskClient):
    """What a document would change is taken away as it is told, by a button of the page; a faulty document is the reader's fault."""
    told = client.post("/what-if?reading=benchmark", data=NOTIFICATION, content_type="text/turtle").json["differences"]
    page = browser.post("/what-if?lang=en", data={"document": NOTIFICATION, "reading": "benchmark"})
    response = browser.post("/what-if?lang=en", data={"document": NOTIFICATION, "reading": "benchmark", "format": "xlsx"})
    cover, table = openpyxl.load_workbook(io.BytesIO(response.data)).worksheets

    assert 'name="format" value="xlsx"' in page.text
    assert table.max_row - 1 == len(told) > 0
    assert any("nothing of it is stored" in str(row[0]) for row in cover.iter_rows(values_only=True))
    faulty = {"document": "<> a", "syntax": "text/turtle", "format": "xlsx"}
    assert browser.post("/what-if?lang=en", data=faulty).status_code == 400


# ── PDF ──


@pytest.mark.parametrize("address", ["/meetings/meeting-2021", "/members/XA/duties"])
def test_page_as_pdf(client: FlaskClient, browser: FlaskClient, address: str):
    """The PDF has the language, title, words and faces of the page, its permanent address and numbered pages; the page links it."""
    for lang in ("en", "fr"):
        response = client.get(with_format(address, "pdf", lang))
        assert response.mimetype == "application/pdf"
        document = pypdf.PdfReader(io.BytesIO(response.data))
        text = " ".join(document.pages[0].extract_text().split())
        assert document.trailer["/Root"]["/Lang"] == lang
        assert document.metadata is not None
        assert document.metadata.title is not None
        assert document.metadata.title.endswith("· Observance")
        assert "asOf=2024-06-14" in text.replace(" ", "")
        assert f"1 / {len(document.pages)}" in text
        assert NO_ASSESSMENT[lang] in text
        faces = {str(font.get_object()["/BaseFont"]) for font in document.pages[0]["/Resources"]["/Font"].values()}
        assert any("Source-Serif" in face for face in faces)
        assert any("Source-Sans" in face for face in faces)
    assert "format=pdf" in browser.get(address).text


def test_pdf_without_its_package(client: FlaskClient, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    """Where no PDF can be made its link is hidden."""
    for module in ("duties", "meetings"):
        monkeypatch.setattr(f"observance.web.routes.{module}.has_pdf", lambda: False)
    assert all("format=pdf" not in browser.get(address).text for address in ("/meetings/meeting-2021", "/members/XA/duties"))


# ── Readers ──


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register in a ledger, with accounts."""
    return make(tmp_path_factory.mktemp("ledger"))


def test_each_reader_takes_away_what_is_told_to_him(ledger_app: Flask, file: Path):
    """The public takes away counts alone, a party its own items; communications are those that the reader may see."""
    public, own, all_of_it = (program(ledger_app, token(file, name) if name else None) for name in (None, "xa", "secretariat"))
    counts = public.get("/duties?format=json").json["counts"]
    told = book(public.get("/duties?format=xlsx&lang=en"))

    assert [row[-1] for row in told[1][1:]] == [count for of_reading in counts for count in of_reading["statuses"].values()]
    for address in (ITEM, f"{ITEM}/history", "/relay", "/meetings", "/benchmarking", "/compare"):
        for form in ("xlsx", "csv"):
            answer, data = (reader.get(with_format(address, which)) for reader, which in ((public, form), (public, "json")))
            assert (answer.status_code == 200) == (data.status_code == 200), (address, form)
    assert public.get("/members/XA/duties?format=pdf").status_code == public.get("/members/XA/duties").status_code
    mine = book(own.get("/members/XA/duties?format=xlsx&lang=en"))
    assert dict(row[:2] for row in mine[0])["Made for"].endswith("what Members read, and its own documents")
    assert duties(own.get("/members/XA/duties?format=json").json) == [tuple(row[c] for c in (2, -4, -3, -1)) for row in mine[1][1:]]
    secret = NOTIFICATION.replace("xa/notification", "xa/secret").replace("obs:Public", "obs:Restricted").encode()
    assert own.post("/submissions", data=secret, content_type="text/turtle").status_code == 201
    seen = []
    for reader in (public, own, all_of_it):
        sent = reader.get("/submissions?format=json").json["submissions"]
        response = reader.get("/submissions?format=xlsx&lang=en")
        assert [row[0] for row in book(response)[1][1:]] == [one["number"] for one in sent]
        assert "no-store" in response.headers["Cache-Control"]
        seen.append(len(sent))
    assert seen[0] < seen[1] <= seen[2]


# ── Other programs ──


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, app: Flask) -> Path:
    """A workbook of the service as LibreOffice saves it."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "duties.xlsx").write_bytes(app.test_client().get("/members/XA/duties?format=xlsx&lang=fr").data)
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "xlsx", "--outdir", "saved"]
    subprocess.run([*command, "duties.xlsx"], cwd=folder, check=True, capture_output=True, timeout=120)
    return folder


@pytest.mark.whole
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed; .ci/run installs it")
def test_libreoffice_opens_it(opened: Path):
    """LibreOffice opens a workbook and saves the same values."""
    before, after = (openpyxl.load_workbook(opened / name).worksheets[1] for name in ("duties.xlsx", "saved/duties.xlsx"))

    assert list(after.iter_rows(values_only=True)) == list(before.iter_rows(values_only=True))
