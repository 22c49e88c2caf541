"""What was read from rooms, kept between runs in the user's cache folder: making it again takes a third of the time of reading Turtle.

A file there is data, never code, and is named by the digest of all that it was made from. It is used only where nobody but the user can
have written it, and only when it is whole; whatever else is the matter, the rooms are read.
"""

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyoxigraph as ox

from observance.version import VERSION

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class Row(NamedTuple):
    """A quad as its four terms: what Oxigraph makes of them copies the text of each, which costs more than reading them."""

    subject: ox.NamedNode | ox.BlankNode | ox.Triple
    predicate: ox.NamedNode
    object: Term
    graph_name: ox.NamedNode | ox.BlankNode | ox.DefaultGraph


OFF: Final = "off"
_FORMAT: Final = 1
_MOST_FILES: Final = 6
_MOST_BYTES: Final = 200_000_000
_TEXT: Final = "http://www.w3.org/2001/XMLSchema#string"


def folder(setting: str) -> Path | None:
    """The folder that the setting names: none for `off`, that of the user for an empty one; None too where files have no owner."""
    if setting == OFF or not hasattr(os, "getuid"):
        return None
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    return Path(setting) if setting else base / "observance"


def read(below: Path, *, digest: str) -> tuple[Row, ...] | None:
    """The quads kept for the digest; None when there are none, or none that can be trusted and are whole."""
    try:
        check, _, body = _bytes(below, name=_name(digest)).partition(b"\n")
        return _rows(json.loads(body)) if check == hashlib.sha256(body).hexdigest().encode() else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def write(below: Path, quads: Sequence[ox.Quad], *, digest: str) -> None:
    """The quads are kept for the digest, if the folder is the user's own and what would be read again is the same."""
    content = _content(quads)
    if content is None or _rows(json.loads(content)) != tuple(map(tuple, quads)):
        return
    with suppress(OSError):
        below.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(below.lstat(), kind=stat.S_ISDIR):
            return
        number, draft = tempfile.mkstemp(dir=below, suffix=".draft")
        with os.fdopen(number, "wb") as file:
            file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        Path(draft).replace(below / _name(digest))
        for old in sorted(below.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)[_MOST_FILES:]:
            old.unlink()


def _name(digest: str) -> str:
    made_by = f"{_FORMAT} {VERSION} {ox.__version__} {digest}"
    return hashlib.sha256(made_by.encode()).hexdigest()[:32] + ".json"


def _bytes(below: Path, *, name: str) -> bytes:
    if not _is_own(below.lstat(), kind=stat.S_ISDIR):
        return b""
    with os.fdopen(os.open(below / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(_MOST_BYTES) if _is_own(os.fstat(file.fileno()), kind=stat.S_ISREG) else b""


def _is_own(status: os.stat_result, *, kind: Any) -> bool:
    return kind(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _content(quads: Iterable[ox.Quad]) -> bytes | None:
    """The terms, each once, and for each quad the places of its four; None for what was not read from Turtle of RDF 1.1."""
    places: dict[object, int] = {}
    rows = [places.setdefault(term, len(places)) for quad in quads for term in quad]
    terms = [_written(term) for term in places]
    if any(term is None for term in terms):
        return None
    return json.dumps({"terms": terms, "quads": rows}, ensure_ascii=False, separators=(",", ":")).encode()


def _written(term: object) -> str | list[str] | None:
    match term:
        case ox.NamedNode():
            return term.value
        case ox.BlankNode():
            return [term.value]
        case ox.Literal():
            return [term.value, "@" + term.language] if term.language else [term.value, term.datatype.value]
    return None


def _rows(content: dict[str, Any]) -> tuple[Row, ...]:
    terms = [_term(each) for each in content["terms"]]
    ends = iter([terms[place] for place in content["quads"]])
    return tuple(map(Row._make, zip(ends, ends, ends, ends, strict=True)))


def _term(written: Any) -> Any:
    if isinstance(written, str):
        return ox.NamedNode(written)
    if len(written) == 1:
        return ox.BlankNode(written[0])
    text, kind = written
    if kind == _TEXT:
        return ox.Literal(text)
    return ox.Literal(text, language=kind[1:]) if kind[0] == "@" else ox.Literal(text, datatype=ox.NamedNode(kind))
