"""What an account is, and what each role may do."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from msgspec import Struct

from observance.core import ForbiddenError, UsageError

READER: Final = "reader"
CONTACT: Final = "contact"
SECRETARIAT: Final = "secretariat"
ADMINISTRATOR: Final = "administrator"

READ: Final = "read"
"""Reading what the account may see."""
SUBMIT: Final = "submit"
"""Sending communications of the party that the account is a contact of."""
RECORD: Final = "record"
"""Entering what the Secretariat received, and what it did about it."""
ADMINISTER: Final = "administer"
"""Deciding that bytes are sealed or erased."""

ROLES: Final[Mapping[str, frozenset[str]]] = {
    READER: frozenset({READ}),
    CONTACT: frozenset({READ, SUBMIT}),
    SECRETARIAT: frozenset({READ, RECORD}),
    ADMINISTRATOR: frozenset({READ, RECORD, ADMINISTER}),
}
"""What each role may do."""
SCOPES: Final = (READ, SUBMIT, RECORD, ADMINISTER)

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
_LEAST_LETTERS: Final = 12
_MOST_LETTERS: Final = 200


def is_account_name(text: str) -> bool:
    """Whether an account could have this name."""
    return _NAME.fullmatch(text) is not None


class AccountError(ForbiddenError):
    """A name, password or token that is not recognised, or an account that may not do something."""

    code = "NotAuthorised"


class Account(Struct, frozen=True, omit_defaults=True):
    """An account: its name, its role, the name of the person or office, and the address for notices, if they wish any.

    A contact has the IRI of its `party`, the number of the entry that designates it, and whether as a deputy. `until` is the last day on
    which the account may be used, if there is one.
    """

    name: str
    role: str
    title: str = ""
    email: str = ""
    party: str = ""
    designation: int | None = None
    is_deputy: bool = False
    until: date | None = None
    is_disabled: bool = False

    def is_valid_on(self, day: date) -> bool:
        """Whether the account may be used on the day."""
        return not self.is_disabled and (self.until is None or day <= self.until)

    @property
    def scopes(self) -> frozenset[str]:
        """What the account may do."""
        return ROLES[self.role]

    def check(self) -> None:
        """Raise UsageError for a name or address that is none, an unknown role, or a contact of no party or without a designation."""
        if not is_account_name(self.name):
            raise UsageError("accounts.bad-name", name=ascii(self.name))
        if self.role not in ROLES:
            raise UsageError("accounts.bad-role", role=ascii(self.role), known=", ".join(ROLES))
        if self.email and not _EMAIL.fullmatch(self.email):
            raise UsageError("accounts.bad-email", email=ascii(self.email))
        is_contact = self.role == CONTACT
        if is_contact != bool(self.party) or is_contact != (self.designation is not None):
            raise UsageError("accounts.contact-needs-party" if is_contact else "accounts.party-of-contact", name=self.name)


class Credential(Struct, frozen=True, omit_defaults=True):
    """What recognises an account: a session of a browser, or the token of a program with its scopes and its purpose."""

    id: str
    account: str
    created: datetime
    expires: datetime
    scopes: tuple[str, ...] = ()
    title: str = ""
    is_session: bool = False
    is_revoked: bool = False


class Identity(Struct, frozen=True):
    """Who makes a request: the account, what it may do, and the credential by which it was recognised (empty: by a proxy)."""

    account: Account
    scopes: frozenset[str]
    credential: str = ""

    def may(self, scope: str) -> bool:
        """Whether the request may do this."""
        return scope in self.scopes

    @property
    def reads_all(self) -> bool:
        """Whether every document is open to the request."""
        return self.may(READ) and bool({RECORD, ADMINISTER} & self.account.scopes)


def checked_password(password: str) -> str:
    """Return the password in the form in which it is hashed; raises UsageError for one that is too short or too long."""
    normal = unicodedata.normalize("NFC", password)
    if not _LEAST_LETTERS <= len(normal) <= _MOST_LETTERS:
        raise UsageError("accounts.bad-password", least=_LEAST_LETTERS, most=_MOST_LETTERS)
    return normal


class SavedDraft(Struct, frozen=True):
    """A draft: the name of its form, how often it was saved, and by which account and when it was saved last."""

    id: str
    form: str
    version: int
    saved_by: str
    saved: datetime
