"""Receipts and consistency proofs: what proves, without the ledger, that an entry is in its log, and that the log only grew."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from observance.core import InconsistentDataError, InvalidInputError, UsageError
from observance.ledger.checkpoints import Verifier, parse_checkpoint, parse_verifier
from observance.ledger.ledger import Ledger
from observance.ledger.merkle import consistency_path, inclusion_path, is_consistent, is_included, leaf_hash
from observance.ledger.model import DECISIONS, ERASURE, LedgerEntry, Particulars, digest_of, entry_from, particulars_from

_T = TypeVar("_T")


class LedgerReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """The entry and what is stated of it, as they are in the log; the audit path of its leaf, in base64; a signed checkpoint; the key."""

    entry: str
    particulars: str
    path: tuple[str, ...]
    checkpoint: str
    key: str

    def to_json(self) -> str:
        """Serialise."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode() + "\n"

    @property
    def parsed(self) -> tuple[LedgerEntry, Particulars]:
        """The entry and what is stated of it; raises InvalidInputError if either cannot be read."""
        try:
            return entry_from(self.entry.encode()), particulars_from(self.particulars.encode())
        except (msgspec.DecodeError, UnicodeEncodeError):
            raise InvalidInputError("ledger.bad-receipt") from None


class ConsistencyProof(Struct, frozen=True, forbid_unknown_fields=True):
    """The proof, in base64, that the log of an earlier checkpoint is the beginning of that of this one; the key."""

    path: tuple[str, ...]
    checkpoint: str
    key: str

    def to_json(self) -> str:
        """Serialise."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode() + "\n"


def parse_receipt(content: bytes) -> LedgerReceipt:
    """Read what `to_json` gave; raises InvalidInputError for other content."""
    return _parsed(content, LedgerReceipt)


def parse_consistency(content: bytes) -> ConsistencyProof:
    """Read what `to_json` gave; raises InvalidInputError for other content."""
    return _parsed(content, ConsistencyProof)


def _parsed(content: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise InvalidInputError("ledger.bad-receipt") from None


def make_receipt(ledger: Ledger, number: int) -> LedgerReceipt:
    """Return the receipt of the entry.

    Raises NotFoundError if there is none, UsageError for a decision, and for an entry of which nothing is stated any more,
    InconsistentDataError for a ledger that is not as it was signed.
    """
    stated = ledger.entry(number)
    if stated.particulars is None:
        raise UsageError("ledger.erased" if stated.decision == ERASURE else "ledger.sealed-elsewhere", number=number)
    if stated.entry.kind in DECISIONS:
        raise UsageError("ledger.no-receipt", number=number)
    note = ledger.checkpoint
    leaves = ledger.leaves(parse_checkpoint(note).size)
    if number > len(leaves):
        raise InconsistentDataError("ledger.not-as-signed")
    path = tuple(base64.b64encode(step).decode() for step in inclusion_path(number - 1, leaves))
    receipt = LedgerReceipt(stated.entry.leaf.decode(), stated.particulars.to_bytes().decode(), path, note, str(ledger.verifier))
    if next(receipt_faults(receipt, stated.entry.content), None) is not None:
        raise InconsistentDataError("ledger.not-as-signed")
    return receipt


def receipt_faults(receipt: LedgerReceipt, digest: str, *, verifier: Verifier | None = None) -> Iterator[str]:
    """Yield the key of each message about why the receipt does not prove that bytes with this digest are in the log; nothing if it does.

    The log is that with the public key `verifier`, or whichever the receipt names. Raises InvalidInputError for a receipt with parts that
    cannot be read.
    """
    entry, _ = receipt.parsed
    checkpoint, named = parse_checkpoint(receipt.checkpoint), parse_verifier(receipt.key)
    if verifier is not None and verifier != named:
        yield "ledger.receipt-other-key"
    if digest != entry.content:
        yield "ledger.receipt-other-content"
    if digest_of(receipt.particulars.encode()) != entry.particulars:
        yield "ledger.receipt-other-particulars"
    if checkpoint.origin != named.name or not named.has_signed(receipt.checkpoint):
        yield "ledger.receipt-not-signed"
    leaf, path = leaf_hash(receipt.entry.encode()), _decoded(receipt.path)
    if not is_included(leaf, index=entry.number - 1, size=checkpoint.size, path=path, root=checkpoint.root):
        yield "ledger.receipt-not-included"


def make_consistency(ledger: Ledger, note: str) -> ConsistencyProof:
    """Return the proof that the ledger's log begins with that of the checkpoint.

    Raises InvalidInputError for a text that is none, and UsageError for one of more entries than the ledger has, or of none.
    """
    first, last = parse_checkpoint(note), ledger.checkpoint
    size = parse_checkpoint(last).size
    if not 0 < first.size <= size:
        raise UsageError("ledger.no-consistency", size=first.size, count=size)
    path = tuple(base64.b64encode(step).decode() for step in consistency_path(first.size, ledger.leaves(size)))
    return ConsistencyProof(path, last, str(ledger.verifier))


def consistency_faults(proof: ConsistencyProof, note: str, *, verifier: Verifier | None = None) -> Iterator[str]:
    """Yield the key of each message about why the proof does not show that the log of the checkpoint only grew; nothing if it does.

    Both checkpoints are held to the public key `verifier`, or to the one that the proof names. Raises InvalidInputError for parts that
    cannot be read.
    """
    first, second, named = parse_checkpoint(note), parse_checkpoint(proof.checkpoint), parse_verifier(proof.key)
    if verifier is not None and verifier != named:
        yield "ledger.receipt-other-key"
    if not all(checkpoint.origin == named.name for checkpoint in (first, second)) or not all(
        map(named.has_signed, (note, proof.checkpoint))
    ):
        yield "ledger.receipt-not-signed"
    claimed: dict[str, Any] = {"first": first.size, "first_root": first.root, "second": second.size, "second_root": second.root}
    if not is_consistent(**claimed, path=_decoded(proof.path)):
        yield "ledger.not-consistent"


def _decoded(path: Sequence[str]) -> list[bytes]:
    try:
        return [base64.b64decode(step, validate=True) for step in path]
    except (binascii.Error, ValueError):
        raise InvalidInputError("ledger.bad-receipt") from None
