"""The parameters of requests: unknown ones are refused on every page, and a moment means the same everywhere."""

import json

import pytest
from flask import Flask

# An address for each endpoint that takes values in its path.
PATHS = {
    "/meetings/<key>": "/meetings/meeting-2023",
    "/duties/<path:name>": "/duties/XB/norm-2.5",
    "/duties/<path:name>/explanation": "/duties/XB/norm-2.5/explanation",
    "/duties/<path:name>/history": "/duties/XB/norm-2.5/history",
    "/members/<code>/duties": "/members/XB/duties",
    "/questions/<name>": "/questions/alternative-readings",
    "/readings/<name>.ttl": "/readings/literal.ttl",
    "/<family:family>/": "/parties/",
    "/<family:family>/<path:rest>": "/parties/XA",
    "/ns/<term>": "/ns/Milestone",
    "/members/<code>": "/members/XA",
    "/templates/<paragraph>": "/templates/2.5",
    "/guide/<name>": "/guide/filing",
    "/submissions/<int:number>": "/submissions/1",
    "/submissions/<int:number>/receipt": "/submissions/1/receipt",
    "/submissions/<int:number>/content": "/submissions/1/content",
}
WITH_MOMENT = (
    "/duties",
    "/duties/XB/norm-2.5",
    "/duties/XB/norm-2.5/history",
    "/members/XB/duties",
    "/relay",
    "/meetings",
    "/benchmarking",
)
EARLY = "2015-01-01"


def addresses(app: Flask) -> list[str]:
    """An address for each endpoint that answers GET, but the protocol's and the static files."""
    rules = [str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [PATHS.get(rule, rule) for rule in rules if rule not in {"/sparql", "/static/<path:filename>"}]


def test_unknown_parameters_are_refused(client):
    """Every address refuses a parameter that it does not take with 400, and names it."""
    faults = []
    for address in addresses(client.application):
        response = client.get(address, query_string={"unheard-of": "1"}, headers={"Accept": "application/json"})
        if response.status_code != 400 or "unheard-of" not in json.loads(response.data)["detail"]:
            faults.append((address, response.status_code))

    assert not faults


def test_unknown_parameter_of_a_question(browser):
    """The form of a question that still needs a value refuses an unknown parameter as well, and names the nearest."""
    response = browser.get("/questions/statuses-of-a-party", query_string={"parti": "XB", "lang": "en"})

    assert response.status_code == 400
    assert "“party”" in response.get_data(as_text=True)
    assert browser.get("/questions/statuses-of-a-party").status_code == 200


@pytest.mark.parametrize(("typed", "near"), [("asof", "asOf"), ("as_of", "asOf"), ("membr", "member"), ("langue", "lang")])
def test_nearest_is_named(client, typed: str, near: str):
    """A parameter that is nearly right is answered with the right one, in both languages."""
    for lang in ("fr", "en"):
        response = client.get("/duties", query_string={typed: "1", "lang": lang, "format": "json"})

        assert response.status_code == 400
        assert near in json.loads(response.data)["detail"]


def test_sparql_ignores_unknown_parameters(client):
    """/sparql follows the protocol: a parameter that the protocol does not define changes nothing."""
    assert client.get("/sparql", query_string={"query": "ASK {}", "unheard-of": "1"}).status_code == 200


@pytest.mark.parametrize("address", WITH_MOMENT)
@pytest.mark.parametrize("name", ["asOf", "as-of"])
def test_every_page_checks_the_day(client, address: str, name: str):
    """Every page that takes a moment refuses a day before the instrument, under either spelling of the parameter."""
    assert client.get(address, query_string={name: EARLY, "format": "json"}).status_code == 400
    assert client.get(address, query_string={name: "2022-06-01", "format": "json"}).status_code == 200


def test_both_spellings_are_refused(client):
    """A parameter with a value under both spellings is refused."""
    response = client.get("/relay", query_string={"asOf": "2022-06-01", "as-of": "2022-06-02"})

    assert response.status_code == 400


def test_two_spellings_one_answer(client):
    """The older spelling gives the same answer."""
    answers = [client.get("/relay", query_string={name: "2022-06-01", "format": "json"}).data for name in ("asOf", "as-of")]

    assert answers[0] == answers[1]
    assert answers[0] != client.get("/relay", query_string={"format": "json"}).data
