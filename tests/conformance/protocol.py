"""The W3C tests of the SPARQL 1.1 Protocol, against the service over HTTP: `python tests/conformance/protocol.py FOLDER`.

The suite's data are a register of their own, each file in the graph that the tests name. The service takes no updates: of the tests of
updates it is only shown that each is refused. Printed: every test that fails, and `protocol: 20 of 20 query tests, 14 update tests refused
by policy`.
"""

import http.client
import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Thread

import pyoxigraph as ox
from msgspec import Struct
from werkzeug.serving import make_server

from observance.core import PREFIXES, Settings
from observance.web import close, create_app

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
LABEL = PREFIXES["rdfs"] + "label"
BOOLEAN = {"application/sparql-results+json", "application/sparql-results+xml"}
FORMATS = {
    "boolean": BOOLEAN,
    "tabular": {*BOOLEAN, "text/csv", "text/tab-separated-values"},
    "RDF": {"application/rdf+xml", "text/turtle", "application/n-triples", "application/ld+json"},
}
UPDATES = ("update_", "bad_update_", "bad_multiple_updates")


class Exchange(Struct, frozen=True):
    """A request of a test, and what is expected of its answer: its statuses, by their first digit, its format and its truth."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: tuple[str, ...]
    format: str | None
    boolean: str | None


class Manifest:
    """The tests of the suite's manifest."""

    def __init__(self, folder: Path) -> None:
        """Read it."""
        self.folder = folder
        self._store = ox.Store()
        self._store.bulk_load(path=folder / "manifest.ttl", format=ox.RdfFormat.TURTLE, base_iri=f"{folder.resolve().as_uri()}/")

    def tests(self) -> Iterator[tuple[str, list[Exchange]]]:
        """The name of each test, with its requests."""
        (entries,) = self._values(None, MF + "entries")
        for test in self._list(entries):
            (connection,) = self._values(test, MF + "action")
            (requests,) = self._values(connection, HT + "requests")
            yield test.value.rpartition("#")[2], [self._exchange(request) for request in self._list(requests)]

    def graphs(self) -> dict[str, Path]:
        """The file of each graph that tests name."""
        found = {}
        for quad in self._store.quads_for_pattern(None, ox.NamedNode(UT + "graphData"), None):
            (file,), (name,) = self._values(quad.object, UT + "graph"), self._values(quad.object, LABEL)
            found[name.value] = self.folder / file.value.rpartition("/")[2]
        return found

    def _exchange(self, request: ox.BlankNode) -> Exchange:
        (response,) = self._values(request, HT + "resp")
        headers = {}
        for header in (each for headers in self._values(request, HT + "headers") for each in self._list(headers)):
            (name,), (value,) = self._values(header, HT + "fieldName"), self._values(header, HT + "fieldValue")
            headers[name.value] = value.value
        body = b""
        for content in self._values(request, HT + "body"):
            (text,) = self._values(content, CNT + "chars")
            (encoding,) = self._values(content, CNT + "characterEncoding") or (ox.Literal("UTF-8"),)
            body = text.value.encode(encoding.value)
        return Exchange(
            method=self._values(request, HT + "methodName")[0].value,
            path=self._values(request, HT + "absolutePath")[0].value,
            headers=headers,
            body=body,
            statuses=tuple(each.value.rpartition("StatusCode")[2][0] for each in self._values(response, MF + "expectedStatus")),
            format=next((each.value for each in self._values(response, MF + "expectedFormat")), None),
            boolean=next((each.value for each in self._values(response, MF + "expectedBoolean")), None),
        )

    def _values(self, subject: ox.NamedNode | ox.BlankNode | None, predicate: str) -> list[ox.NamedNode]:
        return [quad.object for quad in self._store.quads_for_pattern(subject, ox.NamedNode(predicate), None)]

    def _list(self, node: ox.NamedNode) -> Iterator[ox.NamedNode]:
        rdf = PREFIXES["rdf"]
        while node.value != rdf + "nil":
            yield self._values(node, rdf + "first")[0]
            (node,) = self._values(node, rdf + "rest")


def register(manifest: Manifest, folder: Path) -> Path:
    """A register with the suite's data, each file in its graph."""
    quads = [
        ox.Quad(*quad.triple, ox.NamedNode(name))
        for name, file in sorted(manifest.graphs().items())
        for quad in ox.parse(path=file, format=ox.RdfFormat.N_TRIPLES)
    ]
    (folder / "data.trig").write_bytes(ox.serialize(quads, format=ox.RdfFormat.TRIG) or b"")
    return folder


def fault(exchange: Exchange, address: str) -> str | None:
    """What is wrong with the answer to a request; None if nothing is."""
    connection = http.client.HTTPConnection(address, timeout=60)
    headers = {"Content-Length": str(len(exchange.body)), **exchange.headers} if exchange.method != "GET" else exchange.headers
    connection.putrequest(exchange.method, exchange.path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(exchange.body or None)
    response = connection.getresponse()
    body, kind = response.read(), (response.getheader("Content-Type") or "").partition(";")[0]
    connection.close()
    if str(response.status)[0] not in exchange.statuses:
        return f"status {response.status}, expected one of {', '.join(exchange.statuses)}xx"
    if exchange.format is not None and kind not in FORMATS[exchange.format]:
        return f"{kind}, expected {exchange.format}"
    if exchange.boolean is not None:
        found = json.loads(body)["boolean"] if kind.endswith("json") else b"<boolean>true</boolean>" in body
        if str(found).lower() != exchange.boolean:
            return f"{found}, expected {exchange.boolean}"
    return None


def run(folder: Path) -> tuple[int, int, list[str]]:
    """Run all tests of the suite in the folder: the numbers of query tests and of update tests that were refused, and what failed."""
    manifest = Manifest(folder)
    with tempfile.TemporaryDirectory() as temporary:
        application = create_app(Settings(workers=1, registers=(register(manifest, Path(temporary)),)))
        server = make_server("127.0.0.1", 0, application, threaded=True)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            return _counted(manifest, f"127.0.0.1:{server.port}")
        finally:
            server.shutdown()
            close(application)


def _counted(manifest: Manifest, address: str) -> tuple[int, int, list[str]]:
    queries = refused = 0
    faults = []
    for name, exchanges in manifest.tests():
        if name.startswith(UPDATES):
            # An update is answered by a refusal; what it was to change is asked for next, and was not changed.
            problem = fault(Exchange(**{**_fields(exchanges[0]), "statuses": ("4",), "format": None, "boolean": None}), address)
            refused += problem is None
        else:
            problem = next((found for found in (fault(exchange, address) for exchange in exchanges) if found), None)
            queries += problem is None
        faults += [f"{name}: {problem}"] if problem else []
    return queries, refused, faults


def _fields(exchange: Exchange) -> dict[str, object]:
    return {name: getattr(exchange, name) for name in exchange.__struct_fields__}


def main(arguments: Sequence[str]) -> int:
    """Print what failed, and the numbers."""
    folder = Path(arguments[0])
    if not (folder / "manifest.ttl").is_file():
        print(f"The W3C suite is not in {folder}: name the folder that holds its manifest.ttl.", file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)
    queries, refused, faults = run(folder)
    for line in faults:
        print(f"  {line}")
    print(f"protocol: {queries} of 20 query tests, {refused} update tests refused by policy")
    return 0 if (queries, refused) == (20, 14) and not faults else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
