"""The attacks: each returns whether the service held, and what was seen."""

import contextlib
import csv
import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

from target import NAME, Response, Target

Outcome = tuple[bool, str]
Attack = Callable[[Target], Outcome]

FORM = "application/x-www-form-urlencoded"
PAGES = ("/health", "/static/observance.css", "/resolution")
QUICK_SECONDS = 1.0
"""The longest wait of a good client for one of these pages."""
QUERY_SECONDS = 8.0
"""The longest wait for the end of a query: the deadline of other machines, and what is around it."""
FOUND_SECONDS = 6.0
"""How long a good client asks beside an attack that lasts."""
CARTESIAN = "SELECT (COUNT(*) AS ?n) {?a ?b ?c.?d ?e ?f.?g ?h ?i}"
PREFIXES = "@prefix obs: <https://w3id.org/observance/ns#> . @prefix wco: <https://w3id.org/observance/wco/> .\n"


def beside(target: Target, *, seconds: float = FOUND_SECONDS) -> Outcome:
    """Whether a good client is answered quickly for so long."""
    waits, failures, until = [], 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for path in PAGES:
            response = target.ask(path)
            waits.append(response.seconds)
            failures += response.status != 200
    waits.sort()
    worst = waits[min(len(waits) - 1, len(waits) * 99 // 100)]
    return not failures and worst < QUICK_SECONDS, f"good client: {len(waits)} requests, {failures} failed, p99 {worst * 1000:.0f} ms"


@contextmanager
def together(count: int, work: Callable[[], Response]) -> Iterator[list[Response]]:
    """The responses to so many requests at once, complete at the end of the context."""
    responses: list[Response] = []
    with ThreadPoolExecutor(count) as pool:
        pending = [pool.submit(work) for _ in range(count)]
        time.sleep(0.3)
        yield responses
        responses += [future.result() for future in pending]


def cartesian(target: Target) -> Outcome:
    """Endless queries on more connections than there are threads."""
    with together(16, lambda: target.query(CARTESIAN)) as responses:
        outcome = beside(target)
    longest = max(response.seconds for response in responses)
    return outcome[0] and longest < QUERY_SECONDS, f"{outcome[1]}; longest query {longest:.1f} s"


def slow(beginning: bytes, *, count: int = 500, reads: bool = True) -> Attack:
    """Connections that begin a request and send a byte now and then, or do not take the answer."""

    def attack(target: Target) -> Outcome:
        with ExitStack() as stack:
            connections = [stack.enter_context(target.connect()) for _ in range(count)]
            for connection in connections:
                _send(connection, beginning)
            rounds = []
            for _ in range(3):
                rounds.append(beside(target, seconds=FOUND_SECONDS / 3))
                for connection in connections if reads else ():
                    _send(connection, b"a")
        return all(held for held, _ in rounds), rounds[-1][1]

    return attack


def _send(connection: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # the service has ended it
        connection.sendall(data)


def small_pieces(target: Target) -> Outcome:
    """A chunked body of very many tiny chunks."""
    head = f"POST /validate HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: text/turtle\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(lambda: _flood(target, head, b"1\r\n#\r\n" * 1_300, pieces=1_200))
        return beside(target)


def _flood(target: Target, head: bytes, piece: bytes, *, pieces: int) -> None:
    with target.connect() as connection:
        _send(connection, head)
        for _ in range(pieces):
            _send(connection, piece)


def large_report(target: Target) -> Outcome:
    """Very many faults in a small form."""
    document = PREFIXES + "".join(f"<urn:x:{number}> a obs:IndicativeTimetable ." for number in range(1500))
    response = target.ask("/validate", f"syntax=text%2Fturtle&document={quote(document)}".encode(), kind=FORM, accept="text/html")
    held = 0 < response.status < 500 and len(response.body) < 2_000_000 and response.seconds < 10
    return held, f"{response.status}, {len(response.body) / 1e6:.1f} MB in {response.seconds:.1f} s"


def queries_end(*texts: str, seconds: float = QUERY_SECONDS, refused: bool = False) -> Attack:
    """Queries that must end, by a refusal or a deadline, while pages are answered; `refused`: by a refusal."""

    def attack(target: Target) -> Outcome:
        pages, responses = [], []
        for text in texts:
            with ThreadPoolExecutor(1) as pool:
                pending = pool.submit(target.query, text)
                pages.append(beside(target, seconds=0.3))
                responses.append(pending.result())
        longest = max(response.seconds for response in responses)
        expected = {400, 403, 413} if refused else {200, 400, 403, 413, 503}
        held = all(response.status in expected for response in responses) and longest < seconds and all(held for held, _ in pages)
        return held, f"{', '.join(str(response.status) for response in responses[:12])}; longest {longest:.2f} s"

    return attack


def many_fields(target: Target) -> Outcome:
    """Forms of 10 MB with very many fields."""
    form = b"&".join([b"a="] * 3_300_000)
    responses = [target.ask(path, form, kind=FORM) for path in ("/validate", "/sparql")]
    longest = max(response.seconds for response in responses)
    return all(response.status in {0, 400, 413} for response in responses) and longest < 2, f"longest {longest:.2f} s"


def formulas(target: Target) -> Outcome:
    """Cells that a spreadsheet would evaluate."""
    values = " ".join(f'"{sign}1+1"' for sign in ("=", "+", "-", "@", "\\t=", "\\r="))
    response = target.query(f"SELECT ?x {{ VALUES ?x {{ {values} }} }}", "text/csv")
    cells = [row[0] for row in csv.reader(response.body.decode().splitlines()[1:]) if row]
    bad = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    return response.status == 200 and bool(cells) and not bad, f"{len(cells)} cells, {len(bad)} formulas"


def other_hosts(target: Target) -> Outcome:
    """Names that are not the service's."""
    names = ("evil.example", "example.org.evil.example", "evil.example:80", "example.org@evil.example", "", "127.0.0.1", "localhost")
    responses = [target.ask("/", headers={"Host": name}) for name in names]
    held = all(response.status == 400 and b"evil" not in response.body for response in responses)
    return held, ", ".join(str(response.status) for response in responses)


def restricted(target: Target) -> Outcome:
    """Statements of restricted documents, asked for without an account."""
    response = target.query("SELECT DISTINCT ?d { GRAPH ?g { ?d ?disclosed obs:Restricted . ?d a ?kind } }")
    found = len(json.loads(response.body)["results"]["bindings"]) if response.status == 200 else 0
    return not found, f"{found} restricted documents"


def unknown_function(target: Target) -> Outcome:
    """A function that does not exist."""
    response = target.query("SELECT (<http://example.org/f>(1) AS ?x) {}")
    return response.status == 400, str(response.status)


def contacts(target: Target) -> Outcome:
    """Everything that could make the service contact another one, or read a file."""
    elsewhere = f"http://127.0.0.1:{target.canary.port}/x"
    spellings = ("SERVICE", "service", "SERVICE SILENT", "S\\u0045RVICE", "SERVICE#\n", "GRAPH ?g {} SERVICE")
    queries = [f"SELECT * {{ {spelling} <{elsewhere}> {{ ?s ?p ?o }} }}" for spelling in spellings]
    queries += [f"PREFIX e: <{elsewhere}> SELECT * {{ SERVICEe: {{ ?s ?p ?o }} }}", f"LOAD <{elsewhere}>", "LOAD <file:///etc/passwd>"]
    queries += [
        f"SELECT * {clause} <{iri}> {{ ?s ?p ?o }}" for clause in ("FROM", "FROM NAMED") for iri in (elsewhere, "file:///etc/passwd")
    ]
    bodies = (
        ("application/ld+json", json.dumps({"@context": elsewhere, "@id": "urn:x:a"})),
        ("application/rdf+xml", f'<!DOCTYPE a [<!ENTITY b SYSTEM "{elsewhere}">]><a>&b;</a>'),
        ("application/rdf+xml", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("text/turtle", f"<urn:x:a> <http://www.w3.org/2002/07/owl#imports> <{elsewhere}> ."),
    )
    responses = [target.query(text) for text in queries] + [target.ask("/validate", body.encode(), kind=kind) for kind, body in bodies]
    held = not target.canary.contacts and all(0 < r.status < 500 and b"root:" not in r.body for r in responses)
    return held, f"{len(responses)} requests, canary contacted {target.canary.contacts} times"


def documents(target: Target) -> Outcome:
    """Documents that grow, nest or pretend."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = (
        f'<!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaa">{entities}]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&a9;</rdf:RDF>'
    )
    responses = [
        target.ask("/validate", bomb.encode(), kind="application/rdf+xml"),
        target.ask("/validate", ("<urn:x:a> <urn:x:b> " + "[<urn:x:b>" * 100_000).encode(), kind="text/turtle"),
        target.ask("/validate", b'{"@graph":' * 100_000, kind="application/ld+json"),
        target.ask("/validate", b"\xff\xfe" * 1000, kind="text/turtle"),
        target.ask("/validate", b"<urn:x:a> <urn:x:b> 1 .", kind="text/turtle", headers={"Content-Encoding": "gzip"}),
    ]
    longest = max(response.seconds for response in responses)
    held = all(response.status in {200, 400, 413, 415, 422} for response in responses) and longest < QUICK_SECONDS * 5
    return held, f"{', '.join(str(response.status) for response in responses)}; longest {longest:.1f} s"


def requests(target: Target) -> Outcome:
    """Paths out of the folder, headers in parameters, and a request hidden in another."""
    paths = (
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static//etc/passwd",
        "/guides/..%2f..%2fsettings",
    )
    codes = [target.ask(path).status for path in paths]
    split = target.ask("/questions/x%0d%0aSet-Cookie:%20a=b?lang=en%0d%0aX-A:%20b")
    with target.connect() as connection:
        connection.sendall(
            f"POST /validate HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            f"GET /hidden HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
        )
        connection.settimeout(2)
        smuggled = _until_end(connection)
    held = (
        all(code in {308, 400, 404} for code in codes)
        and not {"Set-Cookie", "X-A"} & set(split.headers)
        and smuggled.count(b"HTTP/1.1") < 2
    )
    return held, f"{', '.join(str(code) for code in codes)}; responses to the hidden request: {max(0, smuggled.count(b'HTTP/1.1') - 1)}"


def _until_end(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(OSError):
        while piece := connection.recv(65536):
            received += piece
    return received


def whole_answers(target: Target) -> Outcome:
    """An answer that is too large is refused as a whole."""
    response = target.query("SELECT * {?a ?b ?c.?d ?e ?f}", "text/csv")
    return response.status in {413, 503}, f"{response.status}, {len(response.body)} bytes in {response.seconds:.1f} s"


def _nested(opening: str, closing: str, count: int = 3_300) -> str:
    return "ASK {" + opening * count + closing * count + "}"


GET = f"GET /resolution HTTP/1.1\r\nHost: {NAME}\r\n"
BODY = f"POST /validate HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: text/turtle\r\n"
ATTACKS: Sequence[tuple[str, Attack]] = (
    ("A  endless queries on 16 connections", cartesian),
    ("B  500 slow headers", slow(f"{GET}X: ".encode())),
    ("B  500 slow bodies", slow(f"{BODY}Content-Length: 1000000\r\n\r\n".encode())),
    ("B  500 slow chunks", slow(f"{BODY}Transfer-Encoding: chunked\r\n\r\nf0000\r\n".encode())),
    ("B  50 connections that take no answer", slow(f"{GET}\r\n".encode() * 2, count=50, reads=False)),
    ("B  bodies in tiny chunks", small_pieces),
    ("C  1,500 faulty submissions in a form", large_report),
    ("D  a.a.a…, (, {, ! of 10 kB", queries_end("a." * 4_900, "(" * 9_900, "{" * 9_900, "!" * 9_900, seconds=1.0, refused=True)),
    ("E  forms of 10 MB with very many fields", many_fields),
    (
        "F  queries that are planned for long",
        queries_end(
            "ASK {" + "?s a 1." * 1_200 + "}", "ASK {?s " + "a/" * 900 + "a ?o}", "ASK {?s a (" + " 1" * 4_000 + ")}",
            "ASK {" + ("{SELECT * {" + "?s a 1." * 150 + "}}") * 8 + "}", "ASK {" + ("OPTIONAL {" + "?s a 1." * 150 + "}") * 8 + "}",
        ),
    ),
    ("G  formulas in CSV", formulas),
    ("H  other names in Host", other_hosts),
    ("I  restricted documents through /sparql", restricted),
    ("J  an unknown function", unknown_function),
    ("K  contacting the canary and reading files", contacts),
    ("L  documents that grow or nest", documents),
    ("M  nested queries", queries_end(_nested("{", "}"), _nested("{{} UNION", "{}", 900), "ASK {FILTER(" + "1+" * 4_900 + "1)}",
                                      "ASK {?a " + "!" * 4_900 + "a ?b}", seconds=1.0, refused=True)),
    ("N  sorting, grouping and matching for long", queries_end(
        "SELECT * {?a ?b ?c.?d ?e ?f} ORDER BY ?c ?f LIMIT 1", "SELECT * {?a !<urn:x:a>* ?b}",
        "SELECT ?a (GROUP_CONCAT(?c) AS ?g) {?x ?y ?z.?a ?b ?c.?d ?e ?f} GROUP BY ?a",
        f'ASK {{FILTER(REGEX("{"a" * 3_000}!", "^(a+)+$"))}}')),
    ("O  traversal, response splitting, smuggling", requests),
    ("P  an answer beyond every limit", whole_answers),
)  # fmt: skip
QUICK = tuple(
    name for name, attack in ATTACKS if attack in (large_report, formulas, other_hosts, unknown_function, contacts, documents, requests)
)
"""The attacks of a quick sample."""
