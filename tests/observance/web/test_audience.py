"""The service tells each reader what is theirs to read: under names of its own it is the public that asks (attack I)."""

import json
import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from conftest import BROWSER, ROOT
from observance.core import Settings
from observance.register import MEMBERS, PUBLIC, SECRETARIAT, Audience, party_audience
from observance.web import audience, close, create_app

NAME = "register.example.org"
DEMO = "https://w3id.org/observance/demo/"
PARTY = "https://w3id.org/observance/parties/"
# What stands in restricted documents of the demo register, and in one for Members.
RESTRICTED = (
    f"{DEMO}xi/justification-1",
    f"{DEMO}xi/needs-1",
    "XI-2023-01",
    "lost half of its staff",
    "Four posts for the e-commerce unit",
)
MEMBERS_ONLY = (f"{DEMO}xi/report-1", "XI-2023-02", "No staff to design the procedure")
EVERYTHING = "SELECT * { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def public() -> Iterator[Flask]:
    """A service with a name of its own, over the demo register."""
    application = create_app(Settings(workers=1, hosts=NAME, registers=(ROOT / "queries" / "demo",)))
    yield application
    close(application)


def ask(app: Flask, path: str, *, reader: Audience | None = None, accept: str = BROWSER, data: dict[str, object] | None = None) -> str:
    """The text of the response to a reader."""
    client, headers = app.test_client(), {"Host": NAME, "Accept": accept}
    client.environ_base[audience.KEY] = reader
    response = client.get(path, headers=headers) if data is None else client.post(path, headers=headers, data=data)
    assert response.status_code == 200, (path, response.status_code, response.text[:500])
    return response.text


def sparql(query: str) -> str:
    """The address of the answer to a query, in CSV."""
    return f"/sparql?query={query.replace(' ', '+').replace('?', '%3F')}&format=csv"


def test_public_reads_public_documents_alone(public: Flask):
    """To the public, no page, question or query tells of restricted documents, or of those for Members; names as occasions are no IRIs."""
    questions = [q for q in app_questions(public) if not any(param.required for param in q.params)]
    paths = ["/", "/resolution", "/duties", "/duties?reading=*", "/duties?format=json", "/duties?format=turtle", "/members/XI/duties"]
    paths += ["/meetings", "/meetings/meeting-2021", "/benchmarking", "/benchmarking?format=json", "/benchmarking?format=turtle", "/relay"]
    paths += ["/relay?format=json", "/readings", "/what-if", "/validate", sparql(EVERYTHING), sparql(f"DESCRIBE <{RESTRICTED[0]}>")[:-11]]
    paths += [f"/questions/{question.name}" for question in questions]
    tables = (
        "/duties",
        "/members/XI/duties",
        "/meetings/meeting-2021",
        "/benchmarking",
        "/relay",
        *(f"/questions/{q.name}" for q in questions),
    )
    paths += [f"{path}?format=csv" for path in tables]
    paths += [f"{path}/history" for path in explained(public)] + explained(public)
    secret = re.compile("|".join(f"{re.escape(text)}(?![\\w-])" for text in (*RESTRICTED, *MEMBERS_ONLY)))
    for path in paths:
        text = ask(public, path, accept=BROWSER if "/sparql" not in path else "*/*")
        told = (found := secret.search(text)) and text[max(0, found.start() - 200) : found.end() + 100]
        # A page repeats what was asked for.
        assert told is None, (path, told)


def app_questions(app: Flask):
    """The catalogue of the service."""
    return app.extensions["observance"].present.kb.questions.catalogue.questions


def explained(app: Flask) -> list[str]:
    """The addresses of the duties of the party with restricted documents."""
    return sorted(set(re.findall(r'href="(/duties/[^"?]+)[?"]', ask(app, "/members/XI/duties"))))


def test_each_reader_reads_what_is_theirs(public: Flask):
    """A query answers each reader with what they may read, also after another has asked the same."""
    address = sparql("SELECT ?s { ?s obs:disclosure ?d }")
    for _ in range(2):
        found = {
            name: {text for text in (RESTRICTED[0], MEMBERS_ONLY[0]) if text in ask(public, address, reader=reader, accept="*/*")}
            for name, reader in {
                "anybody": None, "public": PUBLIC, "members": MEMBERS, "secretariat": SECRETARIAT,
                "XI": party_audience(f"{PARTY}XI"), "XA": party_audience(f"{PARTY}XA"),
            }.items()
        }  # fmt: skip
        assert found == {
            "anybody": set(), "public": set(), "members": {MEMBERS_ONLY[0]}, "XA": {MEMBERS_ONLY[0]},
            "secretariat": {RESTRICTED[0], MEMBERS_ONLY[0]}, "XI": {RESTRICTED[0], MEMBERS_ONLY[0]},
        }  # fmt: skip


