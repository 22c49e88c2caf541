"""The connections of the server: a deadline for each part of an exchange, and a bound on connections, in all and of one client.

Waitress reads requests without holding a thread for them, but keeps a connection open for as long as a byte arrives now and then. Here a
connection ends when its client is too slow, and the oldest one that is not being answered makes room for a new one. Times are in seconds.
"""

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from msgspec import Struct
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest, Error

from observance.core import LANGUAGES, translate
from observance.web import problem_details
from observance.web.access import PEER
from observance.web.admission import is_loopback

IDLE_SECONDS: Final = 30.0
"""How long a connection stays open between two requests."""
BYTES_PER_SECOND: Final = 10_000
"""The slowest transfer of a body or response after its first seconds."""
STOP_SECONDS: Final = 5.0
"""How long requests in progress may take when the server is told to stop."""
_CHECK_SECONDS: Final = 1.0
# What is answered at once, by threads of its own.
_QUICK_PATHS: Final = ("/health", "/ready", "/static/")
_QUICK_THREADS: Final = 2
_MAX_HEADER_BYTES: Final = 150_000
_MAX_CHUNK_LINE_BYTES: Final = 1_000
_MAX_TRAILER_BYTES: Final = 8_000
# Of a chunked body, what frames its chunks may have this many bytes and a quarter of what they hold.
_MAX_FRAMING_BYTES: Final = 65_536
# The prefix of IPv6 addresses that one client is commonly given.
_CLIENT_PREFIX_BITS: Final = 64


class ConnectionLimits(Struct, frozen=True):
    """How long headers and the first part of a body may take to arrive, and how many connections may be open, in all and of one client."""

    header_seconds: float
    body_seconds: float
    connections: int
    client_connections: int
    proxy: str
    """The address of a reverse proxy, which says whom it asks for; empty if there is none."""


class _Transfer:
    """The deadline of a body or response: later by what was transferred, and never further ahead than at the beginning."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.until = time.monotonic() + seconds

    def moved(self, count: int) -> None:
        self.until = min(self.until + count / BYTES_PER_SECOND, time.monotonic() + self._seconds)


class _TimeoutError(Error):  # type: ignore[misc]
    code = 408
    reason = "Request Timeout"


class _Request(HTTPRequestParser):  # type: ignore[misc]
    """A request as it arrives, read in time proportional to its length however it is cut into pieces."""

    error: Error | None = None

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.began = time.monotonic()
        self._head = bytearray()

    def received(self, data: bytes) -> int:
        if self.body_rcv is None and not self.completed:
            return self._head_received(data)
        consumed: int = super().received(data)
        self._check_framing()
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Refuse a body of two lengths, of which a reverse proxy may take the other (RFC 9112, section 6.1)."""
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("two lengths")

    def _head_received(self, data: bytes) -> int:
        """Keep the data until the header block is whole: waitress searches it from its beginning for each piece."""
        held = len(self._head)
        self._head += data
        if self._head.find(b"\r\n\r\n", max(0, held - 3)) < 0 and len(self._head) < _MAX_HEADER_BYTES:
            return len(data)
        consumed: int = super().received(bytes(self._head)) - held
        self._head.clear()
        return consumed

    def _check_framing(self) -> None:
        """End a chunked body whose framing is out of proportion: it takes time and carries nothing."""
        if not self.chunked or self.body_rcv is None or self.error is not None:
            return
        framing = self.body_bytes_received - len(self.body_rcv)
        if (
            len(self.body_rcv.control_line) > _MAX_CHUNK_LINE_BYTES
            or len(self.body_rcv.trailer) > _MAX_TRAILER_BYTES
            or framing > _MAX_FRAMING_BYTES + len(self.body_rcv) // 4
        ):
            self.error, self.completed = BadRequest("chunks"), True


