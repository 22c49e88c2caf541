"""Connections: slow clients are ended, nobody takes all connections, and a request takes time in proportion to its length."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from observance.web import connections, open_socket
from observance.web.connections import ConnectionLimits, Server

LIMITS = ConnectionLimits(header_seconds=1.0, body_seconds=1.0, connections=12, client_connections=3, proxy="")
GET = b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"x" * 30
PIECES = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
TWO_LENGTHS = PIECES.replace(b"Host", b"Content-Length: 4\r\nHost") + b"0\r\n\r\n"
LARGE: list[float] = []
"""When each large answer was asked for."""
Address = tuple[str, int]


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The application under test: the length of the body; `/slow` takes a second and `/large` has an answer of 20 MB."""
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1)
    length = len(environ["wsgi.input"].read())
    if environ["PATH_INFO"] == "/large":
        LARGE.append(time.monotonic())
    if environ["PATH_INFO"] == "/who":
        length = int(environ["REMOTE_ADDR"].replace(".", ""))
    body = b"x" * 20_000_000 if environ["PATH_INFO"] == "/large" else b"%030d" % length
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


class Interrupt:
    """Ends the loop of a server at its next look, as a signal does."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __call__(self) -> None:
        def interrupt(now: float) -> None:
            raise KeyboardInterrupt

        self._server.maintenance, self._server.next_channel_cleanup = interrupt, 0
        self._server.pull_trigger()


@contextmanager
def serving(limits: ConnectionLimits = LIMITS) -> Iterator[tuple[Address, Server, Callable[[], None]]]:
    """The address of a server, the server, and what interrupts it."""
    with open_socket("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        server = Server(echo, listener, limits=limits, threads=2, max_body_bytes=2_000_000, on_stop=lambda: None)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield address, server, Interrupt(server)
        finally:
            Interrupt(server)()
            thread.join(timeout=30)
            assert not thread.is_alive()
            server.asyncore.close_all(server._map)


@pytest.fixture
def address() -> Iterator[Address]:
    with serving() as (found, _, _):
        yield found


def connect(address: Address, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(address, timeout=20, source_address=(source, 0))


def all_of(connection: socket.socket) -> bytes:
    """What is received until the connection ends."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b"".join(pieces)


def answers(address: Address, source: str = "127.0.0.1") -> bool:
    """Whether the server answers a client at once."""
    with connect(address, source) as connection:
        connection.settimeout(0.9)
        try:
            connection.sendall(GET)
            return connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        except OSError:
            return False


