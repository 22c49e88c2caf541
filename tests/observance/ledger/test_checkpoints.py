"""Signed checkpoints, and public keys as lines of text."""

from pathlib import Path

import pytest

from observance.core import InvalidInputError, UsageError
from observance.ledger.checkpoints import Checkpoint, create_key, parse_checkpoint, parse_verifier, read_signer

# The example in the documentation of Go's package golang.org/x/mod/sumdb/note, which signed it.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
CHECKPOINT = Checkpoint("register.example.org/x", 3, b"r" * 32)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A file with a new key."""
    create_key(tmp_path / "key")
    return tmp_path / "key"


def test_a_checkpoint_is_signed(key: Path):
    """A signed checkpoint is verified with the public key as a line of text, and says what it signs; a changed one is not."""
    signer = read_signer(key, name=CHECKPOINT.origin)
    note = signer.sign(CHECKPOINT)
    verifier = parse_verifier(f"{signer.verifier}\n")

    assert verifier == signer.verifier
    assert verifier.has_signed(note)
    assert parse_checkpoint(note) == CHECKPOINT
    assert not verifier.has_signed(note.replace("\n3\n", "\n4\n"))
    assert not read_signer(key, name="register.example.org/y").verifier.has_signed(note)
    assert not any(verifier.has_signed(other) for other in ("", "\n\n", note.partition("\n\n")[0], note.replace("— ", "")[:-5]))


def test_notes_of_another_program_are_verified():
    """A note that another program signed is verified with its key, and a changed one is not."""
    assert parse_verifier(GO_KEY).has_signed(GO_NOTE)
    assert not parse_verifier(GO_KEY).has_signed(GO_NOTE.replace("answer", "question"))


def test_a_key_is_its_owners(key: Path):
    """Only the owner of a key can read its file, and no key is written over another."""
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError):
        create_key(key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a+b+c",
        "register.example.org/x+00000000+AQ==",
        GO_KEY.partition("+")[2],
        *(GO_KEY.replace("Peter", sign) for sign in ("\x1b[2J", "\u202e", " ")),
    ],
)
def test_other_text_is_no_key(text: str):
    """A text that is no public key is refused with a sentence."""
    with pytest.raises(InvalidInputError, match="public key"):
        parse_verifier(text)


@pytest.mark.parametrize("text", ["", "a\n1\nAA==\n\n— a b\n", f"a\n-1\n{'A' * 43}=\n\n", f"a\n01\n{'A' * 43}=\n\n", "\n" * 9, GO_NOTE])
def test_other_text_is_no_checkpoint(text: str):
    """A text that is no checkpoint is refused with a sentence."""
    with pytest.raises(InvalidInputError, match="signed checkpoint"):
        parse_checkpoint(text)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\n", b"\xff\xfe"])
def test_other_content_is_no_private_key(tmp_path: Path, content: bytes):
    """A file without a private key is refused with a sentence, as is one that is not there."""
    (tmp_path / "other").write_bytes(content)
    for name in ("other", "absent"):
        with pytest.raises(InvalidInputError, match="no private key"):
            read_signer(tmp_path / name, name="x")
