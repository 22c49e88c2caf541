"""A served register in a ledger, with an account of each role, for the tests of accounts and of receiving."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from conftest import BROWSER
from kept_register import NOTIFICATION, keep
from observance.accounts import ROLES, Account, Accounts
from observance.core import Settings
from observance.ledger import Ledger, locate
from observance.web import close, create_app

PARTIES = "https://w3id.org/observance/parties/"
PASSWORD = "correct horse battery staple"
LETTER = NOTIFICATION.replace("xa/notification", "xa/another")
ACCOUNTS = (
    Account(name="reader", role="reader"),
    Account(name="xa", role="contact", title="Customs of XA", email="contact@xa.example", party=f"{PARTIES}XA", designation=1),
    Account(name="xu", role="contact", party=f"{PARTIES}XU", designation=1, is_deputy=True),
    Account(name="secretariat", role="secretariat", email="registry@organization.example"),
    Account(name="ada", role="administrator"),
)


def make(folder: Path) -> Path:
    """Make the register of `kept_register` in a ledger in the folder, with an account of each role, and return its file."""
    file = keep(folder / "register.db", folder / "letter.ttl")
    now = datetime.now(UTC)
    with Ledger(locate(file)) as ledger:
        accounts = Accounts(ledger)
        for account in ACCOUNTS:
            accounts.create(account, password=PASSWORD, by="tests", now=now)
    return file


def token(file: Path, name: str) -> str:
    """A new token of the account that may do all that the account may."""
    now = datetime.now(UTC)
    with Ledger(locate(file)) as ledger:
        accounts = Accounts(ledger)
        scopes = ROLES[accounts.account(name).role]
        end = date.today() + timedelta(days=9)  # noqa: DTZ011 - any day to come
        return accounts.issue_token(name, scopes=scopes, title="tests", expires=end, by="tests", now=now)


@contextmanager
def served(file: Path, **settings: object) -> Iterator[Flask]:
    """The application over the ledger, with these settings."""
    app = create_app(Settings(workers=1, registers=(file,), **settings))  # type: ignore[arg-type]
    try:
        yield app
    finally:
        close(app)


def program(app: Flask, secret: str | None) -> FlaskClient:
    """A program that sends this token."""
    client = app.test_client()
    if secret is not None:
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def browser(app: Flask, name: str | None = None) -> FlaskClient:
    """A browser, in which this account has logged in."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = BROWSER
    if name is not None:
        assert client.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303
    return client
