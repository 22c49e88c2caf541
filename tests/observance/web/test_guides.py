"""The pages `/guide`, and the agreement of the guide for programs with the service."""

import argparse
import re
import shlex

import pytest

from conftest import ROOT
from observance.documentation import list_guides

PROGRAMS = {lang: list_guides(lang)["programs"].markdown for lang in ("en", "fr")}
CURLS = re.findall(r"(?m)^curl .*", PROGRAMS["en"])


def test_listing(browser):
    """The list names each guide in the language of the request, and the first page leads to it."""
    listed = browser.get("/guide?lang=fr").text

    assert [title for title in ("Préparer une communication", "Interroger et suivre") if title not in listed] == []
    assert 'href="/guide/filing?lang=fr"' in listed
    assert 'href="/guide?lang=fr"' in browser.get("/?lang=fr").text


def test_links_keep_the_language(browser):
    """Links of a guide to pages and other guides keep the language of the parameter `lang`."""
    page = browser.get("/guide/filing?lang=fr").text

    assert 'href="/validate?lang=fr"' in page
    assert 'href="/guide/asking?lang=fr"' in page
    assert 'href="/validate"' in browser.get("/guide/filing", headers={"Accept-Language": "fr"}).text


def test_unknown_guide(client):
    """For an unknown guide the answer is 404 with the names of the guides."""
    answer = client.get("/guide/nothing")

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "filing, keeping, asking, programs, formalising, receiving" in answer.json["detail"]


@pytest.mark.parametrize("lang", PROGRAMS)
def test_every_address_is_described(app, lang: str):
    """The guide for programs describes every address of the service, and no other."""
    described = re.findall(r"(?m)^\| `(/[^`]*)` \|", PROGRAMS[lang])
    served = {re.sub(r"<(path|family):", "<", rule.rule) for rule in app.url_map.iter_rules() if rule.endpoint != "static"}

    assert sorted(described) == sorted(served)


def test_same_examples():
    """The guides in both languages have the same example requests."""
    assert len(CURLS) == 7
    assert re.findall(r"(?m)^curl .*", PROGRAMS["fr"]) == CURLS


@pytest.mark.parametrize("line", CURLS)
def test_examples(client, line: str):
    """Each example request of the guide for programs succeeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("--data-binary")
    parser.add_argument("-OJ", action="store_true")
    parser.add_argument("url")
    arguments = parser.parse_args(shlex.split(line)[1:])
    data = arguments.data_binary
    body = (ROOT / data[1:]).read_bytes() if data and data.startswith("@") else (data or "").encode()
    headers = dict(header.split(": ", 1) for header in arguments.H)
    answer = client.open(arguments.url.removeprefix("http://127.0.0.1:8000"), method="POST" if data else "GET", headers=headers, data=body)

    assert answer.status_code == 200, answer.text
    assert answer.data


@pytest.mark.parametrize("lang", PROGRAMS)
def test_every_field_is_described(client, lang: str):
    """The guide for programs names every field of a report, a finding and a repair."""
    body = (ROOT / "queries" / "demo" / "faulty-timetable-interval.ttl").read_bytes()
    report = client.post("/validate?evidence=true", data=body, headers={"Content-Type": "text/turtle"}).json
    repair = next(finding["repair"] for finding in report["results"] if finding["repair"])
    named = re.findall(r"`([a-z_0-9]+)`", PROGRAMS[lang])

    assert sorted({*report, *report["results"][0], *repair} - set(named)) == []
