"""The inputs of the oracle that are not part of the project: a register of 200 submissions, submissions with faults, damaged files."""

import json
import sys
from pathlib import Path
from typing import Final

import pyoxigraph as ox

ROOT: Final = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import history  # noqa: E402
import registers  # noqa: E402

BEARERS: Final = ("XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH")
"""The invented parties of the generated register, with 200 submissions in eight years (seed 2018)."""
SUBMISSIONS: Final = 40
TIMETABLE: Final = "para-2-5-timetable.ttl"


def write(folder: Path) -> None:
    """Write `register/`, `submissions/` and `damaged/` into the folder; the same bytes at every run."""
    for name, text in history.register(0, codes=BEARERS):
        _write_file(folder / "register" / name, text.encode())
    for number, quads in enumerate(registers.submissions(SUBMISSIONS, folder=ROOT / "shapes" / "examples")):
        lines = ox.serialize(_with_numbered_blank_nodes(quads), format=ox.RdfFormat.N_TRIPLES)
        assert lines is not None
        _write_file(folder / "submissions" / f"{number:02}.nt", lines)
    for name, content in _damaged((ROOT / "shapes" / "examples" / TIMETABLE).read_bytes()):
        _write_file(folder / "damaged" / name, content)


def _with_numbered_blank_nodes(quads: list[ox.Quad]) -> list[ox.Triple]:
    """The triples with numbered blank nodes, because the parser labels blank nodes at random."""
    labels: dict[ox.BlankNode, ox.BlankNode] = {}

    def relabel(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        return labels.setdefault(term, ox.BlankNode(f"b{len(labels)}")) if isinstance(term, ox.BlankNode) else term

    return [ox.Triple(relabel(subject), predicate, relabel(target)) for subject, predicate, target, _ in quads]


def _damaged(timetable: bytes) -> list[tuple[str, bytes]]:
    remote = {"@context": "https://example.org/context.jsonld", "@id": "https://example.org/a"}
    return [
        ("cut.ttl", timetable[: len(timetable) * 2 // 3]),
        ("deep.ttl", timetable + b"<https://example.org/a> <https://example.org/b> " + b"[ <https://example.org/b> " * 150),
        ("doctype.rdf", b'<?xml version="1.0"?>\n<!DOCTYPE rdf [<!ENTITY a "a">]>\n<rdf>&a;</rdf>\n'),
        ("empty.ttl", b""),
        ("not-utf-8.ttl", timetable + b"# \xff\xfe\n"),
        ("remote-context.jsonld", json.dumps(remote).encode()),
        ("table.csv", b"standard;begin;end\n1;2019;2020\n2;2019;2021\n"),
    ]


def _write_file(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
