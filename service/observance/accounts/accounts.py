"""The accounts of a register in a ledger: making and changing them, logging in, tokens, and recognising who makes a request.

Every change is an entry of the ledger first: what was changed, when and by whom. Hashes of passwords and of secrets are in no entry, and
in no copy of the ledger.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from observance.accounts.model import SCOPES, Account, AccountError, Credential, Identity, checked_password
from observance.accounts.tables import ACCOUNTS, CREDENTIALS
from observance.core import InconsistentDataError, NotFoundError, UsageError
from observance.ledger import ACCESS, DISCLOSED, DOCUMENT, RECORD, STEP, Draft, Ledger, Particulars, reading, writing

_SESSION: Final = timedelta(hours=12)
_ID_BYTES: Final = 6
_SECRET_BYTES: Final = 32
_PREFIX: Final = "observance"
_T = TypeVar("_T", Account, Credential)


class Accounts:
    """The accounts in the database of a ledger; threads may share them."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing is read yet."""
        self._ledger = ledger
        self._lock = threading.Lock()
        self._seen, self._is_used, self._disclosed = 0, False, 0

    @property
    def are_used(self) -> bool:
        """Whether the ledger has ever had an account: then whoever has none is a reader without one."""
        if not self._is_used:
            self._look()
        return self._is_used

    def disclosed_until(self) -> datetime | None:
        """The time up to which Members may know what follows from the register: that of the last entry that was disclosed."""
        self._look()
        return self._ledger.entry(self._disclosed).entry.entered if self._disclosed else None

    def _look(self) -> None:
        """Read the entries that were added since the last look."""
        with self._lock:
            for stated in self._ledger.stated(after=self._seen):
                self._is_used |= stated.entry.kind == ACCESS
                if stated.entry.kind == STEP and stated.entry.about and stated.particulars and stated.particulars.state == DISCLOSED:
                    self._disclosed = max(self._disclosed, stated.entry.about)
                self._seen = stated.entry.number

    def listed(self) -> tuple[Account, ...]:
        """Return all accounts, by name."""
        return tuple(_read(row.stated, Account) for row in self._rows(sa.select(ACCOUNTS).order_by(ACCOUNTS.c.name)))

    def account(self, name: str) -> Account:
        """Return the account with the name; raises NotFoundError if there is none."""
        rows = self._rows(sa.select(ACCOUNTS).where(ACCOUNTS.c.name == name))
        if not rows:
            raise NotFoundError("accounts.none", name=ascii(name)[1:-1])
        return _read(rows[0].stated, Account)

    def create(self, account: Account, *, password: str | None, by: str, now: datetime) -> None:
        """Create the account; without a password it is recognised by tokens and by a proxy alone.

        Raises UsageError for an account that is none or that exists, and for a password that is none, NotFoundError if there is no entry
        that designates the contact.
        """
        account.check()
        self._check_designation(account)
        hashed = self._hash(password)
        if self._rows(sa.select(ACCOUNTS.c.name).where(ACCOUNTS.c.name == account.name)):
            raise UsageError("accounts.exists", name=account.name)
        self._record("account created", msgspec.to_builtins(account), by=by, now=now)
        row = {"name": account.name, "stated": _written(account), "password": hashed}
        with writing(self._ledger.writer) as connection:
            connection.execute(ACCOUNTS.insert().values(**row))

    def change(self, account: Account, *, by: str, now: datetime) -> None:
        """Put the account in the place of the one with its name; raises what `create` and `account` raise."""
        account.check()
        self._check_designation(account)
        self.account(account.name)
        self._record("account changed", msgspec.to_builtins(account), by=by, now=now)
        with writing(self._ledger.writer) as connection:
            connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.name == account.name).values(stated=_written(account)))

    def set_password(self, name: str, password: str, *, by: str, now: datetime) -> None:
        """Give the account another password, and end its sessions; raises what `account` raises, UsageError for a password that is none."""
        self.account(name)
        hashed = self._hash(password)
        self._record("password changed", {"name": name}, by=by, now=now)
        with writing(self._ledger.writer) as connection:
            connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.name == name).values(password=hashed))
        for credential in self.credentials(name):
            if credential.is_session:
                self._delete(credential.id)

    def _check_designation(self, account: Account) -> None:
        if account.designation is not None and self._ledger.entry(account.designation).entry.kind not in (DOCUMENT, RECORD):
            raise UsageError("accounts.no-designation", number=account.designation)

    def log_in(self, name: str, password: str, *, now: datetime) -> str:
        """Return the secret of a new session; raises AccountError, always the same and after as long, if the two are not right."""
        rows = self._rows(sa.select(ACCOUNTS).where(ACCOUNTS.c.name == name))
        hashed = rows[0].password if rows else None
        is_right = self._verify(hashed or self._hash_of_nothing, password) and hashed is not None
        account = _read(rows[0].stated, Account) if rows else None
        if not is_right or account is None or not account.is_valid_on(now.date()):
            raise AccountError("accounts.wrong-password")
        self._forget_ended(now)
        return self._issue(Credential("", name, now, now + _SESSION, SCOPES, is_session=True))

    def end_session(self, secret: str) -> None:
        """End the session with the secret, if there is one."""
        credential = self._credential(secret)
        if credential is not None and credential.is_session:
            self._delete(credential.id)

    def issue_token(self, name: str, *, scopes: Collection[str], title: str, expires: date, by: str, now: datetime) -> str:
        """Return a new token of the account, which is kept nowhere; it can do no more than the account may.

        Raises NotFoundError without such an account, UsageError for a scope that its role does not have, or a day that has gone.
        """
        account = self.account(name)
        foreign = sorted(set(scopes) - account.scopes)
        if foreign or not scopes:
            raise UsageError("accounts.bad-scope", scope=", ".join(foreign), known=", ".join(s for s in SCOPES if s in account.scopes))
        if expires < now.date():
            raise UsageError("accounts.token-ended", day=expires.isoformat())
        end = datetime.combine(expires + timedelta(days=1), datetime.min.time(), UTC)
        credential = Credential(secrets.token_hex(_ID_BYTES), name, now, end, tuple(sorted(scopes)), title)
        self._record("token issued", msgspec.to_builtins(credential), by=by, now=now)
        return self._issue(credential)

    def revoke(self, identifier: str, *, by: str, now: datetime) -> None:
        """Revoke the token; raises NotFoundError if there is none."""
        rows = self._rows(sa.select(CREDENTIALS).where(CREDENTIALS.c.id == identifier))
        credential = _read(rows[0].stated, Credential) if rows else None
        if credential is None or credential.is_session:
            raise NotFoundError("accounts.no-token", id=ascii(identifier)[1:-1])
        self._record("token revoked", {"id": identifier, "account": credential.account}, by=by, now=now)
        with writing(self._ledger.writer) as connection:
            row = CREDENTIALS.update().where(CREDENTIALS.c.id == identifier)
            connection.execute(row.values(stated=_written(replace(credential, is_revoked=True))))

    def credentials(self, name: str) -> tuple[Credential, ...]:
        """Return the sessions and tokens of the account, in the order of their creation."""
        rows = self._rows(sa.select(CREDENTIALS).where(CREDENTIALS.c.account == name))
        return tuple(sorted((_read(row.stated, Credential) for row in rows), key=lambda credential: (credential.created, credential.id)))

    def identify(self, secret: str, *, now: datetime) -> Identity | None:
        """Return who has the secret of a session or token; None if nobody has, or not any more."""
        credential = self._credential(secret)
        if credential is None or credential.is_revoked or now >= credential.expires:
            return None
        identity = self.trusted(credential.account, now=now)
        return replace(identity, scopes=identity.scopes.intersection(credential.scopes), credential=credential.id) if identity else None

    def trusted(self, name: str, *, now: datetime) -> Identity | None:
        """Return the identity of the account that somebody else has recognised; None if it may not be used."""
        rows = self._rows(sa.select(ACCOUNTS.c.stated).where(ACCOUNTS.c.name == name))
        account = _read(rows[0].stated, Account) if rows else None
        return Identity(account, account.scopes) if account is not None and account.is_valid_on(now.date()) else None

    def _credential(self, secret: str) -> Credential | None:
        prefix, _, rest = secret.partition("_")
        identifier, _, key = rest.partition("_")
        if prefix != _PREFIX or not key or not secret.isascii():
            return None
        rows = self._rows(sa.select(CREDENTIALS).where(CREDENTIALS.c.id == identifier))
        if not rows or not hmac.compare_digest(rows[0].digest, _digest(key)):
            return None
        return _read(rows[0].stated, Credential)

    def _issue(self, credential: Credential) -> str:
        identifier, key = credential.id or secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        stated = _written(replace(credential, id=identifier))
        row = {"id": identifier, "account": credential.account, "stated": stated, "digest": _digest(key)}
        with writing(self._ledger.writer) as connection:
            connection.execute(CREDENTIALS.insert().values(**row, expires=int(credential.expires.timestamp())))
        return f"{_PREFIX}_{identifier}_{key}"

    def _delete(self, identifier: str) -> None:
        with writing(self._ledger.writer) as connection:
            connection.execute(CREDENTIALS.delete().where(CREDENTIALS.c.id == identifier))

    def _forget_ended(self, now: datetime) -> None:
        with writing(self._ledger.writer) as connection:
            connection.execute(CREDENTIALS.delete().where(CREDENTIALS.c.expires < int(now.timestamp())))

    def _record(self, event: str, values: dict[str, Any], *, by: str, now: datetime) -> None:
        """Enter in the ledger what is about to be done."""
        content = msgspec.json.encode({"event": event, **values}, order="sorted")
        self._ledger.append([Draft(ACCESS, content, Particulars(media_type="application/json", entered_by=by))], now=now)

    def _rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        _ = self._ledger.writer  # the tables may be of an earlier version, without accounts
        with reading(self._ledger.engine) as connection:
            return list(connection.execute(query).all())

    @cached_property
    def _hasher(self) -> Any:
        from argon2 import PasswordHasher

        return PasswordHasher()

    @cached_property
    def _hash_of_nothing(self) -> str:
        return str(self._hasher.hash(secrets.token_hex()))

    def _hash(self, password: str | None) -> str | None:
        return None if password is None else str(self._hasher.hash(checked_password(password)))

    def _verify(self, hashed: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            return bool(self._hasher.verify(hashed, checked_password(password)))
        except (VerificationError, InvalidHashError, UsageError):
            return False


def _digest(key: str) -> bytes:
    """The digest of a secret; it is random and long, so that one pass is enough."""
    return hashlib.sha256(key.encode()).digest()


def _written(value: Account | Credential) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _read(content: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, TypeError):
        raise InconsistentDataError("accounts.damaged") from None
