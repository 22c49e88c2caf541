"""A crawl of a running service: every page and datum that links lead to, and the requests of a file."""

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
# What differs from run to run, or is the connection's business.
UNRECORDED: Final = frozenset({"date", "connection", "transfer-encoding"})
# Of pages that differ only in what they show, one in so many is read, chosen by a digest of its address: the same at every crawl.
ONE_IN: Final = (
    (re.compile(r"/sparql\?"), 20),
    (re.compile(r"/duties/.+/history\?"), 80),
    (re.compile(r"/duties/.+\?"), 30),
    (re.compile(r"/duties/.+/history$"), 6),
    (re.compile(r"/duties/.+$"), 3),
    (re.compile(r"/duties\?.*member="), 6),
)
SECONDS: Final = 120


@dataclass(frozen=True)
class Request:
    """A request as the file writes it, and its parts."""

    name: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Fetch = Callable[[Request], Response]


def requests(text: str, *, folder: Path) -> Iterator[Request]:
    """The requests of `requests.txt`; files are found from the folder."""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        first, *rest = line.split(" | ")
        method, _, path = first.partition(" ")
        body = next((_body(part, folder=folder) for part in rest if part[:2] in {"< ", "= "}), None)
        headers = tuple((name, value) for name, _, value in (part.partition(": ") for part in rest if part[:2] not in {"< ", "= "}))
        yield Request(line, method, path, headers, body)


def _body(part: str, *, folder: Path) -> bytes:
    return (folder / part[2:]).read_bytes() if part.startswith("< ") else part[2:].encode()


def fetcher(host: str, *, lang: str) -> Fetch:
    """A function that makes a request of the host in a language; each thread keeps a connection of its own."""
    own = threading.local()

    def fetch(request: Request) -> Response:
        if not hasattr(own, "connection"):
            own.connection = http.client.HTTPConnection(host, timeout=SECONDS)
        headers = {"Accept": "*/*", "Accept-Language": lang, **dict(request.headers)}
        own.connection.request(request.method, request.path, body=request.body, headers=headers)
        answer = own.connection.getresponse()
        body = answer.read()
        kept = tuple(sorted((name.lower(), value) for name, value in answer.getheaders() if name.lower() not in UNRECORDED))
        return Response(answer.status, kept, body)

    return fetch


def crawl(fetch: Fetch, *, start: Iterable[str] = ("/",), threads: int = 2) -> Iterator[tuple[str, Response]]:
    """Each address that links lead to, with its answer: breadth first, in the order of the links.

    Links to another language are not followed: the crawl is repeated in each. Of the kinds in ONE_IN a part is read.
    """
    seen = set(start)
    level = list(dict.fromkeys(start))
    with ThreadPoolExecutor(threads) as pool:
        while level:
            answers = pool.map(lambda path: fetch(Request(path, "GET", path, (("Accept", BROWSER),))), level)
            following: list[str] = []
            for path, answer in zip(level, answers, strict=True):
                yield path, answer
                for link in _links(path, answer):
                    if link not in seen and _wanted(link):
                        seen.add(link)
                        following.append(link)
            level = following


def _links(path: str, answer: Response) -> Iterator[str]:
    if not dict(answer.headers).get("content-type", "").startswith("text/html"):
        return
    for target in re.findall(r'(?:href|src)="([^"]*)"', answer.body.decode()):
        link = urldefrag(urljoin(path, html.unescape(target))).url
        if link.startswith("/") and not link.startswith("//"):
            yield link


def _wanted(link: str) -> bool:
    fields = urlsplit(link).query.split("&")
    if any(field.startswith("lang=") for field in fields) and not any(field.startswith("format=") for field in fields):
        return False
    share = next((share for kind, share in ONE_IN if kind.match(link)), 1)
    return zlib.crc32(link.encode()) % share == 0
