"""Accounts: what each role may do, log-in, sessions and tokens; every change is an entry of the ledger, and no secret is kept."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from ledger_drafts import draft
from observance.accounts import ADMINISTER, READ, RECORD, ROLES, SUBMIT, Account, AccountError, Accounts
from observance.core import NotFoundError, UsageError
from observance.ledger import ACCESS, Ledger, copy_ledger, locate, verify_ledger

NOW = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
CONTACT = Account(name="xa", role="contact", party="https://example.org/XA", designation=1, until=date(2027, 1, 31))
READER = Account(name="reader", role="reader")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "register.db", origin="register.example.org/test") as made:
        made.append([draft("designation.pdf")], now=NOW)
        yield made


@pytest.fixture
def accounts(ledger: Ledger) -> Accounts:
    made = Accounts(ledger)
    for account in (CONTACT, READER):
        made.create(account, password=PASSWORD, by="tests", now=NOW)
    return made


def test_log_in(accounts: Accounts) -> None:
    """The right password begins a session of half a day, in which the account may do what its role may."""
    secret = accounts.log_in("xa", PASSWORD, now=NOW)
    identity = accounts.identify(secret, now=NOW + timedelta(hours=11))

    assert identity is not None
    assert (identity.account, identity.scopes) == (CONTACT, {READ, SUBMIT})
    assert accounts.identify(secret, now=NOW + timedelta(hours=12)) is None
    accounts.end_session(secret)
    assert accounts.identify(secret, now=NOW) is None


@pytest.mark.parametrize(("name", "password"), [("xa", PASSWORD + "."), ("xa", ""), ("nobody", PASSWORD), ("XA", PASSWORD), ("", "")])
def test_wrong_password(accounts: Accounts, name: str, password: str) -> None:
    """A wrong name and a wrong password have the same answer."""
    with pytest.raises(AccountError) as caught:
        accounts.log_in(name, password, now=NOW)
    assert caught.value.key == "accounts.wrong-password"


def test_end_of_an_account(accounts: Accounts) -> None:
    """After its last day, or once it is disabled, an account is refused, also by sessions and tokens that it has."""
    end = date(2027, 6, 1)
    token = accounts.issue_token("xa", scopes=[READ], title="tests", expires=end, by="tests", now=NOW)
    session = accounts.log_in("xa", PASSWORD, now=NOW)
    after = datetime(2027, 2, 1, tzinfo=UTC)

    assert accounts.identify(token, now=after - timedelta(seconds=1)) is not None
    assert accounts.identify(token, now=after) is None and accounts.trusted("xa", now=after) is None
    with pytest.raises(AccountError):
        accounts.log_in("xa", PASSWORD, now=after)
    accounts.change(replace(CONTACT, is_disabled=True), by="tests", now=NOW)
    assert accounts.identify(token, now=NOW) is None and accounts.identify(session, now=NOW) is None


def test_tokens(accounts: Accounts) -> None:
    """A token does what its scopes say and no more, until its last day or until it is revoked."""
    token = accounts.issue_token("xa", scopes=[READ], title="a program", expires=date(2026, 12, 1), by="tests", now=NOW)
    identity = accounts.identify(token, now=NOW)
    (credential,) = accounts.credentials("xa")

    assert identity is not None and identity.scopes == {READ} and not identity.may(SUBMIT)
    assert accounts.identify(token, now=datetime(2026, 12, 1, 23, 59, tzinfo=UTC)) is not None
    assert accounts.identify(token, now=datetime(2026, 12, 2, tzinfo=UTC)) is None
    accounts.revoke(credential.id, by="tests", now=NOW)
    assert accounts.identify(token, now=NOW) is None


@pytest.mark.parametrize("scopes", [[], [RECORD], [READ, ADMINISTER], ["everything"]])
def test_scopes_of_the_role(accounts: Accounts, scopes: list[str]) -> None:
    """No token may do what its account may not."""
    with pytest.raises(UsageError):
        accounts.issue_token("xa", scopes=scopes, title="tests", expires=date(2026, 12, 1), by="tests", now=NOW)


@pytest.mark.parametrize("secret", ["", "x", "observance", "observance__", "observance_0_", "observance_0_x", "é_é_é", "a" * 100_000])
def test_not_a_secret(accounts: Accounts, secret: str) -> None:
    """Anything else is nobody's."""
    assert accounts.identify(secret, now=NOW) is None


def test_changed_secret(accounts: Accounts) -> None:
    """A secret with one changed letter is nobody's."""
    secret = accounts.log_in("xa", PASSWORD, now=NOW)

    assert accounts.identify(secret[:-1] + ("A" if secret[-1] != "A" else "B"), now=NOW) is None


