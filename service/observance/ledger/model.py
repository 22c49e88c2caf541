"""What a ledger holds: entries, what is stated of each, and the drafts of new ones."""

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace

from observance.core import InvalidInputError

DOCUMENT: Final = "document"
"""What somebody sent: the bytes as they were received."""
RECORD: Final = "record"
"""What the Secretariat recorded."""
SEALING: Final = "sealing"
"""The decision that the bytes of an entry are kept, and given to nobody."""
ERASURE: Final = "erasure"
"""The decision that the bytes of an entry, and what was stated of them, are deleted."""
DECISIONS: Final = (SEALING, ERASURE)
VERDICT: Final = "verdict"
"""What validation said of an entry, with the versions of the shapes and of the program; a later one is another entry."""
STEP: Final = "step"
"""What the Secretariat did about an entry."""
DISCLOSED: Final = "disclosed"
"""The state of an entry up to which Members may know what follows from the register."""
ACCESS: Final = "access"
"""A change of who may do what."""
_LONGEST_PART: Final = 200
_T = TypeVar("_T")


class Particulars(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is stated of an entry, apart from its bytes.

    `name` is a path that no other entry of the ledger has, `file_name` what its sender called it; `sender`, `on_behalf_of` and `entered_by`
    are IRIs or names; `dated` is the day of the document, `received` the day of its receipt. `submissions`, `revises` and `withdraws` are
    the IRIs of what it holds, revises and withdraws. A record names the document that it goes with (`beside`); a transcription names the
    entry `transcribes`, and with what it was made; a verdict or step gives the `state` that it leads to, a decision its `reason`. `salt`
    keeps what was erased from being guessed from its digest.
    """

    name: str = ""
    file_name: str = ""
    media_type: str = ""
    sender: str = ""
    on_behalf_of: tuple[str, ...] = ()
    entered_by: str = ""
    disclosure: str = ""
    dated: date | None = None
    received: date | None = None
    submissions: tuple[str, ...] = ()
    revises: tuple[str, ...] = ()
    withdraws: tuple[str, ...] = ()
    beside: str = ""
    transcribes: int | None = None
    converter: str = ""
    state: str = ""
    reason: str = ""
    salt: str = ""

    def to_bytes(self) -> bytes:
        """Serialise, always in the same way; raises InvalidInputError for a text that is none."""
        try:
            return canonical_json(msgspec.to_builtins(self))
        except UnicodeEncodeError:
            raise InvalidInputError("ledger.bad-text") from None


def particulars_from(content: bytes) -> Particulars:
    """Return what `to_bytes` serialised; raises msgspec.DecodeError for other content."""
    return _decoded(content, Particulars)


FIRST_OF_APPEND: Final = 0


class Draft(Struct, frozen=True):
    """A new entry: its kind, its bytes, and what is stated of them; `about` is the number of the entry that a decision or step is about.

    FIRST_OF_APPEND stands for the first entry that is appended together with it.
    """

    kind: str
    content: bytes
    particulars: Particulars
    about: int | None = None

    def salted(self) -> "Draft":
        """Return the draft with a salt that nobody can guess."""
        return replace(self, particulars=replace(self.particulars, salt=secrets.token_hex(16)))


class LedgerEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of a ledger: its number from 1, its kind, its time of entry, and the digests of its bytes and of what is stated of them."""

    number: int
    kind: str
    entered: datetime
    content: str
    particulars: str
    about: int | None = None

    @property
    def leaf(self) -> bytes:
        """The entry as its leaf in the log."""
        return canonical_json({**asdict(self), "entered": format_entered(self.entered)})


def entry_from(leaf: bytes) -> LedgerEntry:
    """Return the entry in a leaf; raises msgspec.DecodeError for other content, also for the same entry written in another way."""
    entry = _decoded(leaf, LedgerEntry)
    try:
        is_canonical = entry.leaf == leaf
    except OverflowError:  # a time before the first year, or after the last
        is_canonical = False
    if not is_canonical:
        raise msgspec.ValidationError("not as a ledger writes it")
    return entry


def _decoded(content: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (RecursionError, TypeError):
        raise msgspec.DecodeError("not JSON in bytes") from None


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Serialise a value of JSON with its keys in order and without spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(content: bytes) -> str:
    """Return the digest of bytes, with the name of its algorithm."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def format_entered(time: datetime) -> str:
    """Write a time in UTC, to the microsecond."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def check_name(name: str) -> None:
    """Raise InvalidInputError for a name that is not a path of printable parts below a folder."""
    parts = name.split("/")
    is_path = all(part not in {"", ".", ".."} and len(part.encode(errors="replace")) <= _LONGEST_PART for part in parts)
    if not is_path or "\\" in name or any(unicodedata.category(sign)[0] == "C" for sign in name):
        raise InvalidInputError("ledger.bad-name", name=ascii(name))
