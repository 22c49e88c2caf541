"""A receipt proves, without the ledger, that a file was entered; whatever is changed in it or in the file, it proves nothing."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from ledger_drafts import NOW, draft, later
from observance.core import InvalidInputError
from observance.ledger import Ledger, LedgerReceipt, make_receipt, parse_receipt, receipt_faults
from observance.ledger.model import digest_of

CONTENT = "Lettre du 3 mars, reçue".encode()
DIGEST = digest_of(CONTENT)


@pytest.fixture
def receipt(tmp_path: Path) -> LedgerReceipt:
    """The receipt of the fourth of eleven entries."""
    with Ledger.create(tmp_path / "register.db", origin="register.example.org/test") as ledger:
        ledger.append([draft("1"), draft("2"), draft("3"), draft("4", CONTENT)], now=NOW)
        ledger.append([draft(str(number)) for number in range(5, 12)], now=later(1))
        made = make_receipt(ledger, 4)
        assert list(receipt_faults(made, DIGEST, verifier=ledger.verifier)) == []
        return made


def test_a_receipt_proves_its_file(receipt: LedgerReceipt):
    """A receipt that was written and read again proves the file, and no other."""
    read = parse_receipt(receipt.to_json().encode())

    assert read == receipt
    assert list(receipt_faults(read, DIGEST)) == []
    assert list(receipt_faults(read, digest_of(CONTENT + b" "))) == ["ledger.receipt-other-content"]
    assert read.parsed[0].number == 4
    assert read.parsed[1].name == "4"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda r: replace(r, particulars=r.particulars.replace("xa", "xb")), "other-particulars"),
        (lambda r: replace(r, entry=r.entry.replace("09:30", "08:30")), "not-included"),
        (lambda r: replace(r, entry=r.entry.replace('"number":4', '"number":5')), "not-included"),
        (lambda r: replace(r, path=r.path[1:]), "not-included"),
        (lambda r: replace(r, path=r.path[::-1]), "not-included"),
        (lambda r: replace(r, checkpoint=r.checkpoint.replace("\n11\n", "\n12\n")), "not-signed"),
        (lambda r: replace(r, checkpoint=r.checkpoint.replace("/test", "/other")), "not-signed"),
    ],
)
def test_a_changed_receipt_proves_nothing(receipt: LedgerReceipt, change: Callable[[LedgerReceipt], LedgerReceipt], expected: str):
    """Each part of a receipt that is changed is found."""
    changed = change(receipt)
    assert changed != receipt
    assert f"ledger.receipt-{expected}" in list(receipt_faults(changed, DIGEST))


def test_a_receipt_of_another_log(receipt: LedgerReceipt, tmp_path: Path):
    """A receipt is held to the key that is given, and not to the one that it names."""
    with Ledger.create(tmp_path / "other.db", origin="register.example.org/test") as other:
        assert list(receipt_faults(receipt, DIGEST, verifier=other.verifier)) == ["ledger.receipt-other-key"]
        renamed = replace(receipt, key=str(other.verifier))
    assert list(receipt_faults(renamed, DIGEST)) == ["ledger.receipt-not-signed"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        b"[" * 100_000,
        b'{"entry": 1}',
        b'{"entry": "", "particulars": "", "path": []}',
    ],
)
def test_other_content_is_no_receipt(content: bytes):
    """Content that is no receipt is refused with a sentence, wherever that shows."""
    with pytest.raises(InvalidInputError):
        list(receipt_faults(parse_receipt(content), DIGEST))


@pytest.mark.parametrize("value", ["?", "[" * 100_000, '{"entered": "0001-01-01T00:00:00+14:00"}'], ids=["sign", "nested", "time"])
@pytest.mark.parametrize("part", ["entry", "particulars", "path", "checkpoint", "key"])
def test_a_part_that_cannot_be_read(receipt: LedgerReceipt, part: str, value: object):
    """A receipt with a part that cannot be read is refused with a sentence."""
    value = [value] if part == "path" else value
    content = msgspec.json.encode({**msgspec.to_builtins(receipt), part: value})
    with pytest.raises(InvalidInputError):
        list(receipt_faults(parse_receipt(content), DIGEST))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-30T10:30:00+01:00", "2026-11-30"])
def test_an_entry_is_written_in_one_way(receipt: LedgerReceipt, time: str):
    """An entry whose time is not as a ledger writes it is none."""
    changed = replace(receipt, entry=receipt.entry.replace("2026-11-30T09:30:00.000000Z", time))
    with pytest.raises(InvalidInputError):
        list(receipt_faults(changed, DIGEST))