@pytest.mark.parametrize(
    "beginning",
    [b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n", PIECES + b"5000\r\n", PIECES],
    ids=["headers", "body", "chunk", "line of a chunk"],
)
def test_slow_request_is_refused(address: Address, beginning: bytes) -> None:
    """A request that comes a byte at a time is refused after its deadline, with problem details, and others do not wait meanwhile."""
    began = time.monotonic()
    with connect(address) as connection:
        connection.sendall(beginning)
        connection.settimeout(0.2)
        received = b""
        while not received and time.monotonic() < began + 10:
            try:
                received = connection.recv(10_000)
            except TimeoutError:
                connection.sendall(b"1")
                assert answers(address)
        received += all_of(connection)
    assert 1.0 <= time.monotonic() - began < 4.0
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"408"
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == 408


def test_nothing_sent(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a request, also with empty lines now and then, is ended; one between two requests as well."""
    monkeypatch.setattr(connections, "IDLE_SECONDS", 1.0)
    with connect(address) as silent, connect(address) as lines, connect(address) as answered:
        answered.sendall(GET)
        for _ in range(3):
            lines.sendall(b"\r\n\r\n")
            time.sleep(0.3)
        assert [all_of(silent), all_of(lines)] == [b"", b""]
        assert all_of(answered).endswith(b"0")


def test_response_not_taken(address: Address) -> None:
    """Who does not take what was asked for is cut off, and holds no thread of the two, also with several requests at once."""
    LARGE.clear()
    with ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(connect(address))
            # Else the kernel may take two whole answers for a client that reads nothing.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            connection.sendall(GET.replace(b"/x", b"/large") * 3)
        time.sleep(0.8)
        assert answers(address)
        time.sleep(3)
        assert len(all_of(connection)) < 20_000_000
    # Of three on each connection; what the kernel takes to send may leave room for a second.
    assert len(LARGE) <= 8, "requests whose answers before are not taken are not answered"


def test_slow_but_steady(address: Address) -> None:
    """A body that takes longer than its deadline, and comes faster than the slowest rate, is taken."""
    with connect(address) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n")
        for _ in range(12):
            connection.sendall(b"x" * 5000)
            time.sleep(0.2)
        assert connection.recv(1000).endswith(b"60000")


def test_files_do_not_wait_for_pages(address: Address) -> None:
    """Files and the state of the service are answered while all threads for pages are busy; refusals too."""
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(connect(address)).sendall(GET.replace(b"/x", b"/slow"))
        time.sleep(0.2)
        for path in (b"/static/x", b"/health"):
            connection = stack.enter_context(connect(address))
            connection.settimeout(0.9)
            connection.sendall(GET.replace(b"/x", path))
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert not answers(address)


def test_long_answer_is_waited_for(address: Address) -> None:
    """A request that takes longer to answer than the client had to send it is answered."""
    with connect(address) as connection:
        connection.sendall(GET.replace(b"/x", b"/slow"))
        time.sleep(1.5)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of another machine has a share of the connections; this machine, where a reverse proxy may stand, may have all."""
    monkeypatch.setattr(connections, "is_loopback", lambda client: client == "127.0.0.1")
    with serving() as (address, server, _), ExitStack() as stack:
        held = [stack.enter_context(connect(address, "127.0.0.2")) for _ in range(LIMITS.client_connections)]
        time.sleep(0.2)
        assert not answers(address, "127.0.0.2")
        assert answers(address, "127.0.0.3")
        held[0].close()
        time.sleep(0.2)
        assert answers(address, "127.0.0.2")
        for _ in range(LIMITS.client_connections + 1):
            stack.enter_context(connect(address))
        assert answers(address)
    assert not server.shares["127.0.0.3"]


@pytest.mark.parametrize(("proxy", "seen"), [("127.0.0.1", b"192021"), ("192.0.2.9", b"127001"), ("", b"127001")])
def test_proxy(proxy: str, seen: bytes) -> None:
    """The client is whom the reverse proxy names, and nobody else is believed."""
    with serving(ConnectionLimits(5.0, 5.0, 12, 3, proxy)) as (address, _, _), connect(address) as connection:
        connection.sendall(b"GET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
        head = connection.recv(1000)
        assert (head if head.endswith(seen) else head + connection.recv(1000)).endswith(b"0" + seen)


def test_all_connections_taken() -> None:
    """When all connections are taken, the oldest one that waits for its client makes room; one that is being answered does not."""
    with serving(ConnectionLimits(60.0, 60.0, 12, 3, "")) as (address, _, _), ExitStack() as stack:
        asked = stack.enter_context(connect(address))
        asked.sendall(GET.replace(b"/x", b"/slow"))
        waiting = [stack.enter_context(connect(address)) for _ in range(3 * LIMITS.connections)]
        assert all(answers(address) for _ in range(5))
        assert asked.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert all_of(waiting[0]) == b""
        waiting[-1].sendall(GET)
        assert waiting[-1].recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("address", "client"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::1", "::1"),
     ("fe80::1%eth0", "fe80::"), ("localhost", "localhost")],
)  # fmt: skip
def test_client(address: str, client: str) -> None:
    """One client is an IPv4 address, or all IPv6 addresses that are given out together."""
    assert connections._client(address) == client


@pytest.mark.parametrize("step", [1, 7, 5_000])
@pytest.mark.parametrize(
    ("sent", "told"),
    [(GET, b"200"), (b"\r\n\r\n" + GET, b"200"), (PIECES + b"5\r\nhello\r\n0\r\n\r\n", b"200"), (PIECES + b"0\r\nA: b\r\n\r\n", b"200"),
     (PIECES + b"5;" + b"e" * 10_000 + b"\r\n", b"400"), (PIECES + b"0\r\n" + b"A: b\r\n" * 2000, b"400"),
     (b"broken\r\n\r\n", b"400"), (TWO_LENGTHS, b"400"),
     (PIECES + b"1\r\nx\r\n" * 20_000, b"400"), (b"GET / HTTP/1.1\r\nX: " + b"y" * 150_000, b"431")],
    ids=["headers", "after empty lines", "chunks", "trailer", "long line of a chunk", "long trailer", "broken", "two lengths",
         "framing", "long headers"],
)  # fmt: skip
def test_in_pieces(sent: bytes, told: bytes, step: int) -> None:
    """However a request is cut into pieces, it is understood or refused in the same way."""
    assert status_of(sent, step) == told


def status_of(sent: bytes, step: int) -> bytes:
    """The status with which the requests are answered that arrive in pieces of so many bytes."""
    adjustments = Adjustments(max_request_header_size=connections._MAX_HEADER_BYTES, max_request_body_size=2_000_000)
    request, at = connections._Request(adjustments), 0
    while at < len(sent):
        at += request.received(sent[at : at + step])
        if request.completed and request.empty:
            request = connections._Request(adjustments)
        elif request.completed:
            return b"200" if request.error is None else str(request.error.code).encode()
    return b"none"


@pytest.mark.parametrize(
    "beginning", [b"GET / HTTP/1.1\r\nX: ", PIECES + b"1000000\r\n", PIECES + b"5;"], ids=["headers", "body", "chunk line"]
)
def test_byte_by_byte(beginning: bytes) -> None:
    """What comes a byte at a time takes time in proportion to its length: four times as much takes less than ten times as long."""
    seconds = []
    for length in (35_000, 140_000):
        sent = beginning + b"1" * length
        began = time.perf_counter()
        status_of(sent, 1)
        seconds.append(time.perf_counter() - began)
    assert seconds[1] < 10 * seconds[0] + 0.05


def test_ends_with_what_is_in_progress() -> None:
    """A request in progress is answered after the server was told to stop; new connections are refused."""
    with serving() as (address, _, interrupt), connect(address) as asked:
        asked.sendall(GET.replace(b"/x", b"/slow"))
        time.sleep(0.3)
        interrupt()
        time.sleep(0.3)
        with pytest.raises(ConnectionError):
            connect(address)
        assert asked.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that goes on for longer than the server waits is left."""
    monkeypatch.setattr(connections, "STOP_SECONDS", 0.2)
    began = time.monotonic()
    with serving() as (address, _, interrupt), connect(address) as asked:
        asked.sendall(GET.replace(b"/x", b"/slow"))
        time.sleep(0.1)
        interrupt()
    assert time.monotonic() - began < 5
