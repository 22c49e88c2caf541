"""Compressed content is unpacked within limits, or refused in one sentence."""

import bz2
import gzip
import io
import zipfile

import pytest

from oxishacl import Limits, OxishaclError, Source, parse_source, unpack
from oxishacl.errors import InvalidInputError, LimitExceededError, UnsupportedFormatError

TEXT = b'<https://example.org/a> <https://example.org/b> "c" .\n'


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive with these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def encrypted() -> bytes:
    """A zip archive that says that its file is encrypted."""
    content = bytearray(zipped(("a.nt", TEXT)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def test_documents():
    """A gzip file is the document in it, of all its members; a zip archive the files in it, in their order, without those of the system."""
    gzipped = unpack(Source("a.nt.gz", gzip.compress(TEXT) + gzip.compress(TEXT.replace(b"/a", b"/x")) + b"\0\0"))
    members = unpack(
        Source("z.zip", zipped(("b/", b""), ("b/a.nt", TEXT), ("__MACOSX/b/._a.nt", b"x"), ("b/.DS_Store", b"x"), ("../../c.ttl", TEXT)))
    )

    assert [(source.name, len(parse_source(source).quads)) for source in gzipped] == [("a.nt.gz", 2)]
    assert [(source.name, source.content) for source in members] == [("z.zip/b/a.nt", TEXT), ("z.zip/c.ttl", TEXT)]
    assert unpack(Source("a.nt", TEXT)) == (Source("a.nt", TEXT),)


@pytest.mark.parametrize(
    ("content", "code", "kind"),
    [
        (gzip.compress(b"\0" * 2_000_000), "too-big-unpacked", LimitExceededError),
        (gzip.compress(b"\0" * 600_000) * 2, "too-big-unpacked", LimitExceededError),
        (zipped(("a.nt", b" " * 600_000), ("b.nt", b" " * 600_000)), "too-big-unpacked", LimitExceededError),
        (zipped(*((f"{number}.nt", TEXT) for number in range(1_001))), "too-many-members", LimitExceededError),
        (b"\x1f\x8b" + b"\0" * 1_000_000, "too-big", LimitExceededError),
        (gzip.compress(TEXT)[:-9], "damaged-archive", InvalidInputError),
        (gzip.compress(TEXT) + TEXT, "damaged-archive", InvalidInputError),
        (gzip.compress(TEXT).replace(gzip.compress(TEXT)[-8:-4], b"\0\0\0\0"), "damaged-archive", InvalidInputError),
        (zipped(("a.nt", TEXT))[:-30], "damaged-archive", InvalidInputError),
        (zipped(("a.nt", TEXT), method=zipfile.ZIP_STORED).replace(b'"c"', b'"d"'), "damaged-archive", InvalidInputError),
        (zipped(("a.nt", TEXT), method=zipfile.ZIP_BZIP2), "damaged-archive", InvalidInputError),
        (zipped(("a.nt", TEXT)).replace(b"a.nt", b"\0.nt"), "damaged-archive", InvalidInputError),
        (zipped(), "empty-archive", InvalidInputError),
        (zipped(("b/", b"")), "empty-archive", InvalidInputError),
        (zipped(("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<a/>")), "office-document", UnsupportedFormatError),
        (encrypted(), "encrypted-archive", UnsupportedFormatError),
    ],
    # The bytes hold the time at which they were made.
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)  # fmt: skip
def test_refused(content: bytes, code: str, kind: type[OxishaclError]):
    """What is too large, damaged, encrypted or no archive of RDF is refused, in both languages."""
    with pytest.raises(kind) as caught:
        unpack(Source("some.file", content), limits=Limits(max_bytes=1_000_000))

    assert caught.value.code == code
    assert all("some.file" in sentence for sentence in caught.value.sentences().values())


@pytest.mark.parametrize(
    "content",
    [gzip.compress(gzip.compress(TEXT)), zipped(("b.zip", zipped(("a.nt", TEXT)))), bz2.compress(TEXT)],
    ids=["gzip", "zip", "bzip2"],
)
def test_archives_within_archives(content: bytes):
    """An archive in an archive is not unpacked, and refused by the parser as content that is no RDF; as are other compressions."""
    with pytest.raises(UnsupportedFormatError):
        [parse_source(source) for source in unpack(Source("some.file", content))]


def test_many_empty_members_take_time_in_their_number():
    """A gzip file of very many empty members is unpacked; the time is that of reading their headers."""
    assert unpack(Source("a.gz", gzip.compress(b"", mtime=0) * 100_000 + gzip.compress(TEXT)))[0].content == TEXT