class _RefusalTask(ErrorTask):  # type: ignore[misc]
    """The response to a request that the server itself refuses: problem details, as from the application."""

    def execute(self) -> None:
        status = self.request.error.code
        self.status = f"{status} {self.request.error.reason}"
        key = problem_details.DETAILS.get(status, "web.detail-400")
        body = problem_details.problem_json(
            status, {lang: translate(key, lang) for lang in LANGUAGES}, lang="en", kind="about:blank"
        ).encode()
        self.response_headers.append(("Content-Type", problem_details.MEDIA_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):  # type: ignore[misc]
    """A request that is answered by the application, which is told from which address the connection comes, whomever a proxy names."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        return {**environ, PEER: self.channel.client_address}


class _Connection(HTTPChannel):  # type: ignore[misc]
    parser_class = _Request
    task_class = _Task
    error_task_class = _RefusalTask
    # As waitress has them.
    request: _Request | None
    requests: list[_Request]
    will_close: bool

    def __init__(self, server: "Server", sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:
        self.client, self.client_address = _client(addr[0]), addr[0]
        self.waiting_since = time.monotonic()
        """The time since which the server has waited for the client alone."""
        self._body = self._response = _Transfer(server.limits.body_seconds)
        super().__init__(server, sock, addr, adj, map=map)
        server.make_room(self)

    def add_channel(self, map: Any = None) -> None:
        super().add_channel(map)
        self.server.shares[self.client] += 1

    def del_channel(self, map: Any = None) -> None:
        if self._fileno in self.server.active_channels:
            self.server.shares[self.client] -= 1
            self.server.shares += Counter()  # leaves out those without any
        super().del_channel(map)

    @property
    def is_answering(self) -> bool:
        return bool(self.requests or self.total_outbufs_len)

    def received(self, data: bytes) -> Any:
        if self.request is None or not self.request.headers_finished:
            self._body = _Transfer(self.server.limits.body_seconds)
        else:
            self._body.moved(len(data))
        return super().received(data)

    def write_soon(self, data: Any) -> Any:
        if not self.total_outbufs_len:
            self._response = _Transfer(self.server.limits.body_seconds)
        return super().write_soon(data)

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent: int = super().send(data, do_close=do_close)
        self._response.moved(sent)
        return sent

    def service(self) -> None:
        if self.total_outbufs_len > self.adj.outbuf_high_watermark:
            self._leave_requests()
            return
        super().service()
        self.waiting_since = time.monotonic()

    def _leave_requests(self) -> None:
        """Answer no more of the requests that were sent at once: the client has not taken the answers before."""
        with self.requests_lock:
            self.close_when_flushed = True
            for request in self.requests:
                request.close()
            self.requests = []
        self.server.pull_trigger()

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Do nothing: waitress would hold the thread until the client takes the answer. Answers are bounded, and kept in a file."""

    def hurry(self, now: float) -> None:
        """End the connection if the client is too slow; tell it so (408) if it has begun a request."""
        if self.will_close or self.requests:
            return
        if self.total_outbufs_len:
            self.will_close = now > self._response.until
        elif self.request is None:
            self.will_close = now > self.waiting_since + IDLE_SECONDS
        elif not self.request.headers_finished:
            self._refuse_after(self.request.began + self.server.limits.header_seconds, now)
        else:
            self._refuse_after(self._body.until, now)

    def _refuse_after(self, deadline: float, now: float) -> None:
        with self.requests_lock:
            if self.request is not None and now > deadline:
                self.request.error, self.request.completed = _TimeoutError(""), True
                self.requests.append(self.request)
                self.request = None
                self.server.add_task(self)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Waitress on one socket, with limits for its connections."""

    channel_class = _Connection

    def __init__(
        self,
        application: Any,
        listener: socket.socket,
        *,
        limits: ConnectionLimits,
        threads: int,
        max_body_bytes: int,
        on_stop: Callable[[], None],
    ) -> None:
        """`on_stop` is called when the server begins to end."""
        self._on_stop = on_stop
        self.limits, self.shares = limits, Counter[str]()
        super().__init__(
            application,
            _sock=listener,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            threads=threads,
            ident=None,
            max_request_body_size=max_body_bytes,
            max_request_header_size=_MAX_HEADER_BYTES,
            # More than are ever open: the server makes room by itself.
            connection_limit=2 * limits.connections + 100,
            cleanup_interval=_CHECK_SECONDS,
            asyncore_loop_timeout=_CHECK_SECONDS,
            asyncore_use_poll=True,
            # That a request was passed on shows in its headers, which are kept for that, and believed of the proxy alone.
            clear_untrusted_proxy_headers=False,
            **({"trusted_proxy": limits.proxy, "trusted_proxy_headers": {"x-forwarded-for"}} if limits.proxy else {}),
        )

        self._quick_dispatcher = ThreadedTaskDispatcher()
        self._quick_dispatcher.set_thread_count(_QUICK_THREADS)

    def add_task(self, connection: _Connection) -> None:
        """Answer the first request of the connection: the state of the service and files without waiting for pages."""
        request = connection.requests[0]
        is_quick = request.error is not None or request.path.startswith(_QUICK_PATHS)
        (self._quick_dispatcher if is_quick else self.task_dispatcher).add_task(connection)

    def maintenance(self, now: float) -> None:
        """End the connections of clients that are too slow."""
        del now  # a time that may be set back
        moment = time.monotonic()
        for connection in tuple(self.active_channels.values()):
            connection.hurry(moment)

    def make_room(self, newest: _Connection) -> None:
        """End a connection if there are too many: the newest of a client that has its share, else the oldest one that waits."""
        if not is_loopback(newest.client) and self.shares[newest.client] > self.limits.client_connections:
            newest.handle_close()
        elif len(self.active_channels) > self.limits.connections:
            waiting = [connection for connection in self.active_channels.values() if not connection.requests]
            min(waiting, key=lambda connection: connection.waiting_since).handle_close()

    def run(self) -> None:
        """Serve until the process is interrupted; then end what is in progress, and take no more."""
        with contextlib.suppress(KeyboardInterrupt):
            try:
                self.asyncore.loop(timeout=self.adj.asyncore_loop_timeout, map=self._map, use_poll=True)
            except (SystemExit, KeyboardInterrupt):
                self._finish()
        for dispatcher in (self.task_dispatcher, self._quick_dispatcher):
            dispatcher.shutdown(timeout=_CHECK_SECONDS)

    def _finish(self) -> None:
        self._on_stop()
        self.del_channel()
        self.socket.close()
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until and any(connection.is_answering for connection in self.active_channels.values()):
            self.asyncore.poll2(0.1, self._map)


def _client(address: str) -> str:
    """The address, or what stands for all IPv6 addresses of one client."""
    with contextlib.suppress(ValueError):
        parsed = ip_address(address.partition("%")[0])
        if isinstance(parsed, IPv6Address):
            if parsed.ipv4_mapped is not None:
                return str(parsed.ipv4_mapped)
            if not parsed.is_loopback:
                return str(IPv6Address(int(parsed) >> _CLIENT_PREFIX_BITS << _CLIENT_PREFIX_BITS))
    return address
