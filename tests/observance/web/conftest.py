"""The application over this project's knowledge and the demo register, with clients for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from conftest import BROWSER
from mail_fixtures import servers
from observance.core import Settings
from observance.web import close, create_app
from served_ledger import served

__all__ = ["app", "browser", "client", "ledger_app", "servers"]


@pytest.fixture(scope="session")
def app() -> Iterator[Flask]:
    application = create_app(Settings(workers=1))
    yield application
    close(application)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without an Accept header, like a program."""
    return app.test_client()


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client with the Accept header of a browser."""
    test_client = app.test_client()
    test_client.environ_base["HTTP_ACCEPT"] = BROWSER
    return test_client


@pytest.fixture(scope="module")
def ledger_app(file: Path) -> Iterator[Flask]:
    """The application over the ledger that the fixture `file` of a module makes."""
    with served(file) as application:
        yield application
