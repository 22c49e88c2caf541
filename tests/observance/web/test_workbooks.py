"""Workbooks over HTTP: a template for each form, and reports that name sheet and cell, as page, JSON or marked workbook."""

import io

import openpyxl
import pytest

from kept_register import NOTIFICATION
from observance.core import Settings
from observance.rdf import parse_document
from observance.web import transcription
from observance.workbooks import MEDIA_TYPE, new_workbook, read_workbook
from oxishacl import Source
from served_ledger import make, program, served, token


@pytest.fixture
def faulty(client, kb) -> bytes:
    """A workbook with an ambiguous date."""
    book = openpyxl.load_workbook(io.BytesIO(client.get("/workbooks/2.5?lang=fr").data))
    book["Calendrier"]["C4"] = "03/04/2024"
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def test_templates(client, kb):
    """Each form gives a workbook, which is read as one of that form; the example stands on a sheet of its own."""
    for name in kb.forms.forms:
        response = client.get(f"/workbooks/{name}?lang=en")
        assert (response.status_code, response.content_type) == (200, MEDIA_TYPE)
        assert read_workbook(response.data, forms=kb.forms.forms, settings=Settings()).filled.form == name
    assert "Exemple" in openpyxl.load_workbook(io.BytesIO(client.get("/workbooks/2.5?lang=fr").data)).sheetnames
    assert client.get("/workbooks/9.9").status_code == 404


def test_json(client, faulty):
    """As a body, with or without its media type, and as the file of a form, it gets a report with cells."""
    for request in (
        {"data": faulty, "content_type": MEDIA_TYPE},
        {"data": faulty},
        {"data": {"file": (io.BytesIO(faulty), "t.xlsx")}},
    ):
        report = client.post("/validate", **request).json
        assert not report["processable"]
        assert "Calendrier!C4" in {result["cell"] for result in report["results"]}


def test_marked(client, faulty):
    """A client that accepts workbooks gets its own, marked."""
    response = client.post("/validate?lang=fr", data=faulty, content_type=MEDIA_TYPE, headers={"Accept": MEDIA_TYPE})
    assert response.content_type == MEDIA_TYPE
    assert "3 avril 2024" in openpyxl.load_workbook(io.BytesIO(response.data))["Calendrier"]["C4"].comment.text


def test_page(browser, faulty):
    """A page names the cells and gives the marked workbook; of a file that cannot be read it says why, and what to do."""
    response = browser.post("/validate?lang=fr", data={"file": (io.BytesIO(faulty), "t.xlsx")})
    assert response.status_code == 200
    assert "Calendrier!C4" in response.text
    assert f"data:{MEDIA_TYPE};base64," in response.text
    response = browser.post("/validate?lang=fr", data={"file": (io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "t.xls")})
    assert response.status_code == 415
    assert "enregistrez-le au format .xlsx" in response.text
    assert "<form" in response.text


def test_workbook_is_received_and_transcribed(tmp_path_factory, kb):
    """A workbook sent to a register is kept byte for byte; the submission made of it is entered after it, as its transcription."""
    file = make(tmp_path_factory.mktemp("ledger"))
    with served(file) as app:
        client = program(app, token(file, "xa"))
        content = new_workbook(kb.forms.form("3"), lang="en", version="1", filled=notification(kb))
        received = client.post("/submissions", data=content, content_type=MEDIA_TYPE)
        again = client.post("/submissions", data=content, content_type=MEDIA_TYPE)
        assert (received.status_code, received.json["problem"], received.json["report"]["processable"]) == (201, None, True)
        assert (again.json["number"], again.json["isNew"]) == (received.json["number"], False)
        assert client.get(f"{received.headers['Location']}/content").data == content
        ((how, number),) = ((changed["how"], changed["number"]) for changed in received.json["changedBy"])
        transcription = client.get(f"/submissions/{number}").json
        assert (how, transcription["state"]) == ("transcribed", "processable")
        assert transcription["submissions"] == ["https://example.org/xa/workbook"]
        page = client.get(f"/submissions/{number}", headers={"Accept": "text/html"}).get_data(as_text=True)
        assert "https://example.org/xa/workbook" in page
        assert "/confirmation" not in page


def test_faulty_workbook_is_received(tmp_path_factory, faulty):
    """One of which a cell cannot be taken is kept as an original, and the answer says what to do."""
    file = make(tmp_path_factory.mktemp("ledger"))
    with served(file) as app:
        received = program(app, token(file, "xa")).post("/submissions", data=faulty, content_type=MEDIA_TYPE)
        assert (received.status_code, received.json["state"], received.json["changedBy"]) == (201, "original", [])
        assert "mended" in received.json["problem"]["en"]


def test_transcription_is_tried_again(tmp_path_factory, kb, monkeypatch):
    """Where the transcription failed, the same workbook sent again is transcribed; sent once more, nothing is refused."""
    file = make(tmp_path_factory.mktemp("ledger"))
    with served(file) as app:
        client = program(app, token(file, "xa"))
        content = new_workbook(kb.forms.form("3"), lang="en", version="1", filled=notification(kb))
        with monkeypatch.context() as patched:
            patched.setattr(transcription, "_report", fail)
            first = client.post("/submissions", data=content, content_type=MEDIA_TYPE)
        assert (first.status_code, first.json["changedBy"]) == (201, [])
        second = client.post("/submissions", data=content, content_type=MEDIA_TYPE)
        assert [changed["how"] for changed in second.json["changedBy"]] == ["transcribed"]
        third = client.post("/submissions", data=content, content_type=MEDIA_TYPE)
        assert (third.json["number"], third.json.get("problem")) == (first.json["number"], None)


def fail(*_):
    """Fail as a worker process does in which the program has a fault."""
    raise RuntimeError


def test_register_is_for_the_secretariat(tmp_path_factory):
    """The Secretariat gets the register as a workbook, in its language; a contact and anybody else do not."""
    file = make(tmp_path_factory.mktemp("ledger"))
    with served(file) as app:
        answers = {name: program(app, token(file, name)).get("/workbooks/register?lang=fr") for name in ("secretariat", "xa", "reader")}
        assert program(app, None).get("/workbooks/register").status_code == 401
    assert {name: answer.status_code for name, answer in answers.items()} == {"secretariat": 200, "xa": 403, "reader": 403}
    assert answers["secretariat"].headers["Content-Disposition"] == 'attachment; filename="register.xlsx"'
    book = openpyxl.load_workbook(io.BytesIO(answers["secretariat"].data))
    assert "https://example.org/xa/notification" in {cell.value for sheet in book.worksheets[1:] for cell in sheet["C"]}


def notification(kb):
    """A notification of intention of Altamar, in its form."""
    source = Source("n.ttl", NOTIFICATION.replace("xa/notification", "xa/workbook").encode(), "text/turtle")
    return kb.forms.read(parse_document(source, settings=kb.settings, contexts=kb.contexts))