def test_pages_are_kept_for_each_reader(public: Flask):
    """A page that is kept for one reader is not given to another."""
    (address,) = [path for path in explained(public) if "2.5" in path and "history" not in path][:1]
    address += "?asOf=2024-06-30&reading=benchmark"
    secretariat, party = ask(public, address, reader=SECRETARIAT), ask(public, address, reader=party_audience(f"{PARTY}XI"))
    assert "XI-2023-01" in secretariat
    assert "XI-2023-01" in party
    for reader, sentence in ((None, "is not public; its content is not shown"), (MEMBERS, "is restricted; its content is not shown")):
        text = ask(public, address, reader=reader)
        assert "XI-2023-01" not in text
        assert sentence in text
    assert ask(public, address, reader=SECRETARIAT) == secretariat


@pytest.mark.parametrize("path", ["/validate", "/what-if"])
def test_documents_are_read_beside_what_their_sender_may_read(public: Flask, path: str):
    """A report on a document, and what it would change, tell its sender nothing of restricted documents that it names or copies."""
    text = (ROOT / "queries" / "demo" / "xi.ttl").read_text(encoding="utf-8")
    text = text[: text.index("# ──")] + "<new> a obs:Justification ; obs:onBehalfOf party:XI ; obs:disclosure obs:Public ; "
    text += "<http://www.w3.org/ns/prov#wasRevisionOf> <justification-1> . <justification-1> obs:disclosure obs:Public ."
    answer = ask(public, path, data={"file": (BytesIO(text.encode()), "new.ttl")}, accept="application/json")
    assert re.search("XI-2023-01|lost half", answer) is None
    if path == "/validate":
        unknown = "is neither in this file nor in the register opened"
        assert unknown in answer
        assert unknown not in ask(
            public, path, reader=SECRETARIAT, data={"file": (BytesIO(text.encode()), "new.ttl")}, accept="application/json"
        )


@pytest.mark.parametrize(
    ("hosts", "reads_all"), [("", True), ("localhost, [::1]", True), (NAME, False), (f"localhost, {NAME}", False), ("127.0.0.1.", False)]
)
def test_who_anybody_is(hosts: str, reads_all: bool):
    """A service under the names of this machine alone is whole; under any other name, whoever asks is the public."""
    assert audience.anybody(Settings(hosts=hosts)) is (None if reads_all else PUBLIC)


def test_on_this_machine_all_is_told(client: FlaskClient):
    """A service for this machine alone answers from the whole register, as a command does."""
    text = client.get(sparql(EVERYTHING)).text
    assert [secret for secret in (*RESTRICTED, *MEMBERS_ONLY) if secret not in text] == []


def test_search_finds_what_is_theirs(public: Flask):
    """Words of restricted documents find them for those who read them; for others they find, count and suggest nothing."""

    def answer(words: str, reader: Audience | None) -> dict:
        return json.loads(ask(public, f"/search?q={words.replace(' ', '+')}&limit=100", reader=reader, accept="application/json"))

    for words, address in (("XI-2023-01", RESTRICTED[0]), ("Four posts for the e-commerce unit", RESTRICTED[1])):
        for _ in range(2):  # the second time from what is kept
            assert answer(words, SECRETARIAT)["hits"][0]["iri"] == answer(words, party_audience(f"{PARTY}XI"))["hits"][0]["iri"] == address
            for reader in (None, PUBLIC, MEMBERS, party_audience(f"{PARTY}XA")):
                assert address not in {hit["iri"] for hit in answer(words, reader)["hits"]}
    assert (
        answer("halff of its staff", None)["suggestion"] != answer("halff of its staff", SECRETARIAT)["suggestion"] == "half of its staff"
    )
    assert MEMBERS_ONLY[0] in {hit["iri"] for hit in answer(MEMBERS_ONLY[1], MEMBERS)["hits"]}
    assert answer(MEMBERS_ONLY[1], None)["isPartial"]
    assert not answer(MEMBERS_ONLY[1], MEMBERS)["isPartial"]
