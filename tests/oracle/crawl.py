"""A crawl of a running service: every resource that links lead to, and the requests of a file."""

import html
import http.client
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
# Response headers that differ from run to run, or concern the connection only; a tag is a digest of a body that may hold the port.
UNRECORDED: Final = frozenset({"date", "connection", "transfer-encoding", "etag"})
# Of pages that differ only in their data, one in the given number is read, chosen by a digest of its address: the same at every crawl.
SAMPLING_INTERVALS: Final = (
    (re.compile(r"/sparql\?"), 20),
    (re.compile(r"/duties/.+/history\?"), 80),
    (re.compile(r"/duties/.+\?"), 30),
    (re.compile(r"/duties/.+/history$"), 6),
    (re.compile(r"/duties/.+$"), 3),
    (re.compile(r"/duties\?.*member="), 6),
)
TIMEOUT: Final = 120
"""Seconds to wait for a response."""


@dataclass(frozen=True)
class Request:
    """A request: `name` is its line in the file; for a link, the address."""

    name: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True)
class Response:
    """The recorded parts of a response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Fetch = Callable[[Request], Response]


def requests(text: str, *, folder: Path) -> Iterator[Request]:
    """The requests in the text of `requests.txt`; file names are relative to the folder."""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        request_line, *parts = line.split(" | ")
        method, _, path = request_line.partition(" ")
        body = next((_body(part, folder=folder) for part in parts if part[:2] in {"< ", "= "}), None)
        headers = tuple((name, value) for name, _, value in (part.partition(": ") for part in parts if part[:2] not in {"< ", "= "}))
        yield Request(line, method, path, headers, body)


def _body(part: str, *, folder: Path) -> bytes:
    return (folder / part[2:]).read_bytes() if part.startswith("< ") else part[2:].encode()


def fetcher(host: str, *, lang: str) -> Fetch:
    """A function that makes a request of the host in a language; each thread keeps a connection of its own."""
    thread = threading.local()

    def fetch(request: Request) -> Response:
        if not hasattr(thread, "connection"):
            thread.connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
        headers = {"Accept": "*/*", "Accept-Language": lang, **dict(request.headers)}
        thread.connection.request(request.method, request.path, body=request.body, headers=headers)
        response = thread.connection.getresponse()
        body = response.read()
        recorded_headers = tuple(sorted((name.lower(), value) for name, value in response.getheaders() if name.lower() not in UNRECORDED))
        return Response(response.status, recorded_headers, body)

    return fetch


def crawl(fetch: Fetch, *, start: Iterable[str] = ("/",), threads: int = 2) -> Iterator[tuple[str, Response]]:
    """Each address that links lead to, with its response, breadth first in the order of the links.

    Links to another language are not followed, since the crawl is repeated in each. Kinds in SAMPLING_INTERVALS are sampled.
    """
    seen = set(start)
    level = list(dict.fromkeys(start))
    with ThreadPoolExecutor(threads) as pool:
        while level:
            responses = pool.map(lambda path: fetch(Request(path, "GET", path, (("Accept", BROWSER),))), level)
            next_level: list[str] = []
            for path, response in zip(level, responses, strict=True):
                yield path, response
                for link in _links(path, response):
                    if link not in seen and _is_followed(link):
                        seen.add(link)
                        next_level.append(link)
            level = next_level


def _links(path: str, response: Response) -> Iterator[str]:
    if not dict(response.headers).get("content-type", "").startswith("text/html"):
        return
    for target in re.findall(r'(?:href|src)="([^"]*)"', response.body.decode()):
        link = urldefrag(urljoin(path, html.unescape(target))).url
        if link.startswith("/") and not link.startswith("//"):
            yield link


def _is_followed(link: str) -> bool:
    fields = urlsplit(link).query.split("&")
    if any(field.startswith("lang=") for field in fields) and not any(field.startswith("format=") for field in fields):
        return False
    interval = next((interval for kind, interval in SAMPLING_INTERVALS if kind.match(link)), 1)
    return zlib.crc32(link.encode()) % interval == 0
