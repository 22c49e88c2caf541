"""Pages as PDF: tagged, with title and language, the same bytes twice, nothing fetched, and a clear message where none can be made."""

import io
import socket
import sys

import pypdf
import pytest

from observance.core import UnavailableError
from observance.exports import to_pdf

PAGE = """<!doctype html><html lang="fr"><head><title>Dossier</title><link rel="stylesheet" href="http://127.0.0.1:9/a.css"></head>
<body><main><h1>Réunion &lt;script&gt;</h1><img alt="x" src="file:///etc/hostname"><a href="#nowhere">lien</a>
<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table></main></body></html>"""


def made(page: str = PAGE) -> bytes:
    return to_pdf(page, stylesheet="@page { size: A4 }", source='http://x/?a="b" \\ · 14 juin', made="2024-06-14T17:00:00Z")


def test_page_as_pdf(monkeypatch: pytest.MonkeyPatch):
    """Title, language, text, tags and moment are those of the page; the source stands below it; no socket is opened."""
    opened: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *arguments, **_: opened.append(arguments))
    content = made()
    document = pypdf.PdfReader(io.BytesIO(content))
    text = document.pages[0].extract_text()

    assert not opened
    assert content == made()
    assert document.metadata is not None
    assert (document.metadata.title, document.trailer["/Root"]["/Lang"]) == ("Dossier", "fr")
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "Réunion <script>" in text
    assert 'http://x/?a="b" \\ · 14 juin' in text
    assert document.metadata.creation_date is not None
    assert document.metadata.creation_date.isoformat().startswith("2024-06-14T17:00")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch):
    """Without WeasyPrint the error names the extra to install, in both languages."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UnavailableError) as caught:
        made()
    assert all("observance[pdf]" in caught.value.sentence(lang) for lang in ("fr", "en"))