@pytest.mark.parametrize(
    "account",
    [
        Account(name="X", role="reader"),
        Account(name="", role="reader"),
        Account(name="a b", role="reader"),
        Account(name="new", role="king"),
        Account(name="new", role="contact"),
        Account(name="new", role="contact", party="https://example.org/XA"),
        Account(name="new", role="reader", party="https://example.org/XA", designation=1),
        Account(name="new", role="contact", party="https://example.org/XA", designation=2),
        READER,
    ],
)
def test_not_an_account(accounts: Accounts, account: Account) -> None:
    """An account without a name or role, a contact without a designation on record, and one that exists are refused."""
    with pytest.raises(UsageError):
        accounts.create(account, password=PASSWORD, by="tests", now=NOW)


@pytest.mark.parametrize("password", ["", "short", "a" * 201])
def test_not_a_password(accounts: Accounts, password: str) -> None:
    """A password is neither short nor endless, and nothing is changed where it is."""
    with pytest.raises(UsageError):
        accounts.set_password("xa", password, by="tests", now=NOW)
    assert accounts.log_in("xa", PASSWORD, now=NOW)


def test_other_password(accounts: Accounts) -> None:
    """Another password takes the place of the one before, and ends the sessions that rest on it."""
    session = accounts.log_in("xa", PASSWORD, now=NOW)
    accounts.set_password("xa", PASSWORD[::-1], by="tests", now=NOW)

    assert accounts.identify(session, now=NOW) is None
    assert accounts.log_in("xa", PASSWORD[::-1], now=NOW)
    with pytest.raises(AccountError):
        accounts.log_in("xa", PASSWORD, now=NOW)


def test_unknown(accounts: Accounts) -> None:
    """What is not there is said not to be."""
    for action in (
        lambda: accounts.account("nobody"),
        lambda: accounts.revoke("nothing", by="tests", now=NOW),
        lambda: accounts.set_password("nobody", PASSWORD, by="tests", now=NOW),
    ):
        with pytest.raises(NotFoundError):
            action()


def test_audit_trail(accounts: Accounts, ledger: Ledger, tmp_path: Path) -> None:
    """Every change is an entry with who and when; no password or secret is in the ledger, nor in a copy of it."""
    token = accounts.issue_token("xa", scopes=[READ], title="tests", expires=date(2026, 12, 1), by="ada", now=NOW)
    entries = [stated for stated in ledger.stated() if stated.entry.kind == ACCESS]
    events = [msgspec.json.decode(ledger.content(stated.entry.number))["event"] for stated in entries]

    assert events == ["account created", "account created", "token issued"]
    assert [stated.particulars.entered_by for stated in entries if stated.particulars] == ["tests", "tests", "ada"]
    assert verify_ledger(ledger).faults == ()
    copy_ledger(ledger, tmp_path / "copy.db").close()
    for file in (tmp_path / "register.db", tmp_path / "copy.db"):
        for secret in (PASSWORD, token.split("_", 2)[2]):
            assert secret.encode() not in file.read_bytes()
    assert b"argon2" not in (tmp_path / "copy.db").read_bytes()


def test_copy_stays_closed(accounts: Accounts, ledger: Ledger, tmp_path: Path) -> None:
    """A restored ledger has no accounts, and is open to nobody for that."""
    with copy_ledger(ledger, tmp_path / "copy.db") as copy:
        restored = Accounts(copy)
        assert restored.are_used
        assert restored.listed() == ()


def test_roles() -> None:
    """Only an administrator decides about bytes, only the Secretariat records, only a contact sends."""
    assert {scope: {role for role, scopes in ROLES.items() if scope in scopes} for scope in (READ, SUBMIT, RECORD, ADMINISTER)} == {
        READ: set(ROLES),
        SUBMIT: {"contact"},
        RECORD: {"secretariat", "administrator"},
        ADMINISTER: {"administrator"},
    }


def test_ledger_of_the_version_before(tmp_path: Path) -> None:
    """A ledger made before there were accounts is read as it is, brought to the present version when written to, and still verifies."""
    file = tmp_path / "register.db"
    with Ledger.create(file, origin="register.example.org/test") as ledger:
        ledger.append([draft("one")], now=NOW)
    with sqlite3.connect(file) as connection:  # as version 1 left it
        connection.executescript(
            "DROP TABLE drafts; DROP TABLE credentials; DROP TABLE accounts; UPDATE alembic_version SET version_num = '1';"
        )
    connection.close()

    with Ledger(locate(file)) as ledger:
        assert not Accounts(ledger).are_used
        assert verify_ledger(ledger).faults == ()
        ledger.append([draft("two")], now=NOW)
        Accounts(ledger).create(READER, password=PASSWORD, by="tests", now=NOW)
        assert Accounts(ledger).listed() == (READER,)
        assert verify_ledger(ledger).faults == ()


def test_ledger_of_a_later_version(tmp_path: Path) -> None:
    """A ledger of a later version is not written to."""
    file = tmp_path / "register.db"
    Ledger.create(file, origin="register.example.org/test").close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '999'")
    connection.close()

    with Ledger(locate(file)) as ledger, pytest.raises(UsageError) as caught:
        ledger.append([draft("one")], now=NOW)
    assert caught.value.key == "ledger.later-version"
