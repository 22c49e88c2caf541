"""Who may do and see what: sessions, tokens and a proxy; forms of other sites; documents and statuses by audience."""

import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from kept_register import NOTIFICATION, invoke
from observance.accounts import Accounts
from observance.core import Settings, UsageError
from observance.handlers import DutiesRequest
from observance.ledger import Ledger, locate
from observance.web import close, create_app
from served_ledger import PASSWORD, browser, make, program, served, token

MEMBERS_ONLY = NOTIFICATION.replace("obs:Public", "obs:MembersOnly").replace("xa/notification", "xa/members-only")
RESTRICTED = NOTIFICATION.replace("obs:Public", "obs:Restricted").replace("xa/notification", "xa/restricted")
EVERYTHING = "SELECT ?s WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger")
    made = make(folder)
    for name, text in (("members-only", MEMBERS_ONLY), ("restricted", RESTRICTED)):
        (folder / f"{name}.ttl").write_text(text, encoding="utf-8")
        invoke("register", "receive", folder / f"{name}.ttl", "--register", made, "--by", "XA", "--on", "2024-01-05", "--lang", "en")
    return made


@pytest.fixture(scope="module")
def clients(ledger_app: Flask, file: Path) -> Callable[[str], FlaskClient]:
    made = {name: program(ledger_app, token(file, name)) for name in ("reader", "xa", "xu", "secretariat", "ada")}
    made["anybody"] = program(ledger_app, None)
    return made.__getitem__


READS = {
    "anybody": {"notification"},
    "reader": {"notification", "members-only"},
    "xu": {"notification", "members-only"},
    "xa": {"notification", "members-only", "restricted"},
    "secretariat": {"notification", "members-only", "restricted"},
    "ada": {"notification", "members-only", "restricted"},
}


@pytest.mark.parametrize("name", READS)
def test_documents(clients: Callable[[str], FlaskClient], name: str) -> None:
    """Queries, questions and the list of communications show each reader what is theirs to see."""
    every = {"notification", "members-only", "restricted"}
    answers = [
        clients(name).get("/sparql", query_string={"query": EVERYTHING}).get_data(as_text=True),
        clients(name).get("/submissions").get_data(as_text=True),
        clients(name).get("/questions/validation-results?format=csv").get_data(as_text=True),
    ]

    for answer in answers[:2]:
        assert {each for each in every if f"xa/{each}" in answer} == READS[name]
    assert not any(f"xa/{each}" in answers[2] for each in every - READS[name])


def test_content_of_a_document(clients: Callable[[str], FlaskClient]) -> None:
    """What a reader may not see has no page, no bytes and no receipt."""
    numbers = {each["submissions"][0]: each["number"] for each in clients("ada").get("/submissions").json["submissions"]}
    restricted, public = (f"/submissions/{numbers[f'https://example.org/xa/{name}']}" for name in ("restricted", "notification"))

    for ending in ("", "/content", "/receipt"):
        assert [clients(name).get(restricted + ending).status_code for name in ("anybody", "reader", "xu")] == [404, 404, 404]
        assert [clients(name).get(restricted + ending).status_code for name in ("xa", "secretariat")] == [200, 200]
    assert clients("anybody").get(public).status_code == 200
    assert clients("anybody").get(f"{public}/receipt").status_code == 404
    assert not any("by" in event for event in clients("anybody").get(public).json["events"])


def test_statuses(clients: Callable[[str], FlaskClient]) -> None:
    """Statuses are told to their party and the Secretariat at once, to other Members once disclosed, and of the public the counts alone."""
    whole = clients("secretariat").get("/duties").json["duties"]
    own = clients("xa").get("/members/XA/duties").json["duties"]
    public = clients("anybody").get("/duties").json
    foreign = ["/members/XA/duties", "/duties/XA/norm-2.5", "/duties/XA/norm-2.5/history", "/meetings", "/relay", "/benchmarking"]

    assert own == [duty for duty in whole if "/XA/" in duty["duty"]] != []
    assert set(public) == {"register", "counts"}
    assert clients("anybody").get("/duties?member=XA").json["counts"] == public["counts"]
    assert [clients("xu").get(path).status_code for path in foreign] == [403] * len(foreign)
    assert [clients("anybody").get(path).status_code for path in foreign[1:]] == [401] * (len(foreign) - 1)
    assert clients("xa").get("/duties/XA/norm-2.5").status_code == 200


