"""Signed checkpoints: the size and hash of a log in the form of C2SP tlog-checkpoint, signed with Ed25519 as a C2SP signed note.

Other programs for such logs read them too (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note).
"""

import base64
import binascii
import hashlib
import re
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key
from msgspec import Struct

from observance.core import InvalidInputError, create_durably
from observance.ledger.merkle import HASH_BYTES

_ED25519: Final = b"\x01"
_ID_BYTES: Final = 4


class Checkpoint(Struct, frozen=True):
    """The size and the hash of the log with this origin, a name that no other log has."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def is_origin(name: str) -> bool:
    """Whether the text can name a log: printable, without spaces and +."""
    return bool(name) and name.isprintable() and not any(sign.isspace() or sign == "+" for sign in name)


class Verifier(Struct, frozen=True):
    """The public key of a log, with the log's origin as its name."""

    name: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the digest of name and key, by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """The key as a line of text, which `parse_verifier` reads."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.key).decode()}"

    def has_signed(self, note: str) -> bool:
        """Whether a signature of the note is by this key."""
        body, _, signatures = note.rpartition("\n\n")
        for line in signatures.splitlines():
            name, _, encoded = line.removeprefix("— ").rpartition(" ")
            signature = _decoded(encoded)
            if name == self.name and signature is not None and signature[:_ID_BYTES] == self.key_id:
                try:
                    Ed25519PublicKey.from_public_bytes(self.key).verify(signature[_ID_BYTES:], f"{body}\n".encode())
                except InvalidSignature:
                    continue
                return True
        return False


def parse_verifier(text: str) -> Verifier:
    """Read a public key as `str` of a Verifier gives it; raises InvalidInputError for any other text."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    key = _decoded(encoded) or b""
    verifier = Verifier(name, key[1:])
    is_key = key[:1] == _ED25519 and len(key) == HASH_BYTES + 1
    if not is_key or not is_origin(name) or verifier.key_id.hex() != key_id:
        raise InvalidInputError("ledger.bad-key", value=ascii(text.strip()[:80])[1:-1])
    return verifier


class Signer:
    """The private key of a log."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        """`name` is the origin of the log."""
        self._key = key
        self.verifier = Verifier(name, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the checkpoint as a signed note."""
        signature = self.verifier.key_id + self._key.sign(checkpoint.body.encode())
        return f"{checkpoint.body}\n— {self.verifier.name} {base64.b64encode(signature).decode()}\n"


def create_key(path: Path) -> None:
    """Write a new private key into a file that only its owner can read; raises UsageError if the file exists or cannot be written."""
    key = Ed25519PrivateKey.generate()
    create_durably(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)


def read_signer(path: Path, *, name: str) -> Signer:
    """Read the private key of the log with this origin; raises InvalidInputError if the file holds none that can be read."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInputError("ledger.no-key", file=path)
    return Signer(name, key)


def parse_checkpoint(note: str) -> Checkpoint:
    """Return the checkpoint in a signed note, without verifying it; raises InvalidInputError for a text that is none."""
    lines = note.split("\n")
    is_note = len(lines) >= 5 and lines[3] == "" and is_origin(lines[0]) and re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]) is not None
    root = _decoded(lines[2]) if is_note else None
    if root is None or len(root) != HASH_BYTES:
        raise InvalidInputError("ledger.bad-checkpoint")
    return Checkpoint(lines[0], int(lines[1]), root)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
