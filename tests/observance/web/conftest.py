"""The application on this project's knowledge and the demo register, and the requests that tests make of it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from conftest import BROWSER
from observance.core import Settings
from observance.web import close, create_app


@pytest.fixture(scope="session")
def app() -> Iterator[Flask]:
    made = create_app(Settings(workers=1))
    yield made
    close(made)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A program: it says nothing of what it accepts."""
    return app.test_client()


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client that asks for pages, as browsers do."""
    made = app.test_client()
    made.environ_base["HTTP_ACCEPT"] = BROWSER
    return made