def test_disclosure(tmp_path: Path) -> None:
    """After the Secretariat disclosed a communication, Members are told what was known when it was entered, and nothing later."""
    file = make(tmp_path)
    with served(file) as app:
        secretariat, union = program(app, token(file, "secretariat")), program(app, token(file, "xu"))
        (number,) = [each["number"] for each in secretariat.get("/submissions").json["submissions"]]
        assert set(union.get("/duties").json) == {"register", "counts"}
        assert union.get("/members/XA/duties").status_code == 403
        secretariat.post(f"/submissions/{number}/steps", data={"step": "disclosed"})
        entered = secretariat.get(f"/submissions/{number}").json["entered"]
        disclosed = union.get("/duties")
        later = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

        assert disclosed.status_code == 200
        assert disclosed.json["duties"] == secretariat.get("/duties", query_string={"knownAt": entered}).json["duties"]
        assert union.get("/duties", query_string={"knownAt": later}).status_code == 403
        for path, asked in (("/duties", {"paragraph": "3", "region": "region-EUR"}), ("/compare", {"from": "2020-01-01"})):
            told = secretariat.get(path, query_string={**asked, "knownAt": entered}).json
            assert union.get(path, query_string=asked).json == told
            assert union.get(path, query_string={**asked, "knownAt": later}).status_code == 403
        assert union.get("/questions/every-duty-with-its-status", query_string={"knownAt": later}).status_code in (403, 404)


SELECTIONS = (
    "member=XA", "paragraph=2.5", "status=Fulfilled", "mark=none", "without=none", "region=region-EUR", "order=count", "asOf=2020-01-01",
    "knownAt=2020-01-01", "reading=literal&member=XA&member=XU",
)  # fmt: skip


def test_selections_are_of_what_is_told(ledger_app: Flask, clients: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is told counts alone is told those of all, whatever is selected: a selection of one party would tell of it."""
    answers = ledger_app.extensions["observance"].present.kb.answers
    call, asked = answers.call, []
    monkeypatch.setattr(answers, "call", lambda page_request, **given: (asked.append(page_request), call(page_request, **given))[1])
    selections = ["", *SELECTIONS]
    told = [
        clients(name).get(f"/duties?{each}").json
        for name in ("anybody", "reader")
        for each in selections
        if name == "anybody" or "member" not in each
    ]
    assert all(answer == told[0] for answer in told) and set(told[0]) == {"register", "counts"}
    assert {replace(each, order=None, reading="literal", audience=None) for each in asked} == {
        DutiesRequest(has_counts_alone=True, format="json", reading="literal")
    }

    people = browser(ledger_app)
    pages = [people.get(f"/duties?{each}&lang=en").text for each in selections]
    assert len({page[page.index("<h1") : page.index("</main>")] for page in pages}) == 1
    assert "how many follow-up items have each status" in pages[0] and 'class="square' not in pages[0] and "<select" not in pages[0]


def test_own_selections(clients: Callable[[str], FlaskClient]) -> None:
    """A party narrows and compares its own statuses; those of others, or of all, are not among them."""
    own = clients("xa").get("/duties?member=XA").json["duties"]
    statuses = {duty["status"] for duty in own}
    found = {status: clients("xa").get(f"/duties?member=XA&status={status}").json["duties"] for status in statuses}

    assert {status: [duty for duty in own if duty["status"] == status] for status in statuses} == found
    assert clients("xa").get("/duties?member=XA&member=XU").status_code == 403


def test_comparison_is_told_as_statuses_are(clients: Callable[[str], FlaskClient]) -> None:
    """What changed is told to its party and the Secretariat, to nobody else while nothing is disclosed, whatever the days."""
    days = "from=2020-01-01&to=2024-01-18"
    codes = {
        name: [clients(name).get(f"/compare?{days}{of}").status_code for of in ("", "&member=XA", "&member=XU", "&member=XA&member=XU")]
        for name in ("anybody", "reader", "xu", "xa", "secretariat")
    }
    whole = clients("secretariat").get(f"/compare?{days}&member=XA").json

    assert codes == {
        "anybody": [401] * 4, "reader": [403] * 4, "xu": [403, 403, 200, 403], "xa": [403, 200, 403, 403], "secretariat": [200] * 4,
    }  # fmt: skip
    assert clients("xa").get(f"/compare?{days}&member=XA").json == whole
    assert whole["changes"] != []


@pytest.mark.parametrize(("told_to", "statuses"), [("members", (401, 200)), ("public", (200, 200)), ("disclosed", (401, 403))])
def test_told_to(file: Path, told_to: str, statuses: tuple[int, int]) -> None:
    """A setting tells statuses to Members, or to everybody, at once; documents stay as they are."""
    with served(file, statuses=told_to) as app:
        readers = program(app, None), program(app, token(file, "xu"))
        assert tuple(reader.get("/duties/XA/norm-2.5").status_code for reader in readers) == statuses
        assert not any("xa/restricted" in reader.get("/submissions").get_data(as_text=True) for reader in readers)


def test_told_to_nobody_known(file: Path) -> None:
    """Another value of the setting is refused when the service starts."""
    with pytest.raises(UsageError), served(file, statuses="everybody"):
        pass


def test_counts(app: Flask) -> None:
    """The counts alone are those of all items, and of few parties there are none."""
    workers = app.extensions["observance"].present.kb.workers
    whole = json.loads(workers.call(DutiesRequest(), deadline=60).body)["counts"]
    alone = json.loads(workers.call(DutiesRequest(has_counts_alone=True, format="json"), deadline=60).body)
    of_few = json.loads(workers.call(DutiesRequest(has_counts_alone=True, format="json", members=("XA", "XB")), deadline=60).body)

    assert set(alone) == {"register", "counts"} and alone["counts"] == whole
    assert of_few["counts"] == []


@pytest.mark.parametrize("scope", ["record", "read"])
def test_scope_of_a_token(ledger_app: Flask, file: Path, scope: str) -> None:
    """A token without the scope for reading reads what anybody reads, whatever its account may read."""
    with Ledger(locate(file)) as ledger:
        day = datetime.now(UTC)
        secret = Accounts(ledger).issue_token("secretariat", scopes=[scope], title="x", expires=day.date(), by="tests", now=day)
    client = ledger_app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"bearer {secret}"

    listed = client.get("/submissions").get_data(as_text=True)
    assert ("xa/restricted" in listed) is (scope == "read")
    assert client.get("/duties/XA/norm-2.5").status_code == (200 if scope == "read" else 401)


def test_suppositions(clients: Callable[[str], FlaskClient]) -> None:
    """What would follow from a document is told to whom what follows from the register is told."""
    status = {name: clients(name).post("/what-if", data=NOTIFICATION, content_type="text/turtle").status_code for name in READS}
    own = clients("xa").post("/what-if?member=XA", data=NOTIFICATION, content_type="text/turtle")

    assert status == {"anybody": 401, "reader": 403, "xu": 403, "xa": 403, "secretariat": 200, "ada": 200}
    assert own.status_code == 200


@pytest.mark.parametrize("name", ["reader", "xa", "secretariat", "ada"])
def test_sessions(ledger_app: Flask, name: str) -> None:
    """A person logs in with a cookie that no script reads, and logs out."""
    person = browser(ledger_app, name)
    cookie = next(iter((person.get_cookie("observance") and [person.get_cookie("observance")]) or []))
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"
    page = person.get("/account")
    csrf = re.search(r'name="csrf" value="(\w+)"', page.get_data(as_text=True))

    assert page.status_code == 200 and csrf is not None
    assert page.headers["Cache-Control"] == "no-store"
    assert person.post("/logout", data={"csrf": csrf[1]}).status_code == 303
    assert person.get("/account").status_code == 401


def test_forms_of_other_sites(ledger_app: Flask) -> None:
    """A form that a page of another site sends with the cookie of a session changes nothing; nor can it log somebody in."""
    person = browser(ledger_app, "xa")
    other = browser(ledger_app, "xu")
    foreign = re.search(r'name="csrf" value="(\w+)"', other.get("/account").get_data(as_text=True))
    assert foreign is not None

    for data in ({}, {"csrf": ""}, {"csrf": foreign[1]}, {"csrf": "é"}):
        assert person.post("/logout", data=data).status_code == 403
        assert person.post("/submissions", data={**data, "document": NOTIFICATION}).status_code == 403
    crossed = {"Sec-Fetch-Site": "cross-site"}
    assert ledger_app.test_client().post("/login", data={"name": "xa", "password": PASSWORD}, headers=crossed).status_code == 403


def test_log_in_leads_to_pages_of_ours(ledger_app: Flask) -> None:
    """The page to which a log-in leads is one of this service."""
    fields = {"name": "xa", "password": PASSWORD}
    for target in ("https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)", "/\nx"):
        response = ledger_app.test_client().post("/login", data={**fields, "next": target})
        assert response.headers["Location"].startswith("/submissions")
    assert ledger_app.test_client().post("/login", data={**fields, "next": "/duties"}).headers["Location"] == "/duties"


def test_attempts_are_limited(file: Path) -> None:
    """After five wrong passwords for an account, a client has to wait, also with the right one; others need not."""
    with served(file) as app:
        client = app.test_client()
        wrong = [client.post("/login", data={"name": "xa", "password": "wrong"}).status_code for _ in range(5)]
        assert wrong == [403] * 5
        assert client.post("/login", data={"name": "xa", "password": PASSWORD}).status_code == 429
        names = {client.post("/login", data={"name": name, "password": "x"}).status_code for name in ("A" * 9_000, "no name", "\0")}
        assert names == {403}
        assert client.post("/login", data={"name": "a" * 20_000, "password": "x"}).status_code == 413
        other = app.test_client()
        assert other.post("/login", data={"name": "xa", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "127.0.0.9"}).status_code == 303


def test_attempts_at_once(file: Path) -> None:
    """Attempts at the same time are counted as those after one another are."""
    with served(file) as app, ThreadPoolExecutor(20) as pool:
        wrong = {"name": "xa", "password": "wrong"}
        statuses = list(pool.map(lambda _: app.test_client().post("/login", data=wrong).status_code, range(20)))
    assert Counter(statuses)[403] <= 5
    assert set(statuses) == {403, 429}


def test_proxy(file: Path) -> None:
    """The header of a proxy is believed from the address of that proxy alone, and is off by default."""
    app = create_app(Settings(workers=1, registers=(file,), proxy_header="X-Remote-User", proxy="127.0.0.8"))
    try:
        client, headers = app.test_client(), {"X-Remote-User": "xa"}
        assert client.get("/account", headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.8"}).status_code == 200
        assert client.get("/account", headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 401
        nobody = {"X-Remote-User": "nobody"}
        assert client.get("/account", headers=nobody, environ_base={"REMOTE_ADDR": "127.0.0.8"}).status_code == 401
    finally:
        close(app)


def test_proxy_is_off(ledger_app: Flask) -> None:
    """Without the setting, no header names an account."""
    assert ledger_app.test_client().get("/account", headers={"X-Remote-User": "xa"}).status_code == 401


def test_answers_are_kept_by_nobody_else(clients: Callable[[str], FlaskClient]) -> None:
    """Where there is access control, what one reader sees is kept for no other one."""
    for path in ("/duties?member=XA", "/sparql?query=ASK{}", "/submissions", "/"):
        response = clients("xa").get(path)
        assert "Authorization, Cookie" in response.headers.getlist("Vary")
        assert "private" in response.headers["Cache-Control"] or "no-store" in response.headers["Cache-Control"]


def test_without_accounts(tmp_path: Path) -> None:
    """A ledger that never had an account is open on this machine, says so on every page, and receives nothing."""
    from kept_register import keep

    file = keep(tmp_path / "register.db", tmp_path / "letter.ttl")
    with served(file) as app:
        assert "no access control" in browser(app).get("/").get_data(as_text=True)
        assert program(app, None).get("/duties").json["duties"]
        assert program(app, None).post("/submissions", data=NOTIFICATION).status_code == 401
        with Ledger(locate(file)) as ledger:
            assert not Accounts(ledger).are_used
